"""The demo site's pages that speak to machines: each verdict, and no refused word in any shard."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from conftest import ROOT, Crawler
from web import POLICY_FILES

from ftcrawler.demo import serve
from ftcrawler.demo.server import PAGES

SPOKEN = [path for path, page in PAGES.items() if path.startswith("/consent/") or page.signal]
DENIED = [path for path in SPOKEN if PAGES[path].outcome == "denied"]
KEPT = [path for path in SPOKEN if PAGES[path].outcome == "document"]
LEFT_OUT = [path for path in SPOKEN if PAGES[path].outcome in ("denied", "unseen")]


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """The demo site crawled once: (what the crawl left, its outcomes by path, the server)."""
    crawler = Crawler(tmp_path_factory.mktemp("demo"))
    with serve() as server:
        done = crawler.run("demo", FTCRAWLER_SITES="", DEMO_PORT=str(server.port))
        assert done.code == 0, done.err
        with closing(sqlite3.connect(crawler.data / "sites" / "demo" / "state.db")) as db:
            rows = db.execute("SELECT url, outcome, reason FROM urls").fetchall()
        ends = {url.removeprefix(server.url): (outcome, reason) for url, outcome, reason in rows}
        yield done, ends, server


@pytest.mark.parametrize("path", DENIED)
def test_a_page_that_says_no_is_left_out_by_its_own_signal(path, night):
    done, ends, server = night
    page = PAGES[path]
    said = ("rejected", f"consent: {page.signal}") if page.asked_for else ("denied", page.signal)
    assert ends[path] == said
    asked = {request.path for request in server.requests}
    assert (path in asked) == page.asked_for
    assert server.url + path not in {row["url"] for row in done.rows("documents")}


@pytest.mark.parametrize("path", KEPT)
def test_a_page_whose_signal_is_no_refusal_is_kept(path, night):
    done, ends, server = night
    assert ends[path] == ("document", "")
    [row] = [row for row in done.rows("documents") if row["url"] == server.url + path]
    assert row["title"] == PAGES[path].title
    assert json.loads(row["consent"])["decision"] == "allow"


EVIDENCE = {  # what must stand in the evidence of pages that are kept in spite of a signal
    "/consent/meta-noimageai": "noimageai",
    "/consent/tdm-meta-over-header": "superseded by a later place",
    "/consent/cc-by": "https://creativecommons.org/licenses/by/4.0/",
    "/consent/cc-by-nc": "https://creativecommons.org/licenses/by-nc/4.0/",
    "/consent/nofollow": "links not followed",
    "/sea/tides": "llms.txt",
}


@pytest.mark.parametrize("path", EVIDENCE)
def test_what_was_weighed_and_found_to_permit_is_kept_as_evidence(path, night):
    done, _, server = night
    [row] = [row for row in done.rows("documents") if row["url"] == server.url + path]
    assert EVIDENCE[path] in row["consent"]


def test_links_of_a_page_with_nofollow_lead_nowhere(night):
    _, ends, server = night
    assert "/consent/beyond-the-rope" not in ends
    assert "/consent/beyond-the-rope" not in {request.path for request in server.requests}


def test_no_sentence_of_a_page_that_was_left_out_stands_in_any_row(night):
    done, _, server = night
    rows = "\n".join(
        json.dumps(row, ensure_ascii=False)
        for stream in ("pairs", "documents")
        for row in done.rows(stream)
    )
    kept = "The verse about the wet rope is by Hester Lund"
    assert kept in rows, "the comparison finds what is there"
    refused = [sentence for path in LEFT_OUT for sentence in sentences(server, path)]
    assert len(refused) > 120
    assert [sentence for sentence in refused if sentence in rows] == []


def sentences(server, path: str) -> list[str]:
    """The sentences of a page's stories that hold no markup and need no escape in JSON."""
    stories = re.findall(r"<p>([^<\"\\]+)</p>", server.body(path).decode().partition("<aside")[0])
    split = [one for story in stories for one in re.split(r"(?<=\.) ", story)]
    return [one for one in split if one.count(" ") > 3]


def test_the_summary_counts_each_signal_by_name(night):
    done, _, _ = night
    summary = " ".join(done.out.split())
    for path in DENIED:
        page = PAGES[path]
        count = sum(
            PAGES[other].signal == page.signal and PAGES[other].asked_for == page.asked_for
            for other in DENIED
        )
        name = f"consent: {page.signal}" if page.asked_for else page.signal
        assert f"{name} {count}" in summary


def test_the_policies_are_asked_for_once(night):
    _, _, server = night
    asked = [request.path for request in server.requests]
    for path in ("/robots.txt", "/license.xml", "/consent/terms.xml", *POLICY_FILES):
        assert asked.count(path) == 1, path


def test_the_summary_names_pages_left_out_by_signal(crawler):
    done = crawler.run("demo", FTCRAWLER_SITES=str(ROOT / "ftcrawler" / "sites"))
    assert done.code == 0, done.err
    left_out = done.record["sites"]["demo"]["left_out"]
    assert set(left_out) >= {
        "ai.txt",
        "content-signal",
        "content-usage",
        "meta robots",
        "named ai agents",
        "payment",
        "robots.txt",
        "rsl",
        "tdm-reservation",
        "x-robots-tag",
    }
    for signal, urls in left_out.items():
        assert 1 <= len(urls) <= 3
        line = next(line for line in done.out.splitlines() if line.strip().startswith(f"{signal}:"))
        assert all(url.split("/", 3)[3] in line for url in urls)
