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
import time
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


Part = tuple[Any, str, Any]


def consent_parts() -> list[Part]:
    """(holder, name, stub) of everything that consent adds to a crawl; pages cost the rest."""
    from ftcrawler import commit, fetching, origins, reading  # noqa: PLC0415 - a run only
    from ftcrawler.consent.gather import PageSignals  # noqa: PLC0415
    from ftcrawler.site import Site as SiteFile  # noqa: PLC0415
    from ftcrawler.spiders import articles  # noqa: PLC0415
    from pipelines import rows  # noqa: PLC0415
    from pipelines.records import Verdict  # noqa: PLC0415

    verdict, silence, origin = Verdict("allow"), PageSignals(()), origins.Origin("")

    async def no_files(_book: Any, _origin: str, _queue: Any) -> origins.Origin:
        return origin

    return [
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


def links_only(html: str, url: str) -> Any:
    """A page's links by the same parse, without what speaks of licences."""
    from ftcrawler import links  # noqa: PLC0415

    kept = links._LICENCE_LINKS, links._DATA_SCRIPTS  # noqa: SLF001 - this is what is replaced
    links._LICENCE_LINKS = links._DATA_SCRIPTS = "nothing"  # noqa: SLF001
    try:
        return links.read_frame(html, url)
    finally:
        links._LICENCE_LINKS, links._DATA_SCRIPTS = kept  # noqa: SLF001


def counted(spent: Counter[str], name: str, real: Any, stub: Any) -> Any:
    """The function, with its CPU time counted; of a page's frame only what is more than links."""

    def timed(*args: Any, **named: Any) -> Any:
        begun = time.thread_time_ns()
        found = real(*args, **named)
        spent[name] += time.thread_time_ns() - begun
        if stub is links_only:
            begun = time.thread_time_ns()
            stub(*args, **named)
            spent[name] -= time.thread_time_ns() - begun
        return found

    return timed


def crawl(kind: str) -> None:
    """One crawl in this process; CPU seconds, its own and each part's, as the last line."""
    spent: Counter[str] = Counter()
    for holder, name, stub in consent_parts():
        real = getattr(holder, name)  # what is not there any more would be no baseline
        if kind == "without":
            setattr(holder, name, stub)
        elif kind == "counted" and not asyncio.iscoroutinefunction(real):
            setattr(holder, name, counted(spent, name, real, stub))
    from scrapy.cmdline import execute  # noqa: PLC0415 - the other modes need none of it

    os.chdir(ROOT)
    try:
        execute(["scrapy", "crawl", "articles", "-L", "ERROR"])
    except SystemExit as end:
        if end.code:
            raise
    used = resource.getrusage(resource.RUSAGE_SELF)
    parts = {name: nanoseconds / 1e9 for name, nanoseconds in spent.items()}
    sys.stderr.write(json.dumps({"own": used.ru_utime + used.ru_stime, "parts": parts}) + "\n")


@dataclass(frozen=True)
class Run:
    """CPU seconds of the crawl's own process and of all of its processes, pages, requests."""

    own: float
    total: float
    pages: int
    asked: dict[str, int]
    parts: dict[str, float]


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
    return Run(total=total, pages=pages, asked=asked, **json.loads(done.stderr.splitlines()[-1]))


def main(pages: int = 600, pairs: int = 7) -> None:
    """Both kinds in turn, each pair in the other order; then one run with its parts counted."""
    with tempfile.TemporaryDirectory() as name, serving(pages) as url:
        folder = Path(name)
        (folder / "bench.toml").write_text(
            f'start_urls = ["{url}/"]\n[request]\ndelay = 0\nconcurrency = 16\n'
            "allow_private_addresses = true\n",
            encoding="utf-8",
        )
        inside = run("counted", url, folder)  # first: it warms the disk's cache
        runs: list[dict[str, Run]] = []
        for number in range(pairs):
            kinds = ("with", "without") if number % 2 else ("without", "with")
            runs.append({kind: run(kind, url, folder) for kind in kinds})
    pages = inside.pages
    assert all(one.pages == pages for pair in runs for one in pair.values())
    print(f"{pages} pages, {pairs} pairs of runs; CPU ms a page, start-up included\n")
    print(f"{'':22}{'with':>8}{'without':>9}{'consent':>9}")
    for label, field in (("the crawl's process", "own"), ("all its processes", "total")):
        print_rows(label, [pair_ms(pair, field, pages) for pair in runs])
    print("\ncounted inside the functions, by the thread's clock:")
    for part, seconds in sorted(inside.parts.items(), key=lambda item: -item[1]):
        print(f"{1000 * seconds / pages:9.3f}  {part}")
    print(f"{1000 * sum(inside.parts.values()) / pages:9.3f}  together")
    asked = runs[-1]["with"].asked
    others = {path: count for path, count in asked.items() if path != "page"}
    print(f"\nrequests: {asked['page']} for {pages} pages; once a host and day: {others}")


def pair_ms(pair: dict[str, Run], field: str, pages: int) -> tuple[float, float]:
    """Milliseconds a page with consent and without it."""
    return tuple(1000 * getattr(pair[kind], field) / pages for kind in ("with", "without"))  # type: ignore[return-value] # two


def print_rows(label: str, rows: list[tuple[float, float]]) -> None:
    """The medians, with the spread of the differences, and the least of each kind."""
    costs = sorted(a - b for a, b in rows)
    medians, least = ([f(kind) for kind in zip(*rows, strict=True)] for f in (median, min))
    print(
        f"{label:22}{medians[0]:8.2f}{medians[1]:9.2f}{median(costs):9.2f}"
        f"  median of the pairs, {costs[0]:.2f} to {costs[-1]:.2f}"
    )
    print(f"{'':22}{least[0]:8.2f}{least[1]:9.2f}{least[0] - least[1]:9.2f}  least of each kind")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve(int(sys.argv[2])))
    elif sys.argv[1:2] == ["--crawl"]:
        crawl(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
