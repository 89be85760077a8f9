"""Stored rows without what turned out later: boilerplate of the site, and text that has changed.

A block on many pages is known as boilerplate from some night on; documents that were read before
have it still. Here it is cut out of them and of their pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.fingerprint import minhash
from pipelines.pii import mask_pii
from pipelines.records import Block, Pair
from pipelines.rows import measures
from pipelines.shards import shard_table
from pipelines.sitewide import block_key
from pipelines.streams import Row

if TYPE_CHECKING:
    import duckdb

    from pipelines.sources import Extract

Span = tuple[int, int]

LEAST_WORDS: Final = 5  # of a completion that something was cut out of
_SPANS: Final = (
    *("prompt", "completion", "document_id", "kind", "masked"),
    *("prompt_start", "prompt_end", "completion_start", "completion_end"),
)
_OUTDATED: Final = """
SELECT old.shard, old.row, masked, CASE WHEN masked THEN completion END,
    CASE WHEN masked THEN text END
FROM read_parquet($pairs, filename = true, file_row_number = true, union_by_name = true,
    hive_partitioning = false) rows
JOIN old_files USING (filename)
JOIN old ON old.shard = old_files.shard AND old.row = rows.file_row_number
LEFT JOIN (
    SELECT document_id, text
    FROM read_parquet($documents, union_by_name = true, hive_partitioning = false)
) newest ON newest.document_id = old.document_id
WHERE NOT coalesce(contains(text, completion), false)
ORDER BY old.shard, old.row
"""
_PLACE: Final = ("row", "start", "end")
_BLOCKS: Final = pa.schema([*((name, pa.int32()) for name in _PLACE), ("key", pa.uint64())])


@dataclass
class Cut:
    """What is cut out of documents: characters of their text, and the signature of what is left."""

    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    signatures: dict[str, bytes] = field(default_factory=dict)


def without_spans(text: str, spans: Iterable[Span], begin: int = 0) -> str:
    r"""A text that begins at character ``begin`` of its document, without spans of the document.

    >>> without_spans("Bees fly.\nRated 4\nThey hum.", [(10, 17)])
    'Bees fly.\nThey hum.'
    """
    kept, done = [], 0
    for start, end in spans:
        if begin <= start and end <= begin + len(text):
            kept.append(text[done : start - begin].strip("\n"))
            done = end - begin
    kept.append(text[done:].strip("\n"))
    return "\n".join(filter(None, kept))


def note_blocks(path: Path, target: Path) -> None:
    """Write the keys of a shard's blocks that may be boilerplate, and where they stand."""
    found: dict[str, list[int]] = {name: [] for name in _BLOCKS.names}
    start = 0
    for batch in shard_table(path, "documents", ["blocks"]).to_batches(max_chunksize=1000):
        for row, blocks in enumerate(batch.column(0).to_pylist(), start=start):
            for block in blocks or ():
                if key := block_key(Block(block["kind"], block["text"])):
                    found["row"].append(row)
                    found["start"].append(block["start"])
                    found["end"].append(block["start"] + len(block["text"]))
                    found["key"].append(int.from_bytes(key, "little"))
        start += len(batch)
    pq.write_table(pa.table(found, schema=_BLOCKS), target, compression="zstd")


def cut_documents(extract: Extract, blocks: Path, known: Mapping[bytes, str], cut: Cut) -> None:
    """Find boilerplate in the documents of a shard that were read before it was known.

    ``blocks`` is what :func:`note_blocks` wrote of the shard.
    """
    noted = pq.read_table(blocks)
    keys = pa.array([int.from_bytes(key, "little") for key in known], pa.uint64())
    noted = noted.filter(pc.is_in(noted.column("key"), keys))
    if not len(noted):
        return
    latest = max(known.values())
    spans: dict[int, list[Span]] = {}
    for row, start, end in zip(*(noted.column(n).to_pylist() for n in _PLACE), strict=True):
        spans.setdefault(row, []).append((start, end))
    rows = pa.array(list(spans))
    columns = ["document_id", "fetched_at", "text"]
    table = shard_table(extract.path, "documents", columns).take(rows)
    for place, row in enumerate(table.to_pylist()):
        if row["fetched_at"].strftime("%Y-%m-%dT%H:%M:%SZ") >= latest:
            continue  # it was read without all that is known
        mine = tuple(spans[rows[place].as_py()])
        cut.spans[row["document_id"]] = mine
        cut.signatures[row["document_id"]] = minhash(without_spans(row["text"], mine))


