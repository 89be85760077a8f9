"""A look at a whole site: its start page, sitemaps, feeds, and a few pages like articles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ftcrawler.looking import LookSpider, Seen
from ftcrawler.origins import Origin
from ftcrawler.spotting import choose_pages, feeds_of
from ftcrawler.urls import canonical, origin_of
from pipelines.decode import decode_page
from pipelines.records import Harvest, Offer, Page, Rejected, UrlKind

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from ftcrawler.site import Site

MOST_PAGES = 4  # beside the start page
MOST_SITEMAPS = 3
SLOW = 15.0  # seconds between requests from which on one page is enough
MOST_LISTED = 5_000  # addresses of listings that are weighed
_BY_HAND = "/sitemap.xml"


@dataclass
class Survey:
    """What was seen: ``start`` is what the start page gave at last, behind its redirects.

    ``listings`` are sitemaps and feeds by URL; ``named`` are the sitemaps of robots.txt;
    ``asked_delay`` are the seconds between requests that robots.txt asks for.
    """

    start: Seen | None = None
    pages: list[Seen] = field(default_factory=list)
    sitemaps: dict[str, Harvest] = field(default_factory=dict)
    feeds: dict[str, Harvest] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    robots_status: int = 0
    asked_delay: float = 0.0

    @property
    def seen(self) -> list[Seen]:
        """The start page and the others."""
        return ([self.start] if self.start else []) + self.pages

    @property
    def links(self) -> list[str]:
        """All that the pages lead to, each once."""
        found = (offer.url for one in self.seen for offer in one.links or ())
        return list(dict.fromkeys(found))

    @property
    def listed(self) -> list[str]:
        """The pages that feeds name, then those of the sitemaps."""
        listings = [*self.feeds.values(), *self.sitemaps.values()]
        found = (o.url for one in listings for o in one.links or () if o.kind == "page")
        return list(dict.fromkeys(found))


class SurveySpider(LookSpider):
    """Looks at the start page, then at what it and robots.txt name, then at a few pages."""

    name = "survey"
    survey: Survey
    kinds: dict[str, UrlKind]  # of all that was asked for beside the start page
    waiting: set[str]  # listings without an answer
    origin: Origin | None
    has_chosen: bool

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, *args: Any, site: Site, urls: Iterable[str], **more: Any
    ) -> Self:
        """As a look at the start page."""
        spider = super().from_crawler(crawler, *args, site=site, urls=urls, **more)
        spider.survey = Survey()
        spider.kinds = {}
        spider.waiting = set()
        spider.origin = None
        spider.has_chosen = False
        return spider

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Keep what came, with what the origin of the start page says."""
        queue = self.queues[response.meta["site"]]
        if self.survey.start is None:
            self.origin = await self.book.origin(origin_of(response.meta["target"].url), queue)
        async for item in super().parse(response):
            yield item

    def _keep(self, item: Seen) -> None:
        self.seen.append(item)
        kind = self.kinds.get(item.url, "page")
        self.waiting.discard(item.url)
        goal = item.redirect_to if isinstance(item, Harvest) else ""
        if goal:
            self._ask([Offer(goal, kind)], waits=item.url in self.kinds)
        elif kind != "page" and isinstance(item, Harvest):
            self._listed(item, kind)
        elif self.survey.start is None:
            self._started(item)
        else:
            self.survey.pages.append(item)
        if self.survey.start and not self.waiting and not self.has_chosen:
            self._choose()

    def _ask(self, offers: Iterable[Offer], *, waits: bool = True) -> None:
        offers = [offer for offer in offers if offer.url not in self.kinds]
        queue = next(iter(self.queues.values()))
        for offer in offers:
            self.kinds[offer.url] = offer.kind
            if waits and offer.kind != "page":
                self.waiting.add(offer.url)
        queue.store.seed(offers)

    def _started(self, item: Seen) -> None:
        """The listings that the start page's robots.txt and head name."""
        queue = next(iter(self.queues.values()))
        self.survey.start = item
        if self.origin is None or self.origin.blanket or item.status == 0:
            return
        robots = self.origin.robots
        self.survey.asked_delay = max(robots.crawl_delay() or 0.0, robots.request_rate() or 0.0)
        self.survey.robots_status = dict(self.origin.file).get("status", 0)
        self.survey.named = tuple(filter(None, map(canonical, robots.sitemaps)))
        maps = self.survey.named[:MOST_SITEMAPS] or (origin_of(item.url) + _BY_HAND,)
        self._ask(Offer(url, "sitemap") for url in maps)
        if isinstance(item, Page):
            text = decode_page(item.body, item.header("content-type") or None)
            feeds = [] if isinstance(text, Rejected) else feeds_of(text, item.url)
            self._ask(Offer(url, "feed") for url in feeds if queue.site.covers(url))

    def _listed(self, item: Harvest, kind: UrlKind) -> None:
        """A sitemap or feed that came; of an index, its first sitemap stands for all."""
        into = self.survey.sitemaps if kind == "sitemap" else self.survey.feeds
        into[item.url] = item
        nested = [offer for offer in item.links or () if offer.kind == "sitemap"]
        if nested and len(self.survey.sitemaps) < MOST_SITEMAPS:
            self._ask(nested[:1])

    def _choose(self) -> None:
        """When all listings came: the pages that look most like articles."""
        self.has_chosen = True
        queue = next(iter(self.queues.values()))
        links = [url for url in self.survey.links if queue.site.follows(url)]
        listed = self.survey.listed[:MOST_LISTED]
        most = MOST_PAGES if queue.pace.floor < SLOW else 1
        known = [one.url for one in self.seen]
        self._ask(Offer(url) for url in choose_pages(links, listed, most, known))
