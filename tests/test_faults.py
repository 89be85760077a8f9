"""What sites do wrong: each fault is one counted outcome, one clear line, and nothing else is lost.

Every web here has a page that is well beside the one that is not.
"""

import gzip
import random
import sqlite3
import time
from contextlib import closing

import pytest
from conftest import Crawler, adds_up
from web import Answer, article, serving

MEGABYTE = b"x" * (1 << 20)


def hangs(exchange):
    time.sleep(4)


def closes(exchange):
    exchange.connection.close()


def says_nothing_then_closes(exchange):
    exchange.connection.shutdown(2)


def sends_200_megabytes(exchange):
    exchange.send_response(200)
    exchange.send_header("Content-Type", "text/html")
    exchange.end_headers()
    for _ in range(200):
        exchange.wfile.write(MEGABYTE)


def promises_200_megabytes(exchange):
    exchange.send_response(200)
    exchange.send_header("Content-Type", "text/html")
    exchange.send_header("Content-Length", str(200 << 20))
    exchange.end_headers()
    exchange.wfile.write(MEGABYTE)


def breaks_off(exchange):
    exchange.send_response(200)
    exchange.send_header("Content-Type", "text/html")
    exchange.send_header("Content-Length", "5000")
    exchange.end_headers()
    exchange.wfile.write(b"<html><body><p>Half a page")


def redirects_to_itself(exchange):
    exchange.answer(Answer(b"", 302, headers={"Location": exchange.path}))


def redirects_to_a_new_place(exchange):
    exchange.answer(Answer(b"", 302, headers={"Location": f"{exchange.path}x"}))


def bomb():
    return gzip.compress(b"\0" * (200 << 20), 9)


ONCE = {
    "answers 500": (Answer(b"", 500), "failed/http-500"),
    "answers 403": (Answer(b"", 403), "failed/http-403"),
    "hangs": (hangs, "failed/timeout"),
    "closes": (closes, "failed/connection-lost"),
    "closes politely": (says_nothing_then_closes, "failed/connection-lost"),
    "sends 200 MB": (sends_200_megabytes, "failed/too-large"),
    "promises 200 MB": (promises_200_megabytes, "failed/too-large"),
    "breaks off": (breaks_off, "failed/truncated"),
    "redirects to itself": (redirects_to_itself, "failed/redirect-loop"),
    "redirects nowhere": (Answer(b"", 302), "failed/redirect-nowhere"),
    "redirects to a broken address": (
        Answer(b"", 302, headers={"Location": "http://[bad/"}),
        "failed/redirect-nowhere",
    ),
    "redirects to a script": (
        Answer(b"", 302, headers={"Location": "javascript:alert(1)"}),
        "failed/redirect-nowhere",
    ),
    "wrong gzip": (
        Answer(b"this is not gzip", headers={"Content-Encoding": "gzip"}),
        "failed/bad-compression",
    ),
    "gzip bomb": (Answer(bomb(), headers={"Content-Encoding": "gzip"}), "failed/too-large"),
    "empty": (Answer(b""), "rejected/empty"),
    "no text": (Answer(b"<html><body><img src=x></body></html>"), "rejected/no-text"),
    "binary": (Answer(random.Random(1).randbytes(5000)), "rejected/not-text"),
    "a picture": (Answer(b"\x89PNG", content_type="image/png"), "rejected/not-html"),
    "100,000 nested tags": (Answer(b"<div>" * 100_000 + b"text"), "rejected/too-deep"),
    "an unknown charset": (
        Answer(article("Odd").encode(), content_type="text/html; charset=klingon"),
        "document",
    ),
}


