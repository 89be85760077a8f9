"""Blocks that stand in an article and are not of it: each dropped by a named rule. Pure.

An extractor finds the part of the page in which the article stands. In that part stand, too,
bylines, dates and credits before the first sentence, links to other stories in between, notes to
subscribe and follow at the end. Every rule here looks at one thing (what the page itself calls
the place, the place among the other blocks, the words) and drops only short blocks or blocks
that the page sets apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.apart import above, comments, contents, headline, islands, named, orphans
from pipelines.phrases import (
    ASIDE_HEADING,
    BYLINE,
    CAPTION_CREDIT,
    CREDIT,
    DATE_LINE,
    FURNITURE,
    LEAD_LINE,
    NO_HEADING,
    POINTER,
    SMALL_CREDIT,
    TAGS_LINE,
    TAIL_LINE,
)
from pipelines.trimming import Trimming, is_prose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.blocks import Draft

__all__ = ["is_prose", "trim"]

_MOST_NAMED: Final = 0.5
_LINKED: Final = 0.85
_POINTS: Final = 0.4
_SHORT: Final = 160
_CAPTION: Final = 300
_TAGS_LINKED: Final = 0.3
_LEAD_SHORT: Final = 90
_LEAD_BLOCKS: Final = 8
_TAIL_BLOCKS: Final = 12
_TAIL_LINES: Final = 3  # this far behind, running text may still be such a note
_SMALL_HEADING: Final = 4
_TEASER: Final = 300
_TEASER_LINES: Final = 4
_TEASER_SHARE: Final = 0.5
_MANY_TEASERS: Final = 3


def trim(drafts: Sequence[Draft], page: Sequence[Draft], title: str = "") -> dict[int, str]:
    """The indexes of the drafts that are not of the article, with the rule that dropped each.

    ``page`` are all drafts of the page, among them, as the same objects, ``drafts``.
    """
    work = Trimming(drafts, page)
    above(work, title)
    headline(work, title)
    for rule in (
        named,
        orphans,
        comments,
        islands,
        contents,
        _pointers,
        _teasers,
        _asides,
        _lead,
        _tail,
    ):
        rule(work)
    _spare(work)
    return work.rules


def _spare(work: Trimming) -> None:
    """Keep the running text after all when its places' names would take most of it."""
    named = [index for index, rule in work.rules.items() if rule == "named"]
    prose = [index for index in named if is_prose(work.drafts[index])]
    if sum(len(work.drafts[index].letters) for index in prose) > work.total * _MOST_NAMED:
        for index in prose:
            del work.rules[index]


def _pointers(work: Trimming) -> None:
    """Links to other stories, credits of pictures and furniture, wherever they stand."""
    left = list(work.left())
    for order, index in enumerate(left):
        draft = work.drafts[index]
        text = draft.text
        if draft.kind == "code" or len(text) > _CAPTION:
            continue
        if draft.kind == "heading":
            if NO_HEADING.search(text) or (draft.level >= _SMALL_HEADING and _is_no_heading(text)):
                work.drop(index, "credit")
            continue
        if rule := _long_line_rule(draft):
            work.drop(index, rule)
        if len(text) > _SHORT:
            continue
        around = left[max(0, order - 1) : order + 2]
        if rule := _line_rule(draft, in_prose=any(is_prose(work.drafts[one]) for one in around)):
            work.drop(index, rule)


def _long_line_rule(draft: Draft) -> str:
    """Of a line that may be as long as what a picture shows, or as many tags."""
    text = draft.text
    if draft.linked_share >= _TAGS_LINKED and TAGS_LINE.search(text):
        return "tags"
    # Each way to say it has a slash; the pattern takes its time.
    if draft.kind in {"paragraph", "table_row"} and "/" in text and CAPTION_CREDIT.search(text):
        return "credit"
    return ""


def _line_rule(draft: Draft, *, in_prose: bool) -> str:
    text = draft.text
    if draft.kind == "paragraph" and BYLINE.search(text):
        return "byline"
    if draft.kind in {"paragraph", "table_row"} and CREDIT.search(text):
        return "credit"
    if FURNITURE.search(text):
        return "furniture"
    if draft.linked_share >= _POINTS and POINTER.search(text):
        return "pointer"
    is_link = draft.kind == "paragraph" and draft.linked_share >= _LINKED
    return "link" if is_link and in_prose and not text.endswith((".", "。")) else ""


def _teasers(work: Trimming) -> None:
    """Headings that lead to other pages, and behind the last prose the lines below them."""
    left = list(work.left())
    heads = [index for index in left if work.drafts[index].kind == "heading"]
    linked = [index for index in heads if _leads_away(work.drafts[index])]
    if not linked or (len(linked) * 2 > len(heads) + 1 and len(linked) < _MANY_TEASERS):
        return
    groups: list[list[int]] = []
    for index in left:
        if index in linked:
            groups.append([index])
        elif work.drafts[index].kind == "heading":
            groups.append([])
        elif groups and groups[-1]:
            groups[-1].append(index)
    letters = sum(len(work.drafts[index].letters) for group in groups for index in group)
    for group in groups:
        is_short = all(len(work.drafts[index].text) <= _TEASER for index in group)
        if letters < work.total * _TEASER_SHARE and is_short and len(group) <= _TEASER_LINES:
            for index in group:
                work.drop(index, "teaser")


def _leads_away(draft: Draft) -> bool:
    if draft.linked_share < _LINKED or draft.element is None:
        return False
    hrefs = [link.get("href") or "" for link in draft.element.iter("a")]
    return bool(hrefs) and not any(href.startswith("#") for href in hrefs)


def _is_no_heading(text: str) -> bool:
    return any(one.search(text) for one in (CREDIT, DATE_LINE, BYLINE, SMALL_CREDIT))


def _asides(work: Trimming) -> None:
    """A heading that names something else than the article, and the list below it."""
    dropping = False
    for index in list(work.left()):
        draft = work.drafts[index]
        is_line = draft.kind == "heading" or len(draft.text) <= _LEAD_SHORT
        if is_line and ASIDE_HEADING.search(draft.text):
            work.drop(index, "aside")
            dropping = True
            continue
        if draft.kind == "heading" or is_prose(draft):
            dropping = False
        if dropping:
            work.drop(index, "aside")


def _lead(work: Trimming) -> None:
    """Bylines, dates and furniture before the first running text."""
    for count, index in enumerate(list(work.left())):
        draft = work.drafts[index]
        if count >= _LEAD_BLOCKS or (is_prose(draft) and not LEAD_LINE.search(draft.text)):
            return
        if draft.kind in {"heading", "code", "table_row"} or len(draft.text) > _SHORT:
            continue
        if any(one.search(draft.text) for one in (LEAD_LINE, DATE_LINE, BYLINE)):
            work.drop(index, "lead")


def _tail(work: Trimming) -> None:
    """Notes at the end: who wrote it, follow, subscribe, copyright, when it was changed."""
    order = list(work.left())[::-1]
    for count, index in enumerate(order):
        draft = work.drafts[index]
        if count >= _TAIL_BLOCKS:
            return
        if draft.kind == "code":
            return
        if draft.kind == "heading":
            continue
        length = len(draft.text)  # asked first: the patterns take their time with long texts
        if (length <= 3 * _SHORT and TAIL_LINE.search(draft.text)) or (
            length <= _LEAD_SHORT and DATE_LINE.search(draft.text)
        ):
            work.drop(index, "tail")
        elif is_prose(draft) and count >= _TAIL_LINES:
            return
