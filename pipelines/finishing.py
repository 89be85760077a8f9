"""Drafts -> the blocks of a document: clean, each with its place in the text. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from pipelines.records import Block, normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lxml import etree

    from pipelines.blocks import Draft

_HEADERS: Final = ("header", "hgroup")
_SHRINKING: Final = 4  # letters that normalising makes one of, at most
_WORD: Final = re.compile(r"[^\W_]")
_BACK_REFERENCE: Final = "^"


class Paths:
    """The XPath of elements of one tree, each parent's children counted once.

    >>> from lxml import etree
    >>> page = etree.fromstring("<html><body><p>One</p><p>Two</p></body></html>")
    >>> Paths()(page[0][1])
    '/html/body[1]/p[2]'
    """

    def __init__(self) -> None:
        self._paths: dict[etree._Element, str] = {}

    def __call__(self, element: etree._Element) -> str:
        """The path from the root."""
        parents: list[etree._Element] = []
        node = element
        while node not in self._paths:
            parent = node.getparent()
            if parent is None:
                self._paths[node] = f"/{node.tag}"
                break
            parents.append(parent)
            node = parent
        for parent in reversed(parents):
            self._number(parent)
        return self._paths[element]

    def _number(self, parent: etree._Element) -> None:
        """Give each child its path; ``parent`` has its own."""
        above = self._paths[parent]
        counts: defaultdict[object, int] = defaultdict(int)
        for child in parent:
            counts[child.tag] += 1
            self._paths[child] = f"{above}/{child.tag}[{counts[child.tag]}]"


def finish_blocks(
    drafts: Iterable[Draft], title: str, path_of: Callable[[etree._Element], str]
) -> tuple[Block, ...]:
    """Cleaned blocks with their spans; without the title, empty headings and back references.

    >>> from lxml import etree
    >>> from pipelines.blocks import Draft
    >>> element = etree.Element("p")
    >>> draft = Draft("paragraph", 0, element, ["It  is so.[12] ", "Yes [citation needed]."])
    >>> finish_blocks([draft], "", lambda element: element.tag)[0].text
    'It is so. Yes.'
    """
    known = normalised(title)
    longest = _SHRINKING * len(known)
    blocks: list[Block] = []
    elements: list[etree._Element | None] = []
    for draft in drafts:
        text = draft.text
        if not _WORD.search(text) and draft.kind != "code":
            continue
        if text.startswith(_BACK_REFERENCE) and draft.kind == "list_item":
            continue
        if text and (len(text) > longest or normalised(text) != known):
            path = "" if draft.element is None else path_of(draft.element)
            blocks.append(Block(draft.kind, text, draft.level, path=path))
            elements.append(draft.element)
    return _placed(_without_empty_headings(blocks, elements))


def _without_empty_headings(
    blocks: list[Block], elements: list[etree._Element | None]
) -> list[Block]:
    """A heading is empty when none but headings of its level or above follow, or nothing.

    That of a list is not, whose items have headings of the same level.
    """
    kept: list[Block] = []
    below: tuple[Block, etree._Element | None] | None = None
    for block, element in zip(reversed(blocks), reversed(elements), strict=True):
        if block.kind == "heading":
            if below is None:
                continue
            other, inner = below
            if other.kind == "heading" and (
                other.level < block.level
                or (other.level == block.level and not _heads_list(element, inner))
            ):
                continue
        kept.append(block)
        below = block, element
    return kept[::-1]


def _heads_list(heading: etree._Element | None, inner: etree._Element | None) -> bool:
    """Whether the heading stands beside a list and ``inner`` in an item of it."""
    part = None if heading is None else heading.getparent()
    if part is not None and part.tag in _HEADERS:
        part = part.getparent()
    item = None if inner is None else next(inner.iterancestors("li"), None)
    if item is None or part is None:
        return False
    return any(outer is part for outer in item.iterancestors()) and not any(
        outer is item for outer in part.iterancestors()
    )


def _placed(blocks: list[Block]) -> tuple[Block, ...]:
    placed, start = [], 0
    for block in blocks:
        placed.append(Block(block.kind, block.text, block.level, start, block.path))
        start += len(block.text) + 1
    return tuple(placed)
