"""The spider ``articles``: fetches what the frontier hands out, reads signals and links."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider

from ftcrawler.answers import RefusedError, failure_reason
from ftcrawler.clock import iso, shifted
from ftcrawler.consent.decision import Statement
from ftcrawler.consent.tdmrep import SIGNAL as TDM_SIGNAL
from ftcrawler.frontier import STORAGE_REASON, SiteQueue, user_agent
from ftcrawler.headers import header_text, kept_headers
from ftcrawler.opening import open_store
from ftcrawler.origins import OriginBook
from ftcrawler.permitting import outcome
from ftcrawler.reading import NOT_MODIFIED, Reading, traced
from ftcrawler.rendering import Renderer, require_renderer
from ftcrawler.site import Site, SiteError
from ftcrawler.sitefiles import load_sites, require_contacts
from ftcrawler.state import LockedError, Target
from ftcrawler.summary import SiteResult, gather
from ftcrawler.urls import canonical, origin_of
from ftcrawler.working import LET_GO, Extractor, SiteWork
from pipelines.records import Harvest, Offer, Page, Trace, Verdict
from pipelines.rules import SiteRules

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from ftcrawler.display import Progress

logger = logging.getLogger(__name__)

GONE = (404, 410)
_VALIDATORS = {b"If-None-Match", b"If-Modified-Since"}


class ArticlesSpider(Spider):
    """Crawls every enabled site, or those that ``-a site=a,b`` names.

    ``full`` reads every page anew; ``recheck`` only looks whether what was kept may be used;
    ``profile`` is a folder for the profiles of the processes that read pages.
    """

    name = "articles"
    leaving = False  # whether the run was told to end: what is not answered has no outcome
    here = False  # whether what pages say of their use is read before they are handed on

    queues: dict[str, SiteQueue]
    rules: dict[str, SiteRules]
    book: OriginBook
    progress: Progress | None = None  # set when the run begins
    _extractor: Extractor | None = None
    renderer: Renderer | None = None  # set when a site of the run wants it

    def __init__(
        self, site: str = "", full: str = "", recheck: str = "", profile: str = "", **unknown: Any
    ) -> None:
        super().__init__()
        self.profile = profile
        unknown.pop("_job", None)  # scrapyd gives every job's number
        if unknown:
            names = ", ".join(unknown)
            raise SiteError(
                [f"-a {names}: unknown; known are -a site=NAME,NAME, -a full=1 and -a recheck=1"]
            )
        if site and not site.strip(", "):
            raise SiteError([f"-a site={site}: names no site"])
        self.names = [name.strip() for name in site.split(",") if name.strip()] or None
        self.full = full.lower() not in ("", "0", "no", "false")
        self.recheck = recheck.lower() not in ("", "0", "no", "false")
        self.queues = {}
        self.rules = {}
        self.locked: list[str] = []
        self.broken: list[str] = []
        self.results: dict[str, SiteResult] = {}
        self.clock = time.time

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> ArticlesSpider:
        """Load the site files and open each site's memory; whatever is wrong is said here."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.clock = shifted(time.time, settings.getfloat("CLOCK_OFFSET"))
        sites = load_sites(Path(settings["SITES_DIR"]), spider.names)
        if not sites:
            raise SiteError([f"{settings['SITES_DIR']}: no site is enabled"])
        require_contacts(sites, settings["CONTACT"])
        require_renderer(sites, settings["CHROMIUM"], settings["SITES_DIR"])
        for site in sites:
            spider.open_site(site, settings)
        if not spider.queues:
            raise LockedError("nothing to crawl: every chosen site is locked")
        return spider

    def open_site(self, site: Site, settings: BaseSettings) -> None:
        """Open a site's memory and begin its run; a locked site is left out, the others go on."""
        data_dir = Path(settings["DATA_DIR"]).absolute()
        try:
            store = open_store(site, settings, data_dir, self.clock)
        except LockedError as error:
            logger.error("%s", error)  # noqa: TRY400 - a sentence says it all
            self.locked.append(str(error))
            return
        if self.recheck:
            store.begin_recheck(site.rules_hash())
        else:
            store.begin(site.rules_hash(), full=self.full)
            store.seed(seeds(site))
        self.rules[site.name] = SiteRules(site.extract_rules, site.pair_rules, store.boilerplate())
        contact = site.request.contact or settings["CONTACT"]
        queue = SiteQueue(site, store, user_agent(contact))
        self.queues[site.name] = queue
        until = float(store.state.meta("rest_until") or 0)
        if self.clock() < until:
            queue.rest("retry-after", "the site asked for time", until)

    async def start(self) -> AsyncIterator[Any]:
        """Seeds come from the state; here only the sitemaps that robots.txt names are added."""
        if not self.recheck and any(q.store.state.pending()[0] for q in self.queues.values()):
            self._reader().begin()  # while the first pages are asked for
        wanted = [queue for queue in self.queues.values() if queue.site.sitemaps == "robots"]
        if not self.recheck:
            await asyncio.gather(*map(self._sitemaps, wanted))  # no slow site keeps others waiting
        return
        yield  # an async generator that yields nothing

    async def _sitemaps(self, queue: SiteQueue) -> None:
        """Make the sitemaps known that a site's robots.txt names."""
        if queue.resting:
            return
        for origin in dict.fromkeys(map(origin_of, queue.site.start_urls)):
            found = await self.book.origin(origin, queue)
            named = filter(None, map(canonical, found.robots.sitemaps))
            queue.store.seed([Offer(url, "sitemap") for url in named])

    def request(self, queue: SiteQueue, target: Target) -> Request:
        """The request for a URL: conditional when the last answer had validators."""
        headers = queue.headers(target.url)
        # What scripts write may change while the HTML that the server vouches for does not.
        conditional = target.kind != "page" or not queue.site.request.render
        if target.etag and conditional:
            headers["If-None-Match"] = target.etag
        if target.last_modified and conditional:
            headers["If-Modified-Since"] = target.last_modified
        return Request(
            target.url,
            callback=self.parse,
            errback=self.failed,
            headers=headers,
            dont_filter=True,
            meta={
                "site": queue.site.name,
                "target": target,
                "download_slot": queue.site.name,
                "download_timeout": queue.site.request.timeout,
            },
        )

    async def parse(self, response: Response) -> AsyncIterator[Page | Harvest | Request]:
        """One answer to one Page, or to the outcome that it has without being read."""
        queue, target = self.queues[response.meta["site"]], response.meta["target"]
        try:
            try:
                read = await self._answer(response, queue, target)
            finally:
                queue.inflight -= 1
            if _must_be_seen(read):
                queue.inflight += 1
                yield self.request(queue, target._replace(etag="", last_modified=""))
                return
            yield read
        except Exception as error:
            logger.exception("our own code failed on %s", target.url)
            crashed = Harvest(queue.site.name, target.url, "failed", status=response.status)
            yield crashed.but(
                reason=f"spider-crashed {type(error).__name__}", fetched_at=iso(self.clock())
            )

    async def _answer(self, response: Response, queue: SiteQueue, target: Target) -> Page | Harvest:
        meta = response.meta
        queue.bytes += len(response.body)
        headers = kept_headers(
            (key.decode("latin-1"), header_text(value))
            for key, values in response.headers.items()
            for value in values
        )
        came = queue.store.state.redirects_to(target.id) if target.hops else ()
        page = Page(
            site=queue.site.name,
            url=target.url,
            status=response.status,
            headers=headers,
            body=response.body,
            fetched_at=iso(self.clock()),
            verdict=Verdict("allow", trace=traced(meta["trace"] or Trace(), headers, came)),
            known_body=target.body_hash,
        )
        asked = response.request.headers if response.request else {}
        if page.status == NOT_MODIFIED and not (_VALIDATORS & asked.keys()):
            return outcome(page, "failed", f"http-{page.status}")  # nobody asked whether
        said = meta["statements"]
        reading = Reading(queue, target, self.book, said, self.renderer, here=self.here)
        return await reading.read(page)

    def failed(self, failure: Failure) -> Harvest | None:
        """A request that gave no answer: refused by consent, failed, or let go of."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        queue, target = self.queues[request.meta["site"]], request.meta["target"]
        queue.inflight -= 1
        if self.leaving:
            return None
        base = Harvest(queue.site.name, target.url, "failed", fetched_at=iso(self.clock()))
        error = failure.value or RuntimeError("no error given")
        if isinstance(error, RefusedError):
            verdict = error.verdict
            denied = "denied" if verdict.decision == "deny" else "deferred"
            return base.but(outcome=denied, reason=verdict.signal, verdict=verdict)
        return base.but(reason=failure_reason(error))

    async def harvest(self, page: Page) -> Harvest:
        """What a page gives, read in a process of its own."""
        return await self._reader().harvest(page)

    def _reader(self) -> Extractor:
        """What reads pages, made when it is wanted first."""
        if self._extractor is None:
            settings = self.crawler.settings
            works = {
                name: SiteWork(self.queues[name].site, rules, self.recheck)
                for name, rules in self.rules.items()
            }
            self._extractor = Extractor(
                works,
                self._licences,
                settings.getint("EXTRACT_PROCESSES"),
                settings.getfloat("EXTRACT_SECONDS"),
                settings.getint("EXTRACT_PAGES"),
                self.profile,
            )
        return self._extractor

    async def _licences(self, page: Page, pointers: Sequence[str]) -> Sequence[Statement]:
        return await self.book.licences(pointers, page.url, self.queues[page.site])

    def keep(self, harvest: Harvest) -> None:
        """Store a harvest; storage that refuses stops the run, loudly."""
        if self.broken or harvest.reason == LET_GO:
            return
        if harvest.outcome == "failed":
            level = logging.INFO if harvest.status in GONE else logging.WARNING
            logger.log(level, "%s: %s: %s", harvest.site, harvest.url, harvest.reason)
        try:
            self.queues[harvest.site].store.add(harvest)
        except Exception as error:  # noqa: BLE001 - whatever the storage raises stops the run
            self.storage_failed(error)

    def storage_failed(self, error: BaseException) -> None:
        """Stop the run: what could not be stored is done again by the next one."""
        first = not self.broken
        self.broken.append(f"{type(error).__name__}: {error}")
        logger.critical("the storage refuses, the run stops: %s", self.broken[-1])
        engine = self.crawler.engine
        if first and engine.spider is not None:
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=STORAGE_REASON))

    async def let_go(self) -> None:
        """End the processes: the pages that they have are the next run's."""
        if self._extractor:
            await self._extractor.close()

    async def close_sites(self) -> None:
        """End the processes, gather the results, and let go of every site's lock."""
        await self.let_go()
        if self.progress:
            self.progress.close()
        for name, queue in self.queues.items():
            resting = queue.resting.reason if queue.resting else ""
            self.results[name] = gather(queue.store, resting, queue.bytes)
            queue.store.close()


def _must_be_seen(read: Page | Harvest) -> bool:
    """Whether a page that was not sent again may say otherwise than its headers: only whole."""
    refused = isinstance(read, Harvest) and read.verdict.decision == "deny"
    return refused and read.status == NOT_MODIFIED and read.verdict.signal == TDM_SIGNAL


def seeds(site: Site) -> list[Offer]:
    """Where the crawl of a site begins: its pages, sitemaps and feeds."""
    listed = site.sitemaps if isinstance(site.sitemaps, list) else []
    return [
        *(Offer(url) for url in site.start_urls),
        *(Offer(url, "sitemap") for url in listed),
        *(Offer(url, "feed") for url in site.feeds),
    ]