def path_of(name):
    return f"/fault-{list(ONCE).index(name)}"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """One crawl of a site that has every fault; what the state says of each URL."""
    crawler = Crawler(tmp_path_factory.mktemp("faulty"))
    with serving() as web:
        web.page("/", article("Index", links=(*map(path_of, ONCE), "/fine")))
        web.page("/fine", article("Fine"))
        for name, (route, _) in ONCE.items():
            web.routes[path_of(name)] = route
        crawler.site(web, timeout=2)
        done = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")
        with closing(sqlite3.connect(done.data / "sites" / "web" / "state.db")) as db:
            rows = db.execute("SELECT url, outcome, reason FROM urls").fetchall()
        known = {url.removeprefix(web.url): (outcome, reason) for url, outcome, reason in rows}
        documents = {row["url"].removeprefix(web.url) for row in done.rows("documents")}
    return done, known, documents


@pytest.mark.parametrize("name", ONCE)
def test_one_fault_is_one_outcome(name, faulty):
    done, known, documents = faulty
    outcome, _, reason = ONCE[name][1].partition("/")
    assert known[path_of(name)] == (outcome, reason)
    assert (path_of(name) in documents) == (outcome == "document")
    if outcome == "failed" and "http" not in reason:
        assert f"{path_of(name)}: {reason}" in done.err


def test_all_faults_together_lose_nothing_else(faulty):
    done, known, documents = faulty
    assert done.code == 0, done.err
    assert {"/", "/fine"} <= documents
    assert adds_up(done.counts(), len(ONCE) + 2)
    assert len(known) == len(ONCE) + 2
    assert "Traceback" not in done.err


def test_redirects_for_ever_end(web, crawler):
    web.page("/", article("Index", links=("/r", "/fine")))
    web.page("/fine", article("Fine"))
    for n in range(30):
        web.routes["/r" + "x" * n] = redirects_to_a_new_place
    crawler.site(web)
    done = crawler.run()
    counts = done.counts()
    assert counts["page/failed/redirect-loop"] == 1
    assert counts["page/redirected"] == 10
    assert f"{web.url}/fine" in {row["url"] for row in done.rows()}


def test_a_circle_of_redirects_ends(web, crawler):
    web.page("/", article("Index", links=("/a",)))
    web.routes["/a"] = Answer(b"", 301, headers={"Location": "/b"})
    web.routes["/b"] = Answer(b"", 301, headers={"Location": "/a"})
    crawler.site(web)
    done = crawler.run()
    assert done.code == 0
    assert web.paths().count("/a") == 1
    assert done.counts()["page/redirected"] == 2


CHARSETS = {
    "latin-1 said in the header": ("iso-8859-1", "text/html; charset=iso-8859-1"),
    "utf-8 that says it is latin-1": ("utf-8", "text/html; charset=iso-8859-1"),
    "latin-1 that says it is utf-8": ("iso-8859-1", "text/html; charset=utf-8"),
    "utf-16 with its mark": ("utf-16", "text/html"),
}


def test_charsets_come_out_right(web, crawler):
    links = tuple(f"/{place}" for place in range(len(CHARSETS)))
    web.page("/", article("Index", links=links))
    for link, (encoding, content_type) in zip(links, CHARSETS.values(), strict=True):
        tag = "œuvre à Genève" if "utf" in encoding else "élève à Genève"
        text = article("Café", tag=f"{tag} {link[1:]}")
        web.routes[link] = Answer(text.encode(encoding), content_type=content_type)
    crawler.site(web)
    documents = {row["url"].removeprefix(web.url): row for row in crawler.run().rows("documents")}
    for link, name in zip(links, CHARSETS, strict=True):
        assert documents[link]["title"] == "Café", name
        assert f"à Genève {link[1:]}" in documents[link]["text"], name


LISTINGS = {
    "a feed that is not XML": ("feeds", b"this is not XML", "feed/failed/not-xml"),
    "a feed that is a page": ("feeds", article("Page").encode(), "feed/failed/not-xml"),
    "a feed that is a sitemap": ("feeds", b"<urlset/>", "feed/failed/not-a-feed"),
    "a sitemap with an entity bomb": (
        "sitemaps",
        b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
        b"<urlset><url><loc>&b;</loc></url></urlset>",
        "sitemap/failed/entity-declarations",
    ),
    "a sitemap that is a gzip bomb": ("sitemaps", bomb(), "sitemap/failed/too-large"),
    "a sitemap that is cut short gzip": (
        "sitemaps",
        b"\x1f\x8b broken",
        "sitemap/failed/bad-gzip",
    ),
    "an empty sitemap": ("sitemaps", b"", "sitemap/failed/not-xml"),
}