def cut_pair(row: Row, spans: tuple[Span, ...], known: Mapping[bytes, str]) -> str | None:
    """A pair's completion without boilerplate, ``""`` when it is nothing else, None for no change.

    A pair whose prompt is boilerplate is nothing else.
    """
    begin, end = row["prompt_start"], row["prompt_end"]
    if any(start < end and begin < stop for start, stop in spans if begin >= 0):
        return ""
    text: str = row["completion"]
    if row["masked"]:  # letters have moved; its lines are blocks still
        lines = text.split("\n")
        left = "\n".join(one for one in lines if block_key(Block("paragraph", one)) not in known)
    else:
        left = without_spans(text, spans, row["completion_start"])
        whole = any(
            start <= row["completion_start"] and row["completion_end"] <= stop
            for start, stop in spans
        )
        left = "" if whole else left
    if left == text:
        return None
    return left if len(left.split()) >= LEAST_WORDS else ""


def cut_pairs(
    shard: int, extract: Extract, cut: Cut, known: Mapping[bytes, str], into: list[Row]
) -> None:
    """Add the pairs of a shard that change to ``into``: ``shard``, ``row``, and what is new.

    That is their ``completion`` and ``measures``: tokens, and the keys of both texts and of it.
    """
    names = shard_table(extract.path, "pairs", ["document_id"]).column(0)
    concerned = pc.is_in(names, pa.array(list(cut.spans), pa.string())).combine_chunks()
    numbers = pc.indices_nonzero(concerned)
    if not len(numbers):
        return
    table = shard_table(extract.path, "pairs", _SPANS).take(numbers)
    for number, row in zip(numbers.to_pylist(), table.to_pylist(), strict=True):
        if row["completion_start"] is None:
            continue  # of a version that did not say where it stands
        left = cut_pair(row, cut.spans[row["document_id"]], known)
        if left is not None:
            into.append({"shard": shard, "row": number, **_anew(row["prompt"], left)})


def _anew(prompt: str, completion: str) -> Row:
    """A pair after its completion was cut; nothing when none is left."""
    if not completion:
        return {}
    found = measures(Pair(prompt, completion, "title"))
    said, answer = np.frombuffer(found["text_key"], dtype="<u8").tolist()
    return {"completion": completion, "measures": (found["tokens"], said, answer)}


def outdated(
    db: duckdb.DuckDBPyConnection,
    rows: pa.Table,
    pairs: Sequence[Extract],
    documents: Sequence[Extract],
) -> pa.Table:
    """Which pairs of older revisions say what their page does not say any more: shard and row.

    ``rows`` has ``shard``, ``row``, the ``document_id`` of the page's newest revision, and
    ``text_shard``, where that is.
    """
    shards = rows.column("shard").unique().to_pylist()
    places = rows.column("text_shard").unique().to_pylist()
    db.register("old", rows)
    db.register(
        "old_files",
        pa.table({"filename": [str(pairs[n].path) for n in shards], "shard": shards}),
    )
    values = {
        "pairs": [str(pairs[n].path) for n in shards],
        "documents": [str(documents[n].path) for n in places],
    }
    found = db.execute(_OUTDATED, values).fetchall() if len(rows) else []
    gone = [
        (shard, row)
        for shard, row, masked, completion, text in found
        if not (masked and completion in mask_pii(text or ""))
    ]
    db.unregister("old")
    db.unregister("old_files")
    return pa.table(
        {
            "shard": pa.array([shard for shard, _ in gone], pa.int32()),
            "row": pa.array([row for _, row in gone], pa.int64()),
        }
    )
