"""Whole crawls over a web of the test's own, in a process of their own."""

import json
import sqlite3
from contextlib import closing
from itertools import pairwise

import duckdb
import pandas as pd
import pytest
from conftest import adds_up
from web import POLICY_FILES, Answer, article

from pipelines.records import Pair
from pipelines.rows import measures


def small_web(web):
    web.page("/", article("Index", links=("/a", "/b", "/a#part", "/b?utm_source=x")))
    web.page("/a", article("Alpha", links=("/c",)), etag=True)
    web.page("/b", article("Beta"), etag=True)
    web.page("/c", article("Gamma"), etag=True)


def test_links_are_followed_and_rows_written_once(web, crawler):
    small_web(web)
    crawler.site(web)
    first = crawler.run()
    assert first.code == 0, first.err
    assert first.counts()["page/document"] == 4
    assert sorted(web.paths()) == ["/", "/a", "/b", "/c", "/robots.txt"]
    rows = first.rows()
    assert {row["kind"] for row in rows} == {"title", "sentence"}
    assert len({row["pair_id"] for row in rows}) == len(rows)
    needed = "prompt completion kind url document_id site fetched_at pair_id".split()
    assert all(all(row[name] for name in needed) for row in rows)

    second = crawler.run()
    assert second.code == 0
    assert second.rows() == rows
    assert second.counts() == {
        "page/unchanged": 4,
        "page/unchanged/not modified": 3,
        "page/unchanged/same body": 1,
    }


def test_shards_are_read_as_they_are(web, crawler):
    small_web(web)
    crawler.site(web)
    done = crawler.run()
    rows = len(done.rows())
    frame = pd.read_parquet(done.data / "pairs")
    assert len(frame) == rows
    assert set(frame["site"]) == {"web"}
    for pair in frame.to_dict("records"):
        found = measures(Pair(pair["prompt"], pair["completion"], pair["kind"]))
        assert {name: pair[name] for name in found} == found
    query = f"select count(*), min(fetched_at) from '{done.data}/pairs/*/*.parquet'"
    [(count, when)] = duckdb.sql(query).fetchall()
    assert (count, when.year) == (rows, int(done.rows()[0]["fetched_at"][:4]))
    documents = pd.read_parquet(done.data / "documents")
    needed = "url title text blocks language fetched_at document_id site".split()
    assert set(needed) <= set(documents.columns)
    assert set(frame["document_id"]) == set(documents["document_id"])
    lines = f"select count(*) from read_json('{done.data}/pairs/*/*.jsonl')"
    assert duckdb.sql(lines).fetchall() == [(rows,)]


def test_a_changed_page_adds_only_what_is_new(web, crawler):
    small_web(web)
    text = article("Alpha", 20, links=("/c",))
    web.page("/a", text, etag=True)
    crawler.site(web)
    before = crawler.run().rows()
    text = text.replace("the 5th mile", "the fifth mile")
    web.page("/a", text, etag=True)
    after = crawler.run()
    new = [row for row in after.rows() if row not in before]
    assert new
    assert {row["url"] for row in new} == {f"{web.url}/a"}
    assert {row["revision"] for row in new} == {2}
    assert "sentence" in {row["kind"] for row in new}
    assert len(new) < len([row for row in before if row["url"] == f"{web.url}/a"])


def test_a_page_that_went_is_tombstoned_and_may_come_back(web, crawler):
    small_web(web)
    crawler.site(web)
    rows = crawler.run().rows()
    kept = web.routes.pop("/c")
    gone = crawler.run()
    stones = gone.rows("tombstones")
    assert [(stone["url"], stone["reason"]) for stone in stones] == [(f"{web.url}/c", "http-404")]
    assert stones[0]["document_id"] in {row["document_id"] for row in rows}
    web.routes["/c"] = kept
    back = crawler.run()
    again = [row for row in back.rows() if row["url"] == f"{web.url}/c"]
    assert {row["revision"] for row in again} == {1, 2}
    assert len(again) == 2 * len([row for row in rows if row["url"] == f"{web.url}/c"])


