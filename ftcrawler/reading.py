"""An answer to one URL -> a Page that may be used, or the outcome that it has without one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ftcrawler.answers import UnusableError
from ftcrawler.consent.decision import Statement
from ftcrawler.consent.gather import page_signals
from ftcrawler.errands import LedAwayError
from ftcrawler.feeds import FeedError, read_feed, read_sitemap
from ftcrawler.headers import SIGNAL_HEADERS
from ftcrawler.permitting import Permit, outcome, permit
from ftcrawler.urls import canonical
from pipelines.records import Harvest, Page, Trace, Verdict

if TYPE_CHECKING:
    from ftcrawler.frontier import SiteQueue
    from ftcrawler.origins import OriginBook
    from ftcrawler.rendering import Renderer
    from ftcrawler.state import Target

OK, NOT_MODIFIED, PAYMENT_REQUIRED = 200, 304, 402
REDIRECTS = frozenset((301, 302, 303, 307, 308))
MAX_REDIRECTS = 10
MOST_NESTED = 5  # sitemaps of sitemaps
RENDERED_TYPE = "text/html; charset=utf-8"


class Reading:
    """Reads one answer: ``said`` is what its origin says about the use of the URL.

    ``here``: what a page says itself is read at once, and not by whoever extracts its text.
    """

    def __init__(
        self,
        queue: SiteQueue,
        target: Target,
        book: OriginBook,
        said: list[Statement],
        renderer: Renderer | None = None,
        *,
        here: bool = False,
    ) -> None:
        self._queue = queue
        self._site = queue.site
        self._target = target
        self._book = book
        self._said = said
        self._renderer = renderer
        self._here = here

    async def read(self, page: Page) -> Page | Harvest:
        """The page, or the outcome that it has without being read."""
        if page.status in REDIRECTS:
            return self._redirected(page)
        if page.status == NOT_MODIFIED:
            return self._not_modified(page)
        if page.status == PAYMENT_REQUIRED:
            return self._priced(page)
        if page.status != OK:
            return outcome(page, "failed", f"http-{page.status}")
        if self._target.kind != "page":
            return self._listing(page)
        return await self._page(page)

    def _redirected(self, page: Page) -> Harvest:
        """A redirect is one URL's outcome; where it leads is another URL, asked for anew."""
        location = page.header("location")
        try:
            goal = canonical(urljoin(page.url, location)) if location else ""
        except ValueError:
            goal = ""
        if not goal:
            return outcome(page, "failed", "redirect-nowhere")
        if goal == page.url or self._target.hops >= MAX_REDIRECTS:
            return outcome(page, "failed", "redirect-loop")
        listing = self._target.kind != "page" and self._site.covers(goal)
        if not (listing or self._site.follows(goal)):
            reason = "not followed" if self._site.covers(goal) else "off-site"
            return outcome(page, "redirected", reason).but(links=())
        return outcome(page, "redirected").but(redirect_to=goal, links=())

    def _not_modified(self, page: Page) -> Harvest:
        """The page is as it was, but its headers may say otherwise about its use now."""
        verdict = self._by_headers(page)
        if verdict.decision != "allow":
            refused = outcome(page, "rejected", f"consent: {verdict.signal}")
            return refused.but(verdict=verdict)
        return outcome(page, "unchanged", "not modified").but(verdict=verdict)

    def _priced(self, page: Page) -> Harvest:
        """A page that asks for money (402) is refused, unless a permission outweighs it."""
        verdict = self._by_headers(page)
        if verdict.decision != "deny":
            return outcome(page, "failed", f"http-{page.status}")
        return outcome(page, "rejected", f"consent: {verdict.signal}").but(verdict=verdict)

    def _by_headers(self, page: Page) -> Verdict:
        signals = page_signals(
            page.headers,
            (),
            (),
            (),
            page.fetched_at,
            url=page.url,
            site=self._said,
            status=page.status,
        )
        return self._site.decide(list(signals.statements), page=False, trace=page.verdict.trace)

    def _listing(self, page: Page) -> Harvest:
        """A sitemap or feed: the URLs in scope that it names."""
        read = read_sitemap if self._target.kind == "sitemap" else read_feed
        try:
            offers = read(page.body)
        except FeedError as error:
            return outcome(page, "failed", str(error))
        except ValueError:  # characters that no XML may hold, in a file that was mended
            return outcome(page, "failed", "not-xml")
        now = page.fetched_at  # a date in the future says nothing
        dated = (o if o.lastmod <= now else o._replace(lastmod="") for o in offers)
        nested = self._target.hops < MOST_NESTED
        kept = [o for o in dated if (nested if o.kind == "sitemap" else self._site.follows(o.url))]
        return outcome(page, "read").but(links=tuple(kept))

    async def _page(self, page: Page) -> Page | Harvest:
        """A page; what it says itself is read with it, in a worker, unless a browser shows it.

        What the server's own HTML refuses is not rendered, and what scripts add refuses, too.
        """
        if not (self._here or self._site.request.render):
            return replace(page, statements=tuple(self._said))
        permitted = await self._permitted(page)
        read = permitted.read
        if isinstance(read, Harvest) or not (self._site.request.render and self._renderer):
            return read
        counts: Counter[str] = Counter()
        try:
            body = await self._renderer.render(page, self._queue, counts)
        except LedAwayError as error:
            return self._redirected(replace(page, headers=(("location", error.goal),)))
        except UnusableError as error:
            return outcome(page, "failed", error.reason)
        finally:
            self._queue.rendering.update(counts)
        others = tuple(pair for pair in page.headers if pair[0] != "content-type")
        headers = (("content-type", RENDERED_TYPE), *others)
        seen = replace(read, body=body, headers=headers, source=page)
        return (await self._permitted(seen, permitted.statements)).read

    async def _permitted(self, page: Page, before: Sequence[Statement] = ()) -> Permit:
        """The verdict on a page, with the licence documents that it declares."""
        found = permit(page, self._site, self._said, before)
        if not found.pointers:
            return found
        documents = await self._book.licences(found.pointers, page.url, self._queue)
        return permit(page, self._site, self._said, before, documents)


def traced(trace: Trace, page_headers: tuple[tuple[str, str], ...], came: tuple[str, ...]) -> Trace:
    """The evidence of one visit: the origin's, with the answer's headers and its redirects."""
    headers = tuple(pair for pair in page_headers if pair[0] in SIGNAL_HEADERS)
    return replace(trace, headers=headers, redirects=came) if headers or came else trace
