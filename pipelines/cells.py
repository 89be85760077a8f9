"""Cells of hand-made tables -> prompts and completions, or what is wrong in which cell. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pipelines.tables import plain_cell

MOST_COLUMNS: Final = 1_000
LONGEST: Final = 1_000_000  # characters of a cell
NEEDED: Final = ("prompt", "completion")
# How people call the columns; case and white space do not count.
_NAMES: Final[Mapping[str, str]] = {
    "prompt": "prompt",
    "prompts": "prompt",
    "completion": "completion",
    "completions": "completion",
    "language": "language",
    "license": "license",
    "licence": "license",
}
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SHOWN: Final = 10


class Bad(NamedTuple):
    """A cell that holds no usable text, and why."""

    says: str


Cell = str | Bad | None


class Problem(NamedTuple):
    """What is wrong where; ``column`` is empty when it is the whole row."""

    row: int
    column: str
    says: str

    def __str__(self) -> str:
        """As people read it: ``row 5, column prompt: ...``."""
        column = f", column {self.column}" if self.column else ""
        return f"row {self.row:,}{column}: {self.says}"


class Record(NamedTuple):
    """One row: its number as spreadsheets show it, and its texts."""

    row: int
    prompt: str
    completion: str
    language: str = ""
    license: str = ""


class TableError(ValueError):
    """A file that cannot be read as a table at all; the message says what to do."""


def column_name(title: str) -> str:
    """Our name of a column, ``""`` for one that is none of ours.

    >>> column_name("  PROMPTS "), column_name("Comment")
    ('prompt', '')
    """
    return _NAMES.get(title.strip().casefold(), "")


def columns_of(header: Sequence[Cell]) -> dict[str, int]:
    """Where our columns stand. Raises :class:`TableError` when one is missing or there twice.

    >>> columns_of(["No", "Prompt", "Completions"])
    {'prompt': 1, 'completion': 2}
    """
    if len(header) > MOST_COLUMNS:
        raise TableError(f"{len(header):,} columns: a table of pairs has {MOST_COLUMNS:,} at most")
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = column_name(cell) if isinstance(cell, str) else ""
        if name in found:
            raise TableError(f"two columns are called {name}: leave one of them")
        if name:
            found[name] = place
    if missing := [name for name in NEEDED if name not in found]:
        has = [cell.strip()[:40] for cell in header if isinstance(cell, str) and cell.strip()]
        more = ", ..." if len(has) > _SHOWN else ""
        raise TableError(
            f"the first row has no column {' and no column '.join(missing)}; it has: "
            f"{', '.join(has[:_SHOWN]) or 'nothing'}{more}"
        )
    return found


def record_of(
    row: int, cells: Sequence[Cell], columns: Mapping[str, int]
) -> Record | list[Problem] | None:
    """A row's texts, or its problems; None for a row without any text in our columns' cells.

    >>> record_of(2, ["Bees?", " In hives. "], {"prompt": 0, "completion": 1})
    Record(row=2, prompt='Bees?', completion='In hives.', language='', license='')
    """
    if all(isinstance(cell, str) and not cell.strip() for cell in map(_as_text, cells)):
        return None
    texts: dict[str, str] = {}
    problems = []
    for name, place in columns.items():
        cell = cells[place] if place < len(cells) else None
        fault, text = _checked(cell)
        if not fault and not text and name in NEEDED:
            fault = "empty: write a text, or remove the row"
        if fault:
            problems.append(Problem(row, name, fault))
        texts[name] = text
    return problems or Record(row=row, **texts)


def _as_text(cell: Cell) -> str | Bad:
    return "" if cell is None else cell


def _checked(cell: Cell) -> tuple[str, str]:
    """What is wrong with a cell, and its text."""
    if isinstance(cell, Bad):
        return cell.says, ""
    text = plain_cell((cell or "").replace("\r\n", "\n").replace("\r", "\n").strip()).strip()
    if len(text) > LONGEST:
        return f"{len(text):,} characters: {LONGEST:,} at most", ""
    if found := _CONTROL.search(text):
        place = f"at character {found.start() + 1:,}"
        return f"the control character U+{ord(found[0]):04X} {place}: remove it", ""
    if found := _SURROGATE.search(text):
        return f"half of a surrogate pair at character {found.start() + 1:,}: mend the text", ""
    return "", text
