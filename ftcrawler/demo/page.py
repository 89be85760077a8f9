"""A path of the demo site: what it shows, and what a crawl should make of it; data."""

from dataclasses import dataclass

DOCUMENT = "document"  # prose that becomes a document
DUPLICATE = "duplicate"  # the same article as another path: nothing new in it
REJECTED = "rejected"  # fetched, but there is no article in it
SKIPPED = "skipped"  # not HTML
DENIED = "denied"  # robots.txt, a meta tag or a header says no
REDIRECTED = "redirected"  # points to another path
FAILED = "failed"  # answers an error
UNSEEN = "unseen"  # linked only where links are not to be followed
MACHINE = "machine"  # robots.txt, sitemaps, policies: read for what they say, not pages

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class DemoPage:
    """One path of the site. `listed` pages appear in the archive and in related links."""

    title: str
    shows: str
    modified: str = "2024-01-08"  # the day; the hour is always 06:00 UTC
    outcome: str = DOCUMENT
    signal: str = ""  # that decides where the outcome is DENIED, as the verdict names it
    asked_for: bool = True  # whether a crawl that obeys asks for the page at all
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


def hidden(title: str, shows: str, outcome: str, **rest: object) -> DemoPage:
    """A path in no listing and no sitemap."""
    return DemoPage(title, shows, outcome=outcome, listed=False, sitemap="", **rest)  # type: ignore[arg-type]  # DemoPage's own fields, passed on


def redirect(title: str, shows: str, location: str) -> DemoPage:
    """A path that points to another one."""
    return hidden(title, shows, REDIRECTED, status=301, location=location)


def machine(title: str, shows: str, content_type: str) -> DemoPage:
    """A file that is made for programs."""
    return hidden(title, shows, MACHINE, content_type=content_type)
