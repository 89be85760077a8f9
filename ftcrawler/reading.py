"""An answer to one URL -> a Page that may be used, or the outcome that it has without one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ftcrawler.answers import SIGNAL_HEADERS, UnusableError, is_html
from ftcrawler.consent.decision import Statement, may_follow
from ftcrawler.consent.gather import PageSignals, page_signals
from ftcrawler.consent.licences import LicencePolicy
from ftcrawler.consent.probes import probe_statements
from ftcrawler.errands import LedAwayError
from ftcrawler.feeds import FeedError, read_feed, read_sitemap
from ftcrawler.links import Frame, is_too_deep, read_frame
from ftcrawler.urls import canonical
from pipelines.decode import decode_page
from pipelines.records import Harvest, Offer, Page, Rejected, Trace, Verdict

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


class Reading:
    """Reads one answer: ``said`` is what its origin says about the use of the URL."""

    def __init__(
        self,
        queue: SiteQueue,
        target: Target,
        book: OriginBook,
        said: list[Statement],
        renderer: Renderer | None = None,
    ) -> None:
        self._queue = queue
        self._site = queue.site
        self._target = target
        self._book = book
        self._said = said
        self._renderer = renderer

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
        """A page that may be used; where the site says so, as a browser shows it.

        What the server's own HTML refuses is not rendered, and what scripts add refuses, too.
        """
        read, said = await self._signals_and_links(page)
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
        return (await self._signals_and_links(seen, said))[0]

    async def _signals_and_links(
        self, page: Page, said: Sequence[Statement] = ()
    ) -> tuple[Page | Harvest, list[Statement]]:
        """A page's own signals and its links, added to those of its source; the rest is later."""
        frame = frame_of(page)
        if isinstance(frame, Rejected):
            return outcome(page, "rejected", frame.reason).but(links=()), []
        signals = read_signals(page, frame, self._said, self._site.licence_policy)
        statements = [*said, *(s for s in signals.statements if s not in said)]
        for pointer in signals.rsl_urls:
            found = await self._book.document(pointer, self._queue)
            statements += [s for s in probe_statements(found, page.url) if s not in said]
        links = frame.links if may_follow(statements) else ()
        offers = tuple(Offer(link) for link in links if self._site.follows(link))
        if may_follow(statements):
            offers = tuple(dict.fromkeys((*page.links, *offers)))
        verdict = self._site.decide(statements, trace=page.verdict.trace)
        if verdict.decision == "allow":
            return replace(page, verdict=verdict, links=offers), statements
        body = (page.source or page).body
        trace = replace(page.verdict.trace or Trace(), body_hash=sha256(body).hexdigest())
        verdict = replace(verdict, trace=trace)
        if verdict.decision == "defer":
            waits = outcome(page, "failed", f"consent deferred: {verdict.signal}")
            kept = waits.but(etag="", last_modified="", links=offers, verdict=verdict)
            return kept, statements
        refused = outcome(page, "rejected", f"consent: {verdict.signal}")
        return refused.but(links=offers, verdict=verdict), statements


def frame_of(page: Page) -> Frame | Rejected:
    """Links, metas and scripts of a page, or why it is none."""
    content_type = page.header("content-type")
    if not is_html(content_type, page.body):
        return Rejected("not-html")
    text = decode_page(page.body, content_type or None)
    if isinstance(text, Rejected):
        return text
    return Rejected("too-deep") if is_too_deep(text) else read_frame(text, page.url)


def read_signals(
    page: Page, frame: Frame, said: list[Statement], policy: LicencePolicy | None = None
) -> PageSignals:
    """Every statement about a page: its origin's, its headers' and its own."""
    return page_signals(
        page.headers,
        frame.metas,
        frame.rels,
        [text for kind, text in frame.scripts if kind == "application/ld+json"],
        page.fetched_at,
        url=page.url,
        site=said,
        rsl_texts=[text for kind, text in frame.scripts if kind == "application/rsl+xml"],
        policy=policy,
    )


def traced(trace: Trace, page_headers: tuple[tuple[str, str], ...], came: tuple[str, ...]) -> Trace:
    """The evidence of one visit: the origin's, with the answer's headers and its redirects."""
    headers = tuple(pair for pair in page_headers if pair[0] in SIGNAL_HEADERS)
    return replace(trace, headers=headers, redirects=came) if headers or came else trace
