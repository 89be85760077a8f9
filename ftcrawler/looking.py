"""One look at a few URLs, with the same gates as a crawl and without a trace in any state."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from scrapy import Request, Spider

from ftcrawler.frontier import SiteQueue, user_agent
from ftcrawler.opening import open_store
from ftcrawler.rendering import require_renderer
from ftcrawler.site import Site
from ftcrawler.spiders.articles import ArticlesSpider
from ftcrawler.summary import SiteResult
from pipelines.records import Harvest, Offer, Page
from pipelines.rules import SiteRules

if TYPE_CHECKING:
    from scrapy.crawler import Crawler, CrawlerProcess
    from scrapy.http import Response
    from twisted.python.failure import Failure

Seen = Page | Harvest


class LookSpider(ArticlesSpider):
    """Fetches ``urls`` for one site and keeps what came: redirects are followed, links are not."""

    name = "look"
    here = True
    _folder: tempfile.TemporaryDirectory[str]

    def __init__(self) -> None:
        Spider.__init__(self)
        self.full = self.recheck = False
        self.profile = ""
        self.queues: dict[str, SiteQueue] = {}
        self.rules: dict[str, SiteRules] = {}
        self.locked: list[str] = []
        self.broken: list[str] = []
        self.results: dict[str, SiteResult] = {}
        self.clock = time.time
        self.seen: list[Seen] = []

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, *_args: Any, site: Site, urls: Iterable[str], **_: Any
    ) -> Self:
        """A spider over a state of its own, which is thrown away with it."""
        require_renderer([site], crawler.settings["CHROMIUM"], crawler.settings["SITES_DIR"])
        spider: Self = super(ArticlesSpider, cls).from_crawler(crawler)
        spider._folder = tempfile.TemporaryDirectory(prefix="ftcrawler-look-")
        store = open_store(site, crawler.settings, Path(spider._folder.name), spider.clock)
        store.begin("")
        store.seed([Offer(url) for url in urls])
        spider.rules[site.name] = SiteRules(site.extract_rules, site.pair_rules)
        contact = site.request.contact or crawler.settings["CONTACT"]
        spider.queues[site.name] = SiteQueue(site, store, user_agent(contact))
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Everything comes from the state."""
        return
        yield  # an async generator that yields nothing

    async def parse(self, response: Response) -> AsyncIterator[Page | Harvest | Request]:
        """Keep what came; where a redirect leads is looked at, too."""
        async for item in super().parse(response):
            if isinstance(item, Request):
                yield item
            else:
                self._keep(item)

    def failed(self, failure: Failure) -> Harvest | None:
        """Keep why nothing came."""
        item = super().failed(failure)
        if item:
            self._keep(item)
        return item

    def keep(self, harvest: Harvest) -> None:
        """Nothing is stored."""

    def _keep(self, item: Seen) -> None:
        self.seen.append(item)
        if isinstance(item, Harvest) and item.redirect_to:
            store = next(iter(self.queues.values())).store
            store.seed([Offer(item.redirect_to)])

    async def close_sites(self) -> None:
        """Throw the state away."""
        await super().close_sites()
        self._folder.cleanup()


Look = TypeVar("Look", bound=LookSpider)


def look(process: CrawlerProcess, site: Site, urls: Iterable[str]) -> list[Seen]:
    """What each URL and each redirect gave, in the order in which the answers came.

    Blocks until all are there. Raises what the crawl raised before its first request.
    """
    return run_look(process, LookSpider, site, urls).seen


def run_look(process: CrawlerProcess, kind: type[Look], site: Site, urls: Iterable[str]) -> Look:
    """The spider of a look when all that it asked for is there; else as ``look``."""
    crawler = process.create_crawler(kind)
    task = process.crawl(crawler, site=site, urls=list(urls))
    process.start()
    error = task.exception() if task.done() and not task.cancelled() else None  # type: ignore[attr-defined] # an asyncio.Task with the asyncio reactor
    if error is not None:
        raise error
    spider: Look = crawler.spider  # type: ignore[assignment] # made just above
    return spider
