"""Blocks that stand on many pages of one site are its frame, whatever one page shows. Pure.

A line such as "Rated by 12 readers" or "Part of the harbour project" is text like any other on its
own page. Counted over the site's documents it is boilerplate.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pipelines.records import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipelines.records import Block, Document

LEAST_PAGES: Final = 10  # a block on fewer pages is never called boilerplate
LEAST_SHARE: Final = 0.05  # of the site's documents
_LONGEST: Final = 500  # characters; what is longer is written for its page
_CONTENT: Final = frozenset(("heading", "code"))  # headings repeat by design, and so does code
_NEVER: Final = "~"  # sorts behind every time
_NUMBER: Final = re.compile(r"\d+")


def block_key(block: Block) -> bytes | None:
    """8 bytes, equal for blocks that differ only in case, white space and numbers.

    None for a block that is never boilerplate: a heading, code, a long one.
    """
    if block.kind in _CONTENT or len(block.text) > _LONGEST:
        return None
    text = _NUMBER.sub("0", normalised(block.text))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()


def block_keys(document: Document) -> Iterator[bytes]:
    """The keys of a document's blocks that may turn out to be boilerplate, each once."""
    keys = (block_key(block) for block in document.blocks)
    return (key for key in dict.fromkeys(keys) if key)


def without(document: Document, known: Mapping[bytes, str], at: str) -> tuple[Document, int]:
    """The document without the blocks known as boilerplate ``at`` a time; how many those were.

    ``known`` has the time since when, ISO 8601 in UTC like ``at``.

    >>> from pipelines.records import Block, Document
    >>> page = Document("u:1", "T", (Block("paragraph", "Text."), Block("paragraph", "Rated 4")))
    >>> frame = block_key(Block("paragraph", "rated 17"))
    >>> without(page, {frame: "2026-11-24T02:00:00Z"}, "2026-11-25T02:00:00Z")[0].text
    'Text.'
    """
    if not known:
        return document, 0
    kept = [b for b in document.blocks if known.get(block_key(b) or b"", _NEVER) > at]
    if len(kept) == len(document.blocks):
        return document, 0
    start, blocks = 0, []
    for block in kept:
        blocks.append(replace(block, start=start))
        start += len(block.text) + 1
    return replace(document, blocks=tuple(blocks)), len(document.blocks) - len(kept)
