"""What an origin says, asked for once a day: robots.txt, and the files that speak of AI use."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from ftcrawler.answers import RefusedError, UnusableError, failure_words
from ftcrawler.clock import iso
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
from ftcrawler.consent.versions import LIST_VERSION, RULES_VERSION
from ftcrawler.headers import header_text
from ftcrawler.pace import MAX_CRAWL_DELAY
from ftcrawler.urls import canonical
from pipelines.records import Trace, Verdict

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from ftcrawler.frontier import SiteQueue
    from ftcrawler.spiders.articles import ArticlesSpider
    from ftcrawler.state import RobotsCopy

logger = logging.getLogger(__name__)

CACHE_SECONDS = 24 * 3600.0  # RFC 9309 2.4: no longer than a day
ROBOTS_REDIRECTS = 5  # RFC 9309 2.3.1.2: follow at least five
MOST_POLICY_BYTES = 64 * 1024 * 1024  # what is longer is no answer; MAX_BYTES of it are read
_REDIRECTS = range(300, 400)
_NO_RULES = Robots()
# What permits a fetch is looked for again in a long run, too; the key of a kept answer.
_Key = tuple[str, str]


@dataclass(frozen=True)
class Origin:
    """What an origin says: the rules of its robots.txt, or one verdict for every URL; its files.

    ``file`` describes robots.txt for the ledger: url, final_url, status, fetched_at, sha256.
    """

    url: str
    robots: Robots = _NO_RULES
    blanket: Verdict | None = None
    probes: tuple[ProbeResult, ...] = ()
    file: tuple[tuple[str, Any], ...] = ()
    agent: str = ""

    def statements(self, url: str) -> list[Statement]:
        """What robots.txt and the policy files say about the use of one URL."""
        said = robots_statements(self.robots, url) + named_agent_statements(self.robots, url)
        return said + [s for probe in self.probes for s in probe_statements(probe, url)]

    def fetch_verdict(self, url: str) -> Verdict:
        """Whether the origin's robots.txt lets us fetch one URL, with the rule that decided."""
        if self.blanket:
            return replace(self.blanket, trace=self._trace)
        answer = self.robots.check(url, OUR_TOKENS)
        trace = self._trace
        if answer.group:
            trace = replace(
                trace,
                robots_group=answer.group,
                robots_rule=answer.rule,
                robots_line=answer.line,
            )
        if answer.allowed:
            return Verdict("allow", trace=trace)
        reason = f"{self.url} line {answer.line} disallows it for {answer.group or '*'}"
        return Verdict("deny", "robots.txt", reason, answer.rule and _as_evidence(answer), trace)

    @cached_property
    def _trace(self) -> Trace:
        said = {
            "robots": dict(self.file) or {"url": self.url},
            "user_agent": self.agent,
            "tokens": list(OUR_TOKENS),
            "probed": [
                {"path": p.path, "state": p.state, "why": p.why}
                | ({"sha256": p.sha256} if p.state == "read" else {})
                for p in self.probes
            ],
            "rules_version": RULES_VERSION,
            "list_version": LIST_VERSION,
        }
        text = json.dumps(said, ensure_ascii=False)
        said["robots"] = {k: v for k, v in self.file if k != "fetched_at"}
        key = hashlib.blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()
        return Trace(text, key)


def _as_evidence(answer: Any) -> str:
    """A robots rule as the statement that it is."""
    statement = {
        "signal": "robots.txt",
        "source": f"robots.txt line {answer.line}",
        "raw": f"User-agent: {answer.group or '*'}; {answer.rule}",
        "effect": "deny",
        "reason": "the page may not be fetched",
        "spec": "RFC 9309",
    }
    kept = {"rules": RULES_VERSION, "agents": LIST_VERSION, "statements": [statement]}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


