"""What a page says about itself: title, language, canonical URL, date, authors, licence. Pure."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urljoin, urlsplit

from lxml import etree

from pipelines.cleaning import clean_text
from pipelines.records import normalised
from pipelines.vocabulary import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_BETWEEN_NAMES: Final = re.compile(r"\s+[|\u2013\u2014·•»-]\s+|\s*\|\s*")
_BARS: Final = "|·•»"
_COLON: Final = re.compile(r"\s*:\s+")
_NOT_ALNUM: Final = re.compile(r"[\W_]+")
_ISO_DATE: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
_LANGUAGE: Final = re.compile(r"\s*([A-Za-z]{2})(?:[-_,;\s]|$)")
_DATE_META: Final = (
    *("article:published_time", "og:article:published_time", "datepublished", "date"),
    *("dc.date", "dc.date.issued", "dcterms.created", "citation_publication_date", "pubdate"),
)
_AUTHOR_META: Final = (
    "author",
    "article:author",
    "dc.creator",
    "citation_author",
    "parsely-author",
)
_TITLE_META: Final = ("og:title", "twitter:title")
_NUMBERED: Final = re.compile(r"\d+(?:\.\d+)*[.)]?\s")
_TELLING_NAME: Final = 15
_SECTION_META: Final = ("article:section", "og:article:section", "dc.subject", "parsely-section")
_META_KEYS: Final = ("name", "property", "itemprop", "http-equiv")
_READ_META: Final = frozenset(
    (
        *(*_DATE_META, *_AUTHOR_META, *_TITLE_META, *_SECTION_META),
        *("og:site_name", "content-language"),
    )
)
_LONGEST_TITLE: Final = 500
_LONGEST_NAME: Final = 100
_MOST_JSON: Final = 1_000_000
_MOST_NODES: Final = 10_000
_RELATED: Final = etree.XPath("//link[@rel]|//a[@rel]")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the page's head and first headings say; ``""`` or ``()`` for what they do not."""

    title: str
    language: str
    canonical_url: str
    date: str
    authors: tuple[str, ...]
    license: str
    section: str


def normalised_date(text: str) -> str:
    """``YYYY-MM-DD`` of an ISO 8601 or RFC 5322 date, ``""`` when it is none.

    >>> normalised_date("2026-11-24T08:00:00+01:00"), normalised_date("Tue, 24 Nov 2026 08:00 GMT")
    ('2026-11-24', '2026-11-24')
    """
    iso = _ISO_DATE.match(text.strip())
    try:
        if iso:
            return date(*map(int, iso.groups())).isoformat()
        parsed = parsedate(text)
        return date(*parsed[:3]).isoformat() if parsed else ""
    except (ValueError, OverflowError, TypeError, IndexError):
        return ""


def title_without_site(title: str, site_name: str, host: str) -> str:
    """The part of a page's ``<title>`` that is not the site's name.

    >>> title_without_site("Hard times | The Daily Bee", "", "www.dailybee.example")
    'Hard times'
    """
    known = {_letters(site_name)} - {""}
    colon = _COLON.split(title)
    for parts in (_BETWEEN_NAMES.split(title), [colon[0], title[len(colon[0]) :].lstrip(" :")]):
        if len(parts) > 1:
            for index in (-1, 0):
                if _letters(parts[index]) in known or _is_host(parts[index], host):
                    return _trimmed(title, parts[index], last=index == -1)
    parts = _BETWEEN_NAMES.split(title)
    rest = title[: -len(parts[-1])] if len(parts) > 1 else ""
    # A dash also stands between two parts of a title, a bar hardly ever does.
    if rest and (len(parts[-1]) < len(rest) or rest.rstrip()[-1] in _BARS):
        return _trimmed(title, parts[-1], last=True)
    return title


def _trimmed(title: str, part: str, *, last: bool) -> str:
    rest = title[: -len(part)] if last and part else title[len(part) :]
    return rest.strip(" \t:|-\u2013\u2014·•»") or title


