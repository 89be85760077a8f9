"""A page -> all of its blocks, kept or not, each with the reason, and its judged pairs. Pure.

For people who work on a site's rules. The page goes the same way as in a crawl, so what is kept
here is what a crawl keeps.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from pipelines.blocks import Draft
from pipelines.extract import count_words, extract_document
from pipelines.finishing import Paths, finish_blocks
from pipelines.records import Block, BlockKind, Document, Pair, Rejected, normalised
from pipelines.rules import ExtractRules
from pipelines.selectors import select
from pipelines.sift import judged_pairs, kept_pairs
from pipelines.sitewide import block_key, without
from pipelines.weigh import Heavy, heaviest

if TYPE_CHECKING:
    from lxml import etree

    from pipelines.article import Article
    from pipelines.records import Page
    from pipelines.rules import SiteRules

Fate = Literal["kept", "dropped", "outside"]

OUTSIDE: Final = "outside the article"
REPEATS_TITLE: Final = "repeats-title"
EMPTY_HEADING: Final = "empty-heading"
MARK: Final = "mark"
SITE_BOILERPLATE: Final = "site-boilerplate"
_WORD: Final = re.compile(r"\w")
_WHOLE: Final = ExtractRules(article="html", min_words=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A block of the page: of the document, dropped by the rule ``reason``, or outside."""

    kind: BlockKind
    level: int
    text: str
    path: str
    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a page gives and does not give.

    ``pairs`` have the name of the rule that drops them or ``""``; ``heavy`` are the elements
    that hold most of its text.
    """

    result: Document | Rejected
    entries: tuple[Entry, ...] = ()
    pairs: tuple[tuple[Pair, str], ...] = ()
    heavy: tuple[Heavy, ...] = ()


class _Seen(NamedTuple):
    page: etree._Element
    title: str
    article: Article


def inspect_page(page: Page, rules: SiteRules) -> Inspection:
    """Read a page as ``harvest_page`` does, and say what became of each of its blocks.

    Takes two extractions. Raises ``ValueError`` for a bad selector.
    """
    content_type = page.header("content-type") or None
    seen: list[_Seen] = []
    whole: list[_Seen] = []
    result = extract_document(
        page.body,
        page.url,
        rules=rules.extract,
        content_type=content_type,
        watch=lambda *found: seen.append(_Seen(*found)),
    )
    extract_document(
        page.body,
        page.url,
        rules=_WHOLE,
        content_type=content_type,
        watch=lambda *found: whole.append(_Seen(*found)),
    )
    if not whole:
        return Inspection(result)
    entries = _Merging(whole[0], rules.extract).merged(seen[0] if seen else None)
    heavy = heaviest(whole[0].page, whole[0].article.drafts)
    pairs: tuple[tuple[Pair, str], ...] = ()
    if isinstance(result, Document):
        entries = [_of_the_site(entry, rules, page.fetched_at) for entry in entries]
        result, left_out = without(result, rules.boilerplate, page.fetched_at)
        words = count_words(result.text)
        if left_out and words < rules.extract.min_words:
            detail = f"{words} words without what many pages of the site say"
            result = Rejected("too-short", f"{detail}, at least {rules.extract.min_words}")
        else:
            pairs = tuple(_pairs(result, rules))
    return Inspection(result, tuple(entries), pairs, heavy)


def _pairs(document: Document, rules: SiteRules) -> Iterator[tuple[Pair, str]]:
    """Every pair with the reason that drops it; those that are kept as they are stored."""
    kept = iter(kept_pairs(document, rules.pairs)[0])
    for pair, reason in judged_pairs(document, rules.pairs):
        yield (pair, reason) if reason else (next(kept), "")


def _of_the_site(entry: Entry, rules: SiteRules, at: str) -> Entry:
    if entry.fate != "kept":
        return entry
    since = rules.boilerplate.get(block_key(Block(entry.kind, entry.text, entry.level)) or b"")
    known = since is not None and since <= at
    return replace(entry, fate="dropped", reason=SITE_BOILERPLATE) if known else entry


class _Place:
    """A block of the whole page, or one that only the site's selectors make."""

    def __init__(self, draft: Draft, path: str) -> None:
        self.draft = draft
        self.path = path
        self.text = draft.text
        self.fate: Fate = "outside"
        self.reason = OUTSIDE
        self.is_taken = False

    def take(self, draft: Draft, reason: str) -> None:
        self.draft, self.text = draft, draft.text
        self.fate, self.reason = ("dropped" if reason else "kept"), reason
        self.is_taken = True

    def entry(self) -> Entry:
        kind, level = self.draft.kind, self.draft.level
        return Entry(kind, level, self.text, self.path, self.fate, self.reason)


