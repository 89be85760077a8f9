"""Crawls whose pages are read in processes of their own, and what bad pages do to them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ROOT, Crawl, adds_up
from web import article

# A page on which the extractor is told to misbehave: our own code has no such word for it.
BEHAVIOUR = """
import os, signal
import pipelines.extract as real
whole = real.extract_document

def extract_document(body, url, **options):
    if b"MAKE-IT-LOOP" in body:
        while True:
            pass
    if b"MAKE-IT-DIE" in body:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"MAKE-IT-EAT" in body:
        return bytearray(3 << 30)
    if b"MAKE-IT-RAISE" in body:
        raise KeyError("x")
    return whole(body, url, **options)

"""


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(n) for n in found.read_text().split()] if found.exists() else []


def run(crawler, *args, **environment):
    return crawler.run(*(args or ("crawl", "articles")), FTCRAWLER_PROCESSES="2", **environment)


def test_the_rows_are_those_of_a_crawl_without_processes(web, crawler, tmp_path):
    paths = [f"/p{n}" for n in range(30)]
    web.page("/", article("Start", links=tuple(paths)))
    for path in paths:
        web.page(path, article(f"Page {path}"))
    crawler.site(web, more="[archive]\nwarc = true")
    one = crawler.run()
    crawler.data = tmp_path / "other"
    two = run(crawler)
    assert two.code == 0, two.err
    rows = [sorted((r["prompt"], r["completion"], r["url"]) for r in c.rows()) for c in (one, two)]
    assert rows[0] == rows[1]
    assert two.counts()["page/document"] == 31
    assert list((crawler.data / "archive").rglob("*.gz"))


def test_pages_that_hang_kill_eat_or_raise_cost_themselves(web, crawler):
    words = {"loop": "LOOP", "die": "DIE", "eat": "EAT", "raise": "RAISE"}
    paths = [f"/p{n}" for n in range(20)]
    web.page("/", article("Start", links=(*[f"/{name}" for name in words], *paths)))
    for path in paths:
        web.page(path, article(f"Page {path}"))
    for name, word in words.items():
        web.page(f"/{name}", article(f"Bad {name}", tag=f"MAKE-IT-{word}"))
    crawler.site(web)
    program = BEHAVIOUR + (
        "import sys, ftcrawler.working as w, pipelines.harvest as h\n"
        "h.extract_document = extract_document\n"
    )
    folder = crawler.sites.parent
    (folder / "badworker.py").write_text(
        program + "def work(connection):\n    w.work(connection)\n"
    )
    ours, theirs = "sys.path.insert(0, root)", f"sys.path[:0] = [root, {str(folder)!r}]"
    (folder / "sitecustomize.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "import ftcrawler.pool, ftcrawler.working\n"
        "ftcrawler.working.TARGET = 'badworker:work'\n"
        f"program = ftcrawler.pool._PROGRAM.replace({ours!r}, {theirs!r})\n"
        "ftcrawler.pool._PROGRAM = program\n"
    )
    done = run(
        crawler,
        "crawl",
        "articles",
        "-s",
        "EXTRACT_SECONDS=2",
        PYTHONPATH=f"{folder}:{ROOT}",
    )
    assert done.code == 0, done.err
    counts = done.counts()
    assert counts["page/document"] == 21
    assert counts["page/failed/extractor-timeout"] == 1
    assert counts["page/failed/extractor-crashed"] == 1
    assert counts["page/failed/extractor-crashed MemoryError"] == 1
    assert counts["page/failed/extractor-crashed KeyError"] == 1
    assert adds_up(counts, 25)


def started(crawler, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        crawler.command("crawl", "articles", *args),
        cwd=ROOT,
        env=crawler.environment(FTCRAWLER_PROCESSES="2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_workers_killed_at_random_cost_a_page_each(web, crawler):
    paths = [f"/p{n}" for n in range(400)]
    web.page("/", article("Start", links=tuple(paths)))
    for path in paths:
        web.page(path, article(f"Page {path}", sentences=60))
    crawler.site(web, request="concurrency = 8")
    chance, kills = random.Random(3), 0
    with started(crawler) as process:
        until = time.monotonic() + 60
        while kills < 20 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.15)
            if len(web.paths()) > 30 and (workers := children(process.pid)):
                os.kill(chance.choice(workers), signal.SIGKILL)
                kills += 1
        out, err = process.communicate(timeout=60)
    done = Crawl(process.returncode, out, err, crawler.data)
    assert done.code == 0, err
    counts = done.counts()
    lost = counts.get("page/failed/extractor-crashed", 0)
    assert kills >= 5
    assert lost <= kills
    assert counts["page/document"] == 401 - lost
    assert adds_up(counts, 401)
    again = run(crawler)
    assert again.counts().get("page/document", 0) == lost


def test_ctrl_c_ends_a_crawl_and_its_workers(web, crawler):
    paths = [f"/p{n}" for n in range(300)]
    web.page("/", article("Start", links=tuple(paths)))
    for path in paths:
        web.page(path, article(f"Page {path}", sentences=200))
    crawler.site(web, request="concurrency = 8")
    with started(crawler) as process:
        until = time.monotonic() + 30
        while not children(process.pid) and time.monotonic() < until:
            time.sleep(0.05)
        workers = children(process.pid)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 7
    assert workers
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
