"""Downloader middlewares: nothing is asked for without permission, or at a private address."""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from ftcrawler.addresses import is_public
from ftcrawler.commit import iso
from ftcrawler.consent.agents import named_agent_statements, robots_statements
from ftcrawler.consent.decision import Statement
from ftcrawler.consent.probes import (
    PROBES,
    Probe,
    ProbeResult,
    probe_statements,
    read_probe,
    rsl_probe,
)
from ftcrawler.consent.robots import MAX_BYTES, OUR_TOKENS, Robots, fetch_policy, parse_robots
from ftcrawler.consent.rsl import robots_pointers
from ftcrawler.consent.tdmrep import SIGNAL as TDM_SIGNAL
from ftcrawler.urls import canonical, host_of, origin_of
from pipelines.records import Verdict

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from ftcrawler.frontier import SiteQueue
    from ftcrawler.spiders.articles import ArticlesSpider

logger = logging.getLogger(__name__)

CACHE_SECONDS = 24 * 3600.0  # RFC 9309 2.4: no longer than a day
ROBOTS_REDIRECTS = 5  # RFC 9309 2.3.1.2: follow at least five
_REDIRECTS = range(300, 400)
_NO_RULES = Robots()


class RefusedError(IgnoreRequest):
    """A request that must not be made; ``verdict`` says why."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(verdict.reason)


@dataclass(frozen=True, slots=True)
class Origin:
    """What an origin says: the rules of its robots.txt, or one verdict for every URL; its files."""

    url: str
    robots: Robots = _NO_RULES
    blanket: Verdict | None = None
    probes: tuple[ProbeResult, ...] = ()

    def statements(self, url: str) -> list[Statement]:
        """What robots.txt and the policy files say about the use of one URL."""
        said = robots_statements(self.robots, url) + named_agent_statements(self.robots, url)
        return said + [s for probe in self.probes for s in probe_statements(probe, url)]


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
    """Asks each origin's robots.txt before the first request to it, and obeys (RFC 9309)."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._files: dict[str, asyncio.Task[Origin]] = {}
        self._documents: dict[str, asyncio.Task[ProbeResult]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ConsentGate:
        """A gate over the crawler's requests."""
        gate = cls(crawler)
        crawler.spider.gate = gate  # type: ignore[union-attr] # the project has one spider
        return gate

    async def process_request(self, request: Request) -> None:
        """Raise :class:`RefusedError` unless the origin permits fetching and using the URL."""
        if request.meta.get("is_policy"):
            return
        queue = _queue(self._crawler, request)
        origin = await self.origin(origin_of(request.url), queue)
        statements: list[Statement] = []
        if (verdict := fetch_verdict(origin, request.url)).decision == "allow":
            statements = origin.statements(request.url)
            # The page's own header or meta may supersede the file's reservation: it must be seen.
            early = [s for s in statements if s.signal != TDM_SIGNAL or s.effect == "defer"]
            if len(early) < len(statements):
                for name in ("If-None-Match", "If-Modified-Since"):
                    request.headers.pop(name, None)
            verdict = queue.site.decide(early, page=False)
        if verdict.decision != "allow":
            raise RefusedError(verdict)
        request.meta["statements"] = statements

    async def origin(self, origin: str, queue: SiteQueue) -> Origin:
        """The origin's robots.txt and policy files, looked at once a run."""
        key = f"{queue.site.name} {origin}"
        if key not in self._files:
            self._files[key] = asyncio.ensure_future(self._look(origin, queue))
        return await asyncio.shield(self._files[key])

    async def document(self, url: str, queue: SiteQueue) -> ProbeResult:
        """A licence document that a page or robots.txt declares, looked at once a run."""
        key = f"{queue.site.name} {url}"
        if key not in self._documents:
            self._documents[key] = asyncio.ensure_future(self._probe(rsl_probe(url), url, queue))
        return await asyncio.shield(self._documents[key])

    async def _look(self, origin: str, queue: SiteQueue) -> Origin:
        found = await self._fetch(origin, queue)
        if found.blanket:
            return found
        probes = await self._probes(origin, found, queue)
        pointers = robots_pointers(found.robots, found.url)
        declared = [await self.document(pointer, queue) for pointer in pointers]
        return replace(found, probes=(*probes, *declared))

    async def _probes(
        self, origin: str, found: Origin, queue: SiteQueue
    ) -> tuple[ProbeResult, ...]:
        """The policy files of an origin, asked for once a day where robots.txt permits it."""
        spider: ArticlesSpider = self._crawler.spider  # type: ignore[assignment] # as above
        state, now = queue.store.state, spider.clock()
        kept = None if spider.full else state.probes(origin, now - CACHE_SECONDS)
        if kept is not None:
            return tuple(ProbeResult(**result) for result in kept)
        permitted = [p for p in PROBES if found.robots.check(origin + p.path, OUR_TOKENS).allowed]
        results = [await self._probe(probe, origin + probe.path, queue) for probe in permitted]
        if not any(result.may_change for result in results):
            state.set_probes(origin, [asdict(result) for result in results], now)
        return tuple(results)

    async def _probe(self, probe: Probe, url: str, queue: SiteQueue) -> ProbeResult:
        try:
            status, body, content_type = await self._download(url, queue)
        except Exception as error:  # noqa: BLE001 - what cannot be read is judged as such
            logger.info("%s: %s", url, error)
            return read_probe(probe, None, "", b"")
        return read_probe(probe, status, content_type, body)

    async def _fetch(self, origin: str, queue: SiteQueue) -> Origin:
        """The file of a copy of today, of a request, or of the last good copy, in this order."""
        spider: ArticlesSpider = self._crawler.spider  # type: ignore[assignment] # as above
        state, now = queue.store.state, spider.clock()
        copy = None if spider.full else state.robots(origin)
        if copy and 0 <= now - copy[2] < CACHE_SECONDS:
            return self._read(origin, queue, copy[0], copy[1])
        url = f"{origin}/robots.txt"
        try:
            status, body, _ = await self._download(url, queue)
            why = f"status {status}"
        except RefusedError as error:
            return Origin(url, blanket=error.verdict)
        except Exception as error:  # noqa: BLE001 - any trouble defers, RFC 9309 2.3.1.4
            status, body, why = None, b"", f"{error}"
        if fetch_policy(status) != "defer" and status is not None:
            state.set_robots(origin, status, body[: MAX_BYTES + 1], now)
            return self._read(origin, queue, status, body)
        if copy := state.robots(origin):
            logger.warning("%s: %s: the copy of %s holds", url, why, iso(copy[2]))
            return self._read(origin, queue, copy[0], copy[1])
        logger.warning("%s: %s: the site waits until the next run", url, why)
        return Origin(url, blanket=_blanket("defer", url, why))

    def _read(self, origin: str, queue: SiteQueue, status: int, body: bytes) -> Origin:
        """What an answer says; its pace becomes the site's."""
        url = f"{origin}/robots.txt"
        policy = fetch_policy(status)
        if policy == "deny":
            logger.warning("%s: status %d: nothing may be fetched", url, status)
            return Origin(url, blanket=_blanket(policy, url, f"status {status}"))
        robots = parse_robots(body) if policy == "parse" else _NO_RULES
        if robots.kind == "compressed":
            return Origin(url, blanket=_blanket("defer", url, "compressed beyond reading"))
        self._slow_down(robots, queue)
        return Origin(url, robots)

    async def _download(self, url: str, queue: SiteQueue) -> tuple[int, bytes, str]:
        """Status, body and type behind redirects, across hosts if need be (RFC 9309 2.3.1.2)."""
        status = 0
        for _ in range(ROBOTS_REDIRECTS + 1):
            response: Response = await self._crawler.engine.download_async(
                Request(
                    url,
                    callback=NO_CALLBACK,
                    headers=queue.headers(url),
                    meta={
                        "site": queue.site.name,
                        "is_policy": True,
                        "download_slot": queue.site.name,
                        "download_timeout": queue.site.request.timeout,
                    },
                )
            )
            status = response.status
            target = response.headers.get("Location", b"") or b""
            url = canonical(urljoin(url, target.decode("latin-1")))
            if status not in _REDIRECTS or not target or not url:
                content_type = response.headers.get("Content-Type", b"") or b""
                return status, response.body, content_type.decode("latin-1")
        return status, b"", ""

    def _slow_down(self, robots: Robots, queue: SiteQueue) -> None:
        """The slowest of site file, Crawl-delay and Request-rate is the pace."""
        asked = max(robots.crawl_delay() or 0.0, robots.request_rate() or 0.0)
        if asked <= queue.delay:
            return
        logger.info("%s: robots.txt asks for %g s between requests", queue.site.name, asked)
        queue.delay = asked
        downloader = self._crawler.engine.downloader
        downloader.per_slot_settings[queue.site.name]["delay"] = asked
        if slot := downloader.slots.get(queue.site.name):
            slot.delay = asked


def fetch_verdict(origin: Origin, url: str) -> Verdict:
    """Whether an origin's robots.txt lets us fetch one URL."""
    if origin.blanket:
        return origin.blanket
    answer = origin.robots.check(url, OUR_TOKENS)
    if answer.allowed:
        return Verdict("allow")
    reason = f"{origin.url} line {answer.line} disallows it for {answer.group or '*'}"
    return Verdict("deny", "robots.txt", reason, answer.rule)


def _blanket(policy: str, url: str, why: str) -> Verdict:
    decision = "deny" if policy == "deny" else "defer"
    return Verdict(decision, "robots.txt", f"{url}: {why}")  # type: ignore[arg-type] # narrowed


def _queue(crawler: Crawler, request: Request) -> SiteQueue:
    spider: ArticlesSpider = crawler.spider  # type: ignore[assignment] # the project has one
    return spider.queues[request.meta["site"]]
