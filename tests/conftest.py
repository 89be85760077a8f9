"""What the tests share: a web of their own, and crawls in a process of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from forks import Forks
from web import Web, serving

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

SITE = """
start_urls = ["{url}/"]
[request]
delay = 0
timeout = {timeout}
allow_private_addresses = true
{request}
{more}
"""


FORKS = Forks()


@pytest.fixture(scope="session", autouse=True)
def _forks() -> Iterator[None]:
    yield
    FORKS.close()


@dataclass
class Crawl:
    """What a crawl left: exit code, output, record, rows."""

    code: int
    out: str
    err: str
    data: Path

    @property
    def record(self) -> dict[str, Any]:
        newest = max((self.data / "runs").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return json.loads(newest.read_text())

    def counts(self, site: str = "web") -> dict[str, int]:
        return self.record["sites"][site]["counts"]

    def rows(self, stream: str = "pairs", site: str = "*") -> list[dict[str, Any]]:
        files = sorted(self.data.glob(f"{stream}/site={site}/_*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


def adds_up(counts: dict[str, int], fetched: int) -> bool:
    names = ("document", "rejected", "unchanged", "failed")
    return sum(counts.get(f"page/{name}", 0) for name in names) == fetched


class Crawler:
    """Runs ``scrapy`` as a user would, over site files of the test's own."""

    def __init__(self, folder: Path):
        self.sites = folder / "sites"
        self.data = folder / "data"
        self.sites.mkdir()

    def site(self, web: Web | None = None, name: str = "web", *, text: str = "", **fill: Any):
        values = {"url": web.url if web else "", "timeout": 5, "request": "", "more": "", **fill}
        (self.sites / f"{name}.toml").write_text(text or SITE.format(**values), encoding="utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FTCRAWLER")}
        return {
            **kept,
            "FTCRAWLER_DATA": str(self.data),
            "FTCRAWLER_SITES": str(self.sites),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
            "FTCRAWLER_PROCESSES": "0",  # half a second less a crawl; test_working.py has them
            **more,
        }

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "scrapy", *args]

    def run(self, *args: str, timeout: float = 100, **environment: str) -> Crawl:
        args = args or ("crawl", "articles")
        if not any(name.startswith("PYTHON") for name in environment):
            ended = FORKS.run(list(args), self.environment(**environment), timeout)
            return Crawl(*ended, self.data)
        done = subprocess.run(
            self.command(*args),
            cwd=ROOT,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Crawl(done.returncode, done.stdout, done.stderr, self.data)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for 127.0.0.1 that nobody but a test trusts."""
    from certificates import write_certificate  # noqa: PLC0415 - few tests need it

    folder = tmp_path_factory.mktemp("certificate")
    write_certificate(folder)
    return folder


@pytest.fixture
def crawler(tmp_path: Path) -> Crawler:
    return Crawler(tmp_path)


class Once:
    """A first crawl that many tests begin with: made once a module, copied for each of them."""

    def __init__(self, folder: Path, web: Web):
        self.folder = folder
        self.web = web
        self._made: dict[Callable, tuple[Crawler, Crawl, list]] = {}

    def begin(self, build: Callable[[Web, Crawler], None], folder: Path) -> tuple[Crawler, Crawl]:
        """``build`` sets routes and site file; what its first crawl left is in ``folder``."""
        if build not in self._made:
            self._reset([])
            (self.folder / build.__name__).mkdir()
            first = Crawler(self.folder / build.__name__)
            build(self.web, first)
            self._made[build] = first, first.run(), list(self.web.seen)
        first, crawl, seen = self._made[build]
        self._reset(seen)
        crawler = Crawler(folder)
        build(self.web, crawler)
        shutil.copytree(first.data, crawler.data)
        return crawler, replace(crawl, data=crawler.data)

    def _reset(self, seen: list) -> None:
        self.web.routes.clear()
        self.web.seen[:] = seen


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Once]:
    with serving() as web:
        yield Once(tmp_path_factory.mktemp("once"), web)
