"""What consent costs a crawl: CPU time a page with it, and with stubs in its place.

``python bench/consent.py [PAGES [PAIRS]]``: runs of both kinds in turn over the same loopback
site, whose pages have about 170 KiB and say six things about training each, under a robots.txt
that names 45 agents. The stubs take the place of all that consent adds: the origin's files,
statements, the page's signals, the verdict, the ledger and the evidence in each row.
``python bench/consent.py --crawl with|without`` is one such run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from serve import Site  # bench/serve.py: scripts find what lies beside them

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ftcrawler.consent.agents import AI_TRAINING_AGENTS  # noqa: E402 - found by the line above

KIB = 170
HEAD = (
    '<meta name="robots" content="index, follow, noimageai, max-snippet:-1">'
    '<meta name="tdm-reservation" content="0">'
    '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
    '<script type="application/ld+json">{"@type": "Article", "headline": "Report",'
    ' "license": "https://creativecommons.org/licenses/by/4.0/"}</script>'
)
HEADERS = (
    "X-Robots-Tag: googlebot: noindex\r\nContent-Usage: train-ai=y\r\n"
    "Content-Signal: search=yes, ai-train=yes\r\ntdm-reservation: 0\r\n"
)
FILES = {
    "/robots.txt": (
        "User-agent: *\nContent-Signal: search=yes, ai-train=yes\nDisallow: /members/\n"
        "Disallow: /*?print=\nAllow: /\n\n"
        + "".join(f"User-agent: {agent}\nDisallow: /members/\n\n" for agent in AI_TRAINING_AGENTS)
    ),
    "/.well-known/tdmrep.json": '[{"location": "/members/*", "tdm-reservation": 1}]',
    "/ai.txt": "User-Agent: *\nDisallow: *.pdf\n",
    "/llms.txt": "# Reports\n",
}


# -- The site -------------------------------------------------------------------------


async def converse(
    site: Site, asked: Counter[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer requests on one connection; ``/-/asked`` tells and forgets what was asked for."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1].decode("latin-1")
            status, kind, headers, body = 200, "text/plain", "", b""
            if path == "/-/asked":
                body = json.dumps(asked).encode()
                asked.clear()
            elif path in FILES:
                asked[path] += 1
                body = FILES[path].encode()
            else:
                asked[path if path.startswith("/.") or "." in path else "page"] += 1
                status, page, _ = site.answer(path, "")
                body = page.replace(b"<title>", HEAD.encode() + b"<title>", 1)
                kind, headers = "text/html; charset=utf-8", HEADERS
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{headers}"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def serve(pages: int) -> None:
    """Serve until standard input closes."""
    site, asked = Site(pages, KIB), Counter[str]()
    server = await asyncio.start_server(lambda r, w: converse(site, asked, r, w), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


@contextlib.contextmanager
def serving(pages: int) -> Iterator[str]:
    """The site in a process of its own; yields its URL."""
    command = [sys.executable, __file__, "--serve", str(pages)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        assert server.stdin
        yield server.stdout.readline().strip()
        server.stdin.close()


# -- One run --------------------------------------------------------------------------


def take_consent_away() -> None:
    """Stubs in the place of everything that consent adds to a crawl; pages cost the rest."""
    from ftcrawler import commit, fetching, links, origins, reading  # noqa: PLC0415 - a run only
    from ftcrawler.consent.gather import PageSignals  # noqa: PLC0415
    from ftcrawler.site import Site as SiteFile  # noqa: PLC0415
    from ftcrawler.spiders import articles  # noqa: PLC0415
    from pipelines import rows  # noqa: PLC0415
    from pipelines.records import Verdict  # noqa: PLC0415

    verdict, silence, origin = Verdict("allow"), PageSignals(()), origins.Origin("")

    async def no_files(_book: Any, _origin: str, _queue: Any) -> origins.Origin:
        return origin

    def links_only(html: str, url: str) -> links.Frame:
        kept = links._LICENCE_LINKS, links._DATA_SCRIPTS  # noqa: SLF001 - this is what is replaced
        links._LICENCE_LINKS = links._DATA_SCRIPTS = "nothing"  # noqa: SLF001
        try:
            return real_frame(html, url)
        finally:
            links._LICENCE_LINKS, links._DATA_SCRIPTS = kept  # noqa: SLF001

    real_frame = links.read_frame
    replace: list[tuple[Any, str, Any]] = [
        (origins.OriginBook, "origin", no_files),
        (origins.Origin, "fetch_verdict", lambda _self, _url: verdict),
        (origins.Origin, "statements", lambda _self, _url: []),
        (fetching, "_keep_hours", lambda _queue: None),
        (reading, "page_signals", lambda *_args, **_named: silence),
        (reading, "read_frame", links_only),
        (articles, "traced", lambda trace, *_: trace),
        (SiteFile, "decide", lambda *_args, **_named: verdict),
        (commit, "note", lambda _state, _harvest, known, *_: known["entry"]),
        (rows, "consent_record", lambda _harvest: {}),
    ]
    for holder, name, stub in replace:
        getattr(holder, name)  # what is not there any more would be no baseline
        setattr(holder, name, stub)


def crawl(kind: str) -> None:
    """One crawl in this process; its CPU seconds on the last line of standard error."""
    if kind == "without":
        take_consent_away()
    from scrapy.cmdline import execute  # noqa: PLC0415 - the other modes need none of it

    os.chdir(ROOT)
    try:
        execute(["scrapy", "crawl", "articles", "-L", "ERROR"])
    except SystemExit as end:
        if end.code:
            raise
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stderr.write(f"{used.ru_utime + used.ru_stime}\n")


@dataclass(frozen=True)
class Run:
    """CPU seconds of the crawl's own process and of all of its processes, pages, requests."""

    own: float
    total: float
    pages: int
    asked: dict[str, int]


