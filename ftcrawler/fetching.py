"""Downloader middlewares: nothing is asked for without permission, or at a private address."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from ftcrawler.addresses import is_public
from ftcrawler.answers import RefusedError
from ftcrawler.clock import iso
from ftcrawler.consent.decision import Statement
from ftcrawler.consent.tdmrep import SIGNAL as TDM_SIGNAL
from ftcrawler.origins import OriginBook
from ftcrawler.pace import is_open, opening
from ftcrawler.urls import host_of, origin_of
from pipelines.records import Verdict

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from ftcrawler.frontier import SiteQueue
    from ftcrawler.spiders.articles import ArticlesSpider


class AddressGuard:
    """Refuses hosts that resolve to an address that is not public, unless the site permits it.

    It gives the refusal its name; what it cannot see is stopped by ``GuardedResolver``.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._known: dict[str, bool] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AddressGuard:
        """A guard over the crawler's requests."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise :class:`RefusedError` for a private address."""
        queue = _queue(self._crawler, request)
        host = host_of(request.url)
        if queue.site.request.allow_private_addresses and queue.site.covers(request.url):
            return
        if host not in self._known:
            self._known[host] = await _is_public(host)
        if not self._known[host]:
            reason = f"{host} is not a public address; [request] allow_private_addresses permits it"
            raise RefusedError(Verdict("deny", "private-address", reason))


async def _is_public(host: str) -> bool:
    """Whether every address of a host is public; a host without address is left to the fetch."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return True
    return all(is_public(str(item[4][0])) for item in found)


class ConsentGate:
    """Lets a request pass when its origin's robots.txt and files permit it (RFC 9309)."""

    def __init__(self, crawler: Crawler, book: OriginBook) -> None:
        self._crawler = crawler
        self._book = book

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ConsentGate:
        """A gate over the crawler's requests; the spider asks the same book."""
        book = OriginBook(crawler)
        crawler.spider.book = book  # type: ignore[union-attr] # the project has one spider
        return cls(crawler, book)

    async def process_request(self, request: Request) -> None:
        """Raise :class:`RefusedError` unless the origin permits fetching and using the URL."""
        queue = _queue(self._crawler, request)
        if queue.resting:
            raise RefusedError(queue.resting)
        if request.meta.get("is_policy"):
            return
        if why := queue.retracted(request.url):
            raise RefusedError(Verdict("deny", "retracted", why))
        origin = await self._book.origin(origin_of(request.url), queue)
        statements: list[Statement] = []
        verdict = permitted = origin.fetch_verdict(request.url)
        if verdict.decision == "allow":
            _keep_hours(queue)
            statements = origin.statements(request.url)
            # The page's own header or meta may supersede the file's reservation: it must be seen.
            early = [s for s in statements if s.signal != TDM_SIGNAL or s.effect == "defer"]
            if len(early) < len(statements):
                for name in ("If-None-Match", "If-Modified-Since"):
                    request.headers.pop(name, None)
            verdict = queue.site.decide(early, page=False, trace=permitted.trace)
        if verdict.decision != "allow":
            raise RefusedError(verdict)
        request.meta["statements"] = statements
        request.meta["trace"] = permitted.trace


def _keep_hours(queue: SiteQueue) -> None:
    """Raise :class:`RefusedError` outside of the hours that robots.txt names (Visit-time)."""
    if queue.window and not is_open(queue.window, queue.clock()):
        until = opening(queue.window, queue.clock())
        queue.rest("visit-time", f"robots.txt permits visits from {iso(until)}")
    if queue.resting:
        raise RefusedError(queue.resting)


def _queue(crawler: Crawler, request: Request) -> SiteQueue:
    spider: ArticlesSpider = crawler.spider  # type: ignore[assignment] # the project has one
    return spider.queues[request.meta["site"]]