def _letters(text: str) -> str:
    return _NOT_ALNUM.sub("", normalised(text))


def _is_host(part: str, host: str) -> bool:
    letters = _letters(part)
    return len(letters) > 2 and letters.removeprefix("the") in _letters(host)  # noqa: PLR2004 - initials


def _meta(page: etree._Element) -> dict[str, list[str]]:
    """The contents of the page's meta elements by lower-case name, property or itemprop."""
    found: dict[str, list[str]] = {}
    for element in page.iter("meta"):
        keys = (element.get(key) for key in _META_KEYS)
        names = [name for key in keys if key and (name := key.strip().lower()) in _READ_META]
        content = clean_text(element.get("content") or "") if names else ""
        if content:
            for name in names:
                found.setdefault(name, []).append(content)
    return found


def _things(page: etree._Element) -> list[dict[str, Any]]:
    """Every object in the page's JSON-LD, outer ones first."""
    things: list[dict[str, Any]] = []
    for script in page.iter("script"):
        text = script.text or ""
        if "ld+json" not in (script.get("type") or "").lower() or len(text) > _MOST_JSON:
            continue
        try:
            waiting = deque([json.loads(text)])
        except (ValueError, RecursionError):
            continue
        while waiting and len(things) < _MOST_NODES:
            node = waiting.popleft()
            if isinstance(node, dict):
                things.append(node)
                waiting += [child for child in node.values() if isinstance(child, dict | list)]
            elif isinstance(node, list):
                waiting += [child for child in node if isinstance(child, dict | list)]
    return things


def _dates(
    page: etree._Element, meta: dict[str, list[str]], things: list[dict[str, Any]]
) -> Iterator[str]:
    for name in _DATE_META:
        yield from meta.get(name, ())
    for thing in things:
        yield str(thing.get("datePublished") or "")
    times = list(page.iter("time"))
    yield from (
        time.get("datetime") or "" for time in times if time.get("itemprop") == "datePublished"
    )
    yield from (time.get("datetime") or "" for time in times)


def _authors(meta: dict[str, list[str]], things: list[dict[str, Any]]) -> tuple[str, ...]:
    names = [name for key in _AUTHOR_META for name in meta.get(key, ())]
    if not names:
        named = [thing["author"] for thing in things if thing.get("author")]
        for author in named[:1]:
            for one in author if isinstance(author, list) else [author]:
                name = one.get("name") if isinstance(one, dict) else one
                names += [clean_text(name)] if isinstance(name, str) else []
    people = (name for name in names if name and "://" not in name and len(name) <= _LONGEST_NAME)
    return tuple(dict.fromkeys(people))


def _section(meta: dict[str, list[str]], things: list[dict[str, Any]]) -> str:
    stated = [name for key in _SECTION_META for name in meta.get(key, ())]
    for thing in things:
        one = thing.get("articleSection")
        stated += [name for name in (one if isinstance(one, list) else [one]) if name]
    names = (clean_text(name) for name in stated if isinstance(name, str))
    return next((name for name in names if name and len(name) <= _LONGEST_NAME), "")


def _link(links: list[etree._Element], relation: str, url: str) -> str:
    """The first http(s) address that a ``link`` or ``a`` gives for the relation."""
    for element in links:
        if relation in (element.get("rel") or "").lower().split():
            try:
                target = urljoin(url, clean_text(element.get("href") or ""))
                parts = urlsplit(target)
            except ValueError:
                continue
            if element.get("href") and parts.scheme in {"http", "https"} and parts.hostname:
                return target
    return ""


def _language(page: etree._Element, meta: dict[str, list[str]]) -> str:
    declared = page.get("lang") or page.get("xml:lang") or ""
    found = _LANGUAGE.match(declared or next(iter(meta.get("content-language", ())), ""))
    return found.group(1).lower() if found else ""