def test_a_bad_listing_is_one_outcome(web, crawler):
    web.page("/", article("Index"))
    for place, (name, (key, body, _)) in enumerate(LISTINGS.items()):
        web.routes[f"/listing-{place}"] = Answer(body, content_type="application/xml")
        crawler.site(
            name=f"s{place}",
            text=f'start_urls = ["{web.url}/"]\n{key} = ["{web.url}/listing-{place}"]  # {name}\n'
            "[request]\ndelay = 0\nallow_private_addresses = true\n",
        )
    done = crawler.run()
    assert done.code == 0
    for place, (name, (_, _, expected)) in enumerate(LISTINGS.items()):
        counts = done.counts(f"s{place}")
        assert counts[expected] == 1, (name, counts)
        assert counts["page/document"] == 1, name
        assert f"{web.url}/listing-{place}" in done.err, name


def test_a_site_that_does_not_answer_is_not_success(crawler):
    crawler.site(
        text='start_urls = ["http://127.0.0.1:9/"]\n'
        "[request]\ndelay = 0\nallow_private_addresses = true\n"
    )
    done = crawler.run()
    assert done.code == 3
    assert "no request was answered" in done.err


def test_a_run_whose_only_sitemap_failed_is_not_success(web, crawler):
    web.routes["/map.xml"] = Answer(b"", 503)
    crawler.site(
        text=f'sitemaps = ["{web.url}/map.xml"]\n[request]\ndelay = 0\n'
        "allow_private_addresses = true\n"
    )
    done = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")
    assert done.code == 3
    assert done.counts() == {"sitemap/failed": 1, "sitemap/failed/http-503": 1}


def endless(exchange):
    parts = exchange.path.strip("/")
    exchange.answer(Answer(article(f"Page {parts}", links=("loop/",)).encode()))


@pytest.mark.slow
def test_a_maze_of_relative_links_ends(web, crawler):
    web.page("/", article("Index", links=("/loop/",)))
    for n in range(1, 30):
        web.routes["/" + "loop/" * n] = endless
    crawler.site(web)
    done = crawler.run()
    assert done.code == 0
    assert len(web.paths()) == 5


ODD_STATUS = (b"HTTP/1.1 999 Odd", b"HTTP/1.1 abc", b"<html>no status line</html>", b"\0\xff" * 50)


@pytest.mark.parametrize("line", ODD_STATUS)
def test_an_odd_status_line_is_one_outcome(line, web, crawler):
    def answer(exchange):
        exchange.wfile.write(line + b"\r\nContent-Length: 0\r\n\r\n")

    web.page("/", article("Index", links=("/odd", "/fine")))
    web.page("/fine", article("Fine"))
    web.routes["/odd"] = answer
    crawler.site(web, timeout=2)
    done = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")
    assert done.code == 0, done.err
    assert done.counts()["page/failed"] == 1
    assert done.counts()["page/document"] == 2
    assert "Traceback" not in done.err


def drips(exchange):
    exchange.send_response(200)
    exchange.send_header("Content-Type", "text/html")
    exchange.end_headers()
    for _ in range(60):
        exchange.wfile.write(b"x")
        exchange.wfile.flush()
        time.sleep(0.2)


@pytest.mark.slow
def test_an_answer_that_drips_is_cut_off(web, crawler):
    web.page("/", article("Index", links=("/drip",)))
    web.routes["/drip"] = drips
    crawler.site(web, timeout=1)
    begun = time.monotonic()
    done = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")
    assert time.monotonic() - begun < 10
    assert done.counts()["page/failed/timeout"] == 1


