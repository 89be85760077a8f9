"""TRL trains on the formats' files: a tiny model with random weights, a few steps on the CPU.

Needs ``torch`` and ``trl``, six gigabytes in requirements-train.txt: skipped without them.
"""

from __future__ import annotations

import math

import pytest

from pipelines.formats import FORMATS

pytestmark = pytest.mark.slow

TEXTS = [
    ("Where do they live?", "Bees live in hives. A hive has one queen."),
    ("Who are the workers?", "The workers are her daughters."),
    ("What is honey made from?", "It is made from nectar, and keeps for years."),
    ("Do bears know?", "Bears know this."),
]
TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer():
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    inner = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = tokenizers.decoders.ByteLevel()
    special = ["<unk>", "</s>", "<pad>", "<system>", "<user>", "<assistant>"]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )
    inner.train_from_iterator([text for pair in TEXTS for text in pair], trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        chat_template=TEMPLATE,
    )


@pytest.mark.parametrize("name", ["openai-chat", "trl", "prompt-completion", "text"])
@pytest.mark.parametrize("system", ["", "Be brief."])
def test_sft_trains_on_the_format(name, system, tokenizer, tmp_path, monkeypatch):
    trl = pytest.importorskip("trl")
    transformers = pytest.importorskip("transformers")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    from datasets import load_dataset  # noqa: PLC0415 - after the home is set

    rows = [{"prompt": p, "completion": c, "system_prompt": system} for p, c in TEXTS]
    path = tmp_path / "train.jsonl"
    FORMATS[name].write(rows, path)
    data = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "c"))
    model = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=256,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    trainer = trl.SFTTrainer(
        model=model,
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
