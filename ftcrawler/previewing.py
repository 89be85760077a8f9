"""What a page would give to a crawl, or why it gives nothing and what could be done. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ftcrawler.permitting import permit
from ftcrawler.site import Site
from ftcrawler.sitetables import Request
from pipelines.budget import estimate_tokens
from pipelines.extract import count_words
from pipelines.inspect_page import Inspection, inspect_page
from pipelines.records import Document, Harvest, Page, Pair, Rejected, Verdict
from pipelines.rules import SiteRules
from pipelines.weigh import Heavy

_NOTHING = Inspection(Rejected(""))
_JAVASCRIPT = "The text may be made by JavaScript in the browser"
_RENDER = (
    ": try render = true under [request]."
    if "render" in Request.model_fields
    else ", which is not run here."
)
_SAID = {
    "allow": "may be used",
    "deny": "must not be used",
    "defer": "not used for now",
}
_ASK = (
    "Ask the site for a written permission, [consent.permission], or leave the page out; "
    "scrapy consent URL shows every signal."
)
_REMEDIES = {
    "robots.txt": "robots.txt keeps us from asking; only the site's owner can change that. "
    "scrapy consent URL shows the line.",
    "private-address": "The host is on this machine or in a private network: for a site of your "
    "own, --allow-private, or allow_private_addresses = true under [request].",
    "retry-after": "The server asks for time: try again later.",
    "visit-time": "robots.txt permits visits at other hours.",
    "crawl-delay": "robots.txt asks for so much time between requests that the site is left alone.",
    "off-site": "The address leads to another site: preview that one, or add its host to "
    "allowed_domains.",
    "not followed": "The address leads to where [follow] does not go.",
    "not-html": "Only HTML pages give documents.",
    "not-text": "The page is binary whatever it is called.",
    "empty": f"{_JAVASCRIPT}{_RENDER}",
    "no-text": f"{_JAVASCRIPT}{_RENDER}",
    "too-short": "Lower extract.min_words, or select more of the page.",
    "too-deep": "The page is nested deeper than any reader goes: it is left out.",
    "too-large": "The page holds more than one page may: it is left out.",
    "timeout": "Raise timeout under [request], or try again later.",
    "unknown-host": "The name has no address: is it spelled right, is the network there?",
    "connection-refused": "Nothing answers at this port.",
    "http-401": "The site wants to know who asks: its key goes under [request.headers].",
    "http-403": "The site shuts us out: ask its owner, or look at [request.headers].",
    "http-404": "There is no such page: is the address right?",
    "http-410": "The page is gone for good.",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """One page as a crawl of its site would see it; ``outcome`` and ``reason`` as there."""

    url: str
    site: str
    verdict: Verdict
    outcome: str
    reason: str = ""
    detail: str = ""
    remedy: str = ""
    inspection: Inspection = _NOTHING
    source: str = ""

    @property
    def document(self) -> Document | None:
        """The document, when one came."""
        result = self.inspection.result
        return result if isinstance(result, Document) else None


def preview_of(
    seen: Page | Harvest, site: Site, known: Mapping[bytes, str] | None = None, source: str = ""
) -> Preview:
    """What was fetched, or what kept it from being, as a preview.

    ``known`` is the site's boilerplate; ``source`` names the file that was read instead of the
    address.
    """
    if isinstance(seen, Harvest):
        remedy = _remedy(seen.reason, seen.verdict, site, ())
        detail, at = seen.verdict.reason, (seen.url, site.name, seen.verdict)
        return Preview(*at, seen.outcome, seen.reason, detail, remedy, source=source)
    rules = SiteRules(site.extract_rules, site.pair_rules, known or {})
    found = inspect_page(seen, rules)
    head = (seen.url, site.name, seen.verdict)
    if isinstance(found.result, Document):
        return Preview(*head, "document", inspection=found, source=source)
    why, detail = found.result.reason, found.result.detail
    remedy = _remedy(why, seen.verdict, site, found.heavy)
    return Preview(*head, "rejected", why, detail, remedy, found, source)


def saved_page(body: bytes, url: str, site: Site, at: str, content_type: str) -> Page | Harvest:
    """A saved page with the verdict of its own signals: nobody was asked for the others."""
    headers = (("content-type", content_type),) if content_type else ()
    page = Page(site.name, url, 200, headers, body, at, Verdict("allow"))
    return permit(page, site, (), documents=()).read


def verdict_line(verdict: Verdict, source: str = "") -> str:
    """The verdict with what decided it, in one line.

    >>> verdict_line(Verdict("deny", "meta robots", "not for training AI"))
    'must not be used: meta robots: not for training AI'
    """
    said = _SAID[verdict.decision]
    why = f": {verdict.signal}" if verdict.signal else ""
    why += f": {verdict.reason}" if verdict.reason else ""
    alone = "; read from a file: robots.txt and headers were not asked" if source else ""
    return f"{said}{why}{alone}"


def _remedy(reason: str, verdict: Verdict, site: Site, heavy: tuple[Heavy, ...]) -> str:
    """The most likely way to a document."""
    rules = site.extract
    where = _where(heavy)
    if reason == "no-article":
        return f"extract.article = {rules.article!r} matches nothing in this page. {where}"
    if reason == "no-text" and rules.paragraphs:
        inside = f" inside {rules.article!r}" if rules.article else ""
        return f"extract.paragraphs = {rules.paragraphs!r} matches no text{inside}. {where}"
    if reason in ("no-text", "too-short") and heavy:
        return f"{_REMEDIES['too-short'] if reason == 'too-short' else ''} {where}".strip()
    if reason in _REMEDIES:
        return _REMEDIES[reason]
    if verdict.decision == "defer":
        return "What the site permits could not be read: try again later."
    if verdict.decision == "deny":
        return _ASK
    return "The server fails: try again later." if reason.startswith("http-5") else ""


def _where(heavy: tuple[Heavy, ...]) -> str:
    if not heavy:
        return f"The page has hardly any text. {_JAVASCRIPT}{_RENDER}"
    shares = ", ".join(f"{one.selector} ({one.share:.0%})" for one in heavy)
    return f"Most of the page's text is in: {shares}."


def counts(preview: Preview) -> dict[str, Any]:
    """Numbers about blocks and pairs: kept, and left out by reason."""
    found = preview.inspection
    kept = [pair for pair, reason in found.pairs if not reason]
    document = preview.document
    return {
        "words": count_words(document.text) if document else 0,
        "blocks": dict(Counter(e.kind for e in found.entries if e.fate == "kept")),
        "blocks_dropped": dict(Counter(e.reason for e in found.entries if e.fate == "dropped")),
        "blocks_outside": sum(1 for e in found.entries if e.fate == "outside"),
        "pairs": dict(Counter(pair.kind for pair in kept)),
        "pairs_dropped": dict(Counter(reason for _, reason in found.pairs if reason)),
        "tokens": sum(map(tokens, kept)),
    }


def tokens(pair: Pair) -> int:
    """About how many tokens prompt and completion are."""
    return estimate_tokens(pair.prompt) + estimate_tokens(pair.completion)


def as_record(preview: Preview, rules: str) -> dict[str, Any]:
    """All of a preview for programs."""
    document = preview.document
    return {
        "url": preview.url,
        "site": preview.site,
        "source": preview.source,
        "rules": rules,
        "verdict": {
            "decision": preview.verdict.decision,
            "signal": preview.verdict.signal,
            "reason": preview.verdict.reason,
        },
        "outcome": preview.outcome,
        "reason": preview.reason,
        "detail": preview.detail,
        "remedy": preview.remedy,
        "document": _about(document) if document else None,
        "blocks": [asdict(entry) for entry in preview.inspection.entries],
        "pairs": [
            {
                "kind": pair.kind,
                "prompt": pair.prompt,
                "completion": pair.completion,
                "tokens": tokens(pair),
                "reason": reason,
            }
            for pair, reason in preview.inspection.pairs
        ],
        "heavy": [one._asdict() for one in preview.inspection.heavy],
        "counts": counts(preview),
    }


def _about(document: Document) -> dict[str, Any]:
    names = ("title", "language", "date", "license", "canonical_url", "extractor")
    found: dict[str, Any] = {name: getattr(document, name) for name in names}
    return found | {"authors": list(document.authors)}
