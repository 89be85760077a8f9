"""Sitemaps and feeds to the URLs that they name."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.feeds import MAX_URLS, FeedError, iso_date, read_feed, read_sitemap
from pipelines.records import Offer

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
PAGES = (
    f"<urlset {NS}><url><loc> http://a.example/1 </loc><lastmod>2026-01-02</lastmod></url></urlset>"
)
SITEMAPS = {
    "pages": (PAGES, [Offer("http://a.example/1", "page", "2026-01-02T00:00:00Z")]),
    "without a namespace": (
        "<urlset><url><loc>http://a.example/1</loc></url></urlset>",
        [Offer("http://a.example/1")],
    ),
    "an index": (
        f"<sitemapindex {NS}><sitemap><loc>http://a.example/s</loc></sitemap></sitemapindex>",
        [Offer("http://a.example/s", "sitemap")],
    ),
    "plain text": (
        "http://a.example/1\nhttp://a.example/2\n",
        [Offer("http://a.example/1"), Offer("http://a.example/2")],
    ),
    "with a mark and blank lines": (
        "\ufeff\n" + PAGES,
        [Offer("http://a.example/1", "page", "2026-01-02T00:00:00Z")],
    ),
    "an unclosed end": (
        PAGES.removesuffix("</urlset>"),
        [Offer("http://a.example/1", "page", "2026-01-02T00:00:00Z")],
    ),
    "a bad location": ("<urlset><url><loc>nowhere</loc></url></urlset>", []),
    "images are not pages": (
        "<urlset><url><loc>http://a.example/1</loc><image><loc>http://a.example/i.png</loc></image>"
        "</url></urlset>",
        [Offer("http://a.example/1")],
    ),
    "empty": ("<urlset/>", []),
}
FEEDS = {
    "rss": (
        "<rss><channel><link>http://a.example/</link><item><link>http://a.example/1</link>"
        "<pubDate>Tue, 24 Nov 2026 03:00:00 +0100</pubDate></item></channel></rss>",
        [Offer("http://a.example/1", "page", "2026-11-24T02:00:00Z")],
    ),
    "atom": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><link href="http://a.example/"/><entry>'
        '<link rel="self" href="http://a.example/self"/><link href="http://a.example/1"/>'
        "<updated>2026-11-24T02:00:00Z</updated></entry></feed>",
        [Offer("http://a.example/1", "page", "2026-11-24T02:00:00Z")],
    ),
    "rdf": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><item>'
        "<link>http://a.example/1</link></item></rdf:RDF>",
        [Offer("http://a.example/1")],
    ),
    "an item without a link": ("<rss><channel><item><title>x</title></item></channel></rss>", []),
}
DATES = {
    "2026-11-24": "2026-11-24T00:00:00Z",
    "2026-11-24T03:00:00+01:00": "2026-11-24T02:00:00Z",
    "2026-11-24T02:00:00.123Z": "2026-11-24T02:00:00Z",
    "Tue, 24 Nov 2026 02:00:00 GMT": "2026-11-24T02:00:00Z",
    "0001-01-01T00:00:00+23:00": "",
    "yesterday": "",
    "": "",
}


@pytest.mark.parametrize("name", SITEMAPS)
def test_sitemap(name):
    text, expected = SITEMAPS[name]
    assert read_sitemap(text.encode()) == expected
    assert read_sitemap(gzip.compress(text.encode())) == expected


@pytest.mark.parametrize("name", FEEDS)
def test_feed(name):
    text, expected = FEEDS[name]
    assert read_feed(text.encode()) == expected


@pytest.mark.parametrize("text", DATES)
def test_dates(text):
    assert iso_date(text) == DATES[text]


def test_a_sitemap_names_at_most_what_the_protocol_allows():
    text = "http://a.example/x\n" * (MAX_URLS + 5)
    assert len(read_sitemap(text.encode())) == MAX_URLS


@pytest.mark.parametrize("read", [read_sitemap, read_feed])
@pytest.mark.parametrize("entity", ["<!ENTITY", "<!entity"])
def test_entities_are_refused(read, entity):
    with pytest.raises(FeedError, match="entity"):
        read(f'<!DOCTYPE r [{entity} a "b">]><rss>&a;</rss>'.encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_or_named(body):
    for read in (read_sitemap, read_feed):
        try:
            assert isinstance(read(body), list)
        except FeedError as error:
            assert str(error)
