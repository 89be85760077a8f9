"""CSV and TSV files -> their rows, whatever the charset and the delimiter."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipelines.cells import NEEDED, Cell, TableError, column_name

_CHUNK: Final = 1024 * 1024
_HEADER: Final = 256 * 1024  # characters in which the header ends
_LONGEST_FIELD: Final = 64 * 1024 * 1024
_DELIMITERS: Final = (",", ";", "\t", "|")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MANY_NULS: Final = 0.3  # of every other byte: Latin letters in UTF-16 without a mark


def charset_of(path: Path) -> str:
    """The charset of a text file: by its mark, else UTF-8 where it is that, else Windows' 1252.

    Raises :class:`TableError` for a file that is none of them.
    """
    with path.open("rb") as file:
        first = file.read(_CHUNK)
    for mark, name in _MARKS:
        if first.startswith(mark):
            candidates = [name]
            break
    else:
        candidates = [*_without_mark(first), "utf-8", "cp1252"]
    for name in candidates:
        if _is(path, name):
            return name
    raise TableError("neither UTF-8 nor UTF-16 nor Windows-1252: save it as CSV UTF-8")


def _without_mark(first: bytes) -> list[str]:
    half = max(1, len(first) // 2)
    if first[1::2].count(0) > _MANY_NULS * half:
        return ["utf-16-le"]
    return ["utf-16-be"] if first[::2].count(0) > _MANY_NULS * half else []


def _is(path: Path, charset: str) -> bool:
    """Whether all of a file can be read in a charset."""
    decoder = codecs.getincrementaldecoder(charset)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def delimiter_of(header: str, suffix: str) -> str:
    r"""What stands between the cells of a header.

    >>> delimiter_of("No;Prompt;Completion\n", ".csv"), delimiter_of("a\tb", ".tsv")
    (';', '\t')
    """
    if suffix == ".tsv":
        return "\t"
    for mark in _DELIMITERS:
        try:
            titles = next(csv.reader([header], delimiter=mark), [])
        except csv.Error:
            continue
        if set(NEEDED) <= set(map(column_name, titles)):
            return mark
    return ","


def read_delimited(path: Path, charset: str) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of a CSV or TSV file with their numbers, the header among them.

    Raises :class:`TableError` where quotes are not closed or the file cannot be taken apart.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding=charset, newline="") as file:
        header = file.readline(_HEADER)
    row = 0
    with path.open(encoding=charset, newline="") as file:
        mark = delimiter_of(header, path.suffix.casefold())
        try:
            for row, cells in enumerate(csv.reader(file, delimiter=mark, strict=True), start=1):
                yield row, list(cells)
        except csv.Error as error:
            raise TableError(
                f"row {row + 1:,}: {error}: is each quote closed, and doubled within a text?"
            ) from None
