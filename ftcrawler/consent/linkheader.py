"""Links of a page or of its ``Link`` header (RFC 8288), as records. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

MAX_LINKS = 100  # of one header; the rest of a longer one is left unread
_PARAMETER = re.compile(r"([A-Za-z*]{1,40})\s{0,10}=\s{0,10}(?:\"([^\"]*)\"|([^\s;,\"]*))")


class PageLink(NamedTuple):
    """``rel`` and ``type`` as written, ``href`` as written or absolute."""

    rel: str
    href: str
    type: str = ""

    @property
    def is_licence(self) -> bool:
        """Whether ``license`` is one of its relations."""
        return not {"license", "licence"}.isdisjoint(self.rel.lower().split())


def read_link_header(value: str) -> list[PageLink]:
    """The links of one ``Link`` header; what cannot be read is skipped.

    >>> read_link_header('</l.xml>; rel="license"; type="application/rsl+xml", <b>; rel=next')
    [PageLink(rel='license', href='/l.xml', type='application/rsl+xml'), PageLink(rel='next', \
href='b', type='')]
    """
    found = []
    for piece in value.split("<")[1 : MAX_LINKS + 1]:
        href, closed, rest = piece.partition(">")
        if closed:
            read = {m[1].lower(): m[2] or m[3] or "" for m in _PARAMETER.finditer(rest)}
            found.append(PageLink(read.get("rel", ""), href.strip(), read.get("type", "")))
    return found


def absolute(href: str, base: str) -> str:
    """The http or https URL that a reference means, ``""`` when it means none.

    >>> absolute("/l.xml", "https://host/a"), absolute("javascript:x", "https://host/a")
    ('https://host/l.xml', '')
    """
    try:
        url = urljoin(base, href.strip())
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return url if known else ""
