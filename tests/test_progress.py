"""What a crawl tells of itself while it goes on: live, in lines, as JSON, and where time went."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import subprocess
import time

import pytest
from conftest import ROOT
from rich.console import Console
from web import article

from ftcrawler.display import line, table
from ftcrawler.progress import Lags, Meter, SiteProgress, total


def slow_web(web, crawler, count=8):
    paths = [f"/p{n}" for n in range(count)]
    web.page("/", article("Start", links=(*paths, "/gone")))
    for path in paths:
        web.page(path, article(f"Page {path}"))
    crawler.site(web, request="concurrency = 1")
    text = (crawler.sites / "web.toml").read_text()
    (crawler.sites / "web.toml").write_text(text.replace("delay = 0", "delay = 0.15"))


def test_json_lines_end_with_the_summary(web, crawler):
    slow_web(web, crawler)
    done = crawler.run("crawl", "articles", "--json-progress", "-s", "PROGRESS_SECONDS=0.2")
    assert done.code == 0, done.err
    *steps, summary = map(json.loads, done.out.splitlines())
    assert [step["type"] for step in steps] == ["progress"] * len(steps)
    assert len(steps) >= 3
    pages = [step["total"]["pages"] for step in steps]
    assert pages == sorted(pages)
    assert any(0 < n < 10 for n in pages)
    (last,) = steps[-1]["sites"]
    assert (last["site"], last["pages"], last["documents"], last["errors"]) == ("web", 10, 9, 1)
    assert last["pairs"] == len(done.rows())
    assert (last["state"], last["pending"]) == ("done", 0)
    seen = [step["sites"][0] for step in steps if step["sites"][0]["state"] == "crawling"]
    assert any(site["left"] and site["rate"] for site in seen)
    assert summary.pop("type") == "summary"
    assert summary == done.record
    assert set(summary["event_loop_lag_ms"]) == {"p50", "p99", "max"}


def test_without_a_terminal_lines_go_to_the_log(web, crawler):
    slow_web(web, crawler)
    done = crawler.run("crawl", "articles", "-s", "PROGRESS_SECONDS=0.3")
    found = re.findall(r"INFO: (\d+) pages \([\d.]+/s\), \d+ documents, .* pending", done.err)
    assert found == sorted(found, key=int)
    assert len(found) >= 2
    assert "\x1b" not in done.err
    assert "Crawled 0 pages" not in done.err  # Scrapy's own


def test_nothing_is_told_when_that_is_wanted(web, crawler):
    slow_web(web, crawler, 2)
    done = crawler.run("crawl", "articles", "-s", "PROGRESS=off", "-s", "PROGRESS_SECONDS=0.1")
    assert done.code == 0
    assert "pending" not in done.err


def test_a_way_of_telling_that_is_not_known_is_named(web, crawler):
    slow_web(web, crawler, 2)
    done = crawler.run("crawl", "articles", "-s", "PROGRESS=loud")
    assert done.code == 2
    assert "PROGRESS: one of auto, live, plain, json, off (found 'loud')" in done.err


@pytest.mark.slow
def test_on_a_terminal_a_table_is_drawn_anew_and_the_log_goes_above_it(web, crawler):
    slow_web(web, crawler)
    master, slave = pty.openpty()
    with subprocess.Popen(
        crawler.command("crawl", "articles"),
        cwd=ROOT,
        env=crawler.environment(TERM="xterm", LINES="40"),
        stdout=subprocess.DEVNULL,
        stderr=slave,
    ) as process:
        os.close(slave)
        seen = b""
        until = time.monotonic() + 30
        while time.monotonic() < until and select.select([master], [], [], 10)[0]:
            try:
                seen += os.read(master, 65536)
            except OSError:
                break
    os.close(master)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode())
    assert process.returncode == 0, text
    drawn = re.findall(r"^web +(\d+) ", text.replace("\r", "\n"), re.MULTILINE)
    assert len(set(drawn)) >= 3
    assert seen.count(b"\x1b[2K") >= 3  # lines are taken back, not added
    assert "http-404" in text  # the log's line about the page that is gone


def test_a_profile_tells_parts_of_the_crawl_and_of_its_processes(web, crawler):
    paths = [f"/p{n}" for n in range(60)]
    web.page("/", article("Start", links=tuple(paths)))
    for path in paths:
        web.page(path, article(f"Page {path}"))
    crawler.site(web, request="concurrency = 8")
    done = crawler.run("crawl", "articles", "--profile", FTCRAWLER_PROCESSES="1")
    assert done.code == 0, done.err
    own, _, workers = done.out.partition("Workers")
    for part in ("waiting", "fetching", "state"):
        assert re.search(rf"^ +[\d.]+ +[\d.]+ +{part} *$", own, re.MULTILINE), part
    for part in ("extraction", "pairs", "trafilatura", "links"):
        assert re.search(rf"^ +[\d.]+ +[\d.]+ +{part} *$", workers, re.MULTILINE), part
    (folder,) = (crawler.data / "runs").glob("*.profile")
    assert {file.name.partition("-")[0] for file in folder.iterdir()} == {"crawl.pstats", "worker"}


def sites(count: int) -> list[SiteProgress]:
    return [SiteProgress(f"s{n:03}", n, n, 3 * n, 10, 0, n / 10, 10.0) for n in range(count)]


def test_of_hundreds_of_sites_those_are_shown_that_fit():
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table(sites(300), height=30))
    shown = console.export_text().splitlines()
    assert len(shown) < 30
    assert "s299" in shown[1]
    assert shown[-2].startswith("… 282 more")
    assert shown[-1].split()[:2] == ["total", f"{sum(range(300)):,}"]


def test_what_is_left_is_unknown_while_one_site_says_nothing():
    known = SiteProgress("a", pending=10, rate=1.0, left=10.0)
    assert total([known, SiteProgress("b", pending=5)]).left is None
    assert total([known, SiteProgress("b", state="done")]).left == 10.0
    assert line([known, SiteProgress("b", state="done")]).startswith("1 of 2 sites: ")


@pytest.mark.parametrize("delay", [0.01, 1.0, 120.0])
def test_a_rate_is_that_of_the_last_minute_or_of_two_pages(delay):
    meter = Meter()
    for number in range(200):
        meter.add("document", number * delay)
    assert meter.rate(199 * delay) == pytest.approx(1 / delay, rel=0.02)
    later = 199 * delay + 3600
    assert meter.rate(later) < 0.1 / delay


def test_lags_are_known_to_a_tenth():
    lags = Lags()
    for number in range(1, 1001):
        lags.add(number / 1000)
    assert lags.told()["p50"] == pytest.approx(500, rel=0.1)
    assert lags.told()["p99"] == pytest.approx(990, rel=0.1)
    assert lags.told()["max"] == 1000.0
