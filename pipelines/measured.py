"""What the build needs of a shard's pairs: sizes and keys as the crawl stored them or found now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.columns import integers, write_columns
from pipelines.records import Pair
from pipelines.rows import measures
from pipelines.shards import SCHEMAS, shard_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEASURES: Final = ("words", "tokens", "text_key")
_NAMES: Final = ("document_id", "pair_id", "kind")
# ``said`` and ``answer``: what pairs, and completions alone, are compared by.
_SCHEMA: Final = pa.schema(
    [
        ("document_id", pa.dictionary(pa.int32(), pa.string())),
        ("pair_id", pa.string()),
        ("kind", pa.dictionary(pa.int32(), pa.string())),
        ("words", pa.int32()),
        ("tokens", pa.int32()),
        ("said", pa.uint64()),
        ("answer", pa.uint64()),
    ]
)


def extract_pairs(path: Path, target: Path) -> None:
    """Write what is needed of the pairs of a Parquet shard, in their order."""
    table = shard_table(path, "pairs", [*_NAMES, *MEASURES])
    if any(table.column(name).null_count for name in MEASURES):
        table = _completed(table, path)
    keys = halves(table.column("text_key"))
    columns = {
        **{name: table.column(name) for name in ("pair_id", "words", "tokens")},
        "document_id": _few(table.column("document_id")),
        "kind": _few(table.column("kind")),
        "said": integers(keys[:, 0]),
        "answer": integers(keys[:, 1]),
    }
    made = [columns[name] for name in _SCHEMA.names]
    write_columns(pa.table(made, schema=_SCHEMA), target)


def _few(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(column.cast(pa.string()), "").dictionary_encode()


def halves(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Keys of texts as two numbers each: of both texts, and of the completion alone."""
    keys = column.combine_chunks()
    data = keys.buffers()[1] if len(keys) else b""
    found = np.frombuffer(data, dtype="<u8").reshape(-1, 2)
    return found[keys.offset : keys.offset + len(keys)]


def _completed(table: pa.Table, path: Path) -> pa.Table:
    """The measures of all rows: those of older shards are found now, as the crawl finds them."""
    missing = np.flatnonzero(table.column("text_key").is_null().to_numpy())
    texts = shard_table(path, "pairs", ["prompt", "completion"]).take(pa.array(missing))
    prompts, completions = (column.to_pylist() for column in texts.columns)
    found = [
        measures(Pair(prompt or "", completion or "", "title"))
        for prompt, completion in zip(prompts, completions, strict=True)
    ]
    for name in MEASURES:
        values = table.column(name).to_pylist()
        for row, one in zip(missing.tolist(), found, strict=True):
            values[row] = one[name]
        place = table.schema.get_field_index(name)
        column = pa.array(values, SCHEMAS["pairs"].field(name).type)
        table = table.set_column(place, name, column)
    return table
