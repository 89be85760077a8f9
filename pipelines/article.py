"""A page -> the blocks of its article: what an extractor finds, mended from the page itself. Pure.

trafilatura says what belongs to the article; the blocks are read from the page. Where it keeps
little of what the page obviously says, the page's main part is read without it, and so are pages
that it would take seconds for. What stands in the article and is not of it is dropped last.
"""

from __future__ import annotations

from copy import copy
from itertools import islice
from typing import Final, NamedTuple, cast

import trafilatura
from lxml import etree

from pipelines.blocks import Draft, read_drafts
from pipelines.boilerplate import is_prose, trim
from pipelines.match import choose_drafts
from pipelines.vocabulary import html_role, prose_role, trafilatura_role

EXTRACTOR_VERSION: Final = f"trafilatura {trafilatura.__version__}"

_MAINS: Final = ("main", "article")
_LINKED_SHARE: Final = 0.9
_MOST_CELLS: Final = 1_000
_MOST_CHILDREN: Final = 3_000
_MOST_ELEMENTS: Final = 30_000
_COUNT: Final = etree.XPath("count(//*)")
_COUNT_EMPTY: Final = etree.XPath("count(//div[not(node())])")
_MANY_EMPTY: Final = 150
_LITTLE: Final = 250
_MENU_SHARE: Final = 0.5
# Of the page's running text: below it, a slower look is worth its time.
_PART: Final = 0.35
_SHARED: Final = 0.6
_AS_MUCH_AGAIN: Final = 2.0
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


def count_elements(page: etree._Element) -> int:
    """How many elements the page has, itself included."""
    return int(cast("float", _COUNT(page)))


def _is_too_slow(page: etree._Element) -> bool:
    """Whether trafilatura would take seconds: it takes the square of an element's children."""
    if next(islice(page.iter(), _MOST_CHILDREN, None), None) is None:
        return any(len(row) > _MOST_CELLS for row in page.iter("tr"))
    return count_elements(page) > _MOST_ELEMENTS or any(
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
    found = trafilatura.bare_extraction(
        _thinned(page) if fast else page,
        fast=fast,
        include_comments=False,
        include_tables=True,
        with_metadata=False,
        output_format="xml",  # any but its own: in that, its text is written out besides
    )
    body = getattr(found, "body", None)
    found_drafts = [] if body is None else read_drafts(body, trafilatura_role)
    drafts = choose_drafts(all_drafts, found_drafts, title)
    is_broken = len(drafts) > len(found_drafts) or not any(
        one.element is not None for one in drafts
    )
    return [] if is_broken and _is_one_block(found_drafts) else drafts


def _thinned(page: etree._Element) -> etree._Element:
    """The page, or where it has many empty boxes a copy of it, of each row of them only one.

    trafilatura looks at each box's names before it drops those that are empty.
    """
    if cast("float", _COUNT_EMPTY(page)) < _MANY_EMPTY:
        return page
    thin = copy(page)
    unwanted: list[etree._Element] = []
    before: etree._Element | None = None
    for box in thin.iter("div"):
        if len(box) or box.text is not None or box.get("id") or (box.tail or "").strip():
            before = None
            continue
        if before is not None and box.getprevious() is before:
            unwanted.append(box)
        before = box
    for box in unwanted:
        if (parent := box.getparent()) is not None:
            parent.remove(box)
    return thin


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
