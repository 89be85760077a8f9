"""Excel files (.xlsx) -> the rows of one sheet; formulas and merged cells are told."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import openpyxl
from openpyxl.utils import range_boundaries

from pipelines.cells import MOST_COLUMNS, Bad, Cell, TableError

MB: Final = 1024 * 1024
_MOST_UNPACKED: Final = 1024 * MB
_MOST_STRINGS: Final = 256 * MB  # openpyxl keeps these in memory
_MOST_TIMES: Final = 100  # a bomb; tables of texts are 5 to 20 times smaller packed
_SMALL: Final = 16 * MB  # below which it does not matter
_CHUNK: Final = MB
_OLD: Final = b"\xd0\xcf\x11\xe0"
_MERGED: Final = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"'
)
_MOST_MERGED: Final = 1_000
_LONGEST_TAG: Final = 256
_Range = tuple[int, int, int, int]
# Excel's way to write a control character (ECMA-376, ST_Xstring).
_ESCAPED: Final = re.compile("_x(00[01][0-9A-Fa-f]|005[Ff])_")


def check_package(path: Path) -> None:
    """Raise :class:`TableError` for what is no Excel file, or unpacks to too much."""
    with path.open("rb") as file:
        if file.read(len(_OLD)) == _OLD:
            raise TableError("an old .xls or one with a password: save it as .xlsx without one")
    try:
        with zipfile.ZipFile(path) as book:
            members = book.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise TableError(f"cannot be read as an Excel file: {error}") from None
    total = sum(member.file_size for member in members)
    strings = sum(m.file_size for m in members if m.filename.endswith("sharedStrings.xml"))
    packed = path.stat().st_size
    is_bomb = total > _SMALL and total > _MOST_TIMES * packed
    if is_bomb or total > _MOST_UNPACKED or strings > _MOST_STRINGS:
        raise TableError(
            f"unpacks to {total // MB:,} MB, from {max(1, packed // MB):,}: save the table as CSV"
        )


def read_xlsx(path: Path, sheet: str = "") -> Iterator[tuple[int, list[Cell]]]:
    """The rows of a sheet, of the first one without a name, with their numbers.

    Raises :class:`TableError` for a file that cannot be read or has no such sheet.
    """
    check_package(path)
    with path.open("rb") as file:
        try:
            with warnings.catch_warnings(action="ignore"):  # of styles and extensions left aside
                book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - openpyxl raises whatever its parsers do
            raise TableError(f"cannot be read as an Excel file: {_first_line(error)}") from None
        try:
            yield from _rows(path, book, sheet)
        finally:
            book.close()


def _rows(path: Path, book: Any, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
    names = [each.title for each in book.worksheets]
    if not names or (sheet and sheet not in names):
        raise TableError(f"no sheet {sheet!r}: there are {', '.join(names) or 'none'}")
    place = names.index(sheet) if sheet else 0
    page = book.worksheets[place]
    page.reset_dimensions()  # what a file says of its own size is not believed
    merged = _merged(path, getattr(page, "_worksheet_path", ""))
    row = 0
    try:
        for row, cells in enumerate(page.iter_rows(), start=1):
            found = [_cell(cell) for cell in cells[: MOST_COLUMNS + 1]]
            yield row, _with_merged(found, row, merged)
    except TableError:
        raise
    except Exception as error:  # noqa: BLE001 - the same
        raise TableError(f"cannot be read after row {row:,}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _merged(path: Path, member: str) -> list[_Range]:
    """The merged ranges of a sheet: first column and row, last column and row."""
    found: list[_Range] = []
    with zipfile.ZipFile(path) as book:
        if member not in book.namelist():
            return found
        with book.open(member) as file:
            rest = b""
            while chunk := file.read(_CHUNK):
                data = rest + chunk
                end = 0
                for match in _MERGED.finditer(data):
                    found.append(cast("_Range", range_boundaries(match[1].decode())))
                    end = match.end()
                if len(found) > _MOST_MERGED:
                    raise TableError(f"more than {_MOST_MERGED:,} merged cells: unmerge them")
                rest = data[max(end, len(data) - _LONGEST_TAG) :]
    return found


def _with_merged(cells: list[Cell], row: int, merged: list[_Range]) -> list[Cell]:
    for left, top, right, bottom in merged:
        if top <= row <= bottom:
            bad = Bad("part of merged cells: unmerge them, and write each text into its own cell")
            for place in range(left - 1, min(right, len(cells))):
                cells[place] = bad
    return cells


def _cell(cell: Any) -> Cell:
    """A cell's text; numbers and dates as people write them."""
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Bad("a formula: copy the column and paste its values")
    if cell.data_type == "e":
        return Bad(f"the error {value}: mend it")
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat(" ") if isinstance(value, dt.datetime) else value.isoformat()
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value))
