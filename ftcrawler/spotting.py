"""What of a site's addresses looks like articles, listings, feeds and traps. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from ftcrawler.site import SITE_NAME
from ftcrawler.urls import canonical, host_of, origin_of

MOST_FEEDS: Final = 5
_FEED_TYPES: Final = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")
_COMMENTS: Final = re.compile(r"comment", re.IGNORECASE)
_WORDY: Final = re.compile(r"[^\W\d_]{2,}(?:[-_][\w%]+){2,}")
_DATED: Final = re.compile(r"/(?:19|20)\d\d[/-]")
_NUMBERED: Final = re.compile(r"\d{4,}")
_PAGE_ENDING: Final = re.compile(r"\.(?:html?|php|aspx?)\Z", re.IGNORECASE)
_OTHER_ENDING: Final = re.compile(r"\.[a-z0-9]{2,5}\Z", re.IGNORECASE)
# Folders of lists and machinery, and pages that are the site's own frame.
_LISTING: Final = re.compile(
    r"/(?:tags?|topics?|categor(?:y|ies)|kategorien?|authors?|autoren|users?|pages?|search|suche|"
    r"feed|rss|login|signin|sign-in|register|signup|sign-up|account|cart|checkout)(?:/|\Z)",
    re.IGNORECASE,
)
_FRAME: Final = re.compile(
    r"/(?:index|home|blog|news|archives?|archiv|articles|about|about-us|contact|contact-us|"
    r"kontakt|impressum|imprint|privacy|privacy-policy|datenschutz|terms|legal|cookies|help|faq|"
    r"sitemap|donate|subscribe|newsletter|jobs|careers)/?\Z",
    re.IGNORECASE,
)
# Pages that no crawl for text wants: name and regular expression, as a site file has it.
TRAPS: Final = (
    ("accounts and shops", r"/(login|logout|signin|signup|register|account|cart|checkout)(/|$|\?)"),
    ("searches", r"/search(/|$|\?)"),
    ("sorted and filtered lists", r"[?&](sort|order|orderby|filter|view)="),
    ("copies for printers and sharing", r"/print(/|$)|[?&](print|share|replytocom)="),
    ("machinery", r"/(wp-json|wp-admin|cgi-bin|xmlrpc)"),
)
_HOPELESS: Final = -5
_TELLING: Final = 8  # addresses from which a folder can be told
_NEARLY_ALL: Final = 0.9


def site_name(url: str) -> str:
    """A name for the site of a URL: its host without ``www`` and top-level domain.

    >>> site_name("https://www.daily-bee.example/x"), site_name("http://127.0.0.1:80/")
    ('daily-bee', '127-0-0-1')
    """
    labels = host_of(url).removeprefix("www.").split(".")
    if len(labels) > 1 and not labels[-1].isdigit():
        labels = labels[:-1]
    name = re.sub(r"[^a-z0-9]+", "-", "-".join(labels).lower()).strip("-")[:63]
    return name if SITE_NAME.match(name) else "site"


def feeds_of(html: str, url: str) -> list[str]:
    """The feeds that a page declares, comments aside.

    >>> feeds_of('<link rel="alternate" type="application/rss+xml" href="/f">', "http://a.example/")
    ['http://a.example/f']
    """
    found = []
    for node in LexborHTMLParser(html).css("link[rel~=alternate][type][href]"):
        kind = (node.attributes.get("type") or "").partition(";")[0].strip().lower()
        if kind not in _FEED_TYPES or _COMMENTS.search(node.attributes.get("title") or ""):
            continue
        try:
            feed = canonical(urljoin(url, node.attributes.get("href") or ""))
        except ValueError:
            continue
        if feed and not _COMMENTS.search(feed):
            found.append(feed)
    return list(dict.fromkeys(found))[:MOST_FEEDS]


def article_score(url: str) -> int:
    """How much an address looks like that of an article: 1 and more does.

    >>> article_score("https://a.example/2026/the-keeper-of-bees")
    6
    >>> article_score("https://a.example/tag/bees")
    -5
    """
    parts = urlsplit(url)
    path = _PAGE_ENDING.sub("", parts.path)
    if path in ("", "/") or _OTHER_ENDING.search(path):
        return -10
    score = 2 * bool(_WORDY.search(path.rstrip("/").rsplit("/", 1)[-1]))
    score += 2 * bool(_DATED.search(path)) + bool(_NUMBERED.search(path))
    score += path.strip("/").count("/") > 0
    score += path != parts.path
    score -= 2 * bool(parts.query)
    return score - 6 * bool(_LISTING.search(path) or _FRAME.search(path))


def choose_pages(
    links: Iterable[str], listed: Iterable[str], count: int, known: Iterable[str] = ()
) -> list[str]:
    """Up to ``count`` addresses that look most like articles, from different folders first.

    ``listed`` are those that feeds and sitemaps name: a feed's pages are articles.
    """
    scores: dict[str, int] = {}
    for url in listed:
        scores.setdefault(url, article_score(url) + 3)
    for url in links:
        scores.setdefault(url, article_score(url))
    ranked = [u for u in sorted(scores, key=lambda url: -scores[url]) if u not in set(known)]
    ranked = [u for u in ranked if scores[u] >= 1] or [u for u in ranked if scores[u] > _HOPELESS]
    folders: Counter[str] = Counter()
    turns = {}
    for url in ranked:
        turns[url] = folders[_folder(url)]
        folders[_folder(url)] += 1
    return sorted(ranked, key=lambda url: turns[url])[:count]


def _folder(url: str) -> str:
    """The first segment of the path, when there is more below it."""
    first, slash, _ = urlsplit(url).path.lstrip("/").partition("/")
    return f"/{first}/" if slash else "/"


def common_folder(start: str, articles: Sequence[str], listed: Sequence[str]) -> str:
    """The folder under which the articles are, ``""`` when that cannot be told.

    It is that of the start page when all articles are below it, or the one that nearly all
    pages are in which feeds and sitemaps name.
    """
    path = urlsplit(start).path
    folder = path[: path.rfind("/") + 1]
    if folder != "/" and articles and all(urlsplit(u).path.startswith(folder) for u in articles):
        return folder
    counted = Counter(map(_folder, listed))
    best, number = next(iter(counted.most_common(1)), ("/", 0))
    if best == "/" or len(listed) < _TELLING or number < _NEARLY_ALL * len(listed):
        return ""
    return best if all(_folder(url) == best for url in articles) else ""


def folder_pattern(start: str, folder: str) -> str:
    r"""The regular expression for all pages in a folder of the start page's site.

    >>> folder_pattern("https://www.bee.example/", "/blog/")
    '^https?://(www\\.)?bee\\.example/blog/'
    """
    host = origin_of(start).partition("://")[2].removeprefix("www.")
    escaped = re.escape(host).replace(r"\-", "-")
    return f"^https?://(www\\.)?{escaped}{re.escape(folder)}".replace(r"\-", "-")


def traps_in(links: Iterable[str]) -> list[tuple[str, str]]:
    """Those of the traps that any of the links leads to."""
    seen = list(links)
    return [(name, rule) for name, rule in TRAPS if any(re.search(rule, url) for url in seen)]
