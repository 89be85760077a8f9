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
from web import article, serving

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


def misbehaving(crawler) -> dict[str, str]:
    """Makes workers do what a page tells them; the environment that a crawl needs for it."""
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
    return {"PYTHONPATH": f"{folder}:{ROOT}"}


def test_pages_that_hang_kill_eat_or_raise_cost_themselves(web, crawler):
    words = {"loop": "LOOP", "die": "DIE", "eat": "EAT", "raise": "RAISE"}
    paths = [f"/p{n}" for n in range(20)]
    web.page("/", article("Start", links=(*[f"/{name}" for name in words], *paths)))
    for path in paths:
        web.page(path, article(f"Page {path}"))
    for name, word in words.items():
        web.page(f"/{name}", article(f"Bad {name}", tag=f"MAKE-IT-{word}"))
    crawler.site(web)
    environment = misbehaving(crawler)
    done = run(
        crawler,
        "crawl",
        "articles",
        "-s",
        "EXTRACT_SECONDS=2",
        **environment,
    )
    assert done.code == 0, done.err
    counts = done.counts()
    assert counts["page/document"] == 21
    assert counts["page/failed/extractor-timeout"] == 1
    assert counts["page/failed/extractor-crashed"] == 1
    assert counts["page/failed/extractor-crashed MemoryError"] == 1
    assert counts["page/failed/extractor-crashed KeyError"] == 1
    assert adds_up(counts, 25)


def started(crawler, *args: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        crawler.command("crawl", "articles", *args),
        cwd=ROOT,
        env=crawler.environment(FTCRAWLER_PROCESSES="2", **environment),
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


SLOW = """
start_urls = ["{url}/"]
[request]
delay = 30
allow_private_addresses = true
"""


def hanging(exchange):
    """An answer that begins and never ends."""
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>")
    exchange.wfile.flush()
    time.sleep(60)


def quick(web, paths):
    for path in paths:
        web.page(path, article(f"Page {path}"))


@pytest.mark.slow
def test_ctrl_c_waits_for_nothing_and_gives_what_is_unanswered_no_outcome(web, crawler):
    good = [f"/p{n}" for n in range(6)]
    hung = [f"/hang{n}" for n in range(6)]
    web.page("/", article("Start", links=(*good, "/loop", *hung)))
    quick(web, good)
    web.page("/loop", article("Loops", tag="MAKE-IT-LOOP"))
    for path in hung:
        web.routes[path] = hanging
    crawler.site(web, timeout=60, request="concurrency = 4")
    with serving() as slow, serving() as silent:
        slow.page("/", article("Slow", links=tuple(good)))
        crawler.site(slow, "slow", text=SLOW.format(url=slow.url))
        silent.routes["/robots.txt"] = lambda exchange: time.sleep(60)
        crawler.site(silent, "silent", timeout=60)
        with started(crawler, **misbehaving(crawler)) as process:
            until = time.monotonic() + 30
            while "/hang3" not in web.paths() and time.monotonic() < until:
                time.sleep(0.05)
            workers = children(process.pid)
            process.send_signal(signal.SIGINT)
            began = time.monotonic()
            out, err = process.communicate(timeout=30)
            seconds = time.monotonic() - began
    done = Crawl(process.returncode, out, err, crawler.data)
    assert done.code == 7, err
    assert seconds < 10  # the pages and the extractor would take 60
    assert "Traceback" not in err
    assert workers
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert done.counts()["page/document"] in (6, 7)  # one may have waited behind the loop
    assert not [name for name in done.counts() if "failed" in name or "deferred" in name]
    assert not [name for name in done.counts("silent") if name.startswith("page/")]
    quick(web, (*hung, "/loop"))
    again = crawler.run("crawl", "articles", "-a", "site=web")
    assert again.code == 0
    assert again.counts()["page/document"] == 14  # the same run goes on
