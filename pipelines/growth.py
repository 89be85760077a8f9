"""What an extractor lost of the article that it found, taken from the page itself. Pure.

Each step looks at the blocks that are taken and takes others that belong with them: between
them, beside them, in boxes of the handbook's own, between the title and the text, and the
headings above.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from lxml import etree

    from pipelines.blocks import Draft

_FRAME: Final = ("nav", "aside", "footer", "form")
_PARTS: Final = frozenset(
    (
        *("li", "ul", "ol", "dl", "dt", "dd", "blockquote", "pre"),
        *("table", "thead", "tbody", "tfoot", "tr", "td", "th"),
    )
)
_TELLING: Final = 25  # letters that hardly occur twice
_LINKED: Final = 0.5
_SENTENCE: Final = 50
_SENTENCE_ENDS: Final = (".", "!", "?", "…", "。", "！", "？", "؟", "।")  # noqa: RUF001 - those of other scripts
_STANDFIRST: Final = 50
_LONG_STANDFIRST: Final = 80
_STANDFIRST_WITHIN: Final = 40
_QUOTED_SHARE: Final = 0.3
_PICTURES: Final = ("figure", "figcaption", "picture", "video")
_PICTURE_NAME: Final = re.compile(
    r"caption|image|photo|picture|media|gallery|video|slide", re.IGNORECASE
)
_PICTURE_WITHIN: Final = 4
_BOX: Final = 60
_BOX_LINKED: Final = 0.2
_BOX_DEPTH: Final = 6
# How handbooks name a box that belongs to their text.
_BOX_NAME: Final = re.compile(
    r"sidebar|note|tip|warning|caution|important|admonition|callout|info-?box|example|hint|alert",
    re.IGNORECASE,
)
_ENDS: Final = tuple(".!?…:;。！？؟।\"”»’')")  # noqa: RUF001 - those of other scripts


def take_lost(page: Sequence[Draft], is_taken: list[bool], title: str) -> None:
    """Set ``is_taken`` of the page's drafts that belong to the taken ones; one at least is."""
    _fill_gaps(page, is_taken)
    _take_boxes(page, is_taken)
    _grow(page, is_taken)
    if title:
        _take_standfirst(page, is_taken, title)
    _take_lost_headings(page, is_taken)


def _is_linked(draft: Draft) -> bool:
    return draft.linked_share >= _LINKED


def _place(draft: Draft) -> tuple[object, ...]:
    """What an element and its parent are: blocks of one text share it."""
    element = draft.element
    parent = None if element is None else element.getparent()
    if element is None or parent is None:
        return (draft.kind,)
    return (draft.kind, element.tag, element.get("class"), parent.tag, parent.get("class"))


def _part(draft: Draft) -> etree._Element | None:
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


def _fill_gaps(page: Sequence[Draft], is_taken: list[bool]) -> None:
    """Take what stands between taken blocks, beside one or in the same kind of place.

    It must be text, not links, and not a heading: headings follow from what is below them.
    """
    taken = [index for index, yes in enumerate(is_taken) if yes]
    places = {_place(page[index]) for index in taken}
    parts = {_part(page[index]) for index in taken} - {None}
    for index in range(taken[0], taken[-1]):
        draft = page[index]
        if draft.kind == "heading" or _is_linked(draft):
            continue
        part = _part(draft) if draft.kind != "paragraph" else None
        is_beside = part in parts
        if part is not None and not is_beside and len(draft.letters) >= _TELLING:
            is_beside = part.getparent() in parts and draft.linked_share < _QUOTED_SHARE
        if is_beside or (len(draft.letters) >= _TELLING and _place(draft) in places):
            is_taken[index] = True


