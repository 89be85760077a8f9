"""The bytes of a page -> a Document, or a named reason why there is none. Pure.

Decoded once, parsed once. A site's selectors decide what is read; without them trafilatura
finds the article, and its tree is read into blocks. What it flattens into one paragraph is read
from the page itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Final

from lxml import etree, html

from pipelines.article import EXTRACTOR_VERSION, Article, count_elements, find_article
from pipelines.blocks import Paths, finish_blocks
from pipelines.cleaning import clean_text
from pipelines.decode import decode_page
from pipelines.language import language_of
from pipelines.mend import mend_page
from pipelines.metadata import read_metadata
from pipelines.records import Document, Rejected
from pipelines.rules import ExtractRules
from pipelines.selectors import check_rules, drop_selected, read_selected, select, takes_its_square
from pipelines.vocabulary import text_of

BLOCKS_VERSION: Final = 2
EXTRACTOR: Final = f"{EXTRACTOR_VERSION} / blocks {BLOCKS_VERSION}"
SELECTORS: Final = f"selectors / blocks {BLOCKS_VERSION}"
REASONS: Final = (
    *("empty", "not-text", "too-large", "too-deep", "no-article", "no-text", "too-short"),
    "extractor-error",
)

# Told the mended page, its title and what was found in it, while its elements can still be asked.
Watch = Callable[["etree._Element", str, Article], None]  # noqa: SLF001 - lxml names it no other way

_LARGEST: Final = 20_000_000
_MOST_ELEMENTS: Final = 100_000
_IMPLIED: Final = 4  # elements a tag, at most: a parser adds those that must be around it
_MOST_COUNTED: Final = 10_000
_LONG_TAG: Final = 4_000
_MOST_ATTRIBUTES: Final = 500
_TAG: Final = re.compile(r"<([a-zA-Z][\w:-]*)\s[^<>]{2000,}>?")
# lxml.html looks its classes up in Python, element by element; this one is looked up in C.
_CLASSES: Final = etree.ElementDefaultClassLookup(element=html.HtmlElement)
# Scripts that put no spaces between words; two letters make about one word.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_LETTERS_A_WORD: Final = 2


def count_words(text: str) -> int:
    """The number of words; in scripts without spaces two letters count as one.

    >>> count_words("three little words"), count_words("昨日は公園へ")
    (3, 3)
    """
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced // _LETTERS_A_WORD


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


def _parse(text: str) -> etree._Element | Rejected:
    # A parser keeps the errors of its last page, so each page has its own. Without
    # ``huge_tree`` libxml2 itself stops at 256 levels.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_CLASSES)
    try:
        root = etree.fromstring(_tamed(text).encode(), parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        return Rejected("no-text", f"no element at all: {error}")
    fatal = next(
        (entry for entry in reversed(parser.error_log) if entry.level_name == "FATAL"), None
    )
    if fatal is not None and "RESOURCE_LIMIT" in fatal.type_name:
        return Rejected("too-deep" if "depth" in fatal.message else "too-large", fatal.message)
    if root is None:
        return Rejected("no-text", "no element at all")
    is_small = text.count("<") * _IMPLIED < _MOST_ELEMENTS
    elements = 0 if is_small else count_elements(root)
    if elements > _MOST_ELEMENTS:
        return Rejected("too-large", f"{elements} elements, at most {_MOST_ELEMENTS}")
    return root


def _title_selected(page: etree._Element, selector: str) -> str:
    found = select(page, selector)
    return clean_text(text_of(found[0])) if found else ""


def _found(page: etree._Element, title: str, rules: ExtractRules) -> Article | None:
    if not (rules.article or rules.paragraphs):
        return find_article(page, title)
    drafts = read_selected(page, rules)
    return None if drafts is None else Article(drafts, [])


def _document(
    body: bytes, url: str, rules: ExtractRules, text: str, watch: Watch | None
) -> Document | Rejected:
    page = _parse(text)
    if isinstance(page, Rejected):
        return page
    if takes_its_square(rules) and count_elements(page) > _MOST_COUNTED:
        return Rejected(
            "too-large", f"more than {_MOST_COUNTED} elements, and selectors that count"
        )
    mend_page(page)
    about = read_metadata(page, url)
    title = (_title_selected(page, rules.title) if rules.title else "") or about.title
    drop_selected(page, rules.drop)
    found = _found(page, title, rules)
    if found is None:
        return Rejected("no-article", f"nothing matches {rules.article!r}")
    if watch:
        watch(page, title, found)
    blocks = finish_blocks(found.drafts, title, Paths())
    if not blocks:
        return Rejected(
            "no-text", f"nothing matches {rules.paragraphs!r}" if rules.paragraphs else ""
        )
    return Document(
        url=url,
        title=title,
        blocks=blocks,
        language=language_of(blocks, about.language),
        canonical_url=about.canonical_url,
        date=about.date,
        authors=about.authors,
        license=about.license,
        section=about.section,
        body_hash=hashlib.sha256(body).hexdigest(),
        extractor=SELECTORS if rules.article or rules.paragraphs else EXTRACTOR,
    )


def extract_document(
    body: bytes,
    url: str,
    *,
    rules: ExtractRules | None = None,
    content_type: str | None = None,
    watch: Watch | None = None,
) -> Document | Rejected:
    """What the page says, as typed blocks, or ``Rejected`` with one of ``REASONS``.

    ``content_type`` is the response header, for its charset. With ``rules.paragraphs`` or
    ``rules.article`` the blocks are what these select; otherwise trafilatura decides. ``watch``
    is told what was found, see ``pipelines.inspect_page``. Only bad selectors in ``rules``
    raise: ``ValueError``. A page of 170 kB takes 7 to
    23 ms: 5 to 8 here, the rest in trafilatura.
    """
    rules = rules or ExtractRules()
    check_rules(rules)
    if len(body) > _LARGEST:
        return Rejected("too-large", f"{len(body)} bytes, at most {_LARGEST}")
    text = decode_page(body, content_type)
    if isinstance(text, Rejected):
        return text
    try:
        document = _document(body, url, rules, text, watch)
    except Exception as error:  # noqa: BLE001 - one odd page must not stop a night
        return Rejected("extractor-error", f"{type(error).__name__}: {error}")
    if isinstance(document, Document):
        words = count_words(document.text)
        if words < rules.min_words:
            return Rejected("too-short", f"{words} words, at least {rules.min_words}")
    return document
