"""Rows to Parquet and JSONL shards, each file whole or absent. Schemas are declared here."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from pipelines.fingerprint import WIDTH
from pipelines.streams import Format, Row, Shard, checksum, line_of, sync_folder

ROW_GROUP = 4096  # rows held in memory while a shard is written, if these are no more than
GROUP_BYTES = 8 * 1024 * 1024  # of JSON

# The site is a dictionary column because that is what pandas and pyarrow make of the folder
# name site=NAME: with any other type they refuse to read the folder as one table.
_SITE = pa.dictionary(pa.int32(), pa.string())

_KEY = 16  # bytes of ``Pair.text_key``

_TIME = pa.timestamp("ms", tz="UTC")  # Parquet has no coarser unit

_BLOCK = pa.struct(
    [
        ("kind", pa.string()),
        ("text", pa.string()),
        ("level", pa.int32()),
        ("start", pa.int32()),
        ("path", pa.string()),
    ]
)

SCHEMAS: dict[str, pa.Schema] = {
    "pairs": pa.schema(
        [
            ("prompt", pa.string()),
            ("completion", pa.string()),
            ("kind", pa.string()),
            ("url", pa.string()),
            ("document_id", pa.string()),
            ("site", _SITE),
            ("fetched_at", _TIME),
            ("pair_id", pa.string()),
            ("revision", pa.int32()),
            ("first_block", pa.int32()),
            ("last_block", pa.int32()),
            ("language", pa.string()),
            ("license", pa.string()),
            ("system_prompt", pa.string()),
            ("prompt_start", pa.int32()),
            ("prompt_end", pa.int32()),
            ("completion_start", pa.int32()),
            ("completion_end", pa.int32()),
            ("masked", pa.bool_()),
            ("rules_version", pa.int32()),
            ("extractor", pa.string()),
            ("words", pa.int32()),
            ("tokens", pa.int32()),
            ("text_key", pa.binary(_KEY)),
        ]
    ),
    "documents": pa.schema(
        [
            ("url", pa.string()),
            ("title", pa.string()),
            ("text", pa.string()),
            ("blocks", pa.list_(pa.field("element", _BLOCK))),
            ("language", pa.string()),
            ("fetched_at", _TIME),
            ("document_id", pa.string()),
            ("site", _SITE),
            ("revision", pa.int32()),
            ("canonical_url", pa.string()),
            ("date", pa.string()),
            ("authors", pa.list_(pa.field("element", pa.string()))),
            ("license", pa.string()),
            ("section", pa.string()),
            ("body_hash", pa.string()),
            ("text_hash", pa.string()),
            ("extractor", pa.string()),
            ("consent", pa.string()),
            ("warc_file", pa.string()),
            ("warc_offset", pa.int64()),
            ("minhash", pa.binary(WIDTH)),
        ]
    ),
    "tombstones": pa.schema(
        [
            ("document_id", pa.string()),
            ("url", pa.string()),
            ("site", _SITE),
            ("reason", pa.string()),
            ("at", _TIME),
        ]
    ),
}


def _groups(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lines in groups that fit into memory."""
    group: list[bytes] = []
    size = 0
    for line in lines:
        group.append(line)
        size += len(line)
        if len(group) >= ROW_GROUP or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _plain(field: pa.Field) -> pa.Field:
    """The field as Arrow reads it from JSON: times, dictionaries and bytes are texts there."""
    texts = (pa.types.is_timestamp, pa.types.is_dictionary, pa.types.is_fixed_size_binary)
    is_text = any(is_one(field.type) for is_one in texts)
    return pa.field(field.name, pa.string()) if is_text else field


def _replaced(table: pa.Table, kind: Callable[[pa.DataType], bool], change: Any) -> pa.Table:
    """The table with ``change`` applied to each column of a kind."""
    for place, field in enumerate(table.schema):
        if kind(field.type):
            table = table.set_column(place, field.name, change(table.column(place)))
    return table