def test_robots_are_obeyed_and_the_private_part_is_never_asked_for(web, crawler):
    small_web(web)
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /b\n", content_type="text/plain")
    crawler.site(web)
    done = crawler.run()
    assert "/b" not in web.paths()
    assert done.counts()["page/denied/robots.txt"] == 1


def test_a_robots_file_that_fails_opens_nothing(web, crawler):
    small_web(web)
    web.routes["/robots.txt"] = Answer(b"", 500)
    crawler.site(web)
    done = crawler.run()
    assert set(web.paths()) == {"/robots.txt"}
    assert done.counts() == {"page/deferred": 1, "page/deferred/robots.txt": 1}
    assert done.code == 3


@pytest.mark.slow
def test_robots_are_kept_for_a_day_and_outlive_an_outage(web, crawler):
    small_web(web)
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /b\n")
    crawler.site(web)
    crawler.run()
    web.seen.clear()
    assert crawler.run().counts()["page/denied/robots.txt"] == 1
    assert "/robots.txt" not in web.paths()
    with closing(sqlite3.connect(crawler.data / "sites" / "web" / "state.db")) as db, db:
        db.execute("UPDATE origins SET fetched_at = fetched_at - 90000")
    web.routes["/robots.txt"] = Answer(b"", 503)
    done = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")
    assert web.paths().count("/robots.txt") == 1
    assert "the copy of" in done.err
    assert done.counts()["page/denied/robots.txt"] == 1
    assert "/b" not in web.paths()
    web.routes["/robots.txt"] = Answer(b"", 404)
    assert "page/denied" not in crawler.run().counts()
    assert "/b" in web.paths()


@pytest.mark.slow
def test_crawl_delay_is_kept_by_the_servers_clock(web, crawler):
    small_web(web)
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 0.5\n")
    crawler.site(web, request="concurrency = 8")
    crawler.run()
    times = [when for when, path, _ in web.seen if path != "/robots.txt"]
    assert len(times) == 4 + len(POLICY_FILES)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) > 0.45


def test_redirects_are_outcomes_and_their_goal_is_a_page(web, crawler):
    web.page("/", article("Index", links=("/old", "/away")))
    web.routes["/old"] = Answer(b"", 301, headers={"Location": "/new"})
    web.routes["/away"] = Answer(b"", 302, headers={"Location": "http://example.com/"})
    web.page("/new", article("New"))
    crawler.site(web)
    counts = crawler.run().counts()
    assert counts["page/redirected"] == 2
    assert counts["page/redirected/off-site"] == 1
    assert counts["page/document"] == 2


def test_sitemaps_feeds_and_depth(web, crawler):
    web.page("/", article("Index", links=("/deep", "/from-map")))
    web.page("/deep", article("Deep", links=("/deeper",)))
    web.page("/from-map", article("Mapped", links=("/beyond",)))
    web.page("/from-feed", article("Fed"))
    web.page("/from-atom", article("Atom"))
    web.page("/beyond", article("Beyond"))
    web.routes["/robots.txt"] = Answer(f"Sitemap: {web.url}/map.xml\n".encode())
    web.routes["/map.xml"] = Answer(
        f"<sitemapindex><sitemap><loc>{web.url}/part.xml</loc></sitemap></sitemapindex>".encode()
    )
    web.routes["/part.xml"] = Answer(
        f"<urlset><url><loc>{web.url}/from-map</loc><lastmod>2026-01-02</lastmod></url>"
        f"<url><loc>http://elsewhere.example/</loc></url></urlset>".encode()
    )
    web.routes["/feed"] = Answer(
        f"<rss><channel><item><link>{web.url}/from-feed</link></item></channel></rss>".encode()
    )
    web.routes["/atom"] = Answer(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="{web.url}/from-atom"/>'
        f"</entry></feed>".encode()
    )
    crawler.site(
        text=f'start_urls = ["{web.url}/"]\nsitemaps = "robots"\n'
        f'feeds = ["{web.url}/feed", "{web.url}/atom"]\n[follow]\nmax_depth = 1\n'
        f"[request]\ndelay = 0\nallow_private_addresses = true\n"
    )
    done = crawler.run()
    assert done.code == 0, done.err
    assert {"/deep", "/from-map", "/from-feed", "/from-atom", "/beyond"} <= set(web.paths())
    assert "/deeper" not in web.paths()
    assert web.paths().count("/from-map") == 1
    assert done.counts()["sitemap/read"] == 2
    assert done.counts()["feed/read"] == 2


