"""Where in the page the extractor's blocks stood, and the headings that it lost there. Pure.

The extractor hands over a tree of its own. Each of its blocks is found again in the page by its
first letters, in order; that gives its path, its real kind (``pre``, ``h3``), and the headings
directly above it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from pipelines.blocks import Draft
from pipelines.vocabulary import LEVELS, text_of

if TYPE_CHECKING:
    from lxml import etree

_PLACES: Final = (*LEVELS, "p", "li", "dt", "dd", "blockquote", "pre", "tr", "div", "summary")
_FRAME: Final = ("nav", "aside", "footer", "form")
_KEY_LETTERS: Final = (40, 16)
_PIECES: Final = 40
_TELLING: Final = 16
_NEARBY: Final = 50


class _Places:
    """The blocks of a page by the letters that they begin with."""

    def __init__(self, page: etree._Element) -> None:
        self.elements: list[etree._Element] = []
        self.at: defaultdict[str, list[int]] = defaultdict(list)
        for element in page.iter(*_PLACES):
            if element.tag == "div" and not (element.text and element.text.strip()):
                continue
            letters = _letters(text_of(element, _PIECES))
            if letters:
                for length in _KEY_LETTERS:
                    self.at[letters[:length]].append(len(self.elements))
                self.elements.append(element)

    def find(self, draft: Draft, after: int) -> int:
        """The next place of the draft's text, -1 when there is none to be sure of."""
        letters = _letters(draft.raw)
        for length in _KEY_LETTERS:
            places = self.at.get(letters[:length], [])
            index = bisect_right(places, after)
            if index < len(places):
                place = places[index]
                if len(letters) >= _TELLING or place - after <= _NEARBY:
                    return place
        return -1


def _letters(text: str) -> str:
    return "".join(text.split())


def _lost_headings(places: _Places, last: int, place: int) -> list[Draft]:
    """The headings directly above a place that come after the last place in use."""
    lost = []
    for element in reversed(places.elements[last + 1 : place]):
        if element.tag not in LEVELS or next(element.iterancestors(*_FRAME), None) is not None:
            break
        lost.append(Draft("heading", LEVELS[element.tag], element, [text_of(element)]))
    return lost[::-1]


def _corrected(draft: Draft, element: etree._Element) -> Draft:
    if element.tag == "pre":
        return Draft("code", 0, element, [text_of(element)], draft.linked)
    level = LEVELS.get(element.tag, draft.level) if draft.kind == "heading" else draft.level
    return Draft(draft.kind, level, element, draft.pieces, draft.linked)


def restore_origin(drafts: list[Draft], page: etree._Element) -> list[Draft]:
    """The drafts with their elements in the page, and lost headings between them.

    A draft that is not found keeps no element. Nothing is put before the first one found: what
    stands above an article is rarely of it.
    """
    places = _Places(page)
    restored: list[Draft] = []
    last = -1
    for draft in drafts:
        place = places.find(draft, last)
        if place < 0:
            restored.append(Draft(draft.kind, draft.level, None, draft.pieces, draft.linked))
            continue
        if last >= 0:
            restored += _lost_headings(places, last, place)
        restored.append(_corrected(draft, places.elements[place]))
        last = place
    return restored


class Paths:
    """The XPath of elements of one tree, each parent's children counted once.

    >>> from lxml import etree
    >>> page = etree.fromstring("<html><body><p>One</p><p>Two</p></body></html>")
    >>> Paths()(page[0][1])
    '/html/body[1]/p[2]'
    """

    def __init__(self) -> None:
        self._steps: dict[etree._Element, dict[etree._Element, str]] = {}

    def __call__(self, element: etree._Element) -> str:
        """The path from the root."""
        steps = []
        parent = element.getparent()
        while parent is not None:
            steps.append(self._numbered(parent)[element])
            element, parent = parent, parent.getparent()
        return "/".join(["", str(element.tag), *reversed(steps)])

    def _numbered(self, parent: etree._Element) -> dict[etree._Element, str]:
        if parent not in self._steps:
            counts: defaultdict[object, int] = defaultdict(int)
            steps = {}
            for child in parent:
                counts[child.tag] += 1
                steps[child] = f"{child.tag}[{counts[child.tag]}]"
            self._steps[parent] = steps
        return self._steps[parent]
