"""The extractors that only the bench needs, of requirements-bench.txt, in the same shape."""

from __future__ import annotations

import re
from typing import Final

import readability
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding
from resiliparse.parse.html import HTMLTree

from bench.annotated import Annotated
from bench.measures import Extracted
from bench.outline import outline

_MARKUP: Final = re.compile(rb"<[a-zA-Z]")


def readability_lxml(page: Annotated) -> Extracted:
    """The summary that readability-lxml makes, as blocks."""
    return _of_html(readability.Document(page.body).summary(html_partial=True))


def resiliparse_main(page: Annotated) -> Extracted:
    """Resiliparse's main content with its headings, as blocks."""
    tree = HTMLTree.parse_from_bytes(page.body, detect_encoding(page.body))
    return _of_html(
        extract_plain_text(
            tree, main_content=True, preserve_formatting="minimal_html", alt_texts=False
        )
    )


def _of_html(markup: str) -> Extracted:
    body = markup.encode("utf-8", "replace")
    pieces = outline(body, "utf-8") if _MARKUP.search(body) else []
    texts = tuple(piece.text for piece in pieces)
    headings = tuple((piece.level, piece.text) for piece in pieces if piece.level)
    return Extracted("\n".join(texts), texts, headings)
