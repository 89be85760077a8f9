"""Pages taken back by hand stay out until the retraction is lifted."""

from __future__ import annotations

import pytest
from web import article

WHY = "asked by its author"


def build(web, crawler):
    web.page("/", article("Start", links=("/a", "/drafts/1", "/drafts/2")))
    for path in ("/a", "/drafts/1", "/drafts/2"):
        web.page(path, article(f"Page {path}"))
    crawler.site(web)


@pytest.fixture
def crawled(once, tmp_path):
    crawler, crawl = once.begin(build, tmp_path)
    assert crawl.counts()["page/document"] == 4
    return crawler


@pytest.fixture
def web(crawled, once):
    return once.web


def taken_back(crawl):
    return sorted(row["url"].split("/", 3)[3] for row in crawl.rows("tombstones"))


def test_a_url_is_taken_back_with_its_reason_and_stays_out(crawled, web):
    done = crawled.run("retract", f"{web.url}/a", "--reason", WHY)
    assert done.code == 0, done.err
    assert "1 URLs, 1 documents taken back" in done.out
    (row,) = done.rows("tombstones")
    assert row["reason"] == f"retracted: {WHY}"
    web.page("/a", article("Page rewritten"))
    web.seen.clear()
    night = crawled.run()
    assert "/a" not in web.paths()
    assert night.counts()["page/denied/retracted"] == 1
    assert len(night.rows("documents")) == 4


def test_a_pattern_covers_pages_that_come_later_too(crawled, web):
    done = crawled.run("retract", "--match", "/drafts/", "--reason", WHY)
    assert taken_back(done) == ["drafts/1", "drafts/2"]
    web.page("/", article("Start", links=("/a", "/drafts/3")))
    web.page("/drafts/3", article("A third"))
    assert crawled.run().counts()["page/denied/retracted"] >= 1
    assert "/drafts/3" not in web.paths()


def test_a_whole_site(crawled):
    done = crawled.run("retract", "--site", "web", "--reason", WHY)
    assert len(taken_back(done)) == 4
    assert crawled.run().rows("documents", "web")
    assert "site web since" in crawled.run("retract", "--list").out


def test_a_lifted_retraction_lets_the_page_in_again(crawled, web):
    crawled.run("retract", f"{web.url}/a", "--reason", WHY)
    assert "web 1: url" in crawled.run("retract", "--list").out
    assert crawled.run("retract", "--site", "web", "--lift", "1").code == 0
    night = crawled.run()
    assert night.counts()["page/document"] == 1
    revisions = sorted(r["revision"] for r in night.rows("documents") if r["url"].endswith("/a"))
    assert revisions == [1, 2]
    assert crawled.run("retract", "--site", "web", "--lift", "1").code == 2


def test_twice_is_once_and_a_dry_run_is_none(crawled, web):
    dry = crawled.run("retract", f"{web.url}/a", "--reason", WHY, "--dry-run")
    assert "would be taken back" in dry.out
    assert dry.rows("tombstones") == []
    for _ in range(2):
        done = crawled.run("retract", f"{web.url}/a", "--reason", WHY)
    assert len(done.rows("tombstones")) == 1
    assert crawled.run("retract", "--list").out.count("url") == 1


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("http://127.0.0.1/none", "--reason", WHY), "no site knows such a URL"),
        (("nonsense", "--reason", WHY), "not an absolute"),
        (("--match", "(", "--reason", WHY), "not a regular expression"),
        (("--match", "nowhere", "--reason", WHY), "no site knows such a URL"),
        (("--site", "other", "--reason", WHY), "nothing of it"),
        (("--site", "web"), "--reason is missing"),
        (("--reason", WHY), "name URLs"),
        (("--lift", "1"), "name the --site"),
    ],
)
def test_what_cannot_be_meant_is_said(crawled, options, word):
    done = crawled.run("retract", *options)
    assert done.code == 2
    assert word in done.err
    assert done.rows("tombstones") == []


def test_shared_text_comes_from_the_page_that_stays(crawled, web):
    web.page("/b", article("Page /a"))
    web.page("/", article("Start", links=("/a", "/b")))
    crawled.run()
    crawled.run("retract", f"{web.url}/a", "--reason", WHY)
    night = crawled.run()
    assert any(row["url"].endswith("/b") for row in night.rows("pairs"))
