"""The demo site's table: every path, what it shows and what a crawl should make of it; data."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

DOCUMENT = "document"  # prose that becomes a document
DUPLICATE = "duplicate"  # the same article as another path: nothing new in it
REJECTED = "rejected"  # fetched, but there is no article in it
SKIPPED = "skipped"  # not HTML
DENIED = "denied"  # robots.txt, a meta tag or a header says no
REDIRECTED = "redirected"  # points to another path
FAILED = "failed"  # answers an error
MACHINE = "machine"  # robots.txt, sitemaps, feed: read for what they say, not pages

HTML = "text/html; charset=utf-8"
ARCHIVE_SPLIT = 12  # entries on the first page of the archive


@dataclass(frozen=True)
class DemoPage:
    """One path of the site. `listed` pages appear in the archive and in related links."""

    title: str
    shows: str
    modified: str = "2024-01-08"  # the day; the hour is always 06:00 UTC
    outcome: str = DOCUMENT
    status: int = 200
    content_type: str = HTML
    encoding: str = "utf-8"  # of the bytes, whatever content_type claims
    lang: str = "en"
    headers: tuple[tuple[str, str], ...] = ()
    head: str = ""  # markup added to <head>
    canonical: str = ""
    location: str = ""
    alias: str = ""  # the path whose bytes this one serves
    source: str = ""  # file name in pages/ without .html; default: the path with dashes
    raw: bool = False  # the source is the whole response, not an article for the template
    listed: bool = True
    sitemap: str = "pages"  # "pages", "archive" or "" for neither
    feed: bool = False


def _hidden(title: str, shows: str, outcome: str, **rest: object) -> DemoPage:
    return DemoPage(title, shows, outcome=outcome, listed=False, sitemap="", **rest)  # type: ignore[arg-type]  # DemoPage's own fields, passed on


def _redirect(title: str, shows: str, location: str) -> DemoPage:
    return _hidden(title, shows, REDIRECTED, status=301, location=location)


def _machine(title: str, shows: str, content_type: str) -> DemoPage:
    return _hidden(title, shows, MACHINE, content_type=content_type)


PROSE = {
    "/history/first-lights": DemoPage("The First Lights", "headings, a quotation", "2024-01-09"),
    "/optics/lenses": DemoPage("Lenses and Prisms", "a figure, nested list", "2024-01-12"),
    "/keepers/daily-round": DemoPage("The Daily Round", "an ordered list", "2024-01-15"),
    "/weather/barometer": DemoPage("Reading the Barometer", "decimals, a table", "2024-01-24"),
}

SPECIAL = {
    "/": DemoPage(
        "The Lighthouse Handbook",
        "the home page",
        "2024-03-01",
        source="home",
        canonical="/",
        listed=False,
    ),
    "/index.html": _hidden("The Lighthouse Handbook", "the home page again", DUPLICATE, alias="/"),
    "/archive/": _hidden("Archive", "a listing, first page", REJECTED),
    "/archive/?page=2": _hidden("Archive, page 2", "a listing, second page", REJECTED),
    "/archive/index.html": _hidden("Archive", "the listing again", REJECTED, alias="/archive/"),
    "/robots.txt": _machine("robots.txt", "a disallowed part", "text/plain; charset=utf-8"),
    "/sitemap.xml": _machine("Sitemap index", "points to two sitemaps", "application/xml"),
    "/sitemap-pages.xml": _machine("Sitemap of pages", "lastmod", "application/xml"),
    "/sitemap-archive.xml.gz": _machine("Archive sitemap", "gzipped file", "application/gzip"),
    "/feed.xml": _machine("Feed", "RSS 2.0", "application/rss+xml"),
    "/style.css": _hidden("Style sheet", "not a page", SKIPPED, content_type="text/css"),
    "/images/tower.png": _hidden("Tower", "an image", SKIPPED, content_type="image/png"),
    "/files/tide-table.pdf": _hidden(
        "Tide table", "a PDF", SKIPPED, content_type="application/pdf"
    ),
}

PAGES: Mapping[str, DemoPage] = MappingProxyType({**PROSE, **SPECIAL})