class OriginBook:
    """Asks each origin's files before the first request to it, and again after a day."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._tasks: dict[_Key, tuple[float, asyncio.Task[Any]]] = {}

    async def origin(self, origin: str, queue: SiteQueue) -> Origin:
        """The origin's robots.txt and policy files."""
        found: Origin = await self._once((queue.site.name, origin), queue, self._look, origin)
        return found

    async def document(self, url: str, queue: SiteQueue) -> ProbeResult:
        """A licence document that a page or robots.txt declares."""
        key = (queue.site.name, f"rsl {url}")
        found: ProbeResult = await self._once(key, queue, self._declared, url)
        return found

    async def licences(
        self, pointers: Iterable[str], url: str, queue: SiteQueue
    ) -> list[Statement]:
        """What the licence documents that a page at ``url`` declares say about it."""
        found = [await self.document(pointer, queue) for pointer in pointers]
        return [statement for result in found for statement in probe_statements(result, url)]

    async def _once(self, key: _Key, queue: SiteQueue, ask: Any, what: str) -> Any:
        """The answer of today, asked for by the first who wants it."""
        now = queue.clock()
        asked, task = self._tasks.get(key, (-CACHE_SECONDS, None))
        if task is None or not 0 <= now - asked < CACHE_SECONDS:
            coroutine: Coroutine[Any, Any, Any] = ask(what, queue)
            task = asyncio.ensure_future(coroutine)
            self._tasks[key] = now, task
        return await asyncio.shield(task)

    @property
    def _afresh(self) -> bool:
        spider: ArticlesSpider = self._crawler.spider  # type: ignore[assignment] # only ours
        return spider.full or spider.recheck

    async def _look(self, origin: str, queue: SiteQueue) -> Origin:
        found = await self._fetch(origin, queue)
        if found.blanket:
            return found
        probes = await self._probes(origin, found, queue)
        pointers = robots_pointers(found.robots, found.url)
        declared = [await self.document(pointer, queue) for pointer in pointers]
        return replace(found, probes=(*probes, *declared))

    async def _declared(self, url: str, queue: SiteQueue) -> ProbeResult:
        return await self._probe(rsl_probe(url), url, queue)

    async def _probes(
        self, origin: str, found: Origin, queue: SiteQueue
    ) -> tuple[ProbeResult, ...]:
        """The policy files of an origin, asked for once a day where robots.txt permits it."""
        state, now = queue.store.state, queue.clock()
        kept = None if self._afresh else state.probes(origin, now - CACHE_SECONDS)
        if kept is not None:
            return tuple(ProbeResult(**result) for result in kept)
        permitted = [p for p in PROBES if found.robots.check(origin + p.path, OUR_TOKENS).allowed]
        results = [await self._probe(probe, origin + probe.path, queue) for probe in permitted]
        if not any(result.may_change for result in results):
            state.set_probes(origin, [asdict(result) for result in results], now)
        return tuple(results)

    async def _probe(self, probe: Probe, url: str, queue: SiteQueue) -> ProbeResult:
        try:
            status, body, content_type, _ = await self._download(url, queue)
        except Exception as error:  # noqa: BLE001 - what cannot be read is judged as such
            logger.info("%s: %s", url, error)
            return read_probe(probe, None, "", b"")
        return read_probe(probe, status, content_type, body)

    async def _fetch(self, origin: str, queue: SiteQueue) -> Origin:
        """The file of a copy of today, of a request, or of the last good copy, in this order."""
        state, now = queue.store.state, queue.clock()
        copy = None if self._afresh else state.robots(origin)
        if copy and 0 <= now - copy.fetched_at < CACHE_SECONDS:
            return self._read(origin, queue, copy)
        url = f"{origin}/robots.txt"
        try:
            status, body, _, final_url = await self._download(url, queue)
        except RefusedError as error:
            return Origin(url, blanket=error.verdict, agent=queue.agent)
        except Exception as error:  # noqa: BLE001 - any trouble defers, RFC 9309 2.3.1.4
            status, body, final_url, why = 0, b"", url, failure_words(error)
        else:
            why = f"status {status}"
        body = body[: MAX_BYTES + 1]
        if fetch_policy(status) == "parse" and parse_robots(body).kind == "compressed":
            status, why = 0, "compressed beyond reading"
        if fetch_policy(status or None) != "defer":
            copy = state.set_robots(origin, status, body, now, final_url)
            return self._read(origin, queue, copy)
        if copy := state.robots(origin):
            logger.warning("%s: %s: the copy of %s holds", url, why, iso(copy.fetched_at))
            return self._read(origin, queue, copy)
        logger.warning("%s: %s: the site waits until the next run", url, why)
        file = (("url", url), ("status", status), ("fetched_at", iso(now)), ("why", why))
        return Origin(url, blanket=_blanket("defer", url, why), file=file, agent=queue.agent)

    def _read(self, origin: str, queue: SiteQueue, copy: RobotsCopy) -> Origin:
        """What an answer says; its pace becomes the site's."""
        url = f"{origin}/robots.txt"
        file = (
            ("url", url),
            ("final_url", copy.final_url or url),
            ("status", copy.status),
            ("fetched_at", iso(copy.fetched_at)),
            ("sha256", copy.sha256),
        )
        found = Origin(url, file=file, agent=queue.agent)
        policy = fetch_policy(copy.status)
        if policy == "deny":
            logger.warning("%s: status %d: nothing may be fetched", url, copy.status)
            return replace(found, blanket=_blanket(policy, url, f"status {copy.status}"))
        robots = parse_robots(copy.body) if policy == "parse" else _NO_RULES
        self._slow_down(robots, queue)
        return replace(found, robots=robots)

    async def _download(self, url: str, queue: SiteQueue) -> tuple[int, bytes, str, str]:
        """Status, body, type and URL behind redirects, across hosts too (RFC 9309 2.3.1.2)."""
        status, first = 0, url
        for _ in range(ROBOTS_REDIRECTS + 1):
            request = Request(
                url,
                callback=NO_CALLBACK,
                headers=queue.headers(url),
                meta={
                    "site": queue.site.name,
                    "is_policy": True,
                    "download_slot": queue.site.name,
                    "download_timeout": queue.site.request.timeout,
                    "download_maxsize": MOST_POLICY_BYTES,
                },
            )
            try:
                response: Response = await self._crawler.engine.download_async(request)
            except RefusedError as error:
                if url == first or queue.resting:
                    raise
                raise UnusableError("redirect", f"redirected to {url}: {error}") from error
            status = response.status
            target = header_text(response.headers.get("Location", b"") or b"")
            goal = canonical(urljoin(url, target))
            if status not in _REDIRECTS or not target or not goal:
                content_type = response.headers.get("Content-Type", b"") or b""
                return status, response.body, content_type.decode("latin-1"), url
            url = goal
        return status, b"", "", url

    def _slow_down(self, robots: Robots, queue: SiteQueue) -> None:
        """The slowest of site file, Crawl-delay and Request-rate is the pace; Visit-time counts."""
        queue.window = robots.visit_time()
        asked = max(robots.crawl_delay() or 0.0, robots.request_rate() or 0.0)
        if asked > MAX_CRAWL_DELAY:
            queue.rest("crawl-delay", f"robots.txt asks for {asked:g} s between requests")
        if asked <= queue.pace.floor:
            return
        logger.info("%s: robots.txt asks for %g s between requests", queue.site.name, asked)
        queue.pace.raise_floor(asked)
        downloader = self._crawler.engine.downloader
        downloader.per_slot_settings[queue.site.name]["delay"] = queue.pace.delay
        if slot := downloader.slots.get(queue.site.name):
            slot.delay = queue.pace.delay


def _blanket(policy: str, url: str, why: str) -> Verdict:
    decision = "deny" if policy == "deny" else "defer"
    return Verdict(decision, "robots.txt", f"{url}: {why}")  # type: ignore[arg-type] # narrowed
