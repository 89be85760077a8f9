"""The ledger: what is kept of each visit, and what people and programs get to read."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sqlite3

import duckdb
import pandas as pd
import pytest
from web import Answer, article

REFUSING = article("Refusing").replace("<head>", '<head><meta name="robots" content="noai">')
ROBOTS = b"# ours\nUser-agent: *\nAllow: /\nDisallow: /closed\n"


def build(web, crawler):
    web.routes["/robots.txt"] = Answer(ROBOTS, content_type="text/plain")
    web.page("/", article("Start", links=("/a", "/closed/1", "/refusing", "/old", "/gone")))
    web.page("/a", article("Open"), etag=True, headers={"X-Robots-Tag": "all", "X-Other": "1"})
    web.page("/refusing", REFUSING)
    web.page("/closed/1", article("Closed"))
    web.routes["/old"] = Answer(status=301, headers={"Location": "/older"})
    web.routes["/older"] = Answer(status=302, headers={"Location": "/new"})
    web.page("/new", article("Moved"))
    web.page(
        "/cc", article("Free", links=()).replace("</p>", '<a rel="license" href="x">x</a></p>')
    )
    crawler.site(web)


@pytest.fixture
def site(once, tmp_path):
    """The site after its first night."""
    crawler, crawl = once.begin(build, tmp_path)
    assert crawl.code == 0, crawl.err
    return crawler


@pytest.fixture
def fresh(once, tmp_path):
    """The site before its first night."""
    crawler, _ = once.begin(build, tmp_path)
    shutil.rmtree(crawler.data)
    once.web.seen.clear()
    return crawler


@pytest.fixture
def web(once):
    return once.web


def exported(crawler, *options):
    done = crawler.run("consent", "--export", *options)
    assert done.code == 0, done.err
    table = pd.read_parquet(crawler.data / "consent" / "site=web" / "ledger.parquet")
    return {row["url"].split("/", 3)[3]: row for row in table.to_dict("records")}


def state(crawler):
    return sqlite3.connect(crawler.data / "sites" / "web" / "state.db")


def test_each_page_has_all_that_the_specification_lists(site, web):
    rows = exported(site)
    open_ = rows["a"]
    assert open_["verdict"] == "allow"
    assert open_["status"] == 200
    assert json.loads(open_["headers"]) == [["x-robots-tag", "all"]]
    assert open_["body_sha256"] == hashlib.sha256(article("Open").encode()).hexdigest()
    assert open_["user_agent"].startswith("ftcrawler/")
    assert open_["tokens"] == "ftcrawler, Scrapy"
    assert open_["robots_url"] == f"{web.url}/robots.txt"
    assert open_["robots_status"] == 200
    assert open_["robots_sha256"] == hashlib.sha256(ROBOTS).hexdigest()
    assert (open_["robots_group"], open_["robots_rule"]) == ("*", "Allow: /")
    assert open_["robots_line"] == 3
    probed = {one["path"]: one["state"] for one in json.loads(open_["probed"])}
    assert probed["/.well-known/tdmrep.json"] == "absent"
    assert len(probed) == 6
    assert open_["rules_version"]
    assert open_["list_version"]


def test_refusals_are_in_it_with_the_signal_as_it_stood(site, web):
    rows = exported(site)
    refusing = rows["refusing"]
    assert (refusing["verdict"], refusing["signal"]) == ("deny", "meta robots")
    (statement,) = json.loads(refusing["statements"])
    assert statement["raw"] == "noai"
    assert statement["spec"]
    assert refusing["body_sha256"] == hashlib.sha256(REFUSING.encode()).hexdigest()
    closed = rows["closed/1"]
    assert (closed["verdict"], closed["signal"], closed["status"]) == ("deny", "robots.txt", 0)
    assert (closed["robots_rule"], closed["robots_line"]) == ("Disallow: /closed", 4)
    assert "/closed/1" not in web.paths()


def test_redirects_are_told_from_the_first_address_on(site, web):
    moved = exported(site)["new"]
    assert moved["requested_url"] == f"{web.url}/old"
    assert json.loads(moved["redirects"]) == [f"{web.url}/old", f"{web.url}/older"]
    document = next(r for r in site.run().rows("documents") if r["url"].endswith("/new"))
    consent = json.loads(document["consent"])
    assert consent["requested_url"] == f"{web.url}/old"
    assert consent["robots"]["sha256"] == hashlib.sha256(ROBOTS).hexdigest()
    assert consent["user_agent"].startswith("ftcrawler/")


def test_the_robots_txt_that_decided_is_kept_word_for_word(site):
    ((body,),) = state(site).execute("SELECT body FROM policies")
    assert body == ROBOTS


@pytest.mark.slow
def test_a_night_without_news_adds_no_row_and_a_change_keeps_the_past(site, web):
    count = "SELECT count(*) FROM ledger"
    ((before,),) = state(site).execute(count)
    assert site.run().code == 0
    assert site.run("crawl", "articles", "--full").code == 0
    assert state(site).execute(count).fetchall() == [(before,)]
    web.page("/a", article("Open"), etag=True, headers={"X-Robots-Tag": "noai"})
    assert site.run().code == 0
    ((after,),) = state(site).execute(count)
    assert after == before + 1
    exported(site)
    table = site.data / "consent" / "site=web" / "ledger.parquet"
    columns = "verdict, valid_from <= valid_until"
    query = f"SELECT {columns} FROM '{table}' WHERE url LIKE '%/a' ORDER BY run"
    assert duckdb.sql(query).fetchall() == [("allow", True), ("deny", True)]
    assert exported(site, "--newest")["a"]["verdict"] == "deny"


def test_the_csv_is_the_same_table_and_safe_in_a_spreadsheet(fresh, web):
    web.page("/f", REFUSING.replace("noai", "=noai"), headers={"X-Robots-Tag": "-1+noai"})
    web.page("/", article("Start", links=("/a", "/f")))
    assert fresh.run().code == 0
    rows = exported(fresh)
    with (fresh.data / "consent" / "site=web" / "_ledger.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(rows)
    assert not [v for line in lines for v in line.values() if v.startswith(("=", "+", "-", "@"))]


def test_the_summary_counts_verdicts_by_signal(site):
    done = site.run("consent", "--json")
    told = json.loads(done.out)["web"]
    found = {(row["verdict"], row["signal"]): row["urls"] for row in told["urls"]}
    assert found[("deny", "robots.txt")] == 1
    assert found[("deny", "meta robots")] == 1
    assert told["documents"] == 3
    assert told["rechecked_at"] is None
    shown = site.run("consent", "--site", "web").out
    assert "1  deny: meta robots" in shown


def test_nothing_crawled_and_unknown_sites_are_said(crawler, web):
    crawler.site(web)
    assert "nothing was crawled" in crawler.run("consent").err
    done = crawler.run("consent", "--site", "nobody")
    assert done.code == 2
    assert "nobody: nothing of it" in done.err


@pytest.mark.slow
def test_a_pages_own_word_against_its_header_is_heard_on_every_night(fresh, web):
    page = article("Ours").replace("<head>", '<head><meta name="tdm-reservation" content="0">')
    web.page("/a", page, etag=True, headers={"tdm-reservation": "1"})
    assert fresh.run().counts()["page/document"] == 3
    second = fresh.run()
    assert second.rows("tombstones") == []
    assert second.counts()["page/unchanged/same body"] >= 1


# -- One URL, live --------------------------------------------------------------------


def test_a_page_that_may_be_used_is_explained_and_nothing_is_written(fresh, web):
    done = fresh.run("consent", f"{web.url}/a")
    assert done.code == 0, done.err
    assert "The page may be used for training." in done.out
    assert 'line 3, for *, says "Allow: /"' in done.out
    assert "/ai.txt: looked for, not there (status 404)." in done.out
    assert not fresh.data.exists()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/refusing", ["must not be used", 'says "noai"']),
        ("/closed/1", ["The page was not asked for.", "must not be used", "Disallow: /closed"]),
        ("/gone", ["could not be read: http-404"]),
    ],
)
def test_what_may_not_be_used_ends_with_3(fresh, web, path, words):
    done = fresh.run("consent", f"{web.url}{path}")
    assert done.code == 3, done.err
    for word in words:
        assert word in done.out


def test_redirects_are_followed_and_each_is_asked_for_permission(fresh, web):
    done = fresh.run("consent", f"{web.url}/old", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert [one["outcome"] for one in told] == ["redirected", "redirected", "document"]
    assert told[-1]["robots"]["status"] == 200


def test_a_private_address_without_a_site_file_is_not_asked(crawler, web):
    seen = len(web.seen)
    done = crawler.run("consent", f"{web.url}/a", FTCRAWLER_CONTACT="me@example.org")
    assert done.code == 3
    assert len(web.seen) == seen
    assert "not a public address" in done.out


def test_a_url_without_contact_or_sense_is_refused(crawler, web):
    assert "no contact" in crawler.run("consent", "http://example.org/").err
    done = crawler.run("consent", "ftp://example.org/")
    assert done.code == 2
    assert "not an absolute http" in done.err


# -- A second look --------------------------------------------------------------------


@pytest.mark.slow
def test_a_recheck_takes_back_what_says_no_by_now_and_reads_nothing_anew(fresh, web):
    first = fresh.run()
    assert first.counts()["page/document"] == 3
    web.page("/a", article("Open and changed"), etag=True, headers={"X-Robots-Tag": "noai"})
    web.page("/new", article("Moved and changed"))
    done = fresh.run("consent", "--recheck")
    assert done.code == 0, done.err
    counts = done.counts()
    assert counts["tombstones"] == 1
    assert counts["page/unchanged/permitted"] == 2
    assert counts["page/rejected/consent: x-robots-tag"] == 1
    (tombstone,) = done.rows("tombstones")
    assert tombstone["url"] == f"{web.url}/a"
    assert tombstone["reason"] == "consent: x-robots-tag"
    assert len(done.rows("documents")) == 3
    told = json.loads(fresh.run("consent", "--json").out)["web"]
    assert told["retracted"] == 1
    assert told["rechecked_at"]
    night = fresh.run()  # what changed is still news for the next night
    assert night.counts()["page/document"] == 1


def test_a_recheck_asks_robots_txt_anew_although_it_was_read_today(site, web):
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /a", content_type="text/plain")
    done = site.run("consent", "--recheck")
    assert done.counts()["page/denied/robots.txt"] == 1
    assert [row["reason"] for row in done.rows("tombstones")] == ["consent: robots.txt"]


def test_a_recheck_of_nothing_or_of_a_site_without_its_file_is_said(site):
    kept, site.data = site.data, site.data.with_name("none")
    assert "nothing was crawled" in site.run("consent", "--recheck").err
    assert not site.data.exists()
    site.data = kept
    (site.sites / "web.toml").unlink()
    done = site.run("consent", "--recheck")
    assert done.code == 4
    assert "web: not rechecked" in done.err


def test_a_recheck_that_cannot_look_keeps_the_rows_and_says_so(site, web):
    web.routes["/a"] = Answer(b"", 500)
    done = site.run("consent", "--recheck")
    assert done.code == 4
    assert done.rows("tombstones") == []
    assert "could not be looked at" in done.err


def test_a_stricter_profile_reaches_what_was_kept(site, web):
    site.site(web, more='[consent]\nprofile = "strict"')
    done = site.run("consent", "--recheck")
    assert done.counts()["tombstones"] == 3


@pytest.mark.slow
def test_a_licence_that_the_site_file_denies_leaves_the_page_out(fresh, web):
    licence = '<a rel="license" href="https://creativecommons.org/licenses/by-nc/4.0/">x</a>'
    web.page("/", article("Start", links=("/cc",)))
    web.page("/cc", article("Free").replace("</p>", f"{licence}</p>"))
    assert fresh.run().counts()["page/document"] == 2
    fresh.site(web, more='[consent]\nnoncommercial = "deny"')
    counts = fresh.run().counts()
    assert counts["page/rejected/consent: licence"] == 1
    assert counts["tombstones"] == 1
