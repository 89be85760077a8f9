"""What a page itself says of its use and where its links lead, before it is read further. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ftcrawler.consent.decision import Statement, may_follow
from ftcrawler.consent.gather import PageSignals, page_signals
from ftcrawler.consent.licences import LicencePolicy
from ftcrawler.headers import is_html
from ftcrawler.links import Frame, is_too_deep, read_frame
from ftcrawler.site import Site
from pipelines.decode import body_hash, decode_page
from pipelines.records import Harvest, Offer, Page, Rejected, Trace


@dataclass(frozen=True, slots=True)
class Permit:
    """A page that may be used, with its links, or the outcome that it has without being read.

    ``pointers`` are licence documents that must be read first: then nothing is decided yet.
    """

    read: Page | Harvest
    statements: tuple[Statement, ...] = ()
    pointers: tuple[str, ...] = ()


def permit(
    page: Page,
    site: Site,
    said: Sequence[Statement],
    before: Sequence[Statement] = (),
    documents: Sequence[Statement] | None = None,
) -> Permit:
    """The verdict over all that is said about a page, added to what was read ``before``.

    ``said`` is what its origin says, ``documents`` what the licence documents do that it
    declares, None when these were not read yet.
    """
    frame = frame_of(page)
    if isinstance(frame, Rejected):
        return Permit(outcome(page, "rejected", frame.reason).but(links=()))
    signals = read_signals(page, frame, said, site.licence_policy)
    if signals.rsl_urls and documents is None:
        return Permit(page, pointers=signals.rsl_urls)
    read = [*signals.statements, *(documents or ())]
    statements = (*before, *(s for s in read if s not in before))
    offers: tuple[Offer, ...] = ()
    if may_follow(statements):
        found = (Offer(link) for link in frame.links if site.follows(link))
        offers = tuple(dict.fromkeys((*page.links, *found)))
    return Permit(_decided(page, site, statements, offers), statements)


def _decided(
    page: Page, site: Site, statements: tuple[Statement, ...], links: tuple[Offer, ...]
) -> Page | Harvest:
    verdict = site.decide(list(statements), trace=page.verdict.trace)
    if verdict.decision == "allow":
        return replace(page, verdict=verdict, links=links)
    body = (page.source or page).body
    trace = replace(page.verdict.trace or Trace(), body_hash=body_hash(body))
    verdict = replace(verdict, trace=trace)
    if verdict.decision == "defer":
        waits = outcome(page, "failed", f"consent deferred: {verdict.signal}")
        return waits.but(etag="", last_modified="", links=links, verdict=verdict)
    refused = outcome(page, "rejected", f"consent: {verdict.signal}")
    return refused.but(links=links, verdict=verdict)


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
    page: Page, frame: Frame, said: Sequence[Statement], policy: LicencePolicy | None = None
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
