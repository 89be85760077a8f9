"""The bytes of a page -> a Document, or a named reason why there is none. Pure.

Decoded once, parsed once. A site's selectors decide what is read; without them trafilatura
finds the article, and its tree is read into blocks. What it flattens into one paragraph is read
from the page itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from lxml import etree

from pipelines.article import EXTRACTOR_VERSION, Article, find_article
from pipelines.cleaning import clean_text
from pipelines.decode import body_hash, decode_page
from pipelines.finishing import Paths, finish_blocks
from pipelines.language import language_of
from pipelines.mend import mend_page
from pipelines.metadata import read_metadata
from pipelines.parsing import count_elements, parse_page
from pipelines.records import Document, Rejected
from pipelines.rules import ExtractRules
from pipelines.selectors import check_rules, drop_selected, read_selected, select, takes_its_square
from pipelines.vocabulary import text_of

BLOCKS_VERSION: Final = 3
EXTRACTOR: Final = f"{EXTRACTOR_VERSION} / blocks {BLOCKS_VERSION}"
SELECTORS: Final = f"selectors / blocks {BLOCKS_VERSION}"
REASONS: Final = (
    *("empty", "not-text", "too-large", "too-deep", "no-article", "no-text", "too-short"),
    "extractor-error",
)

# Told the mended page, its title and what was found in it, while its elements can still be asked.
Watch = Callable[["etree._Element", str, Article], None]  # noqa: SLF001 - lxml names it no other way

_LARGEST: Final = 20_000_000
_MOST_COUNTED: Final = 10_000
# Scripts that put no spaces between words; two letters make about one word.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
# The first bytes in UTF-8 of letters from U+0E00 to U+1FFF and from U+3000 to U+9FFF.
_LEADS: Final = bytes((0xE0, 0xE1, *range(0xE3, 0xEA)))
_LETTERS_A_WORD: Final = 2
_LETTERS_ENOUGH: Final = 20  # for a word: so many letters have it, or all are counted


def count_words(text: str) -> int:
    """The number of words; in scripts without spaces two letters count as one.

    >>> count_words("three little words"), count_words("昨日は公園へ")
    (3, 3)
    """
    written = text.encode("utf-8", "replace")
    if len(written.translate(None, _LEADS)) == len(written):
        return len(text.split())
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced // _LETTERS_A_WORD


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
    page = parse_page(text)
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
        body_hash=body_hash(body),
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
    raise: ``ValueError``. A page of 170 kB takes 7 to 23 ms: 4 to 8 here, the rest in trafilatura.
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
        start = document.text[: _LETTERS_ENOUGH * rules.min_words]
        if count_words(start) <= rules.min_words:
            words = count_words(document.text)
            if words < rules.min_words:
                return Rejected("too-short", f"{words} words, at least {rules.min_words}")
    return document
