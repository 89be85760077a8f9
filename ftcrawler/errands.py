"""What a page asks for while a browser reads it: fetched by the crawler itself, or not at all.

The browser has no network. Each request of a page comes here and goes through the crawler's own
downloader, with the gates, the pace and the limits of its site, and the answer is handed back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urldefrag, urljoin

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from ftcrawler.answers import RefusedError, UnusableError, failure_reason
from ftcrawler.clock import iso
from ftcrawler.consent.gather import page_signals
from ftcrawler.headers import header_text, kept_headers
from ftcrawler.urls import canonical, host_of, origin_of
from pipelines.records import Page

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from playwright.async_api import Frame, Route
    from playwright.async_api import Request as Asked
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from ftcrawler.frontier import SiteQueue
    from ftcrawler.site import Site

logger = logging.getLogger(__name__)

MOST_REQUESTS = 100  # for one page, redirects included
MOST_REDIRECTS = 5
FETCHED = ("script", "fetch", "xhr")  # what text can come from; images, fonts, frames are not
# Of the browser's own headers, those that an answer may depend on; never cookies or a referrer.
_PASSED_ON = ("accept", "origin")
_PASSED_BACK = ("content-type", "access-control-")
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class LedAwayError(UnusableError):
    """Scripts replaced the page by another: a redirect to ``goal``."""

    def __init__(self, goal: str) -> None:
        self.goal = goal
        super().__init__("redirect-nowhere", f"a script leads to {goal}")


class Answer(NamedTuple):
    """What the browser is told: status, headers, body."""

    status: int
    headers: dict[str, str]
    body: bytes


def may_ask(site: Site, page_url: str, url: str) -> bool:
    """Whether a page may ask for a URL: of its own origin, or of one that its site file names.

    Other ports of the same host are other servers.
    """
    if origin_of(url) == origin_of(page_url) or site.trusts(url):
        return True
    host = host_of(url)
    return host in site.request.render_hosts and origin_of(url) == f"https://{host}"


class Errands:
    """Answers the requests of one page, and adds to ``counts`` what became of them."""

    def __init__(
        self, crawler: Crawler, queue: SiteQueue, page: Page, counts: Counter[str]
    ) -> None:
        self._crawler = crawler
        self._queue = queue
        self._page = page
        self._left = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._places = asyncio.Semaphore(queue.site.request.concurrency)
        self._answers: dict[str, asyncio.Task[Answer | None]] = {}
        self._counts = counts
        self._opened = False
        self.waiting = 0  # fetches for the page that are under way
        self._latest = 0.0  # when the last one was answered
        self.over = False
        self.frame: Frame | None = None  # the page's own
        self.departure = ""

    async def quiet(self, seconds: float) -> None:
        """Return when nothing is under way, and nothing was for so long."""
        self._latest = self._now()
        while self.waiting or self._now() - self._latest < seconds:  # noqa: ASYNC110 - each answer begins it anew
            await asyncio.sleep(seconds / 5)

    async def run(self, route: Route) -> None:
        """Answer one request of the browser."""
        asked = route.request
        answer = await self._answer(asked)
        try:
            if answer is None:
                await route.abort("aborted")  # the page stays where it is
            else:
                await route.fulfill(status=answer.status, headers=answer.headers, body=answer.body)
        except Exception as error:  # noqa: BLE001 - the page has gone, and nobody waits
            logger.debug("%s: %s", asked.url, error)

    async def _answer(self, asked: Asked) -> Answer | None:
        kind = asked.resource_type
        if kind == "document" and not self._opened:
            self._opened = True
            content_type = self._page.header("content-type") or "text/html"
            return Answer(self._page.status, {"content-type": content_type}, self._page.body)
        if kind == "document":
            self._note_departure(asked)
            return None
        if kind == "stylesheet":  # no text, but a page may wait for it
            return Answer(200, {"content-type": "text/css"}, b"")
        url = urldefrag(asked.url).url
        goal = canonical(url)
        if kind not in FETCHED or asked.method != "GET" or not goal:
            return None
        if not may_ask(self._queue.site, self._page.url, goal):
            self._counts["render/refused"] += 1
            return None
        if url not in self._answers:  # who asks again and again gets the same answer
            headers = {name: asked.headers[name] for name in _PASSED_ON if name in asked.headers}
            self._answers[url] = asyncio.ensure_future(self._fetch(url, headers))
        return await asyncio.shield(self._answers[url])

    def _note_departure(self, asked: Asked) -> None:
        """Remember where a script leads the page itself, not its frames or pop-ups."""
        with contextlib.suppress(Exception):  # a pop-up's frame may not be there yet
            if asked.frame == self.frame:
                self.departure = asked.url if asked.method == "GET" else "about:blank"

    async def _fetch(self, url: str, headers: Mapping[str, str]) -> Answer | None:
        """The answer behind redirects; None when it cannot be had or may not be used."""
        self.waiting += 1
        try:
            for _ in range(MOST_REDIRECTS + 1):
                async with self._places:
                    response = await self._download(url, headers)
                if response is None:
                    return None
                target = header_text(response.headers.get("Location", b"") or b"")
                if response.status not in _REDIRECTS or not target:
                    return _handed_back(response)
                url = urljoin(url, target)
                if not may_ask(self._queue.site, self._page.url, canonical(url)):
                    self._counts["render/refused"] += 1
                    return None
        except RefusedError as error:
            self._counts["render/refused"] += 1
            logger.debug("%s: %s", url, error)
        except Exception as error:  # noqa: BLE001 - the page goes without what cannot be had
            self._counts["render/failed"] += 1
            logger.debug("%s: %s", url, error)
            if failure_reason(error) == "too-large":
                self._left = 0
        finally:
            self.waiting -= 1
            self._latest = self._now()
        return None

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _download(self, url: str, headers: Mapping[str, str]) -> Response | None:
        if self.over:
            return None
        if self._counts["render/requests"] >= MOST_REQUESTS or self._left <= 0:
            self._counts["render/cut"] += 1
            return None
        self._counts["render/requests"] += 1
        queue = self._queue
        meta = {
            "site": queue.site.name,
            "is_resource": True,
            "download_slot": queue.site.name,
            "download_timeout": queue.site.request.timeout,
            "download_maxsize": self._left,
        }
        request = Request(
            url, callback=NO_CALLBACK, headers={**headers, **queue.headers(canonical(url))},
            meta=meta, dont_filter=True,
        )  # fmt: skip
        response: Response = await self._crawler.engine.download_async(request)
        self._left -= len(response.body)
        if self._left < 0:
            raise UnusableError("too-large", f"{self._page.url}: more than a page may ask for")
        self._must_be_usable(url, request.meta.get("statements", ()), response)
        return response

    def _must_be_usable(self, url: str, said: Any, response: Response) -> None:
        """Raise :class:`RefusedError` when the answer's own headers refuse its use."""
        pairs = kept_headers(
            (key.decode("latin-1"), header_text(value))
            for key, values in response.headers.items()
            for value in values
        )
        now = iso(self._queue.clock())
        signals = page_signals(pairs, (), (), (), now, url=url, site=said, status=response.status)
        verdict = self._queue.site.decide(list(signals.statements), page=False)
        if verdict.decision != "allow":
            raise RefusedError(verdict)


def _handed_back(response: Response) -> Answer:
    headers = {
        key.decode("latin-1").lower(): header_text(values[-1])
        for key, values in response.headers.items()
        if key.decode("latin-1").lower().startswith(_PASSED_BACK)
    }
    return Answer(response.status, headers, response.body)
