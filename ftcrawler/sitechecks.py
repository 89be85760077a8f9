"""What may have gone wrong at a site: its answers, its permission, its yield. Pure.

Each check takes a :class:`~ftcrawler.thresholds.Case` and gives a finding, ``FINE``, or None when
the night does not tell.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import Final

from ftcrawler.baselines import at_most, fell, low, rose, share_fell
from ftcrawler.nights import Night
from ftcrawler.thresholds import FINE, Case, Finding

MOST: Final = 14  # nights that stand in for "recently"
_LONG: Final = 90  # nights that are looked back on for bursts
_LEAST_ERRORS: Final = 5
_RARE: Final = 1e-3  # for errors, which come in heaps
_LEAST_GONE: Final = 10
_LEAST_RISE: Final = 50  # documents
_LEAST_MADE: Final = 8  # pairs that were to be expected
_READ: Final = 3  # pages that were read anew and show something
_ALL: Final = (
    "site-unreachable", "errors-rose", "permission-lost", "pages-gone", "redesign",
    "language-shifted", "duplicates-rose", "zero-rows", "yield-fell", "yield-rose",
)  # fmt: skip


def unreachable(case: Case) -> Finding | None:
    """No page was answered, or the site had to be left alone before any was."""
    tonight = case.tonight
    if not tonight.attempted and not tonight.resting:
        return None
    if tonight.errors < tonight.attempted or (tonight.fetched and not tonight.errors):
        return FINE
    if tonight.attempted == 1 and len(case.nights) > 1:
        before = case.nights[-2]
        if before.errors < before.attempted:
            return None  # one page, once: tomorrow tells
    put_off, failed = tonight.most("page/deferred/"), tonight.most("page/failed/")
    reason = put_off or failed or tonight.resting
    why = f"put off, {reason} could not be read or asked for time" if put_off else reason
    pages = f"none of {tonight.attempted:,} pages" if tonight.attempted else "no page"
    return Finding(
        f"{pages} could be read: {why or 'no answer'}",
        {"pages": tonight.attempted, "errors": tonight.errors, "reason": reason},
        tonight.example("failed", "deferred"),
    )


def errors_rose(case: Case) -> Finding | None:
    """More pages failed than a night explains, those that are gone aside."""
    tonight, past = case.tonight, case.past(("errors-rose", "site-unreachable"))
    if not tonight.attempted:
        return None
    share = tonight.errors / tonight.attempted
    shares = sorted((n.errors / n.attempted for n in past if n.attempted), reverse=True)
    usual = shares[len(shares) // 10] if shares else 0.0
    if share <= max(case.rules.errors, 2 * usual, usual + case.rules.errors / 2):
        return FINE
    good = tonight.attempted - tonight.errors
    likely = at_most(good, tonight.attempted, 1 - min(max(usual, 0.02), 0.98)) > _RARE
    if tonight.errors < _LEAST_ERRORS or likely:
        return None
    reason = tonight.most("page/failed/") or tonight.most("page/deferred/")
    middle = median(shares) if shares else 0.0
    return Finding(
        f"{tonight.errors:,} of {tonight.attempted:,} pages failed ({share:.0%}), most by "
        f"{reason or 'no answer'}; usual are {middle:.0%}",
        {"was": round(middle, 4), "now": round(share, 4), "reason": reason},
        tonight.example(f"failed/{reason}", "failed", "deferred"),
    )


def permission_lost(case: Case) -> Finding | None:
    """Pages that were used before refuse now."""
    turned = case.tonight.facts.get("turned")
    if turned is None:
        return None
    lost = {
        signal: told
        for signal, told in turned.items()
        if told.get("verdict") == "deny" and signal != "private-address"
    }
    if not lost:
        return FINE
    pages = sum(told["pages"] for told in lost.values())
    signals = ", ".join(lost)
    return Finding(
        f"{pages:,} pages that were used before refuse now ({signals}); their rows are taken back",
        {"pages": pages, "signals": list(lost)},
        next(iter(lost.values())).get("example", ""),
    )


def robots_changed(case: Case) -> Finding | None:
    """A robots.txt or policy file says something else, or is there or gone."""
    now = case.tonight.facts.get("policies")
    before = next((n.facts["policies"] for n in case.nights[-2::-1] if "policies" in n.facts), None)
    if now is None or before is None:
        return None
    changed = sorted(url for url in now.keys() & before.keys() if now[url] != before[url])
    if not changed:
        return FINE
    return Finding(
        f"{_listed(changed)} changed; what is permitted is decided by it already",
        {"changed": changed[:10]},
        changed[0],
    )


def _listed(urls: list[str]) -> str:
    more = f" and {len(urls) - 1:,} more files" if len(urls) > 1 else ""
    return f"{urls[0]}{more}"


def pages_gone(case: Case) -> Finding | None:
    """Many known pages answer 404 or 410."""
    tonight, past = case.tonight, case.past(("pages-gone",))
    if not tonight.fetched or len(case.nights) == 1:  # in the first night they are broken links
        return None
    share = tonight.gone / tonight.fetched
    usual = max((n.gone / n.fetched for n in past if n.fetched), default=0.0)
    if share <= max(case.rules.gone, 2 * usual):
        return FINE
    if tonight.gone < _LEAST_GONE and tonight.gone < tonight.fetched:
        return None
    return Finding(
        f"{tonight.gone:,} of {tonight.fetched:,} pages are gone ({share:.0%}, 404 or 410)",
        {"now": round(share, 4), "pages": tonight.gone},
        tonight.example("failed/http-404", "failed/http-410"),
    )


def duplicates_rose(case: Case) -> Finding | None:
    """More of a night's pairs stand on other pages than before."""
    tonight, past = case.tonight, _reading(case, ("duplicates-rose", "redesign"))
    made = tonight.pairs + tonight.duplicates
    nights = [(n.pairs, n.pairs + n.duplicates) for n in past]
    if not made or len(nights) < case.rules.min_nights:
        return None
    share = tonight.duplicates / made
    usual = 1 - (low([own / of for own, of in nights if of]) if any(of for _, of in nights) else 1)
    if share < usual + case.rules.duplicates:
        return FINE
    # Pairs of a document are alike: what chance gives is reckoned by documents.
    documents = max(tonight.documents, 1)
    own = round((1 - share) * documents)
    if not share_fell(nights, own, documents, case.rules.duplicates):
        return None
    return Finding(
        f"{share:.0%} of {made:,} pairs stand on other pages already; usual are "
        f"{usual:.0%} at most",
        {"was": round(usual, 4), "now": round(share, 4)},
        tonight.example("document"),
    )


