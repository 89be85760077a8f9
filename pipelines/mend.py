"""A parsed page -> the same page without the marks that themes and wikis set into its text.

Changes the page in place: what is removed is emptied, so that paths still tell the place.
"""

from __future__ import annotations

import re
from typing import Final, cast

from lxml import etree

# Links that name their own place: the text of a permalink, of an icon font, of an edit link.
_ANCHOR_SIGNS: Final = frozenset(
    ("¶", "#", "§", "🔗", "⚓", "⚓︎", "∞", "\uf0c1", "\u200b", "permalink")
)
_LONGEST_SIGN: Final = 12
_ANCHOR_CLASS: Final = re.compile(
    r"\b(?:headerlink|header-?anchor|heading-?anchor|anchorjs-link|permalink|hash-link|"
    r"anchor-link|toclink-?mark|mw-editsection|editsection)\b",
    re.IGNORECASE,
)
_HIDDEN_CLASS: Final = re.compile(
    r"(?:^|\s)(?:mw-editsection|sr-only|visually-?hidden|screen-reader-text|screenreader-only|"
    r"a11y-hidden|u-hidden)(?:\s|$)",
    re.IGNORECASE,
)
_HIDDEN_STYLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LONGEST_HIDDEN: Final = 200
_MOST_NAMES: Final = 10_000
_MARKED: Final = ("span", "sup", "small", "div", "button", "em", "i", "strong", "b", "p", "abbr")
# Links that may name their own place.
_OWN_LINKS: Final = etree.XPath("//a[@class or contains(@href, '#')]")


_CLASSES: Final = etree.XPath("//@class", smart_strings=False)
_STYLES: Final = etree.XPath("//@style", smart_strings=False)


class _Names(dict[str | None, bool]):
    """Whether a pattern is found in a name: the pages of a site have the same names."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        super().__init__({None: False})
        self._pattern = pattern

    def __missing__(self, name: str | None) -> bool:
        if len(self) > _MOST_NAMES:
            self.clear()
        found = self[name] = bool(name and self._pattern.search(name))
        return found


_IS_ANCHOR: Final = _Names(_ANCHOR_CLASS)
_IS_HIDDEN: Final = _Names(_HIDDEN_CLASS)
_IS_UNSEEN: Final = _Names(_HIDDEN_STYLE)


def mend_page(page: etree._Element) -> None:
    """Empty permalinks, edit links and what only screen readers are to say.

    >>> from lxml import html
    >>> page = html.fromstring('<h2>Use<a class="headerlink" href="#use">¶</a></h2>')
    >>> mend_page(page)
    >>> page.text_content()
    'Use'
    """
    links = cast("list[etree._Element]", _OWN_LINKS(page))  # noqa: SLF001 - lxml names it no other way
    unwanted = [link for link in links if _is_sign(link, is_named=_IS_ANCHOR[link.get("class")])]
    if _has_hidden(page):
        unwanted += [
            element
            for element in page.iter(*_MARKED)
            if (_IS_HIDDEN[element.get("class")] or _IS_UNSEEN[element.get("style")])
            and _is_short(element)
        ]
    for element in unwanted:
        tail = element.tail
        element.clear()
        element.tail = tail


def _has_hidden(page: etree._Element) -> bool:
    """Whether any name is that of what is not seen: few are, and names are soon looked through."""
    classes, styles = (set(cast("list[str]", find(page))) for find in (_CLASSES, _STYLES))
    return any(map(_IS_HIDDEN.__getitem__, classes)) or any(map(_IS_UNSEEN.__getitem__, styles))


def _is_sign(link: etree._Element, *, is_named: bool) -> bool:
    href = link.get("href") or ""
    if not href or len(link) > 1:
        return False
    if is_named:
        return len(_own_text(link)) <= _LONGEST_SIGN
    if "#" not in href or len(link):
        return False
    text = (link.text or "").strip().lower()
    return text in _ANCHOR_SIGNS


def _own_text(element: etree._Element) -> str:
    return "".join(str(piece) for piece in element.itertext()).strip()


def _is_short(element: etree._Element) -> bool:
    text = _own_text(element)
    # Wikis hide commas that readers without styles need.
    return len(text) <= _LONGEST_HIDDEN and any(map(str.isalnum, text))
