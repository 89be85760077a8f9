"""Ours, trafilatura and jusText as functions of one shape: a page's bytes -> what they extract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import justext
import trafilatura

from bench.annotated import Annotated
from bench.measures import Extracted, Heading
from pipelines.extract import extract_document
from pipelines.records import Rejected

NOTHING: Final = Extracted("", (), ())
_TREE_BLOCKS: Final = ("head", "p", "item", "row", "quote", "code", "ab")
_STOPLISTS: Final = {
    "ar": "Arabic",
    "cs": "Czech",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "he": "Hebrew",
    "it": "Italian",
    "ko": "Korean",
    "lv": "Latvian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
}
_HEADING_TAG: Final = re.compile(r"\bh([1-6])\b")


def ours(page: Annotated) -> Extracted:
    """The blocks of our Document; nothing when the page is rejected."""
    found = extract_document(page.body, page.url)
    if isinstance(found, Rejected):
        return NOTHING
    headings = tuple((block.level, block.text) for block in found.blocks if block.level)
    return Extracted(found.text, tuple(block.text for block in found.blocks), headings)


def trafilatura_fast(page: Annotated) -> Extracted:
    """Trafilatura without its fallbacks, as ours calls it."""
    return _trafilatura(page, fast=True)


def trafilatura_full(page: Annotated) -> Extracted:
    """Trafilatura with its fallbacks, balanced between precision and recall as by default."""
    return _trafilatura(page, fast=False)


def _trafilatura(page: Annotated, *, fast: bool) -> Extracted:
    found: Any = trafilatura.bare_extraction(
        page.body, page.url, fast=fast, include_comments=False, with_metadata=False
    )
    if found is None or found.body is None:
        return NOTHING
    elements = [element for element in found.body.iter(*_TREE_BLOCKS) if _is_leaf(element)]
    headings = tuple(_headings(found.body))
    return Extracted(found.text, tuple(map(_text_of, elements)), headings)


def _headings(body: Any) -> Iterator[Heading]:
    for head in body.iter("head"):
        level = (head.get("rend") or "").removeprefix("h")
        yield int(level) if level.isdigit() else 0, _text_of(head)


def _is_leaf(element: Any) -> bool:
    return not any(inner is not element for inner in element.iter(*_TREE_BLOCKS))


def _text_of(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())


def just_text(page: Annotated) -> Extracted:
    """JusText with the stop words of the page's language, where it has them."""
    name = _STOPLISTS.get(page.entry["language"])
    stop_words = justext.get_stoplist(name) if name else frozenset()
    limits = {} if name else {"stopwords_low": 0, "stopwords_high": 0}
    paragraphs = justext.justext(page.body, stop_words, **limits)
    kept = [paragraph for paragraph in paragraphs if not paragraph.is_boilerplate]
    texts = tuple(paragraph.text for paragraph in kept)
    headings = tuple(
        (int(tags[-1]), paragraph.text)
        for paragraph in kept
        if (tags := _HEADING_TAG.findall(paragraph.dom_path))
    )
    return Extracted("\n".join(texts), texts, headings)
