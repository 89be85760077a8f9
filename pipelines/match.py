"""The page's own blocks that an extractor's text names. Pure.

An extractor knows what belongs to the article, but hands over a tree of its own, in which
blocks are broken at inline elements, rows hold whole pages, headings are lost. So its tree only
says which text to keep; the blocks are read from the page. Its text is, nearly, a subsequence of
the page's: one pass with a cursor finds each block where it must be.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from pipelines.blocks import Draft
from pipelines.cleaning import clean_text
from pipelines.growth import take_lost

if TYPE_CHECKING:
    from collections.abc import Sequence


_TELLING: Final = 25  # letters that hardly occur twice
_AHEAD: Final = 2_000
_NEXT_BLOCKS: Final = 3
_KEY: Final = 40
_PIECE: Final = 8
_ENOUGH: Final = 0.5
_LINKED_SHARE: Final = 0.9
# A step over more than this is doubted: do the blocks that follow stand in what it skips?
_STEP: Final = 20
_LEAP: Final = 150  # menus name what is far below
_FOLLOWING: Final = 12
_UNMISTAKABLE: Final = 40


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

    def take(self, page: Sequence[Draft], index: int) -> bool:
        """Whether the text of the page's draft comes now; if so the cursor moves behind it."""
        draft = page[index]
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
        if end < 0 or self._leaps(end - len(letters), page, index):
            return False
        self.cursor = end
        while self.next < len(self.starts) and self.starts[self.next] < end:
            self.next += 1
        return True

    def _leaps(self, start: int, page: Sequence[Draft], index: int) -> bool:
        """Whether drafts that follow stand before ``start``: the text is said more than once."""
        step = start - self.cursor
        if step < _STEP:
            return False
        if step > _LEAP and _is_linked(page[index]):
            return True
        following = (one.letters for one in page[index + 1 : index + 1 + _FOLLOWING])
        return any(
            0 <= self.text.find(letters, self.cursor, start) < start - len(letters)
            for letters in following
            if len(letters) >= _UNMISTAKABLE
        )

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
        if letters not in self.at:
            return -1
        for index in range(self.next, min(self.next + _NEXT_BLOCKS, len(self.blocks))):
            if self.blocks[index] == letters:
                return self.starts[index] + len(letters)
        return -1

    def _end_of_pieces(self, draft: Draft, length: int) -> int:
        """Behind the last piece of a draft of which the extractor lost less than half."""
        if len(draft.pieces) == 1:
            return -1
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


def choose_drafts(page: Sequence[Draft], found: Sequence[Draft], title: str = "") -> list[Draft]:
    """Those drafts of the page whose text the extractor found, and what it lost in between.

    What the extractor found is returned as it is if most of it is not in the page's drafts.
    """
    text = _Found(found)
    is_taken = [
        text.take(page, index) and not _is_short_link(draft) for index, draft in enumerate(page)
    ]
    kept = sum(len(draft.letters) for draft, taken in zip(page, is_taken, strict=True) if taken)
    if kept < sum(len(draft.letters) for draft in found) * _ENOUGH or not any(is_taken):
        return unplaced(found)
    take_lost(page, is_taken, title)
    return [draft for draft, taken in zip(page, is_taken, strict=True) if taken]


def unplaced(found: Sequence[Draft]) -> list[Draft]:
    """The extractor's own drafts, whose elements are not the page's."""
    return [Draft(one.kind, one.level, None, one.pieces, one.linked) for one in found]
