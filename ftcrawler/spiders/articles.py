"""The spider ``articles``: fetches what the frontier hands out, reads signals and links."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from scrapy import Request, Spider

from ftcrawler.answers import failure_reason, is_html, kept_headers
from ftcrawler.commit import iso
from ftcrawler.consent.decision import Statement
from ftcrawler.consent.gather import page_signals
from ftcrawler.consent.probes import probe_statements
from ftcrawler.feeds import FeedError, read_feed, read_sitemap
from ftcrawler.fetching import ConsentGate, RefusedError
from ftcrawler.frontier import STORAGE_REASON, SiteQueue, user_agent
from ftcrawler.links import is_too_deep, read_frame
from ftcrawler.opening import open_store
from ftcrawler.site import Site, SiteError
from ftcrawler.sitefiles import load_sites, require_contacts
from ftcrawler.state import LockedError, Target
from ftcrawler.summary import SiteResult, gather
from ftcrawler.urls import canonical, origin_of
from pipelines.decode import decode_page
from pipelines.harvest import SiteRules
from pipelines.records import Harvest, Offer, Page, Rejected, Verdict

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

logger = logging.getLogger(__name__)

OK, NOT_MODIFIED, PAYMENT_REQUIRED = 200, 304, 402
GONE = (404, 410)
REDIRECTS = frozenset((301, 302, 303, 307, 308))
MAX_REDIRECTS = 10


class ArticlesSpider(Spider):
    """Crawls every enabled site, or those that ``-a site=a,b`` names."""

    name = "articles"

    queues: dict[str, SiteQueue]
    rules: dict[str, SiteRules]
    gate: ConsentGate

    def __init__(self, site: str = "", full: str = "", **unknown: Any) -> None:
        super().__init__()
        if unknown:
            names = ", ".join(unknown)
            raise SiteError([f"-a {names}: unknown; known are -a site=NAME,NAME and -a full=1"])
        if site and not site.strip(", "):
            raise SiteError([f"-a site={site}: names no site"])
        self.names = [name.strip() for name in site.split(",") if name.strip()] or None
        self.full = full.lower() not in ("", "0", "no", "false")
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
        sites = load_sites(Path(settings["SITES_DIR"]), spider.names)
        if not sites:
            raise SiteError([f"{settings['SITES_DIR']}: no site is enabled"])
        require_contacts(sites, settings["CONTACT"])
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
        store.begin(site.rules_hash(), full=self.full)
        listed = site.sitemaps if isinstance(site.sitemaps, list) else []
        store.seed(
            [
                *(Offer(url) for url in site.start_urls),
                *(Offer(url, "sitemap") for url in listed),
                *(Offer(url, "feed") for url in site.feeds),
            ]
        )
        self.rules[site.name] = SiteRules(site.extract_rules, site.pair_rules)
        contact = site.request.contact or settings["CONTACT"]
        self.queues[site.name] = SiteQueue(site, store, user_agent(contact))

    async def start(self) -> AsyncIterator[Any]:
        """Seeds come from the state; here only the sitemaps that robots.txt names are added."""
        for queue in self.queues.values():
            if queue.site.sitemaps == "robots":
                origins = dict.fromkeys(map(origin_of, queue.site.start_urls))
                for origin in origins:
                    found = await self.gate.origin(origin, queue)
                    named = filter(None, map(canonical, found.robots.sitemaps))
                    queue.store.seed([Offer(url, "sitemap") for url in named])
        return
        yield  # an async generator that yields nothing

    def request(self, queue: SiteQueue, target: Target) -> Request:
        """The request for a URL: conditional when the last answer had validators."""
        headers = queue.headers(target.url)
        if target.etag:
            headers["If-None-Match"] = target.etag
        if target.last_modified:
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

    async def parse(self, response: Response) -> AsyncIterator[Page | Harvest]:
        """One answer to one Page, or to the outcome that it has without being read."""
        meta = response.meta
        queue, target = self.queues[meta["site"]], meta["target"]
        queue.inflight -= 1
        headers = kept_headers(
            (key.decode("latin-1"), value.decode("latin-1"))
            for key, values in response.headers.items()
            for value in values
        )
        page = Page(
            site=queue.site.name,
            url=target.url,
            status=response.status,
            headers=headers,
            body=response.body,
            fetched_at=iso(self.clock()),
            verdict=Verdict("allow"),
            known_body=target.body_hash,
        )
        if response.status in REDIRECTS:
            yield self._redirected(queue, target, page)
        elif response.status == NOT_MODIFIED:
            yield self._not_modified(queue, page, meta["statements"])
        elif response.status == PAYMENT_REQUIRED:
            yield self._priced(queue, page, meta["statements"])
        elif response.status != OK:
            yield outcome(page, "failed", f"http-{response.status}")
        elif target.kind == "page":
            yield await self._page(queue, page, meta["statements"])
        else:
            yield self._listing(queue, target, page)

    def _redirected(self, queue: SiteQueue, target: Target, page: Page) -> Harvest:
        """A redirect is one URL's outcome; where it leads is another URL, asked for anew."""
        location = page.header("location")
        try:
            goal = canonical(urljoin(page.url, location)) if location else ""
        except ValueError:
            goal = ""
        if not goal:
            return outcome(page, "failed", "redirect-nowhere")
        if goal == page.url or target.hops >= MAX_REDIRECTS:
            return outcome(page, "failed", "redirect-loop")
        listing = target.kind != "page" and queue.site.covers(goal)
        if not (listing or queue.site.follows(goal)):
            reason = "not followed" if queue.site.covers(goal) else "off-site"
            return outcome(page, "redirected", reason).but(links=())
        return outcome(page, "redirected").but(redirect_to=goal, links=())

    def _not_modified(self, queue: SiteQueue, page: Page, said: list[Statement]) -> Harvest:
        """The page is as it was, but its headers may say otherwise about its use now."""
        signals = page_signals(page.headers, (), (), (), page.fetched_at, url=page.url, site=said)
        verdict = queue.site.decide(list(signals.statements), page=False)
        if verdict.decision != "allow":
            refused = outcome(page, "rejected", f"consent: {verdict.signal}")
            return refused.but(verdict=verdict)
        return outcome(page, "unchanged", "not modified")

    def _priced(self, queue: SiteQueue, page: Page, said: list[Statement]) -> Harvest:
        """A page that asks for money (402) is refused, unless a permission outweighs it."""
        signals = page_signals(
            page.headers, (), (), (), page.fetched_at, url=page.url, site=said, status=page.status
        )
        verdict = queue.site.decide(list(signals.statements), page=False)
        if verdict.decision != "deny":
            return outcome(page, "failed", f"http-{page.status}")
        return outcome(page, "rejected", f"consent: {verdict.signal}").but(verdict=verdict)

    def _listing(self, queue: SiteQueue, target: Target, page: Page) -> Harvest:
        """A sitemap or feed: the URLs in scope that it names."""
        read = read_sitemap if target.kind == "sitemap" else read_feed
        try:
            offers = read(page.body)
        except FeedError as error:
            return outcome(page, "failed", str(error))
        except ValueError:  # characters that no XML may hold, in a file that was mended
            return outcome(page, "failed", "not-xml")
        kept = [o for o in offers if o.kind == "sitemap" or queue.site.follows(o.url)]
        return outcome(page, "read").but(links=tuple(kept))

    async def _page(self, queue: SiteQueue, page: Page, said: list[Statement]) -> Page | Harvest:
        """A page's own signals and its links; the rest is the pipelines' work."""
        content_type = page.header("content-type")
        if not is_html(content_type, page.body):
            return outcome(page, "rejected", "not-html").but(links=())
        text = decode_page(page.body, content_type or None)
        if isinstance(text, Rejected):
            return outcome(page, "rejected", text.reason).but(links=())
        if is_too_deep(text):
            return outcome(page, "rejected", "too-deep").but(links=())
        frame = read_frame(text, page.url)
        signals = page_signals(
            page.headers,
            frame.metas,
            frame.rels,
            [text for kind, text in frame.scripts if kind == "application/ld+json"],
            page.fetched_at,
            url=page.url,
            site=said,
            rsl_texts=[text for kind, text in frame.scripts if kind == "application/rsl+xml"],
        )
        statements = list(signals.statements)
        for pointer in signals.rsl_urls:
            statements += probe_statements(await self.gate.document(pointer, queue), page.url)
        links = () if signals.nofollow else frame.links
        offers = tuple(Offer(link) for link in links if queue.site.follows(link))
        verdict = queue.site.decide(statements)
        if verdict.decision == "defer":
            waits = outcome(page, "failed", f"consent deferred: {verdict.signal}")
            return waits.but(etag="", last_modified="", links=offers, verdict=verdict)
        if verdict.decision != "allow":
            refused = outcome(page, "rejected", f"consent: {verdict.signal}")
            return refused.but(links=offers, verdict=verdict)
        return Page(
            page.site,
            page.url,
            page.status,
            page.headers,
            page.body,
            page.fetched_at,
            verdict,
            offers,
            page.known_body,
        )

    def failed(self, failure: Failure) -> Harvest:
        """A request that gave no answer: refused by consent, or failed."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        queue, target = self.queues[request.meta["site"]], request.meta["target"]
        queue.inflight -= 1
        base = Harvest(queue.site.name, target.url, "failed", fetched_at=iso(self.clock()))
        error = failure.value or RuntimeError("no error given")
        if isinstance(error, RefusedError):
            verdict = error.verdict
            denied = "denied" if verdict.decision == "deny" else "deferred"
            return base.but(outcome=denied, reason=verdict.signal, verdict=verdict)
        return base.but(reason=failure_reason(error))

    def keep(self, harvest: Harvest) -> None:
        """Store a harvest; storage that refuses stops the run, loudly."""
        if self.broken:
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
            import asyncio  # noqa: PLC0415 - only on the way out

            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=STORAGE_REASON))

    def close_sites(self) -> None:
        """Gather the results, and let go of every site's lock."""
        for name, queue in self.queues.items():
            self.results[name] = gather(queue.store)
            queue.store.close()


def outcome(page: Page, name: str, reason: str = "") -> Harvest:
    """The harvest of an answer that is not read further."""
    return Harvest(
        page.site,
        page.url,
        name,  # type: ignore[arg-type] # the callers pass literal outcomes
        reason,
        page.status,
        page.fetched_at,
        page.header("etag"),
        page.header("last-modified"),
        verdict=page.verdict,
    )
