"""What an extractor lost of the article that it found, taken from the page itself. Pure.

Each step looks at the blocks that are taken and takes others that belong with them: between
them, beside them, in boxes of the handbook's own, between the title and the text, and the
headings above.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from pipelines.vocabulary import text_of
from pipelines.whereabouts import is_framed, is_pictured, part_of, place_of

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from lxml import etree

    from pipelines.blocks import Draft

_TELLING: Final = 25  # letters that hardly occur twice
_LINKED: Final = 0.5
_SENTENCE: Final = 50
_SENTENCE_ENDS: Final = (".", "!", "?", "…", "。", "！", "？", "؟", "।")  # noqa: RUF001 - those of other scripts
_STANDFIRST: Final = 50
_LONG_STANDFIRST: Final = 80
_STANDFIRST_WITHIN: Final = 40
_SUBTITLE_NAME: Final = re.compile(
    r"\bsub-?(?:title|head)|\bstand-?first\b|\bdec?k\b|\blede\b", re.IGNORECASE
)
_HOST: Final = re.compile(r"https?://([^/?#]+)", re.IGNORECASE)
_WORDS_OF_A_NAME: Final = 3
_SHARES: Final = re.compile(
    r"\b(?:facebook|twitter|x|linkedin|pinterest|reddit|whatsapp|telegram|t|digg|stumbleupon|"
    r"tumblr|vk|weibo|instagram|youtube|plus\.google)\.(?:com|me|ru|net)\b"
)
_QUOTED_SHARE: Final = 0.3
_BOX: Final = 60
_BOX_LINKED: Final = 0.2
_BOX_DEPTH: Final = 6
_STORY: Final = 300
_TITLE_DEPTH: Final = 5
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
    if title and _take_standfirst(page, is_taken, title):
        _fill_gaps(page, is_taken)
    _take_lost_headings(page, is_taken)


def _is_linked(draft: Draft) -> bool:
    return draft.linked_share >= _LINKED


def _fill_gaps(page: Sequence[Draft], is_taken: list[bool]) -> None:
    """Take what stands between taken blocks, beside one or in the same kind of place.

    It must be text, not links, and not a heading: headings follow from what is below them.
    """
    if _take_between(page, is_taken):
        _take_between(page, is_taken)  # in the places of those, too


def _take_between(page: Sequence[Draft], is_taken: list[bool]) -> bool:
    """One pass; whether it took running text that stands beside a whole part."""
    taken = [index for index, yes in enumerate(is_taken) if yes]
    places = {place_of(page[index]) for index in taken}
    parts = {part_of(page[index]) for index in taken} - {None}
    outer = {part.getparent() for part in parts if part is not None} - {None}
    found = False
    elsewhere: dict[etree._Element, bool] = {}
    for index in range(taken[0], taken[-1]):
        draft = page[index]
        if is_taken[index] or draft.kind == "heading":
            continue
        part = part_of(draft)
        if _is_linked(draft):
            if draft.kind == "list_item" and part in parts:
                is_led = is_taken[index - 1] and _leads_in(page[index - 1], draft)
                is_taken[index] = is_led or _leads_elsewhere(draft, elsewhere)
            continue
        if draft.kind == "paragraph":
            is_beside = part in outer and _is_text(draft) and not is_pictured(draft)
            found |= is_beside
        else:
            is_beside = part in parts
            if part is not None and not is_beside and len(draft.letters) >= _TELLING:
                is_beside = part.getparent() in parts and draft.linked_share < _QUOTED_SHARE
        if is_beside or (len(draft.letters) >= _TELLING and place_of(draft) in places):
            is_taken[index] = True
    return found


def _leads_in(before: Draft, item: Draft) -> bool:
    """Whether the item is a name that the sentence before leads to, or the item before it.

    Headlines are none: they are more than a few words.
    """
    if len(item.text.split()) > _WORDS_OF_A_NAME:
        return False
    if before.kind == "list_item":
        element = item.element
        return (
            element is not None and _is_linked(before) and element.getprevious() is before.element
        )
    return before.kind == "paragraph" and len(before.letters) >= _TELLING and before.text[-1] == ":"


def _leads_elsewhere(draft: Draft, known: dict[etree._Element, bool]) -> bool:
    """Whether the item is of a list of links to several other sites, none of them for sharing.

    Links to the site's own other stories are not of the article.
    """
    around = None if draft.element is None else next(draft.element.iterancestors("ul", "ol"), None)
    if around is None:
        return False
    if around not in known:
        hrefs = [link.get("href") or "" for link in around.iter("a")]
        hosts = [_HOST.match(href) for href in hrefs]
        names = {host[1].lower() for host in hosts if host}
        known[around] = (
            None not in hosts
            and len(names) * 2 > len(hosts) > 1
            and not any(_SHARES.search(name) for name in names)
        )
    return known[around]


def _is_text(draft: Draft) -> bool:
    """Whether the block is a sentence or more, outside of the page's frame."""
    is_sentence = len(draft.letters) >= _SENTENCE and draft.text.endswith(_ENDS)
    return is_sentence and not is_framed(draft)


