"""The text of a page -> its tree, or a named reason why there is none. Pure.

What would take the parser the square of its time is cut out of the text before.
"""

from __future__ import annotations

import re
from typing import Final, cast

from lxml import etree, html

from pipelines.decode import utf8_of
from pipelines.records import Rejected

_MOST_ELEMENTS: Final = 100_000
_LONG_TAG: Final = 4_000
_MOST_ATTRIBUTES: Final = 500
_TAG: Final = re.compile(r"<([a-zA-Z][\w:-]*)\s[^<>]{2000,}>?")
# lxml.html looks its classes up in Python, element by element; this one is looked up in C.
_CLASSES: Final = etree.ElementDefaultClassLookup(element=html.HtmlElement)
_COUNT: Final = etree.XPath("count(//*)")


def count_elements(page: etree._Element) -> int:
    """How many elements the page has, itself included."""
    return int(cast("float", _COUNT(page)))


def parse_page(text: str) -> etree._Element | Rejected:
    """The root of the page's tree; ``no-text``, ``too-deep`` or ``too-large`` when there is none.

    >>> root = parse_page("<p>One<p>Two")
    >>> [element.tag for element in root.iter()]
    ['html', 'body', 'p', 'p']
    """
    # A parser keeps the errors of its last page, so each page has its own. Without
    # ``huge_tree`` libxml2 itself stops at 256 levels.
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False
    )
    parser.set_element_class_lookup(_CLASSES)
    try:
        root = etree.fromstring(utf8_of(_tamed(text)), parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        return Rejected("no-text", f"no element at all: {error}")
    fatal = next(
        (entry for entry in reversed(parser.error_log) if entry.level_name == "FATAL"), None
    )
    if fatal is not None and "RESOURCE_LIMIT" in fatal.type_name:
        return Rejected("too-deep" if "depth" in fatal.message else "too-large", fatal.message)
    if root is None:
        return Rejected("no-text", "no element at all")
    elements = count_elements(root)
    if elements > _MOST_ELEMENTS:
        return Rejected("too-large", f"{elements} elements, at most {_MOST_ELEMENTS}")
    return root


def _tamed(text: str) -> str:
    """The page without the attributes of tags that have thousands.

    The parser's time grows with the square of their number.
    """
    place = 0
    while len(text) - place >= _LONG_TAG:
        end = text.rfind(">", place, place + _LONG_TAG)
        if end < 0:
            end = text.find(">", place + _LONG_TAG)
            end = len(text) if end < 0 else end
            if _TAG.search(text, place, end):
                return text[:place] + _TAG.sub(_without_attributes, text[place:])
        place = end + 1
    return text


def _without_attributes(tag: re.Match[str]) -> str:
    return f"<{tag[1]}>" if len(tag[0].split()) > _MOST_ATTRIBUTES else tag[0]
