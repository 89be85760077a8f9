"""Shows how far a run is: a live table on a terminal, else plain lines, or JSON for programs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

import orjson
from rich.console import Console
from rich.live import Live
from rich.table import Table
from scrapy import signals
from scrapy.exceptions import NotConfigured

from ftcrawler.progress import Lags, Meter, SiteProgress, duration, left, total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.crawler import Crawler

    from ftcrawler.frontier import SiteQueue
    from ftcrawler.spiders.articles import ArticlesSpider
    from pipelines.records import Harvest

logger = logging.getLogger(__name__)

How = Literal["auto", "live", "plain", "json", "off"]
HOWS = ("auto", "live", "plain", "json", "off")
SECONDS = {"live": 0.5, "json": 1.0, "plain": 30.0}
_BEAT = 0.05  # seconds between two looks at how late the loop is
_DEAR = 100  # times what counting pending URLs took until it is done again
_RECOUNT = 2.0  # seconds at least
_ROWS_BESIDE = 12  # lines of a terminal that are left to others
_FAULTS = ("failed", "deferred")


class Progress:
    """Follows a run, and tells."""

    def __init__(self, crawler: Crawler, how: How, seconds: float) -> None:
        self._crawler = crawler
        if how == "auto":
            how = "live" if sys.stderr.isatty() else "plain"
        self._how = how
        self._seconds = seconds or SECONDS.get(how, 0.0)
        self._meters: dict[str, Meter] = {}
        self._pending: dict[str, tuple[float, int]] = {}
        self._live: Live | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.lags = Lags()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        """Connected to a crawler whose sites are open."""
        how = crawler.settings["PROGRESS"]
        if not getattr(crawler.spider, "queues", None):
            raise NotConfigured
        progress = cls(crawler, how, crawler.settings.getfloat("PROGRESS_SECONDS"))
        crawler.signals.connect(progress.opened, signals.spider_opened)
        crawler.signals.connect(progress.kept, signals.item_scraped)
        return progress

    @property
    def _spider(self) -> ArticlesSpider:
        spider: ArticlesSpider = self._crawler.spider  # type: ignore[assignment] # only ours
        return spider

    def opened(self) -> None:
        """Begin to look and to tell."""
        self._spider.progress = self
        self._meters = {name: Meter() for name in self._spider.queues}
        self._tasks = [asyncio.ensure_future(self._beat())]
        if self._how == "live":
            self._begin_live()
        if self._seconds:
            self._tasks.append(asyncio.ensure_future(self._tell_on()))

    def kept(self, item: Harvest) -> None:
        """A URL had its outcome."""
        if item.outcome != "read":  # sitemaps and feeds
            self._meters[item.site].add(item.outcome, time.monotonic())

    def close(self) -> None:
        """Tell the last numbers, while the sites are still open."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(Exception):  # the run's result does not depend on it
            self._tell(final=True)
        if self._live:
            self._live.stop()
            self._log_to(sys.stderr)

    async def _beat(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(_BEAT)
            self.lags.add(max(0.0, time.monotonic() - before - _BEAT))

    async def _tell_on(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            self._tell()

    def _tell(self, *, final: bool = False) -> None:
        if self._how == "off":
            return
        sites = list(self.sites(final=final))
        if self._live:
            self._live.update(table(sites, self._live.console.height), refresh=True)
        elif self._how == "json":
            sys.stdout.write(f"{orjson.dumps(as_json(sites)).decode()}\n")
            sys.stdout.flush()
        elif not final:
            logger.info("%s", line(sites))

    def sites(self, *, final: bool = False) -> Iterator[SiteProgress]:
        """Every site's numbers now."""
        now = time.monotonic()
        for name, queue in self._spider.queues.items():
            meter = self._meters[name]
            pending, rate = self._known_pending(queue, now, final=final), meter.rate(now)
            most = queue.site.follow.max_pages
            wanted = pending if most is None else min(pending, max(0, most - queue.fetched))
            ended = bool(queue.resting) or (not wanted and not queue.inflight)
            yield SiteProgress(
                name,
                meter.pages,
                meter.outcomes["document"],
                sum(n for key, n in queue.store.tally.items() if key.startswith("pairs/")),
                pending,
                sum(meter.outcomes[fault] for fault in _FAULTS),
                rate,
                0.0 if ended else left(wanted, rate),
                _state(queue, ended=ended or final),
            )

    def _known_pending(self, queue: SiteQueue, now: float, *, final: bool) -> int:
        """URLs that wait; counting many takes time, so it is done the less often."""
        due, count = self._pending.get(queue.site.name, (0.0, 0))
        if now >= due or final:
            now = time.monotonic()
            count = sum(queue.store.state.pending())
            took = time.monotonic() - now
            self._pending[queue.site.name] = now + max(_RECOUNT, _DEAR * took), count
        return count

    def _begin_live(self) -> None:
        self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
        self._live.start()
        self._log_to(sys.stderr)  # above the table

    @staticmethod
    def _log_to(stream: object) -> None:
        for handler in logging.getLogger().handlers:
            if type(handler) is logging.StreamHandler:
                handler.setStream(stream)


def _state(queue: SiteQueue, *, ended: bool) -> str:
    if queue.resting:
        return f"rests: {queue.resting.signal}"
    return "done" if ended else "crawling"


def table(sites: list[SiteProgress], height: int = 40) -> Table:
    """The sites that are being crawled first, as many as fit, and the total."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    found.add_column("site", no_wrap=True)
    for name in ("pages", "documents", "pairs", "pages/s", "pending", "errors", "left"):
        found.add_column(name, justify="right", no_wrap=True)
    found.add_column("")
    most = max(3, height - _ROWS_BESIDE)
    shown = sorted(sites, key=lambda s: (s.state != "crawling", -s.rate, s.site))
    for site in shown[:most]:
        found.add_row(*_cells(site), "" if site.state == "crawling" else site.state)
    if len(sites) > most:
        found.add_row(f"… {len(sites) - most:,} more", style="dim")
    if len(sites) > 1:
        found.add_row(*_cells(total(sites)), style="bold")
    return found


def _cells(site: SiteProgress) -> list[str]:
    return [
        site.site,
        *(f"{n:,}" for n in (site.pages, site.documents, site.pairs)),
        f"{site.rate:.1f}",
        f"{site.pending:,}",
        f"{site.errors:,}",
        duration(site.left) if site.state == "crawling" else "",
    ]


def line(sites: list[SiteProgress]) -> str:
    """All sites in a line of a log.

    >>> line([SiteProgress("a", 120, 100, 900, 50, 1, 2.0, 25.0)])
    '120 pages (2.0/s), 100 documents, 900 pairs, 50 pending, 1 errors, 25 s or more left'
    """
    all_of = total(sites)
    crawled = sum(site.state == "crawling" for site in sites)
    where = f"{crawled} of {len(sites)} sites: " if len(sites) > 1 else ""
    text = (
        f"{where}{all_of.pages:,} pages ({all_of.rate:.1f}/s), {all_of.documents:,} documents, "
        f"{all_of.pairs:,} pairs, {all_of.pending:,} pending, {all_of.errors:,} errors"
    )
    wait = duration(all_of.left)
    return f"{text}, {wait} or more left" if wait and crawled else text


def as_json(sites: list[SiteProgress]) -> dict[str, object]:
    """The numbers for programs: a total and each site."""
    return {
        "type": "progress",
        "total": asdict(total(sites)),
        "sites": [asdict(site) for site in sites],
    }