def test_a_sitemap_behind_a_redirect_is_read(web, crawler):
    web.routes["/sitemap.xml"] = Answer(b"", 301, headers={"Location": "/wp-sitemap.xml"})
    web.routes["/wp-sitemap.xml"] = Answer(
        f"<urlset><url><loc>{web.url}/a</loc></url></urlset>".encode()
    )
    web.page("/a", article("Alpha"))
    crawler.site(
        text=f'sitemaps = ["{web.url}/sitemap.xml"]\n[follow]\nallow = ["/a$"]\n'
        "[request]\ndelay = 0\nallow_private_addresses = true\n"
    )
    done = crawler.run()
    assert done.counts()["sitemap/read"] == 1
    assert done.counts()["page/document"] == 1


@pytest.mark.slow
def test_max_pages_bounds_a_run_and_the_next_goes_on(web, crawler):
    links = tuple(f"/{n}" for n in range(10))
    web.page("/", article("Index", links=links))
    for link in links:
        web.page(link, article(f"Page {link[1:]}"), etag=True)
    crawler.site(web, more="[follow]\nmax_pages = 4")
    first = crawler.run()
    assert first.counts()["page/document"] == 4
    assert first.record["sites"]["web"]["pending"] == 7
    assert "left for the next run" in first.out
    documents = [crawler.run().counts().get("page/document", 0) for _ in range(4)]
    assert sum(documents) == 7


def test_two_sites_in_one_run_and_one_that_fails(web, crawler):
    small_web(web)
    crawler.site(web, "good")
    crawler.site(
        text='start_urls = ["http://127.0.0.1:9/"]\n[request]\ndelay = 0\n'
        "allow_private_addresses = true\n",
        name="bad",
    )
    done = crawler.run()
    assert done.code == 4
    assert done.counts("good")["page/document"] == 4
    assert done.counts("bad")["page/deferred"] == 1
    assert "bad: no request was answered" in done.err
    named = crawler.run("crawl", "articles", "-a", "site=good")
    assert named.code == 0


def test_private_addresses_are_refused_unless_the_site_permits_them(web, crawler):
    small_web(web)
    crawler.site(text=f'start_urls = ["{web.url}/"]\n')
    anonymous = crawler.run()
    assert anonymous.code == 2
    assert "web: no contact: set FTCRAWLER_CONTACT" in anonymous.err
    done = crawler.run(FTCRAWLER_CONTACT="someone@example.org")
    assert web.paths() == []
    assert done.counts()["page/denied/private-address"] == 1
    assert "allow_private_addresses = true permits" in done.err


def test_the_user_agent_says_who_asks(web, crawler):
    small_web(web)
    crawler.site(web, request='contact = "https://example.org/crawler"')
    crawler.run(FTCRAWLER_CONTACT="someone@example.org")
    agents = {headers["User-Agent"] for _, _, headers in web.seen}
    assert agents == {"ftcrawler/0.1.0 (+https://example.org/crawler)"}


def test_opted_out_pages_leave_no_row(web, crawler):
    web.page("/", article("Index", links=("/meta", "/header", "/nofollow")))
    web.page("/meta", article("Meta").replace("<head>", "<head><meta name=robots content=noai>"))
    web.page("/header", article("Header"), headers={"X-Robots-Tag": "noindex"})
    web.page(
        "/nofollow",
        article("Stay", links=("/hidden",)).replace(
            "<head>", "<head><meta name=robots content=nofollow>"
        ),
    )
    web.page("/hidden", article("Hidden"))
    crawler.site(web)
    done = crawler.run()
    assert {row["url"] for row in done.rows()} == {f"{web.url}/", f"{web.url}/nofollow"}
    assert "/hidden" not in web.paths()
    assert adds_up(done.counts(), 4)
    assert done.counts()["page/rejected"] == 2


