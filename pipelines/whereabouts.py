"""Where in the page a block stands: in what kind of place, part, frame or picture. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml import etree

    from pipelines.blocks import Draft

_FRAME: Final = ("nav", "aside", "footer", "form")
_PARTS: Final = frozenset(
    (
        *("li", "ul", "ol", "dl", "dt", "dd", "blockquote", "pre"),
        *("table", "thead", "tbody", "tfoot", "tr", "td", "th"),
    )
)
_PICTURES: Final = ("figure", "figcaption", "picture", "video")
_PICTURE_NAME: Final = re.compile(
    r"caption|image|photo|picture|media|gallery|video|slide", re.IGNORECASE
)
_PICTURE_WITHIN: Final = 4


def place_of(draft: Draft) -> tuple[object, ...]:
    """What an element and its parent are: blocks of one text share it."""
    element = draft.element
    parent = None if element is None else element.getparent()
    if element is None or parent is None:
        return (draft.kind,)
    return (draft.kind, element.tag, element.get("class"), parent.tag, parent.get("class"))


def part_of(draft: Draft) -> etree._Element | None:
    """The element that the draft stands in, outside of its list, table or quotation."""
    element = draft.element
    while element is not None and (element.tag in _PARTS or _within_parts(element)):
        element = element.getparent()
    if element is draft.element and element is not None:
        return element.getparent()
    return element


def _within_parts(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag in _PARTS


def is_framed(draft: Draft) -> bool:
    """Whether the block stands in the page's frame, or nobody knows where."""
    element = draft.element
    return element is None or next(element.iterancestors(*_FRAME), None) is not None


def is_pictured(draft: Draft) -> bool:
    """Whether the block is what a picture or a film says."""
    element = draft.element
    for _ in range(_PICTURE_WITHIN):
        if element is None:
            return False
        if element.tag in _PICTURES or _PICTURE_NAME.search(element.get("class") or ""):
            return True
        element = element.getparent()
    return False
