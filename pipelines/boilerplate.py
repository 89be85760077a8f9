"""Blocks that stand in an article and are not of it: each dropped by a named rule. Pure.

An extractor finds the part of the page in which the article stands. In that part stand, too,
bylines, dates and credits before the first sentence, links to other stories in between, notes to
subscribe and follow at the end. Every rule here looks at one thing (what the page itself calls
the place, the place among the other blocks, the words) and drops only short blocks or blocks
that the page sets apart.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipelines.phrases import (
    ASIDE_HEADING,
    BYLINE,
    COMMENTS_HEADING,
    CREDIT,
    DATE_LINE,
    FURNITURE,
    LEAD_LINE,
    NOISE_NAME,
    POINTER,
    TAIL_LINE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml import etree

    from pipelines.blocks import Draft

_NAMED_SHARE: Final = 0.3  # a part that holds more than this of the text is the article itself
_HEADING_ALONE: Final = 1.2
_MOST_NAMED: Final = 0.5
_ISLAND_SHARE: Final = 0.15
_ISLAND_GAP: Final = 12  # blocks that were left out between an island and the article
_LINKED: Final = 0.85
_POINTS: Final = 0.4
_SHORT: Final = 160
_LEAD_SHORT: Final = 90
_PROSE: Final = 70
_LEAD_BLOCKS: Final = 8
_TAIL_BLOCKS: Final = 12
_TAIL_LINES: Final = 3  # this far behind, running text may still be such a note
_COMMENTS_FROM: Final = 0.3  # of the article's letters stand before its comments
_TOC_LEAST: Final = 3
_SMALL_HEADING: Final = 4
_TEASER: Final = 300
_TEASER_LINES: Final = 4
_TEASER_SHARE: Final = 0.5
_MANY_TEASERS: Final = 3
_ENDS: Final = tuple('.!?…。！？:;।؟"”»’)')  # noqa: RUF001 - those of other scripts


class Trimming:
    """What is dropped of a list of blocks, each with the rule's name."""

    def __init__(self, drafts: Sequence[Draft], page: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.page = page
        self.rules: dict[int, str] = {}
        places = {id(draft): place for place, draft in enumerate(page)}
        self.places = [places.get(id(draft), -1) for draft in drafts]
        self.total = sum(len(draft.letters) for draft in drafts)

    def left(self) -> Iterator[int]:
        """The indexes of what is not dropped yet."""
        return (index for index in range(len(self.drafts)) if index not in self.rules)

    def drop(self, index: int, rule: str) -> None:
        """Drop a block, by the first rule that says so."""
        self.rules.setdefault(index, rule)


def trim(drafts: Sequence[Draft], page: Sequence[Draft], title: str = "") -> dict[int, str]:
    """The indexes of the drafts that are not of the article, with the rule that dropped each.

    ``page`` are all drafts of the page, among them, as the same objects, ``drafts``.
    """
    work = Trimming(drafts, page)
    _above(work, title)
    for rule in (
        _named,
        _comments,
        _islands,
        _contents,
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


def is_prose(draft: Draft) -> bool:
    """Whether the block is running text: some length, an end, few links."""
    text = draft.text
    return len(text) >= _PROSE and draft.linked_share < _POINTS and text.endswith(_ENDS)


def _above(work: Trimming, title: str) -> None:
    """What is not running text, above the heading that is the page's title."""
    if not title:
        return
    heads = (
        place
        for place, draft in enumerate(work.page)
        if draft.kind == "heading" and draft.text == title
    )
    top = next(heads, -1)
    above = [index for index, place in enumerate(work.places) if 0 <= place < top]
    letters = sum(len(work.drafts[index].letters) for index in above)
    if letters < work.total * _ISLAND_SHARE:
        for index in above:
            if not is_prose(work.drafts[index]):
                work.drop(index, "above")


def _named(work: Trimming) -> None:
    """What stands in an element whose class or id says that it is something else."""
    names: dict[etree._Element, etree._Element | None] = {}
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for index, draft in enumerate(work.drafts):
        noise = None if draft.element is None else _noise_around(draft.element, names)
        if noise is not None and (draft.kind != "heading" or _has_more(noise, draft)):
            groups[_name_of(noise)].append(index)
    for members in groups.values():
        letters = sum(len(work.drafts[index].letters) for index in members)
        if letters < work.total * _NAMED_SHARE:
            for index in members:
                work.drop(index, "named")


def _has_more(noise: etree._Element, heading: Draft) -> bool:
    """Whether the element has other text: some themes wrap each heading in an odd name."""
    letters = sum(len(str(piece).strip()) for piece in noise.itertext())
    return letters > len(heading.text) * _HEADING_ALONE


@lru_cache(maxsize=4096)
def _is_noise(name: str | None, identifier: str | None) -> bool:
    return bool(
        (name and NOISE_NAME.search(name)) or (identifier and NOISE_NAME.search(identifier))
    )


def _name_of(element: etree._Element) -> str:
    return f"{element.tag} {element.get('class') or element.get('id') or ''}"


def _noise_around(
    element: etree._Element, names: dict[etree._Element, etree._Element | None]
) -> etree._Element | None:
    """The nearest element around, itself included, whose name is that of noise."""
    seen = []
    found: etree._Element | None = None
    node: etree._Element | None = element
    while node is not None and node.tag not in {"body", "html", "main", "article"}:
        if node in names:
            found = names[node]
            break
        seen.append(node)
        if node.tag in {"aside", "footer"} or _is_noise(node.get("class"), node.get("id")):
            found = node
            break
        node = node.getparent()
    for one in seen:
        names[one] = found
    return found


def _comments(work: Trimming) -> None:
    """Everything after the heading of the comments, when most of the article is before it."""
    if not work.places or work.places[0] < 0:
        return
    before, index = 0, 0
    for place in range(work.places[0], len(work.page)):
        draft = work.page[place]
        if before > work.total * _COMMENTS_FROM and _opens_comments(draft):
            for late in range(index, len(work.drafts)):
                work.drop(late, "comments")
            return
        if index < len(work.places) and work.places[index] == place:
            before += len(draft.letters)
            index += 1


def _opens_comments(draft: Draft) -> bool:
    if len(draft.text) > _LEAD_SHORT or not COMMENTS_HEADING.search(draft.text):
        return False
    if draft.kind == "heading" or draft.element is None:
        return draft.kind == "heading" and draft.text.lower() != "comments"
    return _noise_around(draft.element, {}) is not None


def _islands(work: Trimming) -> None:
    """A little text without a sentence at the end, far from the rest of the article."""
    left = list(work.left())[::-1]
    if not left or work.places[left[0]] < 0:
        return
    letters = 0
    for count, (here, following) in enumerate(pairwise(left), 1):
        letters += len(work.drafts[here].letters)
        if letters > work.total * _ISLAND_SHARE or is_prose(work.drafts[here]):
            return
        if work.places[here] - work.places[following] > _ISLAND_GAP:
            for index in left[:count]:
                work.drop(index, "island")


def _contents(work: Trimming) -> None:
    """A run of items that are links to places in the page: its table of contents."""
    run: list[int] = []
    for index in [*work.left(), -1]:
        if index >= 0 and _names_a_place(work.drafts[index]):
            run.append(index)
            continue
        if len(run) >= _TOC_LEAST:
            for one in run:
                work.drop(one, "contents")
        run = []


def _names_a_place(draft: Draft) -> bool:
    element = draft.element
    if draft.kind != "list_item" or draft.linked_share < _LINKED or element is None:
        return False
    links = [link.get("href") or "" for link in element.iter("a")]
    return bool(links) and all(link.startswith("#") for link in links)


def _pointers(work: Trimming) -> None:
    """Links to other stories, credits of pictures and furniture, wherever they stand."""
    left = list(work.left())
    for order, index in enumerate(left):
        draft = work.drafts[index]
        text = draft.text
        if draft.kind == "code" or len(text) > _SHORT:
            continue
        if draft.kind == "heading":
            if draft.level >= _SMALL_HEADING and _is_no_heading(text):
                work.drop(index, "credit")
            continue
        around = left[max(0, order - 1) : order + 2]
        if rule := _line_rule(draft, in_prose=any(is_prose(work.drafts[one]) for one in around)):
            work.drop(index, rule)


def _line_rule(draft: Draft, *, in_prose: bool) -> str:
    text = draft.text
    if draft.kind == "paragraph" and BYLINE.search(text):
        return "byline"
    if draft.kind == "paragraph" and CREDIT.search(text):
        return "credit"
    if FURNITURE.search(text):
        return "furniture"
    if POINTER.search(text) and draft.linked_share >= _POINTS:
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
    return any(pattern.search(text) for pattern in (CREDIT, DATE_LINE, BYLINE))


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
        if (TAIL_LINE.search(draft.text) and len(draft.text) <= 3 * _SHORT) or (
            DATE_LINE.search(draft.text) and len(draft.text) <= _LEAD_SHORT
        ):
            work.drop(index, "tail")
        elif is_prose(draft) and count >= _TAIL_LINES:
            return
