"""A page -> the blocks of its article: what an extractor finds, mended from the page itself. Pure.

trafilatura says what belongs to the article; the blocks are read from the page. Where it keeps
little of what the page obviously says, the page's main part is read without it, and so are pages
that it would take seconds for. What stands in the article and is not of it is dropped last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pipelines.asking import EXTRACTOR_VERSION, find_body
from pipelines.blocks import Draft, read_drafts
from pipelines.boilerplate import is_prose, trim
from pipelines.match import choose_drafts
from pipelines.parsing import count_elements
from pipelines.vocabulary import html_role, prose_role, trafilatura_role

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["EXTRACTOR_VERSION", "Article", "find_article"]

_MAINS: Final = ("main", "article")
_LINKED_SHARE: Final = 0.9
_MOST_CELLS: Final = 1_000
_MOST_CHILDREN: Final = 3_000
_MOST_ELEMENTS: Final = 30_000
_LITTLE: Final = 250
_MENU_SHARE: Final = 0.5
# Of the page's running text: below it, a slower look is worth its time.
_PART: Final = 0.35
_SHARED: Final = 0.6
_AS_MUCH_AGAIN: Final = 2.0
_FRAGMENTS: Final = 8
_COVERED: Final = 0.8
_MUCH_MORE: Final = 6.0
_LITTLE_SHARE: Final = 0.25


class Article(NamedTuple):
    """What was found in a page: the blocks of its article, and those dropped by named rules."""

    drafts: list[Draft]
    dropped: list[tuple[Draft, str]]


def find_article(page: etree._Element, title: str) -> Article:
    """The blocks of the page's article, in page order, with their places in the page.

    ``title`` is the page's title: above it the article has not begun.
    """
    everything = read_drafts(page, html_role)
    if _is_too_slow(page):
        return _trimmed(_prose(page), [], title)
    found = _trimmed(_chosen(page, everything, title, fast=True), everything, title)
    running = sum(len(draft.letters) for draft in everything if is_prose(draft))
    if _letters(found) >= max(_LITTLE, _PART * running):
        return found
    if _letters_unlinked(everything) >= _LITTLE:  # else there is nothing to find
        slow = _trimmed(_chosen(page, everything, title, fast=False), everything, title)
        if _letters(slow) >= _LITTLE and _is_more_of_it(slow, found):
            found = slow
    if _letters(found) >= _LITTLE:
        return found
    prose = _trimmed(_prose(page), [], title)
    is_enough = found.drafts and _letters(found) >= _LITTLE_SHARE * _letters(prose)
    return prose if prose.drafts and not is_enough else found


def _is_more_of_it(other: Article, found: Article) -> bool:
    """Whether the other reading has most of what was found, and as much again."""
    others = {id(draft) for draft in other.drafts}
    shared = sum(len(draft.letters) for draft in found.drafts if id(draft) in others)
    letters = _letters(found)
    return shared >= _SHARED * letters and _letters(other) >= _AS_MUCH_AGAIN * letters


def _is_too_slow(page: etree._Element) -> bool:
    """Whether trafilatura would take seconds: it takes the square of an element's children."""
    elements = count_elements(page)
    if elements <= _MOST_CELLS:
        return False
    if elements <= _MOST_CHILDREN:
        return any(len(row) > _MOST_CELLS for row in page.iter("tr"))
    return elements > _MOST_ELEMENTS or any(
        len(element) > (_MOST_CELLS if element.tag == "tr" else _MOST_CHILDREN)
        for element in page.iter()
    )


def _letters(article: Article) -> int:
    return sum(len(draft.letters) for draft in article.drafts)


def _letters_unlinked(drafts: list[Draft]) -> int:
    return sum(len(draft.letters) for draft in drafts if draft.linked_share < _MENU_SHARE)


def _trimmed(drafts: list[Draft], everything: list[Draft], title: str) -> Article:
    rules = trim(drafts, everything, title)
    kept = [draft for index, draft in enumerate(drafts) if index not in rules]
    return Article(kept, [(drafts[index], rules[index]) for index in sorted(rules)])


def _chosen(
    page: etree._Element, all_drafts: list[Draft], title: str, *, fast: bool
) -> list[Draft]:
    """The page's drafts that trafilatura finds; none when it runs them together into one."""
    body = find_body(page, fast=fast)
    found_drafts = [] if body is None else read_drafts(body, trafilatura_role)
    drafts = choose_drafts(all_drafts, found_drafts, title)
    is_broken = len(drafts) > len(found_drafts) or not any(
        one.element is not None for one in drafts
    )
    if is_broken and _is_one_block(found_drafts):
        return []
    return drafts if drafts and drafts[0].element is not None else _whole(page, drafts)


def _whole(page: etree._Element, fragments: list[Draft]) -> list[Draft]:
    """The page's running text where an extractor has only fragments of it, or these."""
    if len(fragments) < _FRAGMENTS:
        return fragments
    prose = _prose(page)
    text = "".join(draft.letters for draft in prose)
    letters = sum(len(draft.letters) for draft in fragments)
    covered = sum(len(draft.letters) for draft in fragments if draft.letters in text)
    is_same = covered >= _COVERED * letters and len(text) <= _MUCH_MORE * letters
    return prose if is_same else fragments


def _is_one_block(drafts: list[Draft]) -> bool:
    """Whether there is only one block, or one table row that holds most of the page."""
    rows = [len(draft.letters) for draft in drafts if draft.kind == "table_row"]
    letters = sum(len(draft.letters) for draft in drafts)
    return len(drafts) == 1 or max(rows, default=0) * 2 > letters


def _prose(page: etree._Element) -> list[Draft]:
    """The blocks of the page's main part, without its frame and without lists of links."""
    root = next((main for tag in _MAINS for main in page.iter(tag)), page)
    return [
        draft
        for draft in read_drafts(root, prose_role)
        if draft.kind == "heading" or draft.linked_share < _LINKED_SHARE
    ]
