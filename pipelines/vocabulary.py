"""What an element is to the reader of a page: a kind of block, a break, a cell, ... Pure.

Each vocabulary answers that one question for one language of elements; ``pipelines.blocks``
walks a tree with any of them. Most tags have one role wherever they stand, and are looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from pipelines.records import BlockKind

if TYPE_CHECKING:
    from lxml import etree

# skip: not read at all. break: ends a block and starts none. line: white space.
# literal: inline text whose brackets are not citation marks.
Role = BlockKind | Literal["skip", "break", "cell", "line", "literal", "inline"]
Ask = Callable[["etree._Element"], Role]  # noqa: SLF001 - lxml names it no other way

LEVELS: Final = {f"h{level}": level for level in range(1, 7)}

_HTML: Final[dict[str, Role]] = {
    **dict.fromkeys(LEVELS, "heading"),
    **dict.fromkeys(("p", "figcaption", "caption", "summary", "address"), "paragraph"),
    **dict.fromkeys(("li", "dt", "dd"), "list_item"),
    "blockquote": "quote",
    **dict.fromkeys(("pre", "listing", "xmp"), "code"),
    "tr": "table_row",
    **dict.fromkeys(("td", "th"), "cell"),
    "br": "line",
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "literal"),
    **dict.fromkeys(("html", "body", "div", "section", "article", "main", "header"), "break"),
    **dict.fromkeys(("footer", "nav", "aside", "figure", "details", "hgroup"), "break"),
    **dict.fromkeys(("ul", "ol", "dl", "menu", "dir", "fieldset", "legend", "hr"), "break"),
    **dict.fromkeys(("table", "thead", "tbody", "tfoot", "center", "form", "search"), "break"),
    **dict.fromkeys(("head", "script", "style", "noscript", "template", "iframe"), "skip"),
    **dict.fromkeys(("object", "svg", "math", "canvas", "audio", "video", "map"), "skip"),
    **dict.fromkeys(("select", "datalist", "textarea", "button", "input", "dialog"), "skip"),
    **dict.fromkeys(("frameset", "noframes", "rp", "rt"), "skip"),
}
_INLINE: Final = (
    *("a", "span", "em", "strong", "b", "i", "u", "sup", "sub", "small", "abbr", "img", "time"),
    *("label", "cite", "q", "font", "mark", "ins", "del", "picture", "source", "hi", "ref"),
)
_TRAFILATURA: Final[dict[object, Role]] = {
    "head": "heading",
    "p": "paragraph",
    "item": "list_item",
    "row": "table_row",
    "cell": "cell",
    "lb": "line",
    **dict.fromkeys(("body", "list", "table", "div", "ab", "figure"), "break"),
    **dict.fromkeys(("graphic", "media"), "skip"),
}
_LONGEST_HEADING: Final = 500
_FRAME: Final = frozenset(("nav", "footer", "aside", "form"))
_NOT_IN_CELLS: Final = ("table", "blockquote", "pre", *LEVELS)


class Vocabulary(NamedTuple):
    """The roles of tags, and a function to ask for elements of all other tags."""

    known: Mapping[object, Role]
    ask: Ask


def text_of(element: etree._Element, pieces: int | None = None) -> str:
    """The text in an element as it stands there, or only its first ``pieces`` text nodes."""
    return "".join(str(piece) for piece in islice(element.itertext(), pieces))


def _html_role(element: etree._Element) -> Role:
    role = _HTML.get(element.tag, "inline")
    if role == "table_row" and _lays_out(element):
        return "break"
    if role == "heading" and len(element) and len(text_of(element)) > _LONGEST_HEADING:
        return "break"  # never closed: the page below stands in it
    return role


def _prose_role(element: etree._Element) -> Role:
    parent = element.getparent()
    is_page_header = element.tag == "header" and parent is not None and parent.tag == "body"
    return "skip" if is_page_header or element.tag in _FRAME else _html_role(element)


def _trafilatura_role(element: etree._Element) -> Role:
    return _quote_or_code(element) if element.tag in ("quote", "code") else "inline"


def selected_role(selected: Container[etree._Element]) -> Vocabulary:
    """A vocabulary in which only the ``selected`` elements are blocks, each of them one."""

    def role(element: etree._Element) -> Role:
        usual = _HTML.get(element.tag, "inline")
        if usual == "cell" and element.getparent() in selected:
            return "cell"
        if element in selected:
            if usual == "inline" and any(outer in selected for outer in element.iterancestors()):
                return "inline"
            return usual if usual in _KINDS else "paragraph"
        return "line" if usual in _BLOCKS else usual

    return Vocabulary({}, role)


_KINDS: Final = ("heading", "paragraph", "list_item", "quote", "code", "table_row")
_BLOCKS: Final = (*_KINDS, "break", "cell")


def _quote_or_code(element: etree._Element) -> Role:
    """Both stand for a block and for a few words in a sentence; only the place tells which."""
    parent = element.getparent()
    stands_alone = parent is None or parent.tag in ("body", "quote", "div", "list")
    if element.tag == "quote":
        in_item = parent is not None and parent.tag == "item"
        return "quote" if stands_alone or in_item else "inline"
    if stands_alone or "\n" in text_of(element).strip():
        return "code"
    return "literal"


def _lays_out(row: etree._Element) -> bool:
    """Whether a table row only places other blocks on the page, as old pages do."""
    if next(row.iter(*_NOT_IN_CELLS), None) is not None:
        return True
    return any(sum(1 for _ in cell.iter("p")) > 1 for cell in row)


# Whose role is not the same wherever they stand.
_ASKED: Final = frozenset(("tr", *LEVELS))
_INLINE_ROLES: Final[dict[object, Role]] = dict.fromkeys(_INLINE, "inline")
_HTML_ROLES: Final[dict[object, Role]] = {
    **_INLINE_ROLES,
    **{tag: role for tag, role in _HTML.items() if tag not in _ASKED},
}
# An HTML element.
html_role: Final = Vocabulary(_HTML_ROLES, _html_role)
# The same where the page's frame is not wanted: menus are skipped.
prose_role: Final = Vocabulary(
    {tag: role for tag, role in _HTML_ROLES.items() if tag not in {"header", *_FRAME}},
    _prose_role,
)
# An element in the tree that trafilatura makes (its ``Document.body``).
trafilatura_role: Final = Vocabulary({**_INLINE_ROLES, **_TRAFILATURA}, _trafilatura_role)