def _take_boxes(page: Sequence[Draft], is_taken: list[bool]) -> None:
    """Take boxes of running text between taken blocks, which extractors think of as frame."""
    taken = [index for index, yes in enumerate(is_taken) if yes]
    parts = {_part(page[index]) for index in taken} - {None}
    boxes: defaultdict[etree._Element, list[int]] = defaultdict(list)
    for index in range(taken[0], len(page)):
        element = page[index].element
        if is_taken[index] or element is None:
            continue
        box = _child_of(element, parts)
        if box is not None:
            boxes[box].append(index)
    for box, members in boxes.items():
        letters = sum(len(page[index].letters) for index in members)
        linked = sum(page[index].linked for index in members)
        is_text = letters >= _BOX and linked <= letters * _BOX_LINKED
        is_box = is_text and _BOX_NAME.search(box.get("class") or "")
        if is_box and not any(_is_framed(page[index]) for index in members):
            for index in () if _is_pictured(page[members[0]]) else members:
                is_taken[index] = True


def _child_of(
    element: etree._Element, parts: Container[etree._Element | None]
) -> etree._Element | None:
    """The element around, itself included, that is a child of one of the parts."""
    node = element
    for _ in range(_BOX_DEPTH):
        parent = node.getparent()
        if parent is None:
            return None
        if parent in parts:
            return node
        node = parent
    return None


def _grow(page: Sequence[Draft], is_taken: list[bool]) -> None:
    """Take what the extractor lost before its first block and behind its last one.

    Only what stands beside taken blocks, in the same element, and only as far as nothing else
    comes in between: lists and rows that are not mostly links, and running text.
    """
    taken = [index for index, yes in enumerate(is_taken) if yes]
    parts = {_part(page[index]) for index in taken} - {None}
    for steps in (range(taken[-1] + 1, len(page)), range(taken[0] - 1, -1, -1)):
        for index in steps:
            draft = page[index]
            if draft.kind == "heading":
                if _heading_part(draft) not in parts:
                    break
                continue
            if _part(draft) not in parts or _is_framed(draft):
                break
            if _is_linked(draft):
                if draft.kind == "paragraph":
                    break
                continue
            is_text = len(draft.letters) >= _SENTENCE and draft.text.endswith(_ENDS)
            if draft.kind == "paragraph" and not is_text:
                break
            is_taken[index] = True


def _heading_part(draft: Draft) -> etree._Element | None:
    return None if draft.element is None else draft.element.getparent()


def _is_framed(draft: Draft) -> bool:
    element = draft.element
    return element is None or next(element.iterancestors(*_FRAME), None) is not None


def _take_lost_headings(page: Sequence[Draft], is_taken: list[bool]) -> None:
    """Take the headings directly above taken blocks; above the first, only its parent's own."""
    first = is_taken.index(True)
    for index in range(len(page) - 2, -1, -1):
        heading, below = page[index].element, page[index + 1].element
        if is_taken[index] or not is_taken[index + 1] or page[index].kind != "heading":
            continue
        if heading is None or _is_framed(page[index]):
            continue
        if index > first or (
            below is not None and heading.getparent() in list(below.iterancestors())
        ):
            is_taken[index] = True


def _take_standfirst(page: Sequence[Draft], is_taken: list[bool], title: str) -> None:
    """Take the running text between the title and the first taken block."""
    heads = (n for n, draft in enumerate(page) if draft.kind == "heading" and draft.text == title)
    top = next(heads, -1)
    if top < 0:
        return
    below = range(top + 1, len(page))
    first = next((n for n in below if is_taken[n] and page[n].kind != "heading"), top)
    for index in range(top + 1, first if first - top <= _STANDFIRST_WITHIN else top):
        draft = page[index]
        least = _STANDFIRST if draft.text.endswith(_SENTENCE_ENDS) else _LONG_STANDFIRST
        if len(draft.letters) < least:
            continue
        is_text = draft.kind in {"paragraph", "heading"} and draft.linked_share < _QUOTED_SHARE
        if is_text and not _is_framed(draft) and not _is_pictured(draft):
            is_taken[index] = True


def _is_pictured(draft: Draft) -> bool:
    """Whether the block is what a picture or a film says."""
    element = draft.element
    for _ in range(_PICTURE_WITHIN):
        if element is None:
            return False
        if element.tag in _PICTURES or _PICTURE_NAME.search(element.get("class") or ""):
            return True
        element = element.getparent()
    return False