def test_a_refusal_stands_at_the_goal_of_a_redirect_too(web, crawler):
    web.page("/", article("Index", links=("/in",)))
    web.routes["/in"] = Answer(b"", 302, headers={"Location": "/private/x"})
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private/\n")
    web.page("/private/x", article("Secret"))
    crawler.site(web)
    done = crawler.run()
    assert "/private/x" not in web.paths()
    assert done.counts()["page/denied/robots.txt"] == 1


def test_a_run_whose_every_page_failed_is_not_success(web, crawler):
    web.routes["/"] = Answer(b"", 500)
    crawler.site(web)
    done = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")
    assert done.code == 3
    assert done.counts()["page/failed/http-500"] == 1


BAD_SITES = {
    "not TOML": ("start_urls = [", "web.toml: not valid TOML"),
    "unknown key": ('start_urls = ["http://a.b/"]\nstart_url = 1', "start_url: unknown key"),
    "unknown nested key": (
        'start_urls = ["http://a.b/"]\n[request]\nspeed = 1',
        "request.speed: unknown key; allowed here: delay, concurrency",
    ),
    "no seed": ("enabled = true", "start_urls is missing"),
    "a negative delay": (
        'start_urls = ["http://a.b/"]\n[request]\ndelay = -1',
        "request.delay: input should be greater than or equal to 0 (found -1)",
    ),
    "a bad selector": (
        'start_urls = ["http://a.b/"]\n[extract]\narticle = "p["',
        "extract.article",
    ),
    "a bad expression": ('start_urls = ["http://a.b/"]\n[follow]\nallow = ["("]', "follow.allow"),
    "a bad strategy": (
        'start_urls = ["http://a.b/"]\n[pairs]\nstrategies = ["guess"]',
        "'title', 'heading', 'sentence' or 'window'",
    ),
    "not http": ('start_urls = ["ftp://a.b/"]', "not an absolute http:// or https:// URL"),
    "a missing variable": (
        'start_urls = ["http://a.b/"]\n[request.headers]\nX = "${NO_SUCH_KEY}"',
        "NO_SUCH_KEY is not set",
    ),
}


@pytest.mark.parametrize("name", BAD_SITES)
def test_a_bad_site_file_stops_before_the_first_request(name, crawler):
    text, message = BAD_SITES[name]
    crawler.site(text=text)
    done = crawler.run()
    assert done.code == 2
    assert message in done.err
    assert str(crawler.sites / "web.toml") in done.err
    assert "Traceback" not in done.err
    assert not crawler.data.exists()


def test_all_faults_of_all_site_files_are_told_at_once(crawler):
    crawler.site(name="one", text='start_urls = ["x"]\nwrong = 1')
    crawler.site(name="two", text='start_urls = ["http://a.b/"]\n[pairs]\nevery = 1\nwindow = 0')
    done = crawler.run()
    assert done.code == 2
    for part in (
        "one.toml: start_urls",
        "one.toml: wrong",
        "two.toml: pairs.every",
        "pairs.window",
    ):
        assert part in done.err


def test_two_sites_with_the_same_name(crawler):
    crawler.site(name="web", text='start_urls = ["http://a.b/"]')
    crawler.site(name="Web", text='start_urls = ["http://a.b/"]')
    done = crawler.run()
    assert done.code == 2
    assert "two sites cannot share one" in done.err


def test_a_site_that_does_not_exist(crawler):
    crawler.site(name="web", text='start_urls = ["http://a.b/"]')
    done = crawler.run("crawl", "articles", "-a", "site=wbe")
    assert done.code == 2
    assert "no such site; known: web" in done.err


def test_a_data_folder_that_is_a_file(web, crawler):
    web.page("/", article("Index"))
    crawler.site(web)
    crawler.data.write_text("not a folder")
    done = crawler.run()
    assert done.code == 6
    assert str(crawler.data) in done.err
    assert web.paths() == []


def test_a_data_folder_that_cannot_be_written(web, crawler):
    web.page("/", article("Index"))
    crawler.site(web)
    done = crawler.run(FTCRAWLER_DATA="/proc/nowhere/data")
    assert done.code == 6
    assert "/proc/nowhere" in done.err
    assert web.paths() == []
