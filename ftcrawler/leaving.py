"""Ending a run at once: on Ctrl-C, SIGTERM or broken storage nothing is waited for long.

What was not answered by then has no outcome: its URL is pending, and the next run's first.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.core.downloader import Downloader
from scrapy.exceptions import IgnoreRequest
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred

    from ftcrawler.spiders.articles import ArticlesSpider

GRACE = 2.0  # seconds in which answers that are under way may still come
_LOOK = 0.2  # seconds between two looks whether the run is to end


class LeftError(IgnoreRequest):
    """The run ends before a request was made or answered."""


class LeavingDownloader(Downloader):
    """Scrapy's downloader, which can be told to let go of everything."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._under_way: dict[Request, Deferred[Response | Request]] = {}
        self.left: dict[str, float] = {}  # when each site's last request left, by monotonic time

    def fetch(
        self,
        request: Request,
        spider: Spider | None = None,  # noqa: ARG002 - as Scrapy's, which warns of it
    ) -> Deferred[Response | Request]:
        """As Scrapy's, remembered until it is answered."""
        answer: Deferred[Response | Request] = super().fetch(request)
        if not answer.called:
            self._under_way[request] = answer
            answer.addBoth(self._answered, request)
        return answer

    def _answered(self, result: object, request: Request) -> object:
        self._under_way.pop(request, None)
        return result

    def refuse_waiting(self) -> None:
        """Let go of the requests that wait for their site's turn."""
        for slot in self.slots.values():
            waiting = [answer for _, answer in slot.queue]
            slot.queue.clear()
            for answer in waiting:
                answer.errback(Failure(LeftError("the run ends")))  # type: ignore[no-untyped-call] # Twisted's

    def abort(self) -> None:
        """Let go of the requests that are under way, their connections with them."""
        for answer in list(self._under_way.values()):
            answer.cancel()


class Leaving:
    """Watches for the end of the run. ``spider.leaving`` says that it has begun."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._watch: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Leaving:
        """The watch over a crawler."""
        leaving = cls(crawler)
        crawler.signals.connect(leaving.opened, signals.spider_opened)
        crawler.signals.connect(leaving.closed, signals.spider_closed)
        return leaving

    def opened(self) -> None:
        """Begin to watch."""
        self._watch = asyncio.ensure_future(self._leave())

    def closed(self) -> None:
        """Everything is let go of already."""
        if self._watch:
            self._watch.cancel()

    async def _leave(self) -> None:
        spider: ArticlesSpider = self._crawler.spider  # type: ignore[assignment] # only ours
        while self._crawler.crawling and not spider.broken:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(_LOOK)
        spider.leaving = True
        downloader: LeavingDownloader = self._crawler.engine.downloader  # type: ignore[assignment] # the add-on's
        downloader.refuse_waiting()
        await asyncio.sleep(GRACE)
        downloader.refuse_waiting()
        downloader.abort()
        await spider.let_go()
