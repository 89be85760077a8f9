"""What the memory of a site makes of a site that changes: scope, listings, shared text."""

from __future__ import annotations

import shutil
import time
from threading import Thread

import pytest
from web import Answer, article

XML = "application/xml"
SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'
SITE = """
start_urls = ["{url}/"]
{more}
[request]
delay = 0
allow_private_addresses = true
"""


def urls(crawl, stream="documents"):
    return {row["url"].split("/", 3)[3] for row in crawl.rows(stream)}


@pytest.mark.slow
def test_text_that_two_pages_share_outlives_the_first_whatever_is_read_ahead(web, crawler):
    shared = article("Shared")
    web.page("/", article("Start", links=("/a",)))
    web.page("/a", shared, etag=True)
    crawler.site(web)
    crawler.run()
    web.page("/", article("Start", links=("/a", "/b")))
    web.page("/b", shared, etag=True)
    second = crawler.run()
    assert not any(row["url"].endswith("/b") for row in second.rows())
    web.routes["/a"] = Answer(b"gone", 404)
    crawler.run()
    last = crawler.run()
    assert any(row["url"].endswith("/b") for row in last.rows())


@pytest.mark.slow
def test_known_urls_out_of_a_narrower_scope_are_left_alone(web, crawler):
    web.page("/", article("Start", links=("/keep", "/tags/1", "/tags/2")))
    for path in ("/keep", "/tags/1", "/tags/2"):
        web.page(path, article(path))
    crawler.site(web)
    assert crawler.run().counts()["page/document"] == 4
    crawler.site(web, more='[follow]\ndeny = ["/tags/"]')
    web.seen.clear()
    counts = crawler.run().counts()
    assert not [path for path in web.paths() if path.startswith("/tags")]
    assert counts["page/denied/out of scope"] == 2
    assert "tombstones" not in counts


@pytest.mark.slow
def test_a_smaller_depth_holds_for_known_urls_too(web, crawler):
    web.page("/", article("Start", links=("/a",)))
    web.page("/a", article("A", links=("/b",)))
    web.page("/b", article("B"))
    crawler.site(web)
    assert crawler.run().counts()["page/document"] == 3
    crawler.site(web, more="[follow]\nmax_depth = 1")
    web.seen.clear()
    crawler.run()
    assert "/b" not in web.paths()


def test_sitemaps_of_sitemaps_end(web, crawler):
    def nested(exchange):
        level = int(exchange.path.rsplit("-", 1)[1])
        body = INDEX.format(
            f"<sitemap><loc>{web.url}/map-{2 * level}</loc></sitemap>"
            f"<sitemap><loc>{web.url}/map-{2 * level + 1}</loc></sitemap>"
        )
        exchange.answer(Answer(body.encode(), content_type=XML))

    for level in range(1, 2_000):
        web.routes[f"/map-{level}"] = nested
    web.page("/", article("Start"))
    crawler.site(text=SITE.format(url=web.url, more=f'sitemaps = ["{web.url}/map-1"]'))
    done = crawler.run()
    assert done.code == 0
    assert 10 < done.counts()["sitemap/read"] < 100


def test_a_sitemap_date_in_the_future_reopens_nothing(web, crawler):
    entry = f"<url><loc>{web.url}/</loc><lastmod>2999-01-01</lastmod></url>"
    web.routes["/map"] = Answer(SITEMAP.format(entry).encode(), content_type=XML)
    web.page("/", article("Start", links=("/map",)))
    crawler.site(text=SITE.format(url=web.url, more=f'sitemaps = ["{web.url}/map"]'))
    done = crawler.run()
    assert done.counts()["page/document"] == 1
    assert web.paths().count("/") == 1


@pytest.mark.slow
def test_a_url_first_taken_for_a_page_is_read_as_the_sitemap_that_it_is(web, crawler):
    web.page("/", article("Start", links=("/map",)))
    entry = f"<url><loc>{web.url}/hidden</loc></url>"
    web.routes["/map"] = Answer(SITEMAP.format(entry).encode(), content_type=XML)
    web.page("/hidden", article("Hidden"))
    crawler.site(web)
    assert crawler.run().counts()["page/rejected/not-html"] == 1
    crawler.site(text=SITE.format(url=web.url, more=f'sitemaps = ["{web.url}/map"]'))
    done = crawler.run()
    assert done.counts()["sitemap/read"] == 1
    assert "hidden" in urls(done)


def test_not_modified_without_having_been_asked_is_a_fault(web, crawler):
    web.page("/", article("Start", links=("/odd",)))
    web.routes["/odd"] = Answer(b"", 304)
    crawler.site(web)
    assert crawler.run().counts()["page/failed/http-304"] == 1


def test_a_redirect_in_plain_utf_8_is_followed(web, crawler):
    def moved(exchange):
        exchange.wfile.write(
            "HTTP/1.1 302 Found\r\nLocation: /caf\u00e9\r\nContent-Length: 0\r\n\r\n".encode()
        )

    web.routes["/"] = moved
    web.page("/caf%C3%A9", article("Cafe"))
    crawler.site(web)
    assert urls(crawler.run()) == {"caf%C3%A9"}


@pytest.mark.slow
def test_a_data_folder_that_vanishes_is_a_storage_fault(web, crawler):
    def slow(exchange):
        time.sleep(0.2)
        exchange.answer(Answer(article(exchange.path).encode()))

    web.page("/", article("Start", links=tuple(f"/p{n}" for n in range(40))))
    for n in range(40):
        web.routes[f"/p{n}"] = slow
    crawler.site(web)

    def remove():
        while len(web.paths()) < 6:
            time.sleep(0.02)
        shutil.rmtree(crawler.data / "sites")

    remover = Thread(target=remove, daemon=True)
    remover.start()
    done = crawler.run()
    remover.join(10)
    assert done.code == 6
    assert "was removed or replaced" in done.err
