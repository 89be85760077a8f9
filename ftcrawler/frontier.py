"""Which URL is fetched next: a Scrapy scheduler over the states of the sites.

The frontier is each state's pending URLs; nothing but what is in flight is held in memory,
and a killed run loses nothing that the state knows. Sites take turns, each at its own pace.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter, deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler

from ftcrawler import __version__
from ftcrawler.clock import iso
from ftcrawler.pace import Pace
from ftcrawler.site import Site
from ftcrawler.state import Target
from ftcrawler.store import SiteStore
from pipelines.records import Harvest, Outcome, Verdict

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

    from ftcrawler.spiders.articles import ArticlesSpider

logger = logging.getLogger(__name__)

MOST_LISTINGS = 5_000  # sitemaps and feeds that are read in one run
READ_AHEAD = 100  # pending URLs of a site held in memory
WAITING = 2  # requests of a site that wait for its delay: it never idles, others are not kept off
ENDING = 1.5  # seconds for the shards of a run that was told to end
STORAGE_REASON = "storage"


def user_agent(contact: str) -> str:
    """The project's name and where its user is reached.

    >>> user_agent("crawl@example.org")
    'ftcrawler/0.1.0 (+crawl@example.org)'
    """
    return f"ftcrawler/{__version__} (+{contact})" if contact else f"ftcrawler/{__version__}"


class Budget:
    """What all sites of a run may use together: pages, and seconds of ``time.monotonic``."""

    def __init__(self, pages: int = 0, seconds: float = 0.0) -> None:
        self.pages = pages or math.inf
        self.until = time.monotonic() + seconds if seconds else math.inf

    @property
    def spent(self) -> bool:
        """Whether nothing more is to be asked for."""
        return self.pages <= 0 or time.monotonic() >= self.until


class SiteQueue:
    """One site during a run: what is in flight, and what comes next."""

    def __init__(self, site: Site, store: SiteStore, agent: str) -> None:
        self.site = site
        self.agent = agent
        self.store = store
        self.retries: deque[Request] = deque()
        self.budget = Budget()
        self.inflight = 0
        self.bytes = 0  # of the bodies that came
        self.rendering: Counter[str] = Counter()  # not counted in the state yet
        self.fetched = store.fetched()
        self.listings = 0
        self.pace = Pace(site.request.delay)
        self.clock = store.clock
        self.window: tuple[int, int] | None = None  # Visit-time, minutes of the UTC day
        self.paused_until = 0.0  # seconds of time.monotonic
        self.resting: Verdict | None = None
        self._retracted = store.retractions()
        self._ahead: deque[Target] = deque()
        self._dry = -1  # the store's changes when it had nothing

    def headers(self, url: str) -> dict[str, str]:
        """Headers of a request: who asks, and to the site's own hosts what its file says."""
        own = self.site.request.headers if self.site.trusts(url) else {}
        return {"User-Agent": self.agent, **own}

    def rest(self, signal: str, reason: str, until: float = 0.0) -> None:
        """Ask for nothing more in this run: what is left waits for one that begins later."""
        reason = f"{reason}; not before {iso(until)}" if until else reason
        if self.resting is None:
            logger.warning("%s rests in this run: %s", self.site.name, reason)
        self.resting = Verdict("defer", signal, reason)

    def retracted(self, url: str) -> str:
        """Why the operator took a URL back by hand, or ``""``."""
        return next((r.reason for r in self._retracted if r.covers(url)), "")

    def is_full(self, sending: int) -> bool:
        """Whether enough is in flight, ``sending`` requests being on the wire.

        One more than the slot takes, so that it never idles; a slot with a delay needs no more
        than what it can send next.
        """
        if self.inflight > self.site.request.concurrency:
            return True
        return self.pace.delay > 0 and self.inflight - sending >= WAITING

    @property
    def spent(self) -> bool:
        """Whether the site's budget of pages is used up, or that of the whole run."""
        if self.budget.spent:
            return True
        most = None if self.store.rechecking else self.site.follow.max_pages
        return most is not None and self.fetched >= most

    def next(self) -> Target | None:
        """The next URL to fetch, or None when there is none now."""
        while True:
            if not self._claim():
                return None
            target = self._ahead.popleft()
            if target.kind == "page" or self.store.rechecking:
                self.fetched += 1
                self.budget.pages -= 1
            else:
                self.listings += 1
            if not (why := self._left_out(target)):
                self.inflight += 1
                return target
            outcome: Outcome = "denied" if target.kind == "page" else "failed"
            at = iso(self.clock())
            self.store.add(Harvest(self.site.name, target.url, outcome, why, fetched_at=at))

    def _left_out(self, target: Target) -> str:
        """Why a known URL is not asked for: the site file has changed, or listings have no end."""
        if self.store.rechecking or (target.depth == 0 and target.kind == "page"):
            return ""
        if target.kind != "page":
            return "too-many-listings" if self.listings > MOST_LISTINGS else ""
        deepest = self.site.follow.max_depth
        too_deep = deepest is not None and target.depth > deepest
        return "out of scope" if too_deep or not self.site.follows(target.url) else ""

    def pending(self) -> bool:
        """Whether anything can still come."""
        if self.retries or self.store.buffered:
            return True
        if self.spent or self.resting:
            return False
        return self._claim()

    def _claim(self) -> bool:
        """Read ahead; a state that had nothing is asked again only when it has changed."""
        if not self._ahead and self._dry != self.store.changes:
            self._ahead.extend(self.store.claim(READ_AHEAD))
            self._dry = -1 if self._ahead else self.store.changes
        return bool(self._ahead)


