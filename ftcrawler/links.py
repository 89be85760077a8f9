"""A page's links and signals, read with one parse. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from ftcrawler.urls import canonical, origin_of
from pipelines.decode import utf8_of

MANY_TAGS = 4_000  # from here on the depth is looked at first: lexbor's time grows with its square
MAX_DEPTH = 500  # elements within elements; browsers stop at 512
MAX_LINKS = 5_000  # a page with more is a trap or a dump; the rest is left out
MAX_DATA = 50  # licence links and data scripts that are looked at
_LICENCE_LINKS = "a[rel~=license][href], link[rel~=license][href], a[href*='creativecommons.org']"
_DATA_SCRIPTS = "script[type='application/ld+json'], script[type='application/rsl+xml']"
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
# Elements without an end, or whose end a parser supplies before the next of their kind.
_SHALLOW = frozenset(
    "area base br col embed hr img input link meta source track wbr "
    "p li dt dd tr td th thead tbody tfoot option optgroup colgroup html head body".split()
)
_REFRESH = re.compile(r"^\s*[\d.]*\s*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page's text: ``links`` are canonical, in order, each once.

    ``metas`` are (name, content) of ``<meta name content>`` with names in lower case,
    ``rels`` (rel, href, type) of links that speak of a licence, ``scripts`` (type, text) of
    scripts that hold data.
    """

    links: tuple[str, ...]
    metas: tuple[tuple[str, str], ...]
    rels: tuple[tuple[str, str, str], ...] = ()
    scripts: tuple[tuple[str, str], ...] = ()


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    href = (node.attributes.get("href") or "") if node else ""
    try:
        base = urljoin(url, href.strip())
    except ValueError:
        return url
    return base if canonical(base) else url


def _hrefs(tree: LexborHTMLParser) -> list[str]:
    anchors = tree.css("a[href], area[href], link[rel=next][href], link[rel=prev][href]")
    found = [
        node.attributes.get("href") or ""
        for node in anchors
        if "nofollow" not in (node.attributes.get("rel") or "").lower()
    ]
    refreshes = (
        node.attributes.get("content") or ""
        for node in tree.css("meta[http-equiv][content]")
        if (node.attributes.get("http-equiv") or "").lower() == "refresh"
    )
    return found + [match[1] for text in refreshes if (match := _REFRESH.match(text))]


def is_too_deep(html: str) -> bool:
    """Whether elements are nested deeper than any page of use, counted without building a tree."""
    written = utf8_of(html)
    if len(written) - len(written.translate(None, b"<")) < MANY_TAGS:  # faster than to count
        return False
    depth = 0
    for closing, name in _TAG.findall(html):
        if name.lower() in _SHALLOW:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        if depth > MAX_DEPTH:
            return True
    return False


def _cached(base: str, href: str) -> tuple[str, str]:
    """What a link depends on: of the page's address only its origin, where the link says the path.

    Menus name the same paths on every page.
    """
    if href.startswith("/") and not href.startswith("//"):
        return origin_of(base), href
    return base, href


@lru_cache(maxsize=1 << 16)
def _link(base: str, href: str) -> str:
    return canonical(urljoin(base, href))


def read_frame(html: str, url: str) -> Frame:
    """The links and meta elements of a page at ``url``.

    >>> read_frame('<base href="/b/"><a href="c#d">x</a>', "http://example.com/a").links
    ('http://example.com/b/c',)
    """
    tree = LexborHTMLParser(utf8_of(html))
    base = _base(tree, url)
    links: dict[str, None] = {}
    for href in _hrefs(tree):
        try:
            link = _link(*_cached(base, href.strip()))
        except ValueError:
            continue
        if link:
            links[link] = None
            if len(links) >= MAX_LINKS:
                break
    metas = tuple(
        ((node.attributes.get("name") or "").strip().lower(), node.attributes.get("content") or "")
        for node in tree.css("meta[name][content]")
    )
    rels = tuple(
        tuple(node.attributes.get(name) or "" for name in ("rel", "href", "type"))
        for node in tree.css(_LICENCE_LINKS)[:MAX_DATA]
    )
    scripts = tuple(
        ((node.attributes.get("type") or "").strip().lower(), node.text() or "")
        for node in tree.css(_DATA_SCRIPTS)[:MAX_DATA]
    )
    return Frame(tuple(links), metas, rels, scripts)  # type: ignore[arg-type] # three names each