class _Merging:
    """All blocks of the page in page order, and what became of each."""

    def __init__(self, whole: _Seen, rules: ExtractRules) -> None:
        paths = Paths()
        self.places = [
            _Place(draft, paths(draft.element) if draft.element is not None else "")
            for draft in whole.article.drafts
        ]
        for selector in rules.drop:
            matched = set(select(whole.page, selector))
            for place in self.places:
                if not place.reason.startswith("drop ") and _is_within(place.draft, matched):
                    place.fate, place.reason = "dropped", f"drop {selector}"

    def merged(self, seen: _Seen | None) -> list[Entry]:
        """The entries, given what a reading by the site's rules kept and dropped."""
        if seen:
            paths = Paths()
            left = [
                (draft, reason, paths(draft.element) if draft.element is not None else "")
                for draft, reason in _judged(seen)
            ]
            before = {id(next_one[0]): one[0] for one, next_one in pairwise(left)}
            for key in (_by_both, _by_path):
                left = self._match(left, key)
            unplaced = self._match([one for one in left if not one[2]], _by_text)
            lost = {id(draft) for draft, *_ in unplaced}
            left = [one for one in left if one[2] or id(one[0]) in lost]
            for draft, reason, path in left:
                self._insert(draft, reason, path, before.get(id(draft)))
        return [place.entry() for place in self.places if _says_something(place)]

    def _match(self, found: list[_Found], key: _Key) -> list[_Found]:
        """Give what was found its place in the page; what has none is returned."""
        free: defaultdict[object, list[_Place]] = defaultdict(list)
        for place in reversed(self.places):
            if not place.is_taken and (name := key(place.path, place.draft)):
                free[name].append(place)
        left = []
        for draft, reason, path in found:
            name = key(path, draft)
            if name and free[name]:
                free[name].pop().take(draft, reason)
            else:
                left.append((draft, reason, path))
        return left

    def _insert(self, draft: Draft, reason: str, path: str, before: Draft | None) -> None:
        """A block that the whole page has only as a part of another, or in parts.

        Its place is there, or behind the block that is ``before`` it in the article.
        """
        place = _Place(draft, path)
        place.take(draft, reason)
        at = next((i for i, other in enumerate(self.places, 1) if other.draft is before), 0)
        for index, other in reversed(list(enumerate(self.places if path else ()))):
            if other.is_taken:
                continue
            if other.path.startswith(f"{path}/"):
                other.text = ""  # its text is the block's
                at = index
            elif path.startswith(f"{other.path}/") and draft.text in other.text:
                other.text = other.text.replace(draft.text, " … ", 1).strip(" …")
                at = index
        self.places.insert(at, place)


_Found = tuple[Draft, str, str]


class _Key:
    """What two readings of one block have in common; false when that cannot be known."""

    def __init__(self, *, path: bool, text: bool) -> None:
        self._path, self._text = path, text

    def __call__(self, path: str, draft: Draft) -> object:
        if self._path and not path:
            return None
        return (path if self._path else "", normalised(draft.text) if self._text else "")


_by_both: Final = _Key(path=True, text=True)
_by_path: Final = _Key(path=True, text=False)
_by_text: Final = _Key(path=False, text=True)


def _says_something(place: _Place) -> bool:
    return place.fate == "kept" or bool(_WORD.search(place.text))


def _is_within(draft: Draft, elements: set[etree._Element]) -> bool:
    element = draft.element
    return element is not None and (
        element in elements or any(outer in elements for outer in element.iterancestors())
    )


def _judged(seen: _Seen) -> Iterable[tuple[Draft, str]]:
    """Each draft of the article with the reason why it is no block of the document, or ``""``."""
    blocks = iter(finish_blocks(seen.article.drafts, seen.title, lambda _: ""))
    block = next(blocks, None)
    for draft in seen.article.drafts:
        if block and (block.kind, block.text) == (draft.kind, draft.text):
            yield draft, ""
            block = next(blocks, None)
        elif normalised(draft.text) == normalised(seen.title):
            yield draft, REPEATS_TITLE
        else:
            yield draft, EMPTY_HEADING if draft.kind == "heading" else MARK
    yield from seen.article.dropped
