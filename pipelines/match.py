"""The page's own blocks that an extractor's text names. Pure.

An extractor knows what belongs to the article, but hands over a tree of its own, in which
blocks are broken at inline elements, rows hold whole pages, headings are lost. So its tree only
says which text to keep; the blocks are read from the page. Its text is, nearly, a subsequence of
the page's: one pass with a cursor finds each block where it must be.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from pipelines.blocks import Draft, clean_text

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from lxml import etree

_FRAME: Final = ("nav", "aside", "footer", "form")
_PARTS: Final = frozenset(
    (
        *("li", "ul", "ol", "dl", "dt", "dd", "blockquote", "pre"),
        *("table", "thead", "tbody", "tfoot", "tr", "td", "th"),
    )
)
_TELLING: Final = 25  # letters that hardly occur twice
_AHEAD: Final = 2_000
_NEXT_BLOCKS: Final = 3
_KEY: Final = 40
_PIECE: Final = 8
_ENOUGH: Final = 0.5
_LINKED_SHARE: Final = 0.9
_SENTENCE: Final = 50
_SENTENCE_ENDS: Final = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
_STANDFIRST: Final = 50
_LONG_STANDFIRST: Final = 80
_STANDFIRST_WITHIN: Final = 40
_QUOTED_SHARE: Final = 0.3
_PICTURES: Final = ("figure", "figcaption", "picture", "video")
_PICTURE_NAME: Final = re.compile(
    r"caption|image|photo|picture|media|gallery|video|slide", re.IGNORECASE
)
_PICTURE_WITHIN: Final = 4
_BOX: Final = 100
_BOX_LINKED: Final = 0.2
_BOX_DEPTH: Final = 6
# How handbooks name a box that belongs to their text.
_BOX_NAME: Final = re.compile(
    r"sidebar|note|tip|warning|caution|important|admonition|callout|info-?box|example|hint|alert",
    re.IGNORECASE,
)
_ENDS: Final = tuple(".!?…:;。！？؟।\"”»’')")


class _Found:
    """The extractor's text as letters without white space, read from a cursor onwards."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.blocks = [draft.letters for draft in drafts]
        self.text = "".join(self.blocks)
        self.cursor = 0
        self.next = 0
        self.starts: list[int] = []
        self.at: defaultdict[str, list[int]] = defaultdict(list)
        start = 0
        for block in self.blocks:
            self.starts.append(start)
            self.at[block[:_KEY]].append(start)
            start += len(block)

    def take(self, draft: Draft) -> bool:
        """Whether the draft's text comes now; if so the cursor moves behind it."""
        letters = draft.letters
        if not letters:
            return False
        if len(letters) < _TELLING:
            end = self._end_of_short(letters)
        else:
            end = self._end(letters)
            if end < 0 and not _is_linked(draft):  # a menu names headings that are far below
                end = self._end_later(letters)
            if end < 0:
                end = self._end_of_pieces(draft, len(letters))
        if end < 0:
            return False
        self.cursor = end
        while self.next < len(self.starts) and self.starts[self.next] < end:
            self.next += 1
        return True

    def _end(self, letters: str) -> int:
        place = self.text.find(letters, self.cursor, self.cursor + len(letters) + _AHEAD)
        return -1 if place < 0 else place + len(letters)

    def _end_later(self, letters: str) -> int:
        for start in self.at.get(letters[:_KEY], ()):
            if start >= self.cursor and self.text.startswith(letters, start):
                return start + len(letters)
        return -1

    def _end_of_short(self, letters: str) -> int:
        if self.text.startswith(letters, self.cursor):
            return self.cursor + len(letters)
        for index in range(self.next, min(self.next + _NEXT_BLOCKS, len(self.blocks))):
            if self.blocks[index] == letters:
                return self.starts[index] + len(letters)
        return -1

    def _end_of_pieces(self, draft: Draft, length: int) -> int:
        """Behind the last piece of a draft of which the extractor lost less than half."""
        stop, end, matched = self.cursor + length + _AHEAD, self.cursor, 0
        for piece in map(_letters, draft.pieces):
            place = self.text.find(piece, end, stop) if len(piece) >= _PIECE else -1
            if place >= 0:
                end = place + len(piece)
                matched += len(piece)
        return end if matched >= length * _ENOUGH else -1


def _letters(raw: str) -> str:
    return "".join(clean_text(raw).split())


def _is_linked(draft: Draft) -> bool:
    return draft.linked_share >= _ENOUGH


def _is_short_link(draft: Draft) -> bool:
    is_short = draft.kind == "paragraph" and len(draft.letters) < _TELLING
    return is_short and draft.linked_share >= _LINKED_SHARE


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
        is_beside = draft.kind != "paragraph" and _part(draft) in parts
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
        if is_text and not any(_is_framed(page[index]) for index in members):
            if _BOX_NAME.search(box.get("class") or "") and not _is_pictured(page[members[0]]):
                for index in members:
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


def choose_drafts(page: Sequence[Draft], found: Sequence[Draft], title: str = "") -> list[Draft]:
    """Those drafts of the page whose text the extractor found, and what it lost in between.

    What the extractor found is returned as it is if most of it is not in the page's drafts.
    """
    text = _Found(found)
    is_taken = [text.take(draft) and not _is_short_link(draft) for draft in page]
    kept = sum(len(draft.letters) for draft, taken in zip(page, is_taken, strict=True) if taken)
    if kept < sum(len(draft.letters) for draft in found) * _ENOUGH or not any(is_taken):
        return unplaced(found)
    _fill_gaps(page, is_taken)
    _take_boxes(page, is_taken)
    _grow(page, is_taken)
    if title:
        _take_standfirst(page, is_taken, title)
    _take_lost_headings(page, is_taken)
    return [draft for draft, taken in zip(page, is_taken, strict=True) if taken]


def unplaced(found: Sequence[Draft]) -> list[Draft]:
    """The extractor's own drafts, whose elements are not the page's."""
    return [Draft(one.kind, one.level, None, one.pieces, one.linked) for one in found]