def run(kind: str, url: str, folder: Path) -> Run:
    """A crawl from nothing in a process of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as data:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, __file__, "--crawl", kind],
            env={**os.environ, "FTCRAWLER_DATA": data, "FTCRAWLER_SITES": str(folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        record = json.loads(next(Path(data, "runs").glob("*.json")).read_text(encoding="utf-8"))
    total = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    pages = record["sites"]["bench"]["counts"]["page/document"]
    with urllib.request.urlopen(f"{url}/-/asked") as answer:  # a loopback address of our own
        asked = json.loads(answer.read())
    return Run(float(done.stderr.splitlines()[-1]), total, pages, asked)


def main(pages: int = 600, pairs: int = 7) -> None:
    """Both kinds in turn, each pair in the other order; medians of the differences."""
    with tempfile.TemporaryDirectory() as name, serving(pages) as url:
        folder = Path(name)
        (folder / "bench.toml").write_text(
            f'start_urls = ["{url}/"]\n[request]\ndelay = 0\nconcurrency = 16\n'
            "allow_private_addresses = true\n",
            encoding="utf-8",
        )
        run("with", url, folder)  # warms the disk's cache
        runs: list[dict[str, Run]] = []
        for number in range(pairs):
            kinds = ("with", "without") if number % 2 else ("without", "with")
            runs.append({kind: run(kind, url, folder) for kind in kinds})
        pages = runs[0]["with"].pages
        assert all(one.pages == pages for pair in runs for one in pair.values())
    print(f"{pages} pages, {pairs} pairs of runs; CPU ms a page, median (least to most)\n")
    print(f"{'':22}{'with':>8}{'without':>9}  consent")
    for label, field in (("the crawl's process", "own"), ("all its processes", "total")):
        ms = {
            kind: [1000 * getattr(pair[kind], field) / pages for pair in runs]
            for kind in ("with", "without")
        }
        costs = sorted(a - b for a, b in zip(ms["with"], ms["without"], strict=True))
        print(
            f"{label:22}{median(ms['with']):8.2f}{median(ms['without']):9.2f}"
            f"  {median(costs):.2f} ({costs[0]:.2f} to {costs[-1]:.2f})"
        )
    asked = runs[-1]["with"].asked
    others = {path: count for path, count in asked.items() if path != "page"}
    print(f"\nrequests: {asked['page']} for {pages} pages; once a host and day: {others}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve(int(sys.argv[2])))
    elif sys.argv[1:2] == ["--crawl"]:
        crawl(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
