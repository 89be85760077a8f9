"""The text of a page block by block, as it stands there: what an annotator reads and marks. Pure.

No block is judged: menus, cookie notes and the article stand side by side, each with a number.
``python -m bench.mark`` prints them and writes the chosen ones as a page's expected blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree, html

LEVELS: Final = {f"h{level}": level for level in range(1, 7)}
_SKIPPED: Final = frozenset(
    "head script style noscript template iframe svg select textarea object video audio".split()
)
_ENDING: Final = frozenset(
    "html body div section article main header footer nav aside figure details hgroup ul ol dl"
    " menu dir fieldset form table thead tbody tfoot td th center hr address summary legend"
    " figcaption caption p blockquote pre li dt dd tr".split()
) | frozenset(LEVELS)
_KINDS: Final = {
    **dict.fromkeys(LEVELS, "heading"),
    **dict.fromkeys(("li", "dt", "dd"), "list_item"),
    "blockquote": "quote",
    "pre": "code",
}
_NOT_IN_ROWS: Final = ("table", "blockquote", "pre", "li", *LEVELS)
_GAP: Final = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """One block as it stands in the page; ``linked`` is the share of its letters in links."""

    kind: str
    text: str
    level: int = 0
    place: str = ""
    linked: float = 0.0


def outline(body: bytes, charset: str, without: tuple[str, ...] = ()) -> list[Piece]:
    """Every block of a page in page order; ``without`` are XPaths of what is cut out first.

    >>> [piece.kind for piece in outline(b"<h1>A</h1>x<br><br>y<ul><li>z", "utf-8")]
    ['heading', 'paragraph', 'paragraph', 'list_item']
    """
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    root = etree.fromstring(body.decode(charset, "replace").encode(), parser)
    for path in without:
        for element in root.xpath(path):
            element.drop_tree()
    return [piece for run in _runs(root) for piece in _pieces(*run)]


Run = tuple[etree._Element, list[tuple[str, bool]]]  # noqa: SLF001 - lxml names it no other way


def _runs(root: etree._Element) -> Iterator[Run]:
    """Runs of text between the borders of blocks, with the element that they stand in."""
    run: list[tuple[str, bool]] = []
    for element, text in _steps(root, root, is_linked=False):
        if text is None:
            if any(piece.strip() for piece, _ in run):
                yield element, run
            run = []
        else:
            run.append(text)


def _steps(
    element: etree._Element, block: etree._Element, *, is_linked: bool
) -> Iterator[tuple[etree._Element, tuple[str, bool] | None]]:
    """Texts, and None where a block begins or ends; with the block that the text stands in."""
    if element.tag in _SKIPPED:
        return
    if element.tag == "br":
        yield block, ("\n", is_linked)
        return
    is_row = element.tag == "tr" and next(element.iter(*_NOT_IN_ROWS), None) is None
    ends = element.tag in _ENDING and not (block.tag == "tr" and block is not element)
    inner = element if ends and (element.tag != "tr" or is_row) else block
    if ends:
        yield block, None
    if block.tag == "tr" and element.tag in ("td", "th"):
        yield block, (" | ", is_linked)
    linked = is_linked or element.tag == "a"
    if element.text:
        yield inner, (_spaced(element.text, inner), linked)
    for child in element:
        yield from _steps(child, inner, is_linked=linked)
        if child.tail:
            yield inner, (_spaced(child.tail, inner), linked)
    if ends:
        yield inner, None


def _spaced(text: str, block: etree._Element) -> str:
    """White space as it is shown: kept in code, else one space."""
    is_code = block.tag == "pre" or any(outer.tag == "pre" for outer in block.iterancestors())
    return text if is_code else re.sub(r"\s+", " ", text)


def _pieces(element: etree._Element, run: list[tuple[str, bool]]) -> Iterator[Piece]:
    """The blocks of a run: an empty line made of two ``<br>`` parts two of them."""
    kind, level = _kind(element)
    whole = "".join(text for text, _ in run)
    letters = max(1, len("".join(whole.split())))
    linked = sum(len("".join(text.split())) for text, is_linked in run if is_linked) / letters
    for part in [whole] if kind == "code" else _GAP.split(whole):
        text = part.strip("\n") if kind == "code" else " ".join(part.split())
        text = text.removeprefix("| ") if kind == "table_row" else text
        if text.strip():
            yield Piece(kind, text, level, _place(element), linked)


def _kind(element: etree._Element) -> tuple[str, int]:
    """Kind and heading level by the nearest element that tells."""
    if element.tag == "tr":
        return "table_row", 0
    for outer in (element, *element.iterancestors()):
        if outer.tag in _KINDS:
            return _KINDS[outer.tag], LEVELS.get(outer.tag, 0)
        if outer.tag in ("td", "th", "article", "main", "section"):
            break
    return "paragraph", 0


def _place(element: etree._Element) -> str:
    """The names of the three nearest elements, with identifier or class."""
    nearest = [element, *element.iterancestors()][:3]
    return "/".join(_name(outer) for outer in reversed(nearest))


def _name(element: etree._Element) -> str:
    mark = element.get("id") or (element.get("class") or "").split(" ")[0]
    return f"{element.tag}.{mark}"[:24] if mark else str(element.tag)