def _take_boxes(page: Sequence[Draft], is_taken: list[bool]) -> None:
    """Take boxes of running text between taken blocks, which extractors think of as frame."""
    taken = [index for index, yes in enumerate(is_taken) if yes]
    parts = {part_of(page[index]) for index in taken} - {None}
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
        is_box = is_text and (
            _BOX_NAME.search(box.get("class") or "")
            or (members[-1] < taken[-1] and _is_story([page[index] for index in members]))
        )
        if is_box and not any(is_framed(page[index]) for index in members):
            for index in () if is_pictured(page[members[0]]) else members:
                is_taken[index] = True


def _is_story(drafts: list[Draft]) -> bool:
    """Whether it is a heading and some running text without a link: an article's own aside."""
    prose = [draft for draft in drafts if draft.kind == "paragraph" and _is_text(draft)]
    letters = sum(len(draft.letters) for draft in prose)
    is_headed = drafts[0].kind == "heading" and len(prose) == len(drafts) - 1
    return is_headed and letters >= _STORY and not any(draft.linked for draft in drafts)


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

    Only what stands beside taken blocks, in the same element or in a section of it that is made
    in the same way, and only as far as nothing else comes in between: lists and rows that are not
    mostly links, and running text.
    """
    taken = [index for index, yes in enumerate(is_taken) if yes]
    parts = {part_of(page[index]) for index in taken} - {None}
    places = {place_of(page[index]) for index in taken if page[index].kind == "paragraph"}
    for steps in (range(taken[-1] + 1, len(page)), range(taken[0] - 1, -1, -1)):
        for index in steps:
            draft = page[index]
            if draft.kind == "heading":
                if not _heads_a_part(draft, parts):
                    break
                continue
            part = part_of(draft)
            if part not in parts and place_of(draft) in places and _is_section_of(part, parts):
                parts.add(part)
            if part not in parts or is_framed(draft):
                break
            if _is_linked(draft):
                if draft.kind == "paragraph":
                    break
                continue
            if draft.kind == "paragraph" and not _is_text(draft):
                break
            is_taken[index] = True


def _heads_a_part(draft: Draft, parts: Container[etree._Element | None]) -> bool:
    """Whether the heading stands in a part, or in the title of a section of it."""
    element = draft.element
    for _ in range(_TITLE_DEPTH):
        element = None if element is None else element.getparent()
        if element in parts and element is not None:
            return True
    return False


def _is_section_of(part: etree._Element | None, parts: Container[etree._Element | None]) -> bool:
    """Whether a part is a child of another, made as that is: a section in a section."""
    outer = None if part is None else part.getparent()
    return (
        part is not None
        and outer is not None
        and outer in parts
        and (part.tag, part.get("class")) == (outer.tag, outer.get("class"))
    )


def _take_lost_headings(page: Sequence[Draft], is_taken: list[bool]) -> None:
    """Take the headings directly above taken blocks; above the first, only its parent's own."""
    first = is_taken.index(True)
    for index in range(len(page) - 2, -1, -1):
        heading, below = page[index].element, page[index + 1].element
        if is_taken[index] or not is_taken[index + 1] or page[index].kind != "heading":
            continue
        if heading is None or is_framed(page[index]):
            continue
        if index > first or (below is not None and _heads(heading, below)):
            is_taken[index] = True


def _heads(heading: etree._Element, below: etree._Element) -> bool:
    """Whether the heading, or a box that holds nothing else, stands beside what is below."""
    letters = len("".join(text_of(heading).split()))
    around = heading.getparent()
    for _ in range(_TITLE_DEPTH):
        if around is None or len("".join(text_of(around).split())) > letters:
            break
        around = around.getparent()
    return around is not None and any(outer is around for outer in below.iterancestors())


def _take_standfirst(page: Sequence[Draft], is_taken: list[bool], title: str) -> bool:
    """Take the running text between the title and the first taken block, if there is any."""
    found = False
    heads = (n for n, draft in enumerate(page) if draft.kind == "heading" and draft.text == title)
    top = next(heads, -1)
    if top < 0:
        return False
    below = range(top + 1, len(page))
    first = next((n for n in below if is_taken[n] and page[n].kind != "heading"), top)
    for index in range(top + 1, first if first - top <= _STANDFIRST_WITHIN else top):
        draft = page[index]
        least = _STANDFIRST if draft.text.endswith(_SENTENCE_ENDS) else _LONG_STANDFIRST
        if draft.element is not None and _SUBTITLE_NAME.search(draft.element.get("class") or ""):
            least = _TELLING
        if len(draft.letters) < least:
            continue
        is_text = draft.kind in {"paragraph", "heading"} and draft.linked_share < _QUOTED_SHARE
        if is_text and not is_framed(draft) and not is_pictured(draft):
            found = is_taken[index] = True
    return found
