"""A training's folder: its receipt, its lock, and which of its checkpoints are whole.

``OUT/DATASET-VERSION-FINGERPRINT/`` holds ``training.json`` (the receipt), ``log.jsonl`` (figures
by step), ``checkpoints/`` and, when it is finished, ``adapter/`` and ``comparison.json`` and
``.md``. A killed training goes on from its last whole checkpoint.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pipelines.streams import sync_folder

RECEIPT: Final = "training.json"
LOG: Final = "log.jsonl"
ADAPTER: Final = "adapter"
CHECKPOINTS: Final = "checkpoints"
COMPARISON: Final = "comparison"
CACHE: Final = ".cache"
_WHOLE: Final = "whole.json"  # names and sizes of a checkpoint's files, written last
_CHECKPOINT: Final = re.compile(r"checkpoint-(\d+)")


class TrainingError(Exception):
    """A training that cannot be; the message is one sentence with the remedy."""


class BrokenError(TrainingError):
    """A training that could be, and broke off."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder for one process at a time. Raises :class:`BrokenError` when another has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BrokenError(f"{folder}: another process trains here; wait for it") from None
        yield


def write(path: Path, text: str) -> None:
    """Write a file, durably: whole or not there."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def write_json(path: Path, said: Mapping[str, Any]) -> None:
    """Write an object, durably."""
    write(path, json.dumps(said, indent=1, ensure_ascii=False) + "\n")


def read_receipt(folder: Path) -> dict[str, Any]:
    """The receipt, empty when there is none. Raises :class:`TrainingError` for one that is bad."""
    path = folder / RECEIPT
    try:
        said = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise TrainingError(f"{path}: is no receipt of a training: remove the folder to begin anew")
    return said


def is_finished(folder: Path) -> bool:
    """Whether the training in the folder came to its end, and what it made is there."""
    weights = any((folder / ADAPTER).glob("adapter_model.*"))
    return read_receipt(folder).get("state") == "finished" and weights


def seal(checkpoint: Path) -> None:
    """Note that a checkpoint is whole, when all its files are durable."""
    files = [path for path in sorted(checkpoint.iterdir()) if path.is_file()]
    for path in files:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    write_json(checkpoint / _WHOLE, {path.name: path.stat().st_size for path in files})


def last_checkpoint(folder: Path) -> tuple[int, Path] | None:
    """The step and folder of the newest whole checkpoint; those that are not whole are removed."""
    found = []
    for path in (folder / CHECKPOINTS).glob("checkpoint-*"):
        if (match := _CHECKPOINT.fullmatch(path.name)) and _is_whole(path):
            found.append((int(match[1]), path))
        else:
            shutil.rmtree(path, ignore_errors=True)
    return max(found, default=None)


def _is_whole(checkpoint: Path) -> bool:
    try:
        sizes = json.loads((checkpoint / _WHOLE).read_text("utf-8"))
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


def publish(temporary: Path, final: Path) -> None:
    """Give a folder that was written aside its name, durably, in place of an older one."""
    for path in sorted(temporary.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    shutil.rmtree(final, ignore_errors=True)
    temporary.replace(final)
    sync_folder(final.parent)


def model_state(model: str) -> str:
    """What tells one state of a model's folder from another: names and sizes, its configuration.

    Empty for a name on the Hub.
    """
    folder = Path(model)
    if not folder.is_dir():
        return ""
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}
    config = folder / "config.json"
    said = config.read_text("utf-8", "replace") if config.is_file() else ""
    return json.dumps([sizes, said])


def losses(folder: Path, most: int = 500) -> list[tuple[int, float | None, float | None]]:
    """Step, loss, validation loss of the log, thinned out evenly; None for what was not taken."""
    found: dict[int, list[float | None]] = {}
    try:
        lines = (folder / LOG).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        with contextlib.suppress(ValueError):  # the last line of a killed training
            said = json.loads(line)
            entry = found.setdefault(said["step"], [None, None])
            for place, name in enumerate(("loss", "eval_loss")):
                entry[place] = said.get(name, entry[place])
    rows = [(step, loss, held_out) for step, (loss, held_out) in sorted(found.items())]
    return rows[:: -(-len(rows) // most)] if rows else []
