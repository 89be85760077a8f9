"""The demo site's bytes: pages from their sources, sitemaps and feed from the table; pure."""

import gzip
import hashlib
import html
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from string import Template

from ftcrawler.demo.policies import AI_TXT, LLMS_TXT, TDMREP, robots, terms
from ftcrawler.demo.table import ARCHIVE_ENTRIES, PAGES, DemoPage

SOURCES = Path(__file__).with_name("pages")
TEMPLATE = Template(Path(__file__).with_name("template.html").read_text("ascii"))
RELATED = 3  # links in the aside of each page

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
CSS = b"body { font: 1.1rem/1.5 serif; max-width: 44rem; margin: auto }\n"


@dataclass(frozen=True)
class Resource:
    """What one path answers; `generate` makes the body from the whole site and its origin."""

    title: str
    body: bytes
    content_type: str
    modified: datetime
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    sitemap: str = ""
    feed: bool = False
    generate: "Callable[[Mapping[str, Resource], str], bytes] | None" = None


Site = Mapping[str, Resource]


def build() -> dict[str, Resource]:
    """Every path of the untouched site."""
    return {path: _resource(path, page) for path, page in PAGES.items()}


def entity_tag(body: bytes) -> str:
    """A strong validator for exactly these bytes, in its quotes."""
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def _resource(path: str, page: DemoPage) -> Resource:
    headers = list(page.headers)
    if page.location:
        headers.append(("Location", page.location))
    return Resource(
        title=page.title,
        body=_body(path, page),
        content_type=page.content_type,
        modified=datetime.fromisoformat(page.modified).replace(hour=6, tzinfo=UTC),
        status=page.status,
        headers=tuple(headers),
        sitemap=page.sitemap,
        feed=page.feed,
        generate=GENERATED.get(path),
    )


def _body(path: str, page: DemoPage) -> bytes:
    if path in GENERATED:
        return b""
    if path in FIXED:
        return FIXED[path]
    if page.alias:
        return _body(page.alias, PAGES[page.alias])
    if page.location or page.status != HTTPStatus.OK:
        return _note(page)
    if page.raw:
        return _source(path, page).encode(page.encoding)
    article = _listing(path) if path.startswith("/archive/") else _source(path, page)
    return _wrap(path, page, article).encode(page.encoding)


def _source(path: str, page: DemoPage) -> str:
    name = page.source or re.sub("[/.]", "-", path.strip("/")) or "home"
    return (SOURCES / f"{name}.html").read_text("utf-8")


def _wrap(path: str, page: DemoPage, article: str) -> str:
    head = "" if page.encoding == "iso-8859-1" else '<meta charset="utf-8">\n'
    head += page.head
    if page.canonical:
        head += f'<link rel="canonical" href="{page.canonical}">\n'
    return TEMPLATE.substitute(
        lang=page.lang,
        head=head,
        title=html.escape(page.title),
        path=html.escape(path),
        share=html.escape(path if "?" in path else f"{path}?utm_source=share&utm_campaign=mail"),
        modified=page.modified,
        article=article.strip(),
        related=_links(_neighbours(path)),
    )


def _listed() -> list[str]:
    return [path for path, page in PAGES.items() if page.listed]


def _neighbours(path: str) -> list[str]:
    listed = _listed()
    start = listed.index(path) + 1 if path in listed else 0
    return [listed[(start + step) % len(listed)] for step in range(RELATED)]


def _links(paths: list[str]) -> str:
    return "\n".join(
        f'<li><a href="{path}">{html.escape(PAGES[path].title)}</a></li>' for path in paths
    )


def _listing(path: str) -> str:
    number = int(path.partition("?page=")[2] or 1)
    listed = _listed()
    entries = listed[(number - 1) * ARCHIVE_ENTRIES : number * ARCHIVE_ENTRIES]
    turns = []
    if number > 1:
        newer = f"/archive/?page={number - 1}".removesuffix("?page=1")
        turns.append(f'<a href="{newer}" rel="prev">Newer entries</a>')
    if number * ARCHIVE_ENTRIES < len(listed):
        turns.append(f'<a href="/archive/?page={number + 1}" rel="next">Older entries</a>')
    title = html.escape(PAGES[path].title)
    return (
        f'<h1>{title}</h1>\n<ul class="listing">\n{_links(entries)}\n</ul>\n'
        f"<p>{' | '.join(turns)}</p>"
    )


def _note(page: DemoPage) -> bytes:
    title = html.escape(page.title)
    return f"<!doctype html>\n<title>{title}</title>\n<p>{title}.</p>\n".encode()


def _robots(_: Site, origin: str) -> bytes:
    return robots(origin)


def _sitemap_index(site: Site, origin: str) -> bytes:
    parts = {"sitemap-pages.xml": "pages", "sitemap-archive.xml.gz": "archive"}
    entries = "".join(
        f"<sitemap><loc>{origin}/{name}</loc><lastmod>{_newest(site, group)}</lastmod></sitemap>\n"
        for name, group in parts.items()
    )
    return _sitemap_xml("sitemapindex", entries)


def _newest(site: Site, group: str) -> str:
    dates = [one.modified for one in site.values() if one.sitemap == group]
    return max(dates, default=datetime(2024, 1, 1, tzinfo=UTC)).isoformat()


def _sitemap_pages(site: Site, origin: str) -> bytes:
    return _urlset(site, origin, "pages")


def _sitemap_archive(site: Site, origin: str) -> bytes:
    return gzip.compress(_urlset(site, origin, "archive"), mtime=0)


def _urlset(site: Site, origin: str, group: str) -> bytes:
    entries = "".join(
        f"<url><loc>{origin}{html.escape(path)}</loc>"
        f"<lastmod>{one.modified.isoformat()}</lastmod></url>\n"
        for path, one in site.items()
        if one.sitemap == group
    )
    return _sitemap_xml("urlset", entries)


def _sitemap_xml(root: str, entries: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</{root}>\n'
    ).encode()


def _feed(site: Site, origin: str) -> bytes:
    items = "".join(
        f"<item><title>{html.escape(one.title)}</title>"
        f"<link>{origin}{path}</link><guid>{origin}{path}</guid>"
        f"<pubDate>{format_datetime(one.modified, usegmt=True)}</pubDate></item>\n"
        for path, one in site.items()
        if one.feed
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
        f"<title>The Lighthouse Handbook</title><link>{origin}/</link>\n"
        f"<description>New pages of the handbook</description>\n{items}</channel></rss>\n"
    ).encode()


def _png(width: int = 48, height: int = 48) -> bytes:
    """A grey square: smallest honest image that needs no file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = (b"\x00" + b"\x99" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


FIXED = {
    "/files/tide-table.pdf": PDF,
    "/images/tower.png": _png(),
    "/style.css": CSS,
    "/.well-known/tdmrep.json": TDMREP,
    "/ai.txt": AI_TXT,
    "/llms.txt": LLMS_TXT,
    "/license.xml": terms("/consent/rsl-line"),
    "/consent/terms.xml": terms("/consent/rsl-link"),
}
GENERATED: dict[str, Callable[[Site, str], bytes]] = {
    "/robots.txt": _robots,
    "/sitemap.xml": _sitemap_index,
    "/sitemap-pages.xml": _sitemap_pages,
    "/sitemap-archive.xml.gz": _sitemap_archive,
    "/feed.xml": _feed,
}
