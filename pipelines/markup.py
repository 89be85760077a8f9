"""Pieces of HTML in which every text is escaped: cells, tables, links. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, NamedTuple
from urllib.parse import urlsplit

# C0 and C1 controls but tab and line feed, and what is no character.
_UNSHOWN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_READ: Final = 120  # characters of an address
_ENDLESS: Final = 2_000
_NARROW: Final = 3  # columns that a telephone has room for


class Html(str):
    """Markup: what :func:`text` and its like made, and nothing else may."""

    __slots__ = ()


class Column(NamedTuple):
    """A column of a table: its head, and whether it holds numbers."""

    head: str
    number: bool = False


def text(value: str) -> Html:
    r"""Escaped for text and for attributes; what no page should hold becomes a question mark.

    >>> text("</script><b title='x'>\x00")
    '&lt;/script&gt;&lt;b title=&#x27;x&#x27;&gt;?'
    """
    shown = _UNSHOWN.sub("?", value).encode("utf-8", "replace").decode()
    return Html(escape(shown))


def cut(value: str, most: int) -> str:
    """A text of so many characters at most, with a mark where it goes on.

    >>> cut("Bees live in hives.", 8)
    'Bees li…'
    """
    return value if len(value) <= most else f"{value[: most - 1]}…"


def number(value: int) -> Html:
    """A number as people read it, with a minus sign that is as wide as a plus.

    >>> number(12345)
    '12,345'
    """
    return Html(f"{value:,}".replace("-", "\u2212"))


def many(count: int, what: str, more: str = "") -> Html:
    """So many of something.

    >>> many(1, "run"), many(2000, "address", "addresses")
    ('1 run', '2,000 addresses')
    """
    return Html(f"{number(count)} {what if count == 1 else more or f'{what}s'}")


def link(url: str, shown: str = "") -> Html:
    """A link to an address of the web; any other address is text.

    >>> link("javascript:alert(1)")
    'javascript:alert(1)'
    >>> link("https://bees.example/", "Bees")
    '<a href="https://bees.example/" rel="noreferrer nofollow">Bees</a>'
    """
    said = text(shown or url)
    try:
        parts = urlsplit(url)
    except ValueError:
        return said
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return said
    return Html(f'<a href="{text(url)}" rel="noreferrer nofollow">{said}</a>')


def address(url: str) -> Html:
    """A link with no more of a long address than can be read; none to one that is endless."""
    return link(url, cut(url, _READ)) if len(url) <= _ENDLESS else text(cut(url, _READ))


def table(
    caption: str, columns: Sequence[Column], rows: Iterable[Sequence[object]], *, sums: bool = False
) -> Html:
    """A table; the first cell of each row is its head, with ``sums`` the last row is the total."""
    heads = "".join(
        f'<th scope="col"{_CLASS if column.number else ""}>{text(column.head)}</th>'
        for column in columns
    )
    lines = [_row(columns, row) for row in rows]
    foot = f"<tfoot>{lines.pop()}</tfoot>" if sums and lines else ""
    body = "\n".join(lines)
    whole = (
        f"<table><caption>{text(caption)}</caption><thead><tr>{heads}</tr></thead>\n"
        f"<tbody>{body}</tbody>{foot}</table>"
    )
    if len(columns) <= _NARROW:
        return Html(whole)
    name = text(caption)
    return Html(f'<div class="scroll" tabindex="0" role="group" aria-label="{name}">{whole}</div>')


_CLASS: Final = ' class="n"'


def _row(columns: Sequence[Column], row: Sequence[object]) -> str:
    cells = []
    for place, (column, value) in enumerate(zip(columns, row, strict=True)):
        shown = cell(value)
        mark = _CLASS if column.number else ""
        cells.append(f'<th scope="row">{shown}</th>' if place == 0 else f"<td{mark}>{shown}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def cell(value: object) -> Html:
    """A value in a table: markup as it is, numbers with commas, any other text escaped."""
    if isinstance(value, Html):
        return value
    return number(value) if isinstance(value, int) else text("" if value is None else str(value))


def unfold(summary: str, *content: str) -> Html:
    """Something that is shown when it is asked for."""
    return Html(f"<details><summary>{text(summary)}</summary>{''.join(content)}</details>")