def test_new_rules_read_every_page_again(web, crawler):
    small_web(web)
    crawler.site(web)
    before = len(crawler.run().rows())
    crawler.site(web, more="[pairs]\nstrategies = ['title', 'sentence', 'window']\nwindow = 2")
    done = crawler.run()
    assert done.counts()["page/unchanged/same text"] == 4
    assert done.counts()["pairs/window"] > 0
    assert "pairs/title" not in done.counts()
    assert len(done.rows()) > before


def test_full_reads_every_page_and_adds_nothing(web, crawler):
    small_web(web)
    crawler.site(web)
    rows = crawler.run().rows()
    web.seen.clear()
    done = crawler.run("crawl", "articles", "--full")
    assert not [1 for _, _, headers in web.seen if "If-None-Match" in headers]
    assert done.counts() == {"page/unchanged": 4, "page/unchanged/same text": 4}
    assert done.rows() == rows
    assert len(done.rows("documents")) == 4


def test_headers_that_begin_to_refuse_are_seen_on_a_304(web, crawler):
    small_web(web)
    crawler.site(web)
    crawler.run()
    web.routes["/a"].headers["X-Robots-Tag"] = "noai"
    done = crawler.run()
    assert done.counts()["page/rejected/consent: x-robots-tag"] == 1
    assert [row["url"] for row in done.rows("tombstones")] == [f"{web.url}/a"]


