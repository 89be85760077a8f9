"""How a crawl's cost grows: with cores, with the size of pages, with their number.

``python bench/scaling.py cores|sizes|pages [--pages N] [--rounds N]``. Only our own crawl, with
everything on, from nginx on loopback; a line for each case with the median of its rounds: pages a
second, CPU milliseconds a page of the crawl's own process and of the others (start-up included),
resident memory of all of them, and how late the event loop was. ``pages`` tells the memory at each
tenth of one long run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pages import MEDIAN, serving, write
from speed import CONCURRENCY, SITE
from watch import Watch

ROOT = Path(__file__).resolve().parent.parent
SIZES = (20_000, 80_000, MEDIAN, 2 * MEDIAN, 4 * MEDIAN)


@dataclass(frozen=True)
class Run:
    """One crawl: documents, seconds, CPU seconds of the crawl itself and of all, lag in ms."""

    documents: int
    watch: Watch
    lag: float

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.documents / self.watch.seconds

    def cost(self, seconds: float) -> float:
        """CPU milliseconds a page."""
        return 1000 * seconds / self.documents


def crawl(url: str, cores: set[int]) -> Run:
    """One crawl over the site at ``url``, on these cores."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sites").mkdir()
        text = SITE.format(url=url, concurrency=CONCURRENCY)
        (folder / "sites" / "bench.toml").write_text(text)
        environment = {
            **os.environ,
            "FTCRAWLER_DATA": str(folder / "data"),
            "FTCRAWLER_SITES": str(folder / "sites"),
            "FTCRAWLER_LOG_LEVEL": "ERROR",
            "FTCRAWLER_PROCESSES": str(len(cores)),
        }
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)  # the crawl inherits it
        command = [sys.executable, "-m", "scrapy", "crawl", "articles"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as run:
            os.sched_setaffinity(0, before)
            watch = Watch(run).until_it_ends()
        (record,) = (json.loads(f.read_text()) for f in (folder / "data" / "runs").glob("*.json"))
        documents = record["sites"]["bench"]["counts"]["page/document"]
        return Run(documents, watch, record["event_loop_lag_ms"]["p99"])


def tell(name: str, runs: list[Run]) -> None:
    """One line of the table: the run in the middle, by its rate."""
    run = sorted(runs, key=lambda each: each.rate)[len(runs) // 2]
    spread = f"{min(r.rate for r in runs):.0f}-{max(r.rate for r in runs):.0f}"
    watch = run.watch
    print(
        f"{name:<24}{run.rate:>8.1f} ({spread:>7}){run.cost(watch.own):>9.1f}"
        f"{run.cost(watch.cpu - watch.own):>9.1f}{watch.cpu / watch.seconds:>7.2f}"
        f"{watch.most_mib:>7.0f}{statistics.median(r.lag for r in runs):>8.0f}",
        flush=True,
    )


def head(what: str) -> None:
    """The table's first line."""
    print(
        f"{what:<24}{'pages/s':>8} {'':>9}{'own ms':>9}{'workers':>9}{'cores':>7}{'MiB':>7}", end=""
    )
    print(f"{'lag p99':>8}")


def cases(kind: str, pages: int) -> list[tuple[str, set[int], int, int]]:
    """Name, cores, pages and median size of each case."""
    every = os.sched_getaffinity(0)
    if kind == "cores":
        counts = [n for n in (1, 2, 4, 8, 16) if n <= len(every)]
        return [(f"{n} cores", set(sorted(every)[:n]), pages, MEDIAN) for n in counts]
    if kind == "sizes":
        return [(f"{size / 1000:.0f} kB", every, pages, size) for size in SIZES]
    return [(f"{pages:,} pages", every, pages, 20_000)]


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("cores", "sizes", "pages"))
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=0)
    options = parser.parse_args()
    long = options.kind == "pages"
    pages = options.pages or (20_000 if long else 600)
    cache = Path(tempfile.gettempdir()) / "ftcrawler-bench"
    head(options.kind)
    for name, cores, count, size in cases(options.kind, pages):
        root = cache / f"site-2-{count}-{size}"
        write(root, count, cache, size)
        with serving(root, cache) as url:
            runs = [crawl(url, cores) for _ in range(options.rounds or (1 if long else 3))]
        tell(name, runs)
        if long:
            samples = runs[0].watch.samples
            tenths = [samples[len(samples) * n // 10] for n in range(1, 10)]
            print("resident MiB at each tenth:", " ".join(f"{s.mib:.0f}" for s in tenths))


if __name__ == "__main__":
    main()