def _headlines(page: etree._Element, url: str) -> list[str]:
    """The page's h1 texts, without those that are the site's name linked to its start."""
    found = []
    for heading in page.iter("h1"):
        text = clean_text(text_of(heading))
        home = any(_is_home(link.get("href") or "", url) for link in heading.iter("a"))
        if (
            text
            and not home
            and next(heading.iterancestors("nav", "footer", "aside"), None) is None
        ):
            found.append(text)
    return found


def _is_home(href: str, url: str) -> bool:
    try:
        target, here = urlsplit(urljoin(url, href.strip())), urlsplit(url)
    except ValueError:
        return False
    return (
        bool(href)
        and target.netloc == here.netloc
        and target.path in {"", "/"}
        and here.path not in {"", "/"}
    )


def _title(
    page: etree._Element, url: str, meta: dict[str, list[str]], things: list[dict[str, Any]]
) -> str:
    """The h1 that og:title, JSON-LD or ``<title>`` agree with, else the best there is."""
    host = urlsplit(url).hostname or "" if "://" in url else ""
    site_name = next(iter(meta.get("og:site_name", ())), "")
    element = next(page.iter("title"), None)
    whole = clean_text(text_of(element).strip()[:_LONGEST_TITLE]) if element is not None else ""
    stated = [*(name for key in _TITLE_META for name in meta.get(key, ())), *_ld_titles(things)]
    shared = next(iter(stated), "")
    names = [title_without_site(name, site_name, host) for name in (shared, whole) if name]
    headlines = [text for text in _headlines(page, url) if _letters(text) != _letters(site_name)]
    agreed = " ".join(map(_letters, (*stated, whole)))
    for headline in headlines:
        if _NUMBERED.sub("", headline) in names and headline not in names:
            return _NUMBERED.sub("", headline)
        if _letters(_NUMBERED.sub("", headline)) and (
            _letters(_NUMBERED.sub("", headline)) in agreed
        ):
            return _without_banner(page, headline, names)
    for name in names:
        if len(name) >= _TELLING_NAME and any(one.startswith(name) for one in headlines):
            return name
    plain = [text for text in headlines if not names or not _NUMBERED.match(text)]
    if len(plain) == 1 == len(headlines):
        return plain[0]
    return next(iter([*names, *headlines]), "")


def _without_banner(page: etree._Element, headline: str, names: list[str]) -> str:
    """The headline, or what ``<title>`` says before it when that is a heading of the page.

    Books have their own name as the h1 of each page, and the chapter's as a lower heading.
    """
    for name in names:
        rest = name.lower().removesuffix(headline.lower()) if name != headline else ""
        rest = name[: len(rest)].rstrip(" |-\u2013\u2014·•»:")
        for heading in page.iter("h2", "h1") if rest and rest != name else ():
            if clean_text(text_of(heading)) == rest:
                return rest
        if name != headline and any(
            clean_text(text_of(heading)) == name for heading in page.iter("h2")
        ):
            return name
    return headline


def _ld_titles(things: list[dict[str, Any]]) -> list[str]:
    found = (thing.get("headline") for thing in things)
    return [clean_text(name)[:_LONGEST_TITLE] for name in found if isinstance(name, str) and name]


def read_metadata(page: etree._Element, url: str) -> Metadata:
    """Read the page's metadata; ``url`` is where it was found, for links relative to it."""
    meta = _meta(page)
    things = _things(page)
    links = cast("list[etree._Element]", _RELATED(page))  # noqa: SLF001 - lxml names it no other way
    dates = (normalised_date(text) for text in _dates(page, meta, things))
    return Metadata(
        title=_title(page, url, meta, things)[:_LONGEST_TITLE].strip(),
        language=_language(page, meta),
        canonical_url=_link(links, "canonical", url),
        date=next(filter(None, dates), ""),
        authors=_authors(meta, things),
        license=_link(links, "license", url),
        section=_section(meta, things),
    )
