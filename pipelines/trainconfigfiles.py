"""A dataset and a plan -> a folder that other trainers take: lines, configurations, how to run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from pipelines.formats import FORMATS, Format
from pipelines.trainconfigs import (
    COMMANDS,
    CONFIGS,
    INSTRUCTIONS,
    MESSAGES,
    PAIRS,
    SCRIPT,
    Task,
    unsloth,
)
from pipelines.trainingdata import example
from pipelines.trainingfolder import TrainingError, publish, write
from pipelines.trainingplan import Plan
from pipelines.yamltext import as_yaml

_COLUMNS: Final = ("prompt", "completion", "system_prompt")
_SPLITS: Final = ("train", "validation")
_PLAIN: Final = Format("plain", "jsonl", lambda row: example(row, is_chat=False))


def write_configs(
    plan: Plan, files: Mapping[str, Sequence[Path]], dataset: str, folder: Path
) -> list[Path]:
    """Write lines and configurations into a folder, whole or not at all; the files to look at.

    What was there of an earlier call is replaced. Raises :class:`TrainingError` for a dataset
    without pairs, or a folder that is something else; :class:`OSError` when the disk refuses.
    """
    if folder.exists() and not (folder / "trl.yaml").is_file() and any(folder.iterdir()):
        raise TrainingError(f"{folder}: is there and is no folder of configurations; name another")
    aside = folder.with_name(f".{folder.name}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        counts = {split: _lines(files.get(split, ()), split, plan, aside) for split in _SPLITS}
        if not counts["train"]:
            raise TrainingError(f"{dataset}: has no pairs to train on; build another version")
        FORMATS["llama-factory"].extras(aside / INSTRUCTIONS)
        task = Task(plan, counts["train"], bool(counts["validation"]), is_chat=is_chat(plan))
        for name, configuration in CONFIGS.items():
            write(aside / name, as_yaml(configuration(task)))
        write(aside / SCRIPT, unsloth(task))
        write(aside / "README.md", _readme(task, dataset, counts))
        publish(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [folder / name for name in ("README.md", *CONFIGS, SCRIPT)]


def is_chat(plan: Plan) -> bool:
    """Whether pairs become chats; of a name on the Hub that is taken for granted."""
    folder = Path(plan.model)
    if plan.template != "auto" or not folder.is_dir():
        return plan.template != "plain"
    if (folder / "chat_template.jinja").is_file():
        return True
    try:
        return bool(json.loads((folder / "tokenizer_config.json").read_text())["chat_template"])
    except (OSError, ValueError, KeyError):
        return False


def _lines(files: Iterable[Path], split: str, plan: Plan, folder: Path) -> int:
    """The lines of one side in all forms; how many there are."""
    paths = list(files)
    forms = {
        PAIRS: FORMATS["trl"] if is_chat(plan) else _PLAIN,
        MESSAGES: FORMATS["openai-chat"],
        INSTRUCTIONS: FORMATS["llama-factory"],
    }
    number: int = sum(pq.ParquetFile(path).metadata.num_rows for path in paths)
    if number:
        for name, form in forms.items():
            (folder / name).mkdir(exist_ok=True)
            form.write(_rows(paths), folder / name / f"{split}.jsonl")
    return number


def _rows(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=list(_COLUMNS)):
                yield from batch.to_pylist()


def _readme(task: Task, dataset: str, counts: Mapping[str, int]) -> str:
    form = "its own chat template" if task.is_chat else "plain text"
    lines = [
        f"# {task.plan.model} on {dataset}",
        "",
        (
            f"{counts['train']:,} pairs to train on, {counts['validation']:,} to validate with, as "
            f"{form}; {task.steps:,} steps. Paths are relative: run one of these in this folder."
        ),
        "",
        "| trainer | command |",
        "| --- | --- |",
        *(f"| {name} | `{command}` |" for name, command in COMMANDS.items()),
        "",
    ]
    if not task.is_chat:
        lines += [
            "LLaMA-Factory puts plain pairs as `Human: ...`, `Assistant: ...`: its own way.",
            "",
        ]
    return "\n".join(lines)
