"""What a response's headers say, and which of them are kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

SIGNAL_HEADERS = frozenset(
    "x-robots-tag tdm-reservation tdm-policy content-usage content-signal link "
    "crawler-price".split()
)
# Headers that are kept with a page: content, validators, and those that carry signals.
KEPT_HEADERS = SIGNAL_HEADERS.union(
    "content-type content-language content-length etag last-modified date server location "
    "retry-after".split()
)
HTML_TYPES = ("text/html", "application/xhtml+xml")


def kept_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers worth keeping, with lower-case names."""
    return tuple((k.lower(), v) for k, v in headers if k.lower() in KEPT_HEADERS)


def header_text(value: bytes) -> str:
    r"""A header's value: UTF-8 where it is that, else Latin-1 (RFC 9110 5.5).

    >>> header_text("/é".encode()), header_text(b"/\xe9")
    ('/é', '/é')
    """
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def is_html(content_type: str, body: bytes) -> bool:
    """Whether an answer is a page: by its type, or by a look when it has none.

    >>> is_html("text/html; charset=utf-8", b""), is_html("application/pdf", b"%PDF")
    (True, False)
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind:
        return kind in HTML_TYPES
    return bool(
        re.match(rb"\s*(?:\xef\xbb\xbf)?<(?:!doctype html|html|head|body|!--)", body, re.IGNORECASE)
    )
