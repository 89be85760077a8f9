"""All signals of one page, read together and resolved. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftcrawler.consent.aipref import content_usage
from ftcrawler.consent.contentsignal import content_signal
from ftcrawler.consent.decision import Statement, may_follow
from ftcrawler.consent.licences import (
    MAX_LICENCES,
    Licence,
    LicencePolicy,
    jsonld_licences,
    licence_statements,
    linked_licences,
)
from ftcrawler.consent.linkheader import PageLink, absolute, read_link_header
from ftcrawler.consent.payment import payment_statements
from ftcrawler.consent.robots import OUR_TOKENS
from ftcrawler.consent.robotsmeta import robots_meta_statements
from ftcrawler.consent.rsl import page_pointers, rsl_statements, unreadable_pointer
from ftcrawler.consent.tdmrep import resolved, tdm_statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_OK = 200
_PREFERENCES = {"content-signal": content_signal, "content-usage": content_usage}


@dataclass(frozen=True, slots=True)
class PageSignals:
    """What a page and its site say: ``nofollow`` is about the page's links only.

    ``rsl_urls`` are the licence documents that the page declares: they must be read, and what
    they say or that they cannot be read belongs to ``statements`` too (see ``probes``).
    """

    statements: tuple[Statement, ...]
    nofollow: bool = False
    licences: tuple[Licence, ...] = ()
    rsl_urls: tuple[str, ...] = ()


def page_signals(
    headers: Iterable[tuple[str, str]],
    metas: Iterable[tuple[str, str]],
    links: Iterable[PageLink | tuple[str, str, str]],
    jsonld_texts: Iterable[str],
    now_iso: str,
    *,
    url: str = "",
    site: Sequence[Statement] = (),
    status: int = _OK,
    rsl_texts: Iterable[str] = (),
    policy: LicencePolicy | None = None,
    tokens: Sequence[str] = OUR_TOKENS,
) -> PageSignals:
    """Every statement about a page, those of its ``site`` first, each protocol resolved.

    ``headers`` and ``metas`` are (name, value) and (name, content) pairs, repeated ones
    included, names in any case; ``links`` are (rel, href, type) of ``a`` and ``link`` elements,
    at least those with ``rel=license`` or to Creative Commons; ``jsonld_texts`` and
    ``rsl_texts`` are the contents of script elements with those types; ``url`` is the page's.
    ``site`` is what robots.txt and the probed files say about this URL.

    >>> read = page_signals([("TDM-Reservation", "1")], [], [], [], "2026-11-24T02:00:00Z")
    >>> read.statements[0].effect
    'deny'
    """
    header_pairs = [(name.strip().lower(), value) for name, value in headers]
    meta_pairs = [(name.strip().lower(), content) for name, content in metas]
    all_links = [link for n, v in header_pairs if n == "link" for link in read_link_header(v)]
    all_links += [PageLink(*link) for link in links]
    found = list(site)
    found += payment_statements(status, header_pairs)
    found += robots_meta_statements(header_pairs, meta_pairs, now_iso, tokens)
    for pairs, where in ((header_pairs, "header"), (meta_pairs, "meta")):
        for name, value in pairs:
            reader = _PREFERENCES.get(name)
            statement = reader and reader(value, f"{name} {where}")
            found += [statement] if statement else []
    found += tdm_statements(header_pairs, meta_pairs)
    pointers = page_pointers(all_links, url)
    for pointer in pointers:
        if not absolute(pointer, ""):
            found.append(unreadable_pointer("link", pointer, "it is no address"))
    for text in rsl_texts:
        found += rsl_statements(text, url, "script")
    licences = [*linked_licences(all_links, url), *jsonld_licences(jsonld_texts, url)]
    licences = list(dict.fromkeys(licences))[:MAX_LICENCES]
    found += licence_statements(licences, policy)
    statements = tuple(resolved(found))
    return PageSignals(
        statements,
        nofollow=not may_follow(statements),
        licences=tuple(dict.fromkeys(licence for licence, _ in licences)),
        rsl_urls=tuple(pointer for pointer in pointers if absolute(pointer, "")),
    )