class Frontier(BaseScheduler):
    """Hands out requests, one site after the other, while each has room."""

    def __init__(self, spider: ArticlesSpider) -> None:
        self._spider = spider
        self._turns: deque[SiteQueue] = deque(spider.queues.values())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Frontier:
        """The frontier of the crawler's spider, whose sites are open already."""
        pages, seconds = (
            crawler.settings.getint("RUN_PAGES"),
            crawler.settings.getfloat("RUN_SECONDS"),
        )
        budget = Budget(pages, seconds)
        for queue in crawler.spider.queues.values():  # type: ignore[union-attr] # it has queues
            queue.budget = budget
        return cls(crawler.spider)  # type: ignore[arg-type] # the project has one spider

    def enqueue_request(self, request: Request) -> bool:
        """Take back a request that is tried again; links come by way of the state."""
        self._spider.queues[request.meta["site"]].retries.append(request)
        return True

    def next_request(self) -> Request | None:
        """The next request of the first site in turn that has room and work."""
        try:
            for _ in range(len(self._turns)):
                queue = self._turns[0]
                self._turns.rotate(-1)
                if queue.retries:
                    return queue.retries.popleft()
                if queue.spent or queue.resting or queue.is_full(self._sending(queue)):
                    continue
                if target := queue.next():
                    return self._spider.request(queue, target)
                queue.store.flush()
        except Exception as error:  # noqa: BLE001 - whatever the storage raises stops the run
            self._spider.storage_failed(error)
        return None

    def _sending(self, queue: SiteQueue) -> int:
        slot = self._spider.crawler.engine.downloader.slots.get(queue.site.name)
        return len(slot.transferring) if slot else 0

    def has_pending_requests(self) -> bool:
        """Whether any site has something left, committed or not."""
        if self._spider.broken:
            return False
        try:
            for queue in self._turns:
                if queue.spent or queue.resting:
                    queue.store.flush()
            return any(queue.pending() for queue in self._turns)
        except Exception as error:  # noqa: BLE001 - whatever the storage raises stops the run
            self._spider.storage_failed(error)
            return False

    def close(self, reason: str) -> Deferred[None] | None:
        """Commit and seal every site; failures are the spider's to report."""
        finish(self._spider.queues.values(), reason, self._spider)
        return None


def finish(queues: Iterable[SiteQueue], reason: str, spider: Any) -> None:
    """End the run of each site, one failing site not stopping the others.

    All of them write at once. A run that was told to end takes no more than some seconds for it:
    rows that are in no shard by then are in the state, for the next run to write.
    """
    queues = list(queues)
    until = time.monotonic() + ENDING if reason == "shutdown" else math.inf

    def first(queue: SiteQueue) -> None:
        queue.store.state.count(queue.store.run, queue.rendering)
        queue.store.begin_end()

    def then(queue: SiteQueue) -> None:
        queue.store.end(reason, seal=time.monotonic() < until)

    for step in (first, then):
        for queue in queues:
            try:
                if not spider.broken:
                    step(queue)
            except Exception as error:  # noqa: BLE001 - each site is ended, whatever one raises
                spider.storage_failed(error)
