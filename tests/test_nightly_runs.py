"""Whole nights over real sites on loopback: good, bad, locked, killed, ended, within a budget."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from conftest import ROOT, Crawler
from web import Answer, Web, article

from ftcrawler.exits import Exit
from ftcrawler.runs import read_runs

PAGES = 8
BAD_FILE = """
start_urls = ["http://x.example/"]
[schedule]
cron = "0 0 30 2 *"
timezone = "Mars/Base"
"""


@pytest.fixture
def site(web: Web, crawler: Crawler) -> Crawler:
    web.page("/", article("Home light", 9, tuple(f"/p{n}" for n in range(PAGES))))
    for n in range(PAGES):
        web.page(f"/p{n}", article(f"Lighthouse of Gull Rock {n}", 9, tag=f"Rock {n}"), etag=True)
    crawler.site(web)
    return crawler


def nights(crawler: Crawler) -> list[dict]:
    found, faults = read_runs(crawler.data, nights=True)
    assert faults == []
    return found


def urls(crawler: Crawler) -> list[str]:
    return sorted(row["url"] for row in crawler_rows(crawler, "documents"))


def crawler_rows(crawler: Crawler, stream: str) -> list[dict]:
    files = sorted(crawler.data.glob(f"{stream}/site=*/_*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


class Stuck:
    """A route that answers when it is let go."""

    def __init__(self, web: Web, path: str):
        self.answer, self.web, self.path = web.routes[path], web, path
        self.asked, self.free = threading.Event(), threading.Event()
        web.routes[path] = self.hold

    def hold(self, exchange) -> None:
        self.asked.set()
        self.free.wait(60)
        exchange.answer(self.answer)

    def let_go(self) -> None:
        self.web.routes[self.path] = self.answer
        self.free.set()


@contextlib.contextmanager
def started(crawler: Crawler, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A night in the background."""
    process = subprocess.Popen(
        crawler.command("nightly", *options),
        cwd=ROOT,
        env=crawler.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what it started has it, too, and may outlive it
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_nights_over_good_and_bad_sites(site, web, tmp_path):
    targets = tmp_path / "targets.toml"
    targets.write_text(f'[shelf]\nkind = "local"\nurl = "{tmp_path}/shelf"\n')
    site.site(web, "down", url="http://127.0.0.1:9")
    (site.sites / "mars.toml").write_text(BAD_FILE)
    upload = ("--upload", "shelf", "-s", f"TARGETS_FILE={targets}")
    first = site.run("nightly", "--at", "2026-11-24T03:01", *upload)
    assert first.code == Exit.PARTLY, first.err
    assert "mars.toml: schedule.timezone: no such time zone" in first.err
    assert "1 of 2 sites crawled, 9 pages (9 new, 0 changed)" in first.out
    assert "down failed: no request was answered" in first.out
    (record,) = nights(site)
    assert record["stages"]["build"]["fresh"] is True
    assert {stage["exit_code"] for stage in record["stages"].values()} == {0}
    version, receipt = record["stages"]["build"]["version"], record["stages"]["upload"]["receipt"]
    assert (site.data / "uploads" / f"{receipt}.json").is_file()
    assert list((tmp_path / "shelf" / "all").glob(f"{version}*/SHA256SUMS"))
    assert record["pretended"] is True
    assert record["started_at"].startswith("2026-11-24T03:0")
    (site.sites / "mars.toml").unlink()
    (site.sites / "down.toml").unlink()

    idle = site.run("nightly", "--at", "2026-11-24T09:00")
    assert idle.code == Exit.NOTHING_DUE
    assert "nothing is due; next: 2026-11-25T03:00:00Z" in idle.err

    web.page("/p0", article("Lighthouse of Gull Rock 0", 9, tag="Changed Rock"), etag=True)
    web.routes["/p1"] = Answer(b"gone", 410)
    second = site.run("nightly", "--at", "2026-11-25T03:01", "--json", "--no-build")
    assert second.code in (Exit.OK, Exit.ALARM), second.err
    record = json.loads(second.out)
    assert record["sites"]["web"]["slot"] == "2026-11-25T03:00:00Z"
    assert record["sites"]["web"]["pages"]["changed"] == 1
    assert record["sites"]["web"]["rows"]["tombstones"] == 1
    assert record["totals"]["new"] == 0


@pytest.mark.slow
def test_a_night_is_alone_ends_on_sigterm_and_outlives_a_kill(site, web):
    """The rows at the end are those of one undisturbed crawl, and there is one record."""
    stuck = Stuck(web, "/p5")
    with started(site) as night:
        assert stuck.asked.wait(30)
        second = site.run("nightly", "--now")
        assert second.code == Exit.LOCKED
        assert f"another night runs (pid {night.pid}" in second.err
        begun = time.monotonic()
        night.send_signal(signal.SIGTERM)
        out, _ = night.communicate(timeout=25)
        assert night.returncode == Exit.INTERRUPTED
        assert time.monotonic() - begun < 15
        assert "interrupted" in out
    assert [n["reason"] for n in nights(site)] == ["interrupted"]

    stuck.asked.clear()
    with started(site) as night:
        assert stuck.asked.wait(30)
        night.kill()
        night.wait()
    assert [n["reason"] for n in nights(site)] == ["running"]

    stuck.let_go()
    third = site.run("nightly", "--no-build")
    assert third.code == Exit.OK, third.err
    assert "takes over from a night that died" in third.err
    assert "goes on with the night" in third.err
    (record,) = nights(site)
    assert record["reason"] == "finished"
    assert record["resumed"] == 2
    assert record["sites"]["web"]["pages"]["new"] == PAGES + 1
    assert urls(site) == sorted({web.url + "/", *(f"{web.url}/p{n}" for n in range(PAGES))})
    pairs = [row["pair_id"] for row in crawler_rows(site, "pairs")]
    assert len(pairs) == len(set(pairs)) == record["totals"]["pairs"]


@pytest.mark.slow
def test_a_budget_leaves_the_rest_to_the_next_night(site, web):
    few = site.run("nightly", "--pages", "3", "--no-build")
    assert few.code == Exit.OK, few.err
    (record,) = nights(site)
    assert record["reason"] == "budget"
    assert record["totals"]["fetched"] == 3
    assert record["sites"]["web"]["pending"] == PAGES + 1 - 3

    stuck = Stuck(web, "/p7")  # the last one
    threading.Timer(4, stuck.let_go).start()
    late = site.run("nightly", "--now", "--no-build", "--minutes", "0.03")
    assert late.code == Exit.OK, late.err
    assert nights(site)[-1]["sites"]["web"]["resumed"] is False
    assert len(urls(site)) > 3


@pytest.mark.slow
def test_a_crawl_that_always_crashes_is_lost_and_the_next_night_has_it_all(site, web):
    site.site(web, "other", more="[follow]\nmax_depth = 0")
    crash = site.run("nightly", "--no-build", FTCRAWLER_KILL_AT="batch-begun:1")
    assert crash.code == Exit.INTERNAL
    assert "crawls once more, each by itself: other, web" in crash.err
    assert {s["outcome"] for s in nights(site)[-1]["sites"].values()} == {"lost"}
    after = site.run("nightly", "--now", "--no-build")
    assert after.code in (Exit.OK, Exit.ALARM), after.err  # the night before is told of
    assert len(urls(site)) == PAGES + 2


@pytest.mark.slow
def test_a_daemon_does_its_nights_and_leaves_when_told(site):
    with started(site, "--daemon", "--no-build", "--json") as daemon:
        record = json.loads(daemon.stdout.readline())
        assert record["reason"] == "finished"
        assert site.run("nightly", "--alive").code == Exit.OK
        assert daemon.poll() is None
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=10)
        assert daemon.returncode == Exit.OK
    assert not (site.data / "night.lock").exists()
    assert site.run("nightly", "--alive").code == Exit.FAILED
    assert site.run("nightly").code == Exit.NOTHING_DUE


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system is mounted by root")
def test_a_disk_that_fills_in_the_night_is_told_and_the_night_goes_on_when_there_is_room(
    site, web, tmp_path
):
    mount = tmp_path / "small"
    mount.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(mount)]
    if subprocess.run(small, check=False).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        site.data = mount / "data"
        site.site(web, more="[archive]\nwarc = true")
        full = site.run("nightly", "--no-build")
        assert full.code == Exit.STORAGE, full.out + full.err
        (record,) = nights(site)
        assert record["reason"] == "storage"
        assert record["exit_code"] == Exit.STORAGE
        subprocess.run(["mount", "-o", "remount,size=60m", str(mount)], check=True)
        room = site.run("nightly", "--no-build")
        assert room.code in (Exit.OK, Exit.ALARM), room.err  # 60 MB are few, too
        assert "goes on with the night" in room.err
        (record,) = nights(site)
        assert record["reason"] == "finished"
        assert len(urls(site)) == PAGES + 1
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=False)
