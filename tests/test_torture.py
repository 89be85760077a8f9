"""Nothing lost, nothing twice: real processes killed with SIGKILL, full disks, dying servers.

``make torture KILLS=200`` kills more often than the default.
"""

import json
import os
import random
import re
import signal
import subprocess
import time
from collections import Counter

import pytest
from conftest import ROOT, Crawler
from web import Answer, article, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

KILLS = int(os.environ.get("KILLS", "25"))
PAGES = 300
FAST = ("-s", "COMMIT_BATCH=8", "-s", "SHARD_ROWS=150", "-s", "WARC_BYTES=60000")
STEPS = [
    "batch-begun",
    "batch-archived",
    "batch-staged",
    "batch-committed",
    "documents-parquet-written",
    "documents-parquet-renamed",
    "documents-jsonl-written",
    "documents-jsonl-renamed",
    "documents-recorded",
    "documents-sealed",
    "pairs-parquet-written",
    "pairs-parquet-renamed",
    "pairs-jsonl-written",
    "pairs-jsonl-renamed",
    "pairs-recorded",
    "pairs-sealed",
    "archive-renamed",
    "archive-recorded",
]


def page_name(number: int) -> str:
    return f"/p{number}" if number else "/"


def build(web, pages: int = PAGES):
    """A tree of pages; every tenth has a sentence that others have too, some go elsewhere."""
    for n in range(pages):
        links = tuple(page_name(child) for child in range(3 * n + 1, 3 * n + 4) if child < pages)
        text = article(f"Page {n}", links=links)
        if n % 10 == 3:
            text = text.replace("</p>", " Shared words stand here. Shared words follow them.</p>")
        web.page(page_name(n), text, etag=n % 2 == 0)
    web.routes["/p5"] = Answer(b"", 301, headers={"Location": "/p6"})
    web.routes["/p7"] = Answer(b"", 404)


def row_bag(rows) -> Counter:
    """Rows without what depends on when and in which order pages came.

    A pair that stands on several pages goes to the page that came first: it counts by its text.
    """
    shared = "Shared words"
    return Counter(
        (r["prompt"], r["completion"])
        + (() if shared in r["prompt"] + r["completion"] else (r["kind"], r["url"], r["pair_id"]))
        for r in rows
    )


def document_bag(rows) -> Counter:
    return Counter((r["url"], r["revision"], r["text_hash"], r["document_id"]) for r in rows)


def bags(done):
    return row_bag(done.rows()), document_bag(done.rows("documents"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The web, and what an undisturbed run makes of it."""
    with serving() as web:
        build(web)
        calm = Crawler(tmp_path_factory.mktemp("calm"))
        calm.site(web, more="[archive]\nwarc = true")
        done = calm.run("crawl", "articles", *FAST)
        assert done.code == 0, done.err
        yield web, bags(done), calm


def fresh(folder) -> Crawler:
    folder.mkdir()
    return Crawler(folder)


def start(crawler, *args: str, **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        crawler.command("crawl", "articles", *FAST, *args),
        cwd=ROOT,
        env=crawler.environment(**environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def finish(crawler, expected):
    """Run until done, then hold rows, files and archive against the undisturbed run."""
    done = crawler.run("crawl", "articles", *FAST)
    assert done.code == 0, done.err
    pairs, documents = bags(done)
    expected_pairs, expected_documents = expected
    assert expected_pairs - pairs == Counter(), "lost pairs"
    assert pairs - expected_pairs == Counter(), "doubled pairs"
    assert documents == expected_documents
    checked = crawler.run("state", "--check", "--json")
    assert checked.code == 0, checked.out + checked.err
    census = json.loads(checked.out)["web"]
    assert census["findings"] == []
    assert census["waiting_rows"] == census["pending"] == 0
    return census


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_named_step(step, site, tmp_path):
    web, expected, _ = site
    for nth in (1, 2):
        crawler = fresh(tmp_path / str(nth))
        crawler.site(web, more="[archive]\nwarc = true")
        process = start(crawler, FTCRAWLER_KILL_AT=f"{step}:{nth}")
        assert process.wait(100) == -signal.SIGKILL, f"{step} was never reached"
        finish(crawler, expected)


def test_killed_at_random_instants(site, tmp_path):
    """Kills over several crawls, each from nothing to its end, every one at another instant."""
    web, expected, calm = site
    dice = random.Random(20261124)
    begun = time.monotonic()
    assert calm.run("crawl", "articles", *FAST).code == 0
    typical = time.monotonic() - begun
    kills = crawls = 0
    while kills < KILLS:
        crawls += 1
        crawler = fresh(tmp_path / str(crawls))
        crawler.site(web, more="[archive]\nwarc = true")
        for _ in range(min(12, KILLS - kills)):
            process = start(crawler)
            time.sleep(dice.uniform(0.3, typical + 0.6))
            if process.poll() is not None:
                break  # it was through: the next crawl begins from nothing
            process.kill()
            process.wait(20)
            kills += 1
        finish(crawler, expected)
    print(f"\n{kills} kills over {crawls} crawls: 0 lost, 0 doubled")  # noqa: T201 - the figures of make torture


def test_ended_by_sigterm_it_is_resumed(site, tmp_path):
    web, expected, _ = site
    crawler = Crawler(tmp_path)
    crawler.site(web, more="[archive]\nwarc = true", request="concurrency = 1")
    process = start(crawler, "-s", "COMMIT_SECONDS=0.1")
    before = len(web.seen)
    while len(web.seen) < before + PAGES // 3:
        time.sleep(0.01)
    process.terminate()
    assert process.wait(60) in (7, 0)
    finish(crawler, expected)


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system is mounted by root")
def test_a_full_disk_stops_the_run_and_loses_nothing(site, tmp_path):
    web, expected, _ = site
    mount = tmp_path / "small"
    mount.mkdir()
    size = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(mount)], check=False
    )
    if size.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        crawler = Crawler(tmp_path)
        crawler.data = mount / "data"
        crawler.site(web, more="[archive]\nwarc = true")
        full = crawler.run("crawl", "articles", *FAST)
        assert full.code == 6, full.out + full.err
        assert re.search(r"storage|cannot be used", full.err)
        subprocess.run(["mount", "-o", "remount,size=60m", str(mount)], check=True)
        finish(crawler, expected)
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=False)


def test_a_server_that_dies_halfway(tmp_path):
    crawler = Crawler(tmp_path)
    with serving() as web:
        build(web)
        port = web.server_address[1]
        crawler.site(web, more="[archive]\nwarc = true")
        process = start(crawler, "-s", "RETRY_TIMES=0", "-s", "COMMIT_SECONDS=0.1")
        while len(web.seen) < PAGES // 3:
            time.sleep(0.01)
    process.wait(60)
    with serving(port) as web:
        build(web)
        first = crawler.run("crawl", "articles", *FAST)
        assert first.code == 0, first.err
        undisturbed = fresh(tmp_path / "calm")
        undisturbed.site(web, more="[archive]\nwarc = true")
        wanted = bags(undisturbed.run("crawl", "articles", *FAST))
        finish(crawler, wanted)


def test_two_processes_in_the_same_second(site, tmp_path):
    web, expected, _ = site
    crawler = Crawler(tmp_path)
    crawler.site(web, more="[archive]\nwarc = true")
    processes = [start(crawler) for _ in range(3)]
    codes = sorted(process.wait(100) for process in processes)
    assert codes == [0, 5, 5]
    finish(crawler, expected)
