"""TRL trains on the formats' files: a tiny model with random weights, a few steps on the CPU.

Needs requirements-train.txt: skipped without it.
"""

from __future__ import annotations

import math

import pytest
from tiny_models import model_of, tokenizer_of

from pipelines.formats import FORMATS

pytestmark = pytest.mark.slow

TEXTS = [
    ("Where do they live?", "Bees live in hives. A hive has one queen."),
    ("Who are the workers?", "The workers are her daughters."),
    ("What is honey made from?", "It is made from nectar, and keeps for years."),
    ("Do bears know?", "Bears know this."),
]


@pytest.fixture(scope="module")
def tokenizer():
    pytest.importorskip("transformers")
    return tokenizer_of(text for pair in TEXTS for text in pair)


@pytest.mark.parametrize("name", ["openai-chat", "trl", "prompt-completion", "text"])
@pytest.mark.parametrize("system", ["", "Be brief."])
def test_sft_trains_on_the_format(name, system, tokenizer, tmp_path, monkeypatch):
    trl = pytest.importorskip("trl")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    from datasets import load_dataset  # noqa: PLC0415 - after the home is set

    rows = [{"prompt": p, "completion": c, "system_prompt": system} for p, c in TEXTS]
    path = tmp_path / "train.jsonl"
    FORMATS[name].write(rows, path)
    data = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "c"))
    trainer = trl.SFTTrainer(
        model=model_of(tokenizer, width=32),
        train_dataset=data,
        processing_class=tokenizer,
        args=trl.SFTConfig(
            output_dir=str(tmp_path / "out"),
            max_steps=3,
            per_device_train_batch_size=2,
            learning_rate=0.01,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            bf16=False,
        ),
    )
    trained, whole = what_is_trained(trainer, tokenizer)
    assert all(completion in text for text, (_, completion) in zip(whole, TEXTS, strict=True))
    if name in ("trl", "prompt-completion"):
        assert not any(prompt in text for text, (prompt, _) in zip(trained, TEXTS, strict=True))
        assert all(completion in text for text, (_, completion) in zip(trained, TEXTS, strict=True))
    if system and name in ("openai-chat", "trl"):
        assert all("Be brief." in text for text in whole)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 3
    assert all(math.isfinite(loss) and loss > 0 for loss in losses)


def what_is_trained(trainer, tokenizer) -> tuple[list[str], list[str]]:
    """For each example, the text that the loss is taken of, and the whole text."""
    trained, whole = [], []
    for example in trainer.train_dataset:
        batch = trainer.data_collator([example])
        ids, labels = batch["input_ids"][0].tolist(), batch["labels"][0].tolist()
        whole.append(tokenizer.decode(ids))
        trained.append(tokenizer.decode([token for token in labels if token >= 0]))
    return trained, whole
