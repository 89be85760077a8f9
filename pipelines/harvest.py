"""A page to what it gives: a document with its pairs, or the reason why not. Pure."""

from __future__ import annotations

from pipelines.decode import body_hash
from pipelines.extract import count_words, extract_document
from pipelines.fingerprint import minhash
from pipelines.records import Harvest, Page, Rejected
from pipelines.rules import SiteRules
from pipelines.sift import kept_pairs
from pipelines.sitewide import without


def harvest_page(page: Page, rules: SiteRules) -> Harvest:
    """Extract the page's document and make its pairs; the same body gives ``unchanged``."""
    digest = body_hash(page.body)
    base = Harvest(
        site=page.site,
        url=page.url,
        outcome="unchanged",
        reason="same body",
        status=page.status,
        fetched_at=page.fetched_at,
        etag=page.header("etag"),
        last_modified=page.header("last-modified"),
        body_hash=digest,
        links=page.links,
        verdict=page.verdict,
    )
    if digest == page.known_body:
        return base
    document = extract_document(
        page.body, page.url, rules=rules.extract, content_type=page.header("content-type") or None
    )
    if isinstance(document, Rejected):
        return base.but(outcome="rejected", reason=document.reason)
    document, left_out = without(document, rules.boilerplate, page.fetched_at)
    if left_out and count_words(document.text) < rules.extract.min_words:
        return base.but(outcome="rejected", reason="too-short", boilerplate=left_out)
    pairs, drops = kept_pairs(document, rules.pairs)
    return base.but(
        outcome="document",
        reason="",
        document=document,
        boilerplate=left_out,
        pairs=pairs,
        drops=tuple(sorted(drops.items())),
        minhash=minhash(document.text),
    )
