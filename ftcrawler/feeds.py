"""Sitemaps and feeds to the URLs they name. Pure, no entities, no network, bounded size."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lxml import etree

from ftcrawler.urls import canonical
from pipelines.records import Offer

MAX_BYTES = 50 * 1024 * 1024  # sitemaps.org: a file is at most 50 MB uncompressed
MAX_URLS = 50_000  # sitemaps.org: and names at most 50,000 URLs
_ENTITY = re.compile(rb"<!(?:ENTITY|DOCTYPE[^>\[]*\[)", re.IGNORECASE)


class FeedError(ValueError):
    """A sitemap or feed that cannot be read; the first argument is the reason's short name."""


def _unpacked(body: bytes) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        raise FeedError("bad-gzip") from error
    if len(text) > MAX_BYTES:
        raise FeedError("too-large")
    return text


def _root(body: bytes) -> etree._Element:
    text = _unpacked(body)
    if _ENTITY.search(text[:65536]):
        raise FeedError("entity-declarations")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(text.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FeedError("not-xml") from error
    if root is None:
        raise FeedError("not-xml")
    return root


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _text(element: etree._Element, *names: str) -> str:
    for child in element:
        if _local(child) in names and child.text and child.text.strip():
            return child.text.strip()
    return ""


def iso_date(text: str) -> str:
    """A sitemap's or feed's date as ISO 8601 in UTC, ``""`` when it cannot be read.

    >>> iso_date("Tue, 24 Nov 2026 03:00:00 +0100"), iso_date("2026-11-24"), iso_date("soon")
    ('2026-11-24T02:00:00Z', '2026-11-24T00:00:00Z', '')
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return ""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return ""


def read_sitemap(body: bytes) -> list[Offer]:
    """The pages of a sitemap, or the sitemaps of an index (sitemaps.org 0.9); gzip or not.

    Raises :class:`FeedError`. Plain text with one URL a line is a sitemap, too.
    """
    text = _unpacked(body)
    if text[:8].lstrip().startswith(b"http"):
        lines = text.decode("utf-8", "replace").splitlines()
        return [Offer(url) for line in lines[:MAX_URLS] if (url := canonical(line))]
    root = _root(text)
    kinds = {"urlset": ("url", "page"), "sitemapindex": ("sitemap", "sitemap")}
    if _local(root) not in kinds:
        raise FeedError("not-a-sitemap")
    entry, kind = kinds[_local(root)]
    offers = [
        Offer(url, "sitemap" if kind == "sitemap" else "page", iso_date(_text(element, "lastmod")))
        for element in root
        if _local(element) == entry and (url := canonical(_text(element, "loc")))
    ]
    return offers[:MAX_URLS]


def _entry_link(entry: etree._Element) -> str:
    """RSS has the link as text, Atom as ``href`` of the alternate link."""
    for child in entry:
        if _local(child) != "link":
            continue
        if child.text and child.text.strip():
            return child.text.strip()
        if child.get("rel", "alternate") == "alternate" and child.get("href"):
            return str(child.get("href"))
    return ""


def read_feed(body: bytes) -> list[Offer]:
    """The pages that an RSS 0.9 to 2.0 or Atom feed names. Raises :class:`FeedError`."""
    root = _root(body)
    if _local(root) not in ("rss", "feed", "rdf"):
        raise FeedError("not-a-feed")
    return [
        Offer(url, "page", iso_date(_text(entry, "updated", "pubdate", "published", "date")))
        for entry in root.iter()
        if _local(entry) in ("item", "entry") and (url := canonical(_entry_link(entry)))
    ][:MAX_URLS]
