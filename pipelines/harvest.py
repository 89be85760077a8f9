"""A page to what it gives: a document with its pairs, or the reason why not. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

from pipelines.extract import extract_document
from pipelines.pairs import make_pairs
from pipelines.quality import keep_pair
from pipelines.records import Harvest, Page, Pair, Rejected
from pipelines.rules import ExtractRules, PairRules


@dataclass(frozen=True, slots=True)
class SiteRules:
    """All of a site's rules for its pages."""

    extract: ExtractRules
    pairs: PairRules


def harvest_page(page: Page, rules: SiteRules) -> Harvest:
    """Extract the page's document and make its pairs; the same body gives ``unchanged``."""
    body_hash = hashlib.sha256(page.body).hexdigest()
    base = Harvest(
        site=page.site,
        url=page.url,
        outcome="unchanged",
        reason="same body",
        status=page.status,
        fetched_at=page.fetched_at,
        etag=page.header("etag"),
        last_modified=page.header("last-modified"),
        body_hash=body_hash,
        links=page.links,
        verdict=page.verdict,
    )
    if body_hash == page.known_body:
        return base
    document = extract_document(
        page.body, page.url, rules=rules.extract, content_type=page.header("content-type") or None
    )
    if isinstance(document, Rejected):
        return base.but(outcome="rejected", reason=document.reason)
    drops: Counter[str] = Counter()
    kept: list[Pair] = []
    for pair in make_pairs(document, rules.pairs):
        if reason := keep_pair(pair, rules.pairs):
            drops[reason] += 1
        else:
            kept.append(pair)
    return base.but(
        outcome="document",
        reason="",
        document=document,
        pairs=tuple(kept),
        drops=tuple(sorted(drops.items())),
    )
