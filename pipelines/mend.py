"""A parsed page -> the same page without the marks that themes and wikis set into its text.

Changes the page in place: what is removed is emptied, so that paths still tell the place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

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
# Links that may name their own place.
_OWN_LINKS: Final = etree.XPath("//a[@class or contains(@href, '#')]")
# Pages have many elements and few names: these are looked at, each once.
_CLASSES: Final = etree.XPath("//@class", smart_strings=False)
_STYLED: Final = etree.XPath("//*[@style]")


def mend_page(page: etree._Element) -> None:
    """Empty permalinks, edit links and what only screen readers are to say.

    >>> from lxml import html
    >>> page = html.fromstring('<h2>Use<a class="headerlink" href="#use">¶</a></h2>')
    >>> mend_page(page)
    >>> page.text_content()
    'Use'
    """
    names = set(cast("list[str]", _CLASSES(page)))
    anchors = {name for name in names if _ANCHOR_CLASS.search(name)}
    links = cast("list[etree._Element]", _OWN_LINKS(page))  # noqa: SLF001 - lxml names it no other way
    unwanted = [link for link in links if _is_sign(link, is_named=link.get("class") in anchors)]
    unwanted += [element for element in _hidden(page, names) if _is_short(element)]
    for element in unwanted:
        tail = element.tail
        element.clear()
        element.tail = tail


def _hidden(page: etree._Element, names: set[str]) -> Iterator[etree._Element]:
    """The elements that no reader sees, by their class or style."""
    hidden = {name for name in names if _HIDDEN_CLASS.search(name)}
    if hidden:
        yield from (one for one in page.iter(*_MARKED) if one.get("class") in hidden)
    styled = cast("list[etree._Element]", _STYLED(page))  # noqa: SLF001 - lxml names it no other way
    for element in styled:
        if element.tag in _MARKED and _HIDDEN_STYLE.search(element.get("style") or ""):
            yield element


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
