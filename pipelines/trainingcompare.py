"""Base and tuned model beside each other: validation loss, and what they answer.

The rendering is plain; the measuring needs the extra and is handed a trainer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from pipelines.trainingdata import Sample, example

_SHOWN: Final = 1200  # characters of an answer in the page
_MEASURES: Final = (("loss", "loss"), ("mean_token_accuracy", "tokens guessed right"))


def measure(trainer: Any) -> dict[str, float]:
    """The figures over the validation examples, empty when there are none."""
    if trainer.eval_dataset is None:
        return {}
    found = trainer.evaluate()
    figures = {
        name: float(found[f"eval_{name}"]) for name, _ in _MEASURES if f"eval_{name}" in found
    }
    return figures | {"perplexity": math.exp(min(figures["loss"], 700))}


def answer(model: Any, tokenizer: Any, sample: Sample, *, is_chat: bool, tokens: int) -> str:
    """What the model answers when it takes the likeliest token each time."""
    import torch  # noqa: PLC0415 - heavy

    asked = example(sample._asdict(), is_chat=is_chat)["prompt"]
    if is_chat:
        asked = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
    # A template's text has its own beginning.
    ids = tokenizer(asked, return_tensors="pt", add_special_tokens=not is_chat).to(model.device)
    ids.pop("token_type_ids", None)
    with torch.no_grad():
        found = model.generate(
            **ids, max_new_tokens=tokens, do_sample=False, pad_token_id=tokenizer.pad_token_id
        )
    said = tokenizer.decode(found[0][ids["input_ids"].shape[1] :], skip_special_tokens=True)
    return str(said).strip()


def compare(
    trainer: Any, tokenizer: Any, samples: Sequence[Sample], *, is_chat: bool, tokens: int
) -> dict[str, Any]:
    """Losses and answers before and after, the adapter switched off for the former."""
    model = trainer.model
    model.eval()
    model.config.use_cache = True

    def answers() -> list[str]:
        return [answer(model, tokenizer, one, is_chat=is_chat, tokens=tokens) for one in samples]

    tuned, tuned_answers = measure(trainer), answers()
    with model.disable_adapter():
        base, base_answers = measure(trainer), answers()
    return {
        "validation_examples": len(trainer.eval_dataset or ()),
        "base": base,
        "tuned": tuned,
        "samples": [
            sample._asdict() | {"base": before, "tuned": after}
            for sample, before, after in zip(samples, base_answers, tuned_answers, strict=True)
        ],
    }


def figures(comparison: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, before, after of each figure, for a table.

    >>> figures({"base": {"loss": 3.0, "perplexity": 20.1}, "tuned": {"loss": 2.0}})[0]
    ('validation loss', '3.000', '2.000')
    """
    base, tuned = comparison["base"], comparison["tuned"]
    rows = []
    for name, label, shown in (
        ("loss", "validation loss", "{:.3f}"),
        ("perplexity", "perplexity", "{:,.1f}"),
        ("mean_token_accuracy", "tokens guessed right", "{:.1%}"),
    ):
        if name in base:
            rows.append((label, shown.format(base[name]), shown.format(tuned.get(name, math.nan))))
    return rows


def page(comparison: dict[str, Any], title: str) -> str:
    """The comparison in Markdown; what models and pages say stands indented, as code."""
    parts = [f"# {title}", ""]
    if rows := figures(comparison):
        number = comparison["validation_examples"]
        parts += [f"Over {number:,} examples of the validation data:", ""]
        parts += ["| | before | after |", "| --- | ---: | ---: |"]
        parts += [f"| {label} | {before} | {after} |" for label, before, after in rows]
    else:
        parts.append("The dataset has no validation data, so there is no loss to compare.")
    for number, sample in enumerate(comparison["samples"], start=1):
        parts += ["", f"## Prompt {number}", "", _code(sample["prompt"])]
        for name, text in (
            ("Before", sample["base"]),
            ("After", sample["tuned"]),
            ("In the data", sample["completion"]),
        ):
            parts += ["", f"{name}:", "", _code(text)]
    return "\n".join([*parts, ""])


def _code(text: str) -> str:
    r"""A text as a block of code, which no mark in it can end.

    >>> _code("one\n# two")
    '    one\n    # two'
    """
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return "\n".join(f"    {line}" for line in shown.splitlines() or ["(nothing)"])
