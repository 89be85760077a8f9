"""Downloader middleware: each site's pace, as its server's answers and its robots.txt ask for."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import DownloadTimeoutError
from twisted.python.failure import Failure

from ftcrawler.answers import RefusedError
from ftcrawler.clock import iso
from ftcrawler.pace import BUSY_STATUSES, MAX_WAIT, retry_after

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from ftcrawler.frontier import SiteQueue
    from ftcrawler.spiders.articles import ArticlesSpider

logger = logging.getLogger(__name__)


class Pacing:
    """Sets the delay of a site's slot after each answer, before its next request is sent."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Pacing:
        """The pacing of a crawler; answers are seen before the slot's queue goes on."""
        pacing = cls(crawler)
        crawler.signals.connect(pacing.answered, signals.response_downloaded)
        return pacing

    def answered(self, response: Response, request: Request) -> None:
        """Learn from an answer; 429 and 503 with a Retry-After pause the site, or end its run."""
        queue = self._queue(request)
        queue.pace.answered(request.meta.get("download_latency", 0.0), response.status)
        wait = None
        if response.status in BUSY_STATUSES:
            value = (response.headers.get("Retry-After") or b"").decode("latin-1")
            wait = retry_after(value, queue.clock())
        if wait and wait > MAX_WAIT:
            self._rest(queue, wait, response)
        elif wait:
            self._pause(queue, wait, response)
        else:
            self._slow(queue)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A timeout is a busy server's answer, too."""
        if isinstance(exception, (DownloadTimeoutError, TimeoutError)):
            queue = self._queue(request)
            queue.pace.busy()
            self._slow(queue)

    def _queue(self, request: Request) -> SiteQueue:
        spider: ArticlesSpider = self._crawler.spider  # type: ignore[assignment] # only ours
        return spider.queues[request.meta["site"]]

    def _slot(self, queue: SiteQueue) -> Slot | None:
        downloader = self._crawler.engine.downloader
        return downloader.slots.get(queue.site.name)

    def _slow(self, queue: SiteQueue) -> None:
        slot = self._slot(queue)
        if slot is None or time.monotonic() < queue.paused_until:
            return
        if queue.pace.delay > max(queue.pace.floor, slot.delay):
            logger.info("%s slows down: %.1f s between requests", queue.site.name, queue.pace.delay)
        slot.delay = queue.pace.delay

    def _pause(self, queue: SiteQueue, wait: float, response: Response) -> None:
        """Nothing more is sent to the site for some seconds."""
        logger.info("%s: status %d: a pause of %.0f s", response.url, response.status, wait)
        now = time.monotonic()
        queue.paused_until = max(queue.paused_until, now + wait)
        if slot := self._slot(queue):
            slot.close()  # a request that waits for its turn waits anew
            slot.lastseen, slot.delay = now, queue.paused_until - now

    def _rest(self, queue: SiteQueue, wait: float, response: Response) -> None:
        """Nothing more is sent to the site in this run, nor in one that begins too soon."""
        until = queue.clock() + wait
        queue.rest("retry-after", f"{response.url} answered {response.status}", until)
        queue.store.state.set_meta("rest_until", str(until))
        logger.warning("%s rests until %s: status %d", queue.site.name, iso(until), response.status)
        if slot := self._slot(queue):
            refused = [waiting for _, waiting in slot.queue]
            slot.queue.clear()
            for waiting in refused:
                waiting.errback(Failure(RefusedError(queue.resting)))  # type: ignore[arg-type, no-untyped-call] # set by rest