def _unpacked(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with base64 as the bytes that it stands for."""
    for place, field in enumerate(schema):
        if pa.types.is_fixed_size_binary(field.type):
            texts = table.column(place).to_pylist()
            values = [None if text is None else base64.b64decode(text) for text in texts]
            table = table.set_column(place, field.name, pa.array(values, field.type))
    return table


def _table(lines: Sequence[bytes], schema: pa.Schema) -> pa.Table:
    """JSON lines as a table, read by Arrow: without Python objects, and without pandas."""
    data = b"".join(lines)
    read = pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
    plain = pa.schema([_plain(field) for field in schema])
    parse = pj.ParseOptions(explicit_schema=plain, unexpected_field_behavior="error")
    table = pj.read_json(io.BytesIO(data), read, parse).select(schema.names)
    return _unpacked(table, schema).cast(schema)


def table_of(lines: Sequence[bytes], stream: str) -> pa.Table:
    """Lines of a JSONL shard as a table; what they do not have is null."""
    return _table(lines, SCHEMAS[stream])


def _parquet(path: Path, lines: Iterable[bytes], schema: pa.Schema) -> None:
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(lines):
            writer.write_table(_table(group, schema))


def _jsonl(path: Path, lines: Iterable[bytes], schema: pa.Schema) -> None:  # noqa: ARG001 - as for Parquet
    with path.open("wb") as file:
        file.writelines(lines)


_WRITERS: dict[str, Callable[[Path, Iterable[bytes], pa.Schema], None]] = {
    "parquet": _parquet,
    "jsonl": _jsonl,
}


def _times(column: pa.ChunkedArray) -> Any:
    seconds = column.cast(pa.timestamp("s", tz="UTC"))
    return pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ")


def _base64(column: pa.ChunkedArray) -> Any:
    values = column.to_pylist()
    return pa.array(
        [None if value is None else base64.b64encode(value).decode() for value in values]
    )


def read_rows(path: Path) -> list[Row]:
    """The rows of a shard as they were given to ``write_shard``.

    Raises :class:`OSError`, or :class:`ValueError` for a file that is not a shard.
    """
    if path.suffix == ".jsonl":
        return [orjson.loads(line) for line in path.read_bytes().splitlines()]
    table = pq.read_table(path, partitioning=None)
    table = _replaced(table, pa.types.is_timestamp, _times)
    table = _replaced(table, pa.types.is_fixed_size_binary, _base64)
    rows: list[Row] = table.to_pylist()
    return rows


def shard_table(path: Path, stream: str, columns: Sequence[str]) -> pa.Table:
    """Columns of a Parquet shard; those that older shards do not have are null."""
    file = pq.ParquetFile(path)
    there = set(file.schema_arrow.names)
    return _all_of(file.read([name for name in columns if name in there]), stream, columns)


def shard_parts(path: Path, stream: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The same, a row group at a time."""
    file = pq.ParquetFile(path)
    there = set(file.schema_arrow.names)
    names = [name for name in columns if name in there]
    for group in range(file.num_row_groups):
        yield _all_of(file.read_row_group(group, names), stream, columns)


def _all_of(table: pa.Table, stream: str, columns: Sequence[str]) -> pa.Table:
    for name in columns:
        if name not in table.column_names:
            kind = SCHEMAS[stream].field(name).type
            table = table.append_column(name, pa.nulls(len(table), kind))
    return table.select(list(columns))


def write_shard(
    path: Path,
    stream: str,
    rows: Collection[Row | bytes],
    fmt: Format,
    step: Callable[[str], None] = lambda _name: None,
) -> Shard:
    """Write rows, read once in order, to a temporary name, fsync, rename, fsync the folder.

    A row may be the line that ``line_of`` makes of it.
    ``step`` is told the name of each step that was taken. Raises :class:`OSError` when the
    disk refuses; then the temporary file is removed and ``path`` is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        lines = (row if isinstance(row, bytes) else line_of(row, stream) for row in rows)
        _WRITERS[fmt](temporary, lines, SCHEMAS[stream])
        step(f"{fmt}-written")
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        size, digest = temporary.stat().st_size, checksum(temporary)
        temporary.replace(path)
        step(f"{fmt}-renamed")
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return Shard(path, len(rows), size, digest)
