"""A version of a dataset as a trainer reads it: prompts and completions, by template or plain.

Needs ``datasets``, imported when it is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import lines

_COLUMNS: Final = ("prompt", "completion", "system_prompt")


class Sample(NamedTuple):
    """A pair of the validation data that base and tuned model are asked: and its true answer."""

    prompt: str
    completion: str
    system_prompt: str
    pair_id: str


def example(row: Mapping[str, Any], *, is_chat: bool) -> dict[str, Any]:
    r"""A row as TRL wants it; only the completion is trained on in either form.

    >>> example({"prompt": "Bees", "completion": "They live in hives."}, is_chat=False)["prompt"]
    'Bees\n\n'
    >>> example({"prompt": "Bees", "completion": "They live in hives."}, is_chat=True)["prompt"]
    [{'role': 'user', 'content': 'Bees'}]
    """
    if is_chat:
        return lines.conversation(row)
    system = row.get("system_prompt")
    before = f"{system}{lines.BETWEEN}" if system else ""
    return {
        "prompt": f"{before}{row['prompt']}{lines.BETWEEN}",
        "completion": row["completion"],
    }


def load(files: Iterable[Path], cache: Path, *, is_chat: bool, most: int = 0, seed: int = 0) -> Any:
    """A ``datasets.Dataset`` of Parquet files, read from the disk as it is needed.

    With ``most``, so many of the rows at most, drawn by lot.
    """
    import datasets  # noqa: PLC0415 - takes seconds, and is not always installed

    datasets.disable_progress_bars()
    names = [str(path) for path in files]
    found = datasets.load_dataset(
        "parquet", data_files=names, split="train", columns=list(_COLUMNS), cache_dir=str(cache)
    )
    if most and len(found) > most:
        found = found.shuffle(seed=seed).select(range(most))
    return found.map(
        lambda row: example(row, is_chat=is_chat), remove_columns=list(found.column_names)
    )


def samples(files: Iterable[Path], number: int, seed: int) -> list[Sample]:
    """Some pairs, drawn by lot, of different documents as far as there are: the same each time."""
    best: dict[str, tuple[str, Sample]] = {}
    for path in files:
        with pq.ParquetFile(path) as file:
            columns = [*_COLUMNS, "pair_id", "document_id"]
            for batch in file.iter_batches(columns=columns):
                _draw(batch, seed, best, number)
    return [sample for _, sample in sorted(best.values())][:number]


def _draw(
    batch: pa.RecordBatch, seed: int, best: dict[str, tuple[str, Sample]], number: int
) -> None:
    """Keep the lowest lot of each document, and of these the lowest."""
    for row in batch.to_pylist():
        lot = hashlib.sha256(f"{seed}:{row['pair_id']}".encode()).hexdigest()
        document = row["document_id"]
        if document not in best or lot < best[document][0]:
            said = (row["prompt"], row["completion"], row["system_prompt"] or "", row["pair_id"])
            best[document] = (lot, Sample(*said))
    for document in sorted(best, key=lambda name: best[name][0])[number:]:
        del best[document]
