"""Rules by place: what the page itself sets apart from its article. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipelines.phrases import COMMENTS_HEADING, COMMENTS_LINE, NOISE_NAME
from pipelines.trimming import Trimming, is_prose
from pipelines.vocabulary import LEVELS, text_of

if TYPE_CHECKING:
    from lxml import etree

    from pipelines.blocks import Draft

_NAMED_SHARE: Final = 0.3  # a part that holds more than this of the text is the article itself
_HEADING_ALONE: Final = 1.2
_ISLAND_SHARE: Final = 0.15
_ISLAND_GAP: Final = 12  # blocks that were left out between an island and the article
_LINKED: Final = 0.85
_LEAD_SHORT: Final = 90
_COMMENTS_FROM: Final = 0.3  # of the article's letters stand before its comments
_COMMENTS_WITHIN: Final = 5
_TOC_LEAST: Final = 3
_ORPHANED: Final = 2
_LINKED_HALF: Final = 0.5
_WORDS_OF_TITLE: Final = 3
_SAME_WORDS: Final = 0.6
_APART: Final = ("aside", "footer")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATOR: Final = re.compile(r"[-_]+")
_LETTERS: Final = re.compile(r"[^\W_]+")


def above(work: Trimming, title: str) -> None:
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


def headline(work: Trimming, title: str) -> None:
    """The first heading, when it says most of what the title says: the headline in full."""
    first = next(work.left(), None)
    draft = None if first is None else work.drafts[first]
    if first is None or draft is None or draft.level != 1:
        return
    words, known = (set(_LETTERS.findall(text.lower())) for text in (draft.text, title))
    if len(words & known) >= max(_WORDS_OF_TITLE, min(len(words), len(known)) * _SAME_WORDS):
        work.drop(first, "headline")


def orphans(work: Trimming) -> None:
    """A heading of a box of links, of which only the heading was taken."""
    left = list(work.left())
    for index, following in pairwise(left):
        draft, next_one = work.drafts[index], work.drafts[following]
        here, there = work.places[index], work.places[following]
        box = None if draft.element is None else draft.element.getparent()
        if draft.kind != "heading" or here < 0 or there - here <= _ORPHANED or box is None:
            continue
        between = work.page[here + 1 : there]
        links = sum(one.linked_share >= _LINKED_HALF for one in between)
        if (
            links >= _ORPHANED
            and all(_is_within(one, box) for one in between)
            and not _is_within(next_one, box)
        ):
            work.drop(index, "orphan")


def _is_within(draft: Draft, box: etree._Element) -> bool:
    return draft.element is not None and any(one is box for one in draft.element.iterancestors())


def named(work: Trimming) -> None:
    """What stands in an element whose class or id says that it is something else."""
    names: dict[etree._Element, etree._Element | None] = {}
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for index, draft in enumerate(work.drafts):
        noise = None if draft.element is None else _noise_around(draft.element, names)
        if noise is not None and (draft.kind != "heading" or _has_more(noise, draft, names)):
            groups[_name_of(noise)].append(index)
    for members in groups.values():
        letters = sum(len(work.drafts[index].letters) for index in members)
        if letters < work.total * _NAMED_SHARE:
            for index in members:
                work.drop(index, "named")


def _has_more(
    noise: etree._Element,
    heading: Draft,
    names: dict[etree._Element, etree._Element | None],
) -> bool:
    """Whether the element has other text: some themes wrap each heading in an odd name.

    Where an element around it has such a name, too, it is no odd one.
    """
    letters = sum(len(str(piece).strip()) for piece in noise.itertext())
    if letters > len(heading.text) * _HEADING_ALONE:
        return True
    outer = noise.getparent()
    return outer is not None and _noise_around(outer, names) is not None


@lru_cache(maxsize=4096)
def _is_noise(name: str) -> bool:
    """Whether a class or id is that of noise, its words joined in whatever way.

    >>> _is_noise("post-comments"), _is_noise("shareAllContent"), _is_noise("http.CookieJar")
    (True, True, False)
    """
    return bool(NOISE_NAME.search(name if "." in name else _HUMP.sub("-", name)))


def _is_apart(element: etree._Element) -> bool:
    if element.tag in _APART:
        return True
    name, identifier = element.get("class"), element.get("id")
    if name and _is_noise(name):
        return True
    if not identifier or not _is_noise(identifier):
        return False
    return not _is_anchor(element, identifier)


def _is_anchor(element: etree._Element, identifier: str) -> bool:
    """Whether the id is made of the words of a heading in the element: "cookie-objects"."""
    words = _SEPARATOR.split(identifier.lower())
    heading = next(element.iter(*LEVELS), None) if len(words) > 1 else None
    return heading is not None and _LETTERS.findall(text_of(heading).lower()) == words


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
        if _is_apart(node):
            found = node
            break
        node = node.getparent()
    for one in seen:
        names[one] = found
    return found


def comments(work: Trimming) -> None:
    """Everything after the heading of the comments, when most of the article is before it."""
    if not work.places or work.places[0] < 0:
        return
    before, index = 0, 0
    for place in range(work.places[0], len(work.page)):
        draft = work.page[place]
        if before > work.total * _COMMENTS_FROM and _opens_comments(work, place):
            for late in range(index, len(work.drafts)):
                work.drop(late, "comments")
            return
        if index < len(work.places) and work.places[index] == place:
            before += len(draft.letters)
            index += 1


def _opens_comments(work: Trimming, place: int) -> bool:
    draft = work.page[place]
    if len(draft.text) > _LEAD_SHORT or not COMMENTS_HEADING.search(draft.text):
        return False
    if draft.kind == "heading" or draft.element is None:
        # A manual has a section about comments, too.
        following = work.page[place + 1 : place + 1 + _COMMENTS_WITHIN]
        return draft.kind == "heading" and (
            draft.text.lower() != "comments"
            or any(COMMENTS_LINE.search(line.text) for line in following if _is_line(line))
        )
    return _noise_around(draft.element, {}) is not None


def _is_line(draft: Draft) -> bool:
    return draft.kind != "heading" and len(draft.text) <= _LEAD_SHORT and not is_prose(draft)


def islands(work: Trimming) -> None:
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


def contents(work: Trimming) -> None:
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
