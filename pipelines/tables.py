"""Rows as tables for people: CSV, a JSON array, and Excel files, with cells that are no formulas.

Excel files are written here, row by row: in bounded memory, and the same bytes for the same rows.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import escape

import orjson

from pipelines.lines import FormatError, Row

# Columns that people read, in this order; a table has those that its first row has.
COLUMNS: Final = (
    *("prompt", "completion", "kind", "url", "site", "fetched_at", "language", "license"),
    *("system_prompt", "pair_id", "document_id"),
)
MOST_ROWS: Final = 1_048_576  # of an Excel sheet, the header among them
MOST_CHARACTERS: Final = 32_767  # of an Excel cell, in UTF-16 units

_TIMES_TOO: Final = orjson.OPT_PASSTHROUGH_DATETIME

# What makes spreadsheets take a cell for a formula (OWASP, CSV injection); full-width ones, too.
_FORMULA: Final = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Excel reads _x0041_ as A (ECMA-376, ST_Xstring), and XML parsers read a bare CR as LF.
_LOOKS_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def safe_cell(text: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula: an apostrophe before it.

    >>> safe_cell("=1+1"), safe_cell("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def plain_cell(text: str) -> str:
    """What ``safe_cell`` was given.

    >>> plain_cell("'=1+1"), plain_cell("'tis"), plain_cell(safe_cell("'=1+1"))
    ('=1+1', "'tis", "'=1+1")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def table_of(rows: Iterable[Row]) -> tuple[list[str], Iterator[list[Any]]]:
    """The column names that the first row has, and every row's values in their order."""
    source = iter(rows)
    first = next(source, None)
    names = [name for name in COLUMNS if first is None or name in first]
    every = source if first is None else chain((first,), source)
    return names, ([row.get(name) for name in names] for row in every)


def cell_text(value: object) -> str:
    """A value as people read it; nothing for None.

    >>> from datetime import UTC
    >>> cell_text(datetime(2026, 11, 24, 8, 14, 46, tzinfo=UTC))
    '2026-11-24T08:14:46Z'
    """
    if value is None:
        return ""
    return _time(value) if isinstance(value, datetime) else str(value)


def _time(value: object) -> str:
    """A time as it is written in JSON lines."""
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no form in JSON")
    return value.isoformat().replace("+00:00", "Z")


def write_csv(rows: Iterable[Row], file: BinaryIO) -> int:
    """UTF-8 with a byte-order mark, by which Excel knows it; commas, quotes where needed."""
    names, values = table_of(rows)
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(names)
    count = 0
    for row in values:
        writer.writerow([safe_cell(cell_text(value)) for value in row])
        count += 1
    text.detach()
    return count


def write_json(rows: Iterable[Row], file: BinaryIO) -> int:
    """An array of objects, one a line."""
    names, values = table_of(rows)
    number = 0
    for number, row in enumerate(values, start=1):
        file.write(b"[\n" if number == 1 else b",\n")
        record = dict(zip(names, row, strict=True))
        file.write(orjson.dumps(record, default=_time, option=_TIMES_TOO))
    file.write(b"\n]\n" if number else b"[]\n")
    return number


def write_xlsx(rows: Iterable[Row], file: BinaryIO) -> int:
    """One sheet of texts, the header fixed above it.

    Raises :class:`FormatError` beyond what a sheet or a cell of Excel holds: nothing is cut off.
    """
    names, values = table_of(rows)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in _PARTS.items():
            book.writestr(_member(name), f"{_DECLARATION}{text}")
        # Excel wants to know of a large member before it is written.
        with book.open(_member("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            sheet.write(f"{_DECLARATION}{_SHEET_BEGINS}".encode())
            sheet.write(_row_xml(1, names, _HEADER))
            number = 0
            for number, row in enumerate(values, start=1):
                if number + 1 > MOST_ROWS:
                    raise FormatError(
                        f"an Excel sheet ends at {MOST_ROWS:,} rows with its header: take csv or "
                        f"json, or build fewer rows",
                        number,
                    )
                sheet.write(_row_xml(number + 1, _cells(number, names, row)))
            sheet.write(_SHEET_ENDS.encode())
    return number


def _cells(number: int, names: Sequence[str], row: Sequence[object]) -> list[str]:
    """The texts of a row; :class:`FormatError` for one that Excel could not show whole."""
    texts = [cell_text(value) for value in row]
    for name, text in zip(names, texts, strict=True):
        size = len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
        if size > MOST_CHARACTERS:
            raise FormatError(
                f"{name} has {size:,} characters, a cell of Excel holds {MOST_CHARACTERS:,}: take "
                f"csv or json, or a smaller max_tokens in the site file",
                number,
            )
        if found := _NOT_XML.search(text):
            raise FormatError(
                f"{name} has the control character {found[0]!r} at character "
                f"{found.start() + 1:,}, which Excel files cannot hold: take csv or json",
                number,
            )
    return texts


def _row_xml(number: int, texts: Sequence[str], style: int = 0) -> bytes:
    """A row's XML: texts within the row, with Excel's quote where they look like formulas."""
    cells = []
    for text in texts:
        mark = style or (_QUOTED if _FORMULA.match(text) else 0)
        shown = _LOOKS_ESCAPED.sub("_x005F_", text).replace("\r", "_x000D_")
        cells.append(
            f'<c t="inlineStr" s="{mark}"><is><t xml:space="preserve">{escape(shown)}</t></is></c>'
            if text
            else "<c/>"
        )
    return f'<row r="{number}">{"".join(cells)}</row>\n'.encode()


def _member(name: str) -> zipfile.ZipInfo:
    """A name in the archive, with the oldest time there is: equal rows give equal bytes."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


_HEADER, _QUOTED = 1, 2  # styles, by their place in cellXfs
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_BEGINS: Final = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '</sheetView></sheetViews><cols><col min="1" max="2" width="60" customWidth="1"/></cols>'
    "<sheetData>\n"
)
_SHEET_ENDS: Final = "</sheetData></worksheet>"
_PARTS: Final[Mapping[str, str]] = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="pairs" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
        "</Relationships>"
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/>'
        '</font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        "<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        '</cellStyleXfs><cellXfs count="3">'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/>'
        '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
        "</cellStyles></styleSheet>"
    ),
}
