"""Hundreds of sites at once: each asked as often as its delay permits, and never more often.

``python bench/many_sites.py [--sites N] [--delay S] [--pages N] [--median BYTES]``. Each site is an
address of its own in 127.0.0.0/8; nginx notes when it was asked. What politeness permits is one
page a site each ``delay`` seconds; told is the share of it that was reached while every site had
pages left, the shortest time between two requests to a site, what the run cost, and whether a site
that is a hundred times larger than the others kept them off.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pages import serving, write
from watch import Watch

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = 1000  # pages on disk, the same ones for every site
SITE = """
start_urls = ["http://{host}:{port}/p/0.html"]
[follow]
max_pages = {pages}
[request]
delay = {delay}
allow_private_addresses = true
"""


def addresses(count: int) -> list[str]:
    """Loopback addresses, one a site."""
    return [f"127.0.{1 + n // 250}.{1 + n % 250}" for n in range(count)]


def asked(log: Path) -> dict[str, list[float]]:
    """When each address was asked for a page, by the server's clock."""
    found: dict[str, list[float]] = {}
    for line in log.read_text().splitlines():
        end, took, host, path = line.split()
        if path.startswith("/p/"):
            found.setdefault(host, []).append(float(end) - float(took))
    return found


def crawl(folder: Path, options: argparse.Namespace, hosts: list[str], port: str) -> Watch:
    """One run over all sites; what its processes held and used."""
    (folder / "sites").mkdir()
    for number, host in enumerate(hosts):
        pages = WRITTEN if number == 0 else options.pages
        text = SITE.format(host=host, port=port, pages=pages, delay=options.delay)
        (folder / "sites" / f"s{number:03}.toml").write_text(text)
    environment = {
        **os.environ,
        "FTCRAWLER_DATA": str(folder / "data"),
        "FTCRAWLER_SITES": str(folder / "sites"),
        "FTCRAWLER_LOG_LEVEL": options.log,
    }
    command = [sys.executable, "-m", "scrapy", "crawl", "articles"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as run:
        return Watch(run, stop_after=options.seconds).until_it_ends()


def tell(times: dict[str, list[float]], watch: Watch, delay: float, sites: int) -> None:
    """What was reached."""
    first = max(min(seen) for seen in times.values())
    last = min(max(seen) for seen in times.values())
    during = sum(first <= at <= last for seen in times.values() for at in seen)
    permitted = sites / delay
    rate = during / (last - first)
    gaps = [b - a for seen in times.values() for a, b in pairwise(sorted(seen))]
    pages = sum(map(len, times.values()))
    print(f"{pages:,} pages of {len(times)} sites in {watch.seconds:.1f} s")
    print(f"while every site had pages: {rate:.1f} pages/s, {rate / permitted:.1%} of what the")
    print(f"delay permits ({permitted:.0f}/s); ", end="")
    print(f"{watch.busy(first, last):.2f} of {len(os.sched_getaffinity(0))} cores busy")
    print(f"between two requests to a site: shortest {min(gaps):.3f} s, ", end="")
    print(f"median {statistics.median(gaps):.3f} s, delay {delay:g} s")
    fewest, most = min(map(len, times.values())), max(map(len, times.values()))
    print(f"pages a site: {fewest} to {most}; CPU {1000 * watch.cpu / pages:.1f} ms/page, ", end="")
    print(f"{watch.cpu / watch.seconds:.2f} cores busy, resident at most {watch.most_mib:.0f} MiB")
    print(f"({watch.most_summed:.0f} MiB with what the processes share counted for each)")


def main() -> None:
    """Write, serve, crawl, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--delay", type=float, default=1.0)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--median", type=int, default=40_000)
    parser.add_argument("--seconds", type=float, default=120.0, help="Ctrl-C after so many")
    parser.add_argument("--log", default="ERROR", help="log level of the crawl")
    options = parser.parse_args()
    cache = Path(tempfile.gettempdir()) / "ftcrawler-bench"
    root = cache / f"site-2-{WRITTEN}-{options.median}"
    write(root, WRITTEN, cache, options.median)
    size = sum(file.stat().st_size for file in (root / "p").iterdir()) / WRITTEN
    print(f"{options.sites} sites, pages of {size / 1000:.0f} kB on average")
    hosts = addresses(options.sites)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(root, cache, hosts, folder / "log") as url:
            watch = crawl(folder, options, hosts, url.rsplit(":", 1)[1])
        tell(asked(folder / "log"), watch, options.delay, options.sites)
        for file in sorted((folder / "data" / "runs").glob("*.json")):
            print("event loop late by", json.loads(file.read_text())["event_loop_lag_ms"], "ms")


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"in {time.monotonic() - began:.0f} s")