ARGUMENTS = {
    "a mistyped argument": (("articles", "-a", "sites=web"), "known are -a site=NAME,NAME"),
    "no site named": (("articles", "-a", "site=,"), "names no site"),
    "another spider": (("articls",), "the spider of this project is 'articles'"),
    "no rows": (("articles", "-s", "SHARD_ROWS=0"), "SHARD_ROWS: a whole number from 1 on"),
    "not a number": (("articles", "-s", "COMMIT_BATCH=many"), "COMMIT_BATCH: a whole number"),
    "no such format": (("articles", "-s", "SHARD_FORMATS=csv"), "parquet, jsonl or both"),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_wrong_arguments_stop_before_the_first_request(name, web, crawler):
    arguments, message = ARGUMENTS[name]
    small_web(web)
    crawler.site(web)
    done = crawler.run("crawl", *arguments)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert web.paths() == []


def test_a_disabled_site_with_a_missing_variable_stops_nobody(web, crawler):
    small_web(web)
    crawler.site(web)
    crawler.site(name="off", text='enabled = false\nstart_urls = ["http://a.example:${NOWHERE}/"]')
    assert crawler.run().code == 0
    named = crawler.run("crawl", "articles", "-a", "site=off")
    assert named.code == 2
    assert "NOWHERE is not set" in named.err


def test_the_demo_site_twice(crawler):
    first = crawler.run("demo", FTCRAWLER_SITES="")
    assert first.code == 0, first.err
    counts = first.counts("demo")
    rows, documents = first.rows(), first.rows("documents")
    assert counts["page/document"] > 30
    assert "Sample 3" in first.out
    assert "private" not in json.dumps(sorted({row["url"] for row in rows}))
    second = crawler.run("crawl", "articles", "-a", "site=demo", FTCRAWLER_SITES="")
    assert second.code == 0
    assert second.rows() == rows
    assert "page/document" not in second.counts("demo")
    assert second.counts("demo")["page/unchanged"] >= counts["page/document"]
    assert second.rows("documents") == documents


SIGNALS = {
    "ai.txt": ("/ai.txt", "User-Agent: *\nDisallow: /a", "ai.txt"),
    "trust.txt": ("/trust.txt", "datatrainingallowed=no", "trust.txt"),
    "Content-Signal": (
        "/robots.txt",
        "User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /",
        "content-signal",
    ),
    "Content-Usage": (
        "/robots.txt",
        "User-agent: *\nContent-Usage: /a train-ai=n",
        "content-usage",
    ),
    "a named agent": ("/robots.txt", "User-agent: GPTBot\nDisallow: /a", "named ai agents"),
    "an RSL licence that cannot be read": (
        "/robots.txt",
        "License: {url}/license.xml\nUser-agent: *\nAllow: /",
        "rsl",
    ),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_each_policy_file_can_refuse(name, web, crawler):
    path, text, signal = SIGNALS[name]
    small_web(web)
    kind = "application/json" if path.endswith("json") else "text/plain"
    web.routes[path] = Answer(
        text.format(url=web.url).encode() if "{url}" in text else text.encode(), content_type=kind
    )
    crawler.site(web)
    done = crawler.run()
    assert "/a" not in web.paths(), done.counts()
    denied = [n for n in done.counts() if n.startswith("page/denied/")]
    assert denied, done.counts()
    assert denied[0].split("/")[-1].lower().startswith(signal), denied


def test_a_reservation_of_the_file_is_superseded_by_the_pages_own(web, crawler):
    small_web(web)
    reserved = b'[{"location": "/*", "tdm-reservation": 1}]'
    web.routes["/.well-known/tdmrep.json"] = Answer(reserved, content_type="application/json")
    web.routes["/a"].headers["tdm-reservation"] = "0"
    crawler.site(web)
    done = crawler.run()
    assert [row["url"] for row in done.rows("documents")] == [f"{web.url}/a"]
    assert done.counts()["page/rejected"] == 3
    again = crawler.run()
    assert again.counts()["page/unchanged/same body"] == 1
    assert again.rows("tombstones") == []


def test_a_page_with_a_price_is_refused(web, crawler):
    small_web(web)
    crawler.site(web)
    crawler.run()
    web.routes["/a"] = Answer(b"pay", 402, headers={"crawler-price": "USD 0.01"})
    done = crawler.run()
    assert any(name.startswith("page/rejected/consent: ") for name in done.counts())
    assert [row["url"] for row in done.rows("tombstones")] == [f"{web.url}/a"]


@pytest.mark.slow
def test_policy_files_are_asked_for_once_a_day(web, crawler):
    small_web(web)
    crawler.site(web)
    crawler.run()
    asked = {path for _, path, _ in web.seen} & set(POLICY_FILES)
    assert asked == set(POLICY_FILES)
    web.seen.clear()
    crawler.run()
    assert not {path for _, path, _ in web.seen} & set(POLICY_FILES)


def test_a_policy_file_that_fails_defers(web, crawler):
    small_web(web)
    web.routes["/.well-known/tdmrep.json"] = Answer(b"", 500)
    crawler.site(web)
    done = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")
    assert web.paths() == ["/robots.txt"]
    assert done.counts()["page/deferred"] == 1
    assert done.code == 3


PERMISSION = """[consent.permission]
by = "Jo Doe, editor"
when = "2026-11-01"
reference = "letter 17"
"""


def test_a_written_permission_outweighs_a_refusal_of_use_and_is_kept(web, crawler):
    web.page("/", article("Index").replace("<head>", "<head><meta name=robots content=noai>"))
    crawler.site(web, more=PERMISSION)
    (document,) = crawler.run().rows("documents")
    assert "Jo Doe" in document["consent"]
    assert "noai" in document["consent"]


def test_the_strict_profile_takes_only_what_says_yes(web, crawler):
    web.page("/", article("Index", links=("/yes",)))
    web.page("/yes", article("Yes"), headers={"Content-Usage": "train-ai=y"})
    crawler.site(web, more='[consent]\nprofile = "strict"')
    done = crawler.run()
    assert [row["url"] for row in done.rows("documents")] == [f"{web.url}/yes"]
    assert done.counts()["page/rejected/consent: silence"] == 1
