"""Which elements of a page hold most of its text, and by which selector to name them. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from pipelines.boilerplate import is_prose
from pipelines.selectors import select

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml import etree

    from pipelines.blocks import Draft

_MOST: Final = 3
_LEAST_SHARE: Final = 0.4
_LINKED: Final = 0.5
_STEP: Final = 20  # twentieths of the text count as equal
_UNNAMED: Final = frozenset(("html", "body"))
_TELLING_TAGS: Final = ("main", "article")
# A name that other pages of the site have, too: no number of this one in it.
_NAME: Final = re.compile(r"(?!\S*\d{3})[A-Za-z][\w-]{0,60}\Z", re.ASCII)


class Heavy(NamedTuple):
    """An element that holds much of the page's text: ``share`` of its running text."""

    selector: str
    letters: int
    share: float


def heaviest(page: etree._Element, drafts: Iterable[Draft]) -> tuple[Heavy, ...]:
    """Up to three elements that hold most running text, the innermost of equals first.

    Where there is no running text, all that is no link counts.

    >>> from lxml import html
    >>> from pipelines.blocks import read_drafts
    >>> from pipelines.vocabulary import html_role
    >>> page = html.fromstring("<body><nav>Menu</nav><div id=text><p>A long story.</p></div>")
    >>> [one.selector for one in heaviest(page, read_drafts(page, html_role))]
    ['#text']
    """
    unlinked = [one for one in drafts if one.linked_share < _LINKED]
    counted = [one for one in unlinked if is_prose(one)] or unlinked
    letters: Counter[etree._Element] = Counter()
    total = 0
    for draft in counted:
        if draft.element is None:
            continue
        count = len(draft.letters)
        total += count
        for element in (draft.element, *draft.element.iterancestors()):
            letters[element] += count
    heavy = [
        (element, count)
        for element, count in letters.items()
        if count >= _LEAST_SHARE * total and element.tag not in _UNNAMED
    ]
    found: dict[int, Heavy] = {}
    for element, count in sorted(heavy, key=lambda one: -_depth(one[0])):
        twentieths = round(count * _STEP / total)
        if twentieths not in found and (selector := _selector(page, element)):
            found[twentieths] = Heavy(selector, count, count / total)
    return tuple(found[share] for share in sorted(found, reverse=True)[:_MOST])


def _depth(element: etree._Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _selector(page: etree._Element, element: etree._Element) -> str:
    """The shortest selector that matches this element alone, ``""`` without a lasting name."""
    tag = str(element.tag)
    names = [tag] if tag in _TELLING_TAGS else []
    identifier = element.get("id") or ""
    names += [f"#{identifier}"] if _NAME.match(identifier) else []
    names += [f"{tag}.{one}" for one in (element.get("class") or "").split() if _NAME.match(one)]
    return next((name for name in names if select(page, name) == [element]), "")
