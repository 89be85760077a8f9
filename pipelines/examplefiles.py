"""Files of training data -> their lines, one by one, each with what is wrong with its bytes.

JSON lines, also gzipped, and Parquet. A line of any length costs memory only up to 64 MB.
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.faults import Found

LONGEST_LINE: Final = 64 * 1024 * 1024
_BATCH: Final = 1024  # rows of a Parquet file in memory
_BEGINNING: Final = 4096
_SPACE: Final = b" \t\r\n"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_OTHER_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# Columns of our rows that a check looks at.
ROW_COLUMNS: Final = ("prompt", "completion", "system_prompt", "url")


class DamagedError(OSError):
    """A file that breaks off or cannot be unpacked; the message names it."""


class Entry(NamedTuple):
    """One line: its number from 1, its size in bytes, its object unless it has none, its faults."""

    number: int
    size: int
    value: dict[str, Any] | None
    faults: tuple[Found, ...] = ()


class Beginning(NamedTuple):
    """How a file begins: a byte-order mark of UTF-8, and a fault with which reading ends."""

    has_mark: bool = False
    fault: Found | None = None


def beginning(path: Path) -> Beginning:
    """Look at a file's first bytes. Raises :class:`OSError`."""
    if is_parquet(path):
        return Beginning()
    with _opened(path) as file:
        first = _guarded(path, file, _BEGINNING)
    for mark, name in _OTHER_MARKS:
        if first.startswith(mark):
            return Beginning(fault=Found("not-utf8", f"it begins as {name} does"))
    has_mark = first.startswith(codecs.BOM_UTF8)
    if first.removeprefix(codecs.BOM_UTF8).lstrip(_SPACE).startswith(b"["):
        return Beginning(has_mark, Found("json-array"))
    return Beginning(has_mark)


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet by its name."""
    return path.suffix == ".parquet"


def read_lines(path: Path) -> Iterator[Entry]:
    """The lines of a JSONL file. Raises :class:`OSError`, :class:`DamagedError` when it breaks."""
    with _opened(path) as file:
        number = 0
        while line := _guarded_line(path, file):
            number += 1
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if len(line) > LONGEST_LINE:
                yield Entry(number, len(line) + _skip_line(path, file), None, _TOO_LONG)
            else:
                yield _entry(number, line)


def read_rows(path: Path) -> tuple[bool, Iterator[Entry]]:
    """Whether a Parquet file has our columns, and its rows.

    Raises :class:`DamagedError` for one that cannot be read.
    """
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        ours = {"prompt", "completion"} <= set(names) and all(
            pa.types.is_string(file.schema_arrow.field(name).type)
            or pa.types.is_large_string(file.schema_arrow.field(name).type)
            for name in ("prompt", "completion")
        )
    except (pa.ArrowException, OSError) as error:
        raise DamagedError(f"{path}: cannot be read as Parquet: {error}") from error
    columns = [name for name in names if name in ROW_COLUMNS] if ours else names
    return ours, _rows(path, file, columns)


def _rows(path: Path, file: pq.ParquetFile, columns: list[str]) -> Iterator[Entry]:
    number = 0
    try:
        for batch in file.iter_batches(batch_size=_BATCH, columns=columns):
            for row in batch.to_pylist():
                number += 1
                yield Entry(number, 0, row)
    except (pa.ArrowException, OSError) as error:
        raise DamagedError(f"{path}: breaks off after row {number:,}: {error}") from error


_TOO_LONG: Final = (Found("line-too-long"),)
_EMPTY: Final = (Found("empty-line"),)


def _entry(number: int, line: bytes) -> Entry:
    if not line.strip(_SPACE):
        return Entry(number, len(line), None, _EMPTY)
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _odd_entry(number, line, str(error))
    if isinstance(value, dict):
        return Entry(number, len(line), value)
    return Entry(number, len(line), None, (Found("not-object", type(value).__name__),))


def _odd_entry(number: int, line: bytes, complaint: str) -> Entry:
    """Why a strict reader refuses a line: its charset, half a surrogate pair, or it is no JSON."""
    size = len(line)
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return Entry(number, size, None, (Found("not-utf8", f"at byte {error.start + 1:,}"),))
    except (ValueError, RecursionError):
        return Entry(number, size, None, (Found("not-json", complaint),))
    if isinstance(value, dict) and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        return Entry(number, size, value)  # its texts are looked at
    return Entry(number, size, None, (Found("not-json", complaint),))


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path) if path.suffix == ".gz" else path.open("rb"))


def _guarded(path: Path, file: IO[bytes], size: int) -> bytes:
    try:
        return file.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DamagedError(f"{path}: cannot be unpacked: {error}") from error


def _guarded_line(path: Path, file: IO[bytes]) -> bytes:
    try:
        return file.readline(LONGEST_LINE + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DamagedError(f"{path}: cannot be unpacked: {error}") from error


def _skip_line(path: Path, file: IO[bytes]) -> int:
    """Read on to the end of a line, and tell how many bytes that were."""
    size = 0
    while rest := _guarded_line(path, file):
        size += len(rest)
        if rest.endswith(b"\n"):
            break
    return size
