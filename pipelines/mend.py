"""A parsed page -> the same page without the marks that themes and wikis set into its text.

Changes the page in place: what is removed is emptied, so that paths still tell the place.
"""

from __future__ import annotations

import re
from typing import Final

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
_MARKED: Final = ("span", "sup", "small", "div", "button", "em", "i", "strong", "b", "p", "abbr")
# Pages whose text has none of these have nothing to mend.
_ANCHOR_MARKS: Final = ("¶", "§", ">#<", "🔗", "headerlink", "anchor", "permalink", "hash-link")
_HIDDEN_MARKS: Final = (
    "sr-only",
    "hidden",
    "screen-reader",
    "editsection",
    "display:none",
    "display: none",
)


def mend_page(page: etree._Element, text: str) -> None:
    """Empty permalinks, edit links and what only screen readers are to say.

    ``text`` is what the page was parsed from.

    >>> from lxml import html
    >>> text = '<h2>Use<a class="headerlink" href="#use">¶</a></h2>'
    >>> page = html.fromstring(text)
    >>> mend_page(page, text)
    >>> page.text_content()
    'Use'
    """
    unwanted: list[etree._Element] = []
    if any(mark in text for mark in _ANCHOR_MARKS):
        unwanted += [link for link in page.iter("a") if _is_anchor(link)]
    if any(mark in text for mark in _HIDDEN_MARKS):
        unwanted += [element for element in page.iter(*_MARKED) if _is_hidden(element)]
    for element in unwanted:
        tail = element.tail
        element.clear()
        element.tail = tail


def _is_anchor(link: etree._Element) -> bool:
    href = link.get("href") or ""
    if not href or len(link) > 1:
        return False
    name = link.get("class")
    if name and _ANCHOR_CLASS.search(name):
        return len(_own_text(link)) <= _LONGEST_SIGN
    if "#" not in href or len(link):
        return False
    text = (link.text or "").strip().lower()
    return text in _ANCHOR_SIGNS


def _own_text(element: etree._Element) -> str:
    return "".join(str(piece) for piece in element.itertext()).strip()


def _is_hidden(element: etree._Element) -> bool:
    name, style = element.get("class"), element.get("style")
    is_named = name is not None and _HIDDEN_CLASS.search(name)
    is_styled = style is not None and _HIDDEN_STYLE.search(style)
    if not (is_named or is_styled):
        return False
    text = _own_text(element)
    # Wikis hide commas that readers without styles need.
    return len(text) <= _LONGEST_HIDDEN and any(map(str.isalnum, text))
