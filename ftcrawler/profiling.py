"""Where a crawl's time goes: profiles of the crawl and of its processes, summed up by part."""

from __future__ import annotations

import cProfile
import os
import pstats
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

DUMP_EVERY = 25  # pages of a worker between two dumps: it may be ended at any time
MOST_FUNCTIONS = 12  # that are named of each process
CRAWL = "crawl.pstats"

# What a file belongs to: the first part of its path that is found here.
_PARTS = {
    "ftcrawler/consent/": "consent",
    "ftcrawler/permitting": "consent",
    "ftcrawler/origins": "consent",
    "ftcrawler/links": "links",
    "ftcrawler/urls": "links",
    "selectolax": "links",
    "ftcrawler/store": "state",
    "ftcrawler/commit": "state",
    "ftcrawler/state": "state",
    "ftcrawler/ledger": "state",
    "ftcrawler/outbox": "shards",
    "pipelines/shards": "shards",
    "pipelines/rows": "shards",
    "pyarrow": "shards",
    "ftcrawler/": "crawl",
    "pipelines/sentences": "sentences",
    "pipelines/borders": "sentences",
    "sentencex": "sentences",
    "trafilatura": "trafilatura",
    "htmldate": "trafilatura",
    "courlan": "trafilatura",
    "justext": "trafilatura",
    "scrapy": "fetching",
    "twisted": "fetching",
    "asyncio": "fetching",
    "lxml": "parsing",
}
_PAIRS = (
    "pairs sift quality standing fragments wordlists notices repetition tongues pii budget alone "
    "cohesion pointing shapes"
).split()
_PARTS |= {f"pipelines/{name}.": "pairs" for name in _PAIRS}
_PARTS["pipelines/"] = "extraction"
_BUILT_IN = {"sqlite3": "state", "orjson": "shards", "epoll": "waiting", "socket": "fetching"}

Stat = dict[tuple[str, int, str], tuple[Any, int, float, float, dict[Any, Any]]]


@contextmanager
def profiled(folder: Path | None) -> Iterator[None]:
    """Profile what runs inside into ``folder``; nothing without one."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        profile.dump_stats(folder / CRAWL)


def profiled_work(folder: Path, work: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """A worker's function, profiled into a file of its own."""
    profile, done = cProfile.Profile(), 0

    def run(job: bytes) -> bytes:
        nonlocal done
        answer = profile.runcall(work, job)
        done += 1
        if done % DUMP_EVERY == 0:
            profile.dump_stats(folder / f"worker-{os.getpid()}.pstats")
        return answer

    return run


def part_of(file: str, function: str) -> str:
    """What a function's time is spent for.

    >>> part_of("/x/pipelines/sift.py", "kept"), part_of("~", "<method 'execute' of 'sqlite3...>")
    ('pairs', 'state')
    """
    if file == "~":
        return next((part for name, part in _BUILT_IN.items() if name in function), "")
    path = file.replace("\\", "/")
    return next((part for name, part in _PARTS.items() if name in path), "other")


def parts(stats: Stat) -> dict[str, float]:
    """Seconds by part; what is built into Python counts for those who call it."""
    found: defaultdict[str, float] = defaultdict(float)
    for (file, _, function), (_, _, own, _, callers) in stats.items():
        part = part_of(file, function)
        if part:
            found[part] += own
            continue
        shares = {key: values[2] for key, values in callers.items()}
        whole = sum(shares.values())
        for (caller, _, name), share in shares.items():
            found[part_of(caller, name) or "other"] += own * share / whole if whole else 0.0
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))


def show_profile(console: Console, folder: Path, pages: int) -> None:
    """Tell where the time went, by part and by function, of the crawl and of its processes."""
    workers = sorted(folder.glob("worker-*.pstats"))
    for title, files in (("The crawl's own process", [folder / CRAWL]), ("Workers", workers)):
        if not files or not all(file.exists() for file in files):
            continue
        stats: Stat = pstats.Stats(*map(str, files)).stats  # type: ignore[attr-defined] # there
        table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
        for name, justify in (("seconds", "right"), ("ms/page", "right"), ("", "left")):
            table.add_column(name, justify=justify)  # type: ignore[arg-type] # rich's own literals
        for part, seconds in parts(stats).items():
            table.add_row(f"{seconds:.2f}", f"{1000 * seconds / max(pages, 1):.2f}", part)
        table.add_row("", "", "")
        slowest = sorted(stats.items(), key=lambda entry: -entry[1][2])[:MOST_FUNCTIONS]
        for (file, number, function), (_, _, own, _, _) in slowest:
            where = f"{_short(file)}:{number} {function}" if file != "~" else function
            table.add_row(f"{own:.2f}", f"{1000 * own / max(pages, 1):.2f}", where)
        console.print(table)
        console.print()
    console.print(
        f"Profiles: {folder} (python -m pstats FILE); profiling itself takes about half as long "
        f"again, and each worker's last {DUMP_EVERY} pages may be missing\n",
        soft_wrap=True,
    )


def _short(file: str) -> str:
    """A path from the package on."""
    for root in sorted(sys.path, key=len, reverse=True):
        if root and file.startswith(root):
            return file[len(root) :].lstrip("/")
    return file