def zero_rows(case: Case) -> Finding | None:
    """Pages were read, and not one gave a row."""
    tonight = case.tonight
    read = tonight.documents + tonight.rejected
    if made(tonight):
        return FINE
    if read < _READ:
        return None
    first = len(case.nights) == 1 or not any(made(night) for night in case.nights[:-1])
    if not first:
        past = [made(n) / (n.documents + n.rejected) for n in _reading(case, _ALL)]
        if not past or low(past) * read < _LEAST_MADE:
            return None
    reason = tonight.most("page/rejected/") or tonight.most("dropped/")
    why = f"most were left out as {reason}" if reason else "nothing says why"
    return Finding(
        f"{read:,} pages were read, and not one gave a row: {why}",
        {"pages": read, "reason": reason},
        tonight.example("rejected", "document"),
    )


def made(night: Night) -> int:
    """Pairs that a night's documents gave, those that were there already included."""
    return night.pairs + night.duplicates + night.count("dropped/already-written")


def yield_fell(case: Case) -> Finding | None:
    """Fewer documents than before, over one night or some; or fewer pairs of each."""
    steady = _steady(case.nights)
    past = [n for n in case.past(_ALL) if n.at in steady]
    if len(past) < case.rules.min_nights or case.tonight.at not in steady:
        return None
    if not case.tonight.fetched:
        return None  # nothing may be fetched, or nothing answered: other alarms say that
    counts = [night.documents for night in past]
    recent = _since(case, past, steady)
    share = case.rules.yield_fell
    middle = median(counts)
    if nights := fell(counts, recent, share):
        seen = sum(recent[-nights:])
        return Finding(
            f"{seen:,} new or changed documents in {_nights(nights)}; usual are "
            f"{middle * nights:,.0f}",
            {"was": middle * nights, "now": seen, "nights": nights},
            case.tonight.example("unchanged", "document"),
        )
    return _fewer_pairs(case, past) or (FINE if recent[-1] >= share * middle else None)


def _fewer_pairs(case: Case, past: list[Night]) -> Finding | None:
    """Fewer pairs of a document than before."""
    tonight = case.tonight
    ratios = [made(n) / n.documents for n in past if n.documents >= _READ]
    if len(ratios) < case.rules.min_nights or tonight.documents < _READ:
        return None
    usual = low(ratios)
    ratio = made(tonight) / tonight.documents
    if ratio >= case.rules.yield_fell * usual or usual * tonight.documents < 4 * _LEAST_MADE:
        return None
    return Finding(
        f"{ratio:.1f} pairs a document; usual are {median(ratios):.1f}",
        {"was": round(median(ratios), 2), "now": round(ratio, 2)},
        tonight.example("document"),
    )


def yield_rose(case: Case) -> Finding | None:
    """Far more documents than before: a trap, a flood, or a site that was made anew."""
    steady = _steady(case.nights)
    past = [n for n in case.past(_ALL, _LONG) if n.at in steady]
    tonight = case.tonight
    if len(past) < case.rules.min_nights or tonight.at not in steady:
        return None
    counts = [night.documents for night in past]
    if not rose(counts, tonight.documents, case.rules.yield_rose, _LEAST_RISE):
        return FINE
    return Finding(
        f"{tonight.documents:,} new or changed documents; usual are {median(counts):,.0f}",
        {"was": median(counts), "now": tonight.documents},
        tonight.example("document"),
    )


def _steady(nights: list[Night]) -> set[str]:
    """Nights that began with little left over: then what they bring is what is new."""
    return {
        night.at
        for before, night in pairwise(nights)
        if before.pending * 10 <= night.fetched and night.pending * 10 <= night.fetched
    }


def _since(case: Case, past: list[Night], steady: set[str]) -> list[int]:
    """The documents of the newest nights, tonight's last, that are of the same kind."""
    kept = {night.at for night in past}
    row = [n for n in case.nights if n.at in steady and (n.at in kept or n is case.tonight)]
    return [night.documents for night in row[-MOST:]]


def _reading(case: Case, names: tuple[str, ...]) -> list[Night]:
    """Past nights in which pages were read anew."""
    return [n for n in case.past(names) if n.documents + n.rejected]


def _nights(count: int) -> str:
    return "a night" if count == 1 else f"{count} nights"
