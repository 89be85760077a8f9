"""What a night's documents look like beside those before: headings, titles, languages. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Final

from ftcrawler.baselines import least_share, share_fell
from ftcrawler.nights import Night
from ftcrawler.thresholds import FINE, Case, Finding

_LEAST_PAST: Final = 15  # documents to compare with
_USUAL: Final = 0.05  # a language that so many documents are in is one of the site's
_SHORTER: Final = 0.4  # of the usual words
_LEAST_WORDS: Final = 5  # documents whose median tells something
_REDESIGN: Final = ("redesign",)
_SHIFTED: Final = ("language-shifted",)
_CONTENT: Final = (*_REDESIGN, *_SHIFTED, "permission-lost")


def redesign(case: Case) -> Finding | None:
    """Pages give no document any more, or documents without titles, headings or most words."""
    answers = [_accepted(case), _part(case, "titled", "a title"), _part(case, "titles", "a title "
               "of its own"), _part(case, "headed", "headings"), _words(case)]  # fmt: skip
    for answer in answers:
        if answer is not None and answer is not FINE:
            return answer
    return None if None in answers else FINE


def _accepted(case: Case) -> Finding | None:
    """The share of pages read anew that gave a document."""
    tonight = case.tonight
    past = [(n.documents, n.documents + n.rejected) for n in case.past(_CONTENT)]
    read = tonight.documents + tonight.rejected
    if not _enough(case, past):
        return None
    usual = least_share(past) or 0.0
    if read and usual - tonight.documents / read < case.rules.content_fell:
        return FINE
    if not share_fell(past, tonight.documents, read, case.rules.content_fell):
        return None
    reason = tonight.most("page/rejected/")
    return Finding(
        f"{tonight.rejected:,} of {read:,} pages gave no document, most as {reason}; usual are "
        f"{1 - usual:.0%} at most",
        {"was": round(1 - usual, 4), "now": round(1 - tonight.documents / read, 4)},
        tonight.example(f"rejected/{reason}", "rejected"),
    )


def _part(case: Case, fact: str, what: str) -> Finding | None:
    """The share of new documents that have something."""
    tonight = case.tonight
    seen, of = tonight.fact(fact), tonight.fact("documents")
    past = [(n.fact(fact), n.fact("documents")) for n in case.past(_CONTENT)]
    if not _enough(case, past) or not of:
        return None
    usual = least_share(past) or 0.0
    if usual - seen / of < case.rules.content_fell:
        return FINE
    if not share_fell(past, seen, of, case.rules.content_fell):
        return None
    return Finding(
        f"{seen:,} of {of:,} new documents have {what} ({seen / of:.0%}); usual are "
        f"{usual:.0%} at least",
        {"part": fact, "was": round(usual, 4), "now": round(seen / of, 4)},
        tonight.example("document"),
    )


def _words(case: Case) -> Finding | None:
    """The median of the new documents' words."""
    tonight = case.tonight
    enough = [n for n in case.past(_CONTENT) if n.fact("documents") >= _LEAST_WORDS]
    if len(enough) < _nights(case) or tonight.fact("documents") < _LEAST_WORDS:
        return FINE  # the other parts tell
    shortest = min(night.fact("words") for night in enough)
    if tonight.fact("words") >= shortest * _SHORTER:
        return FINE
    return Finding(
        f"new documents have {tonight.fact('words'):,} words (median); usual are {shortest:,} at "
        "least",
        {"part": "words", "was": shortest, "now": tonight.fact("words")},
        tonight.example("document"),
    )


def language_shifted(case: Case) -> Finding | None:
    """New documents are in other languages than before, or in another of them."""
    tonight = case.tonight
    past = [_languages(n) for n in case.past(_CONTENT)]
    totals: Counter[str] = sum(past, Counter())
    now = _languages(tonight)
    if not now or not _enough(case, [(1, sum(night.values())) for night in past]):
        return None
    usual = {name for name, n in totals.items() if n >= _USUAL * totals.total()}
    first = totals.most_common(1)[0][0]
    by = case.rules.content_fell
    answer: Finding | None = FINE
    for names in (usual, {first}):
        shares = [(sum(n[name] for name in names), n.total()) for n in past]
        seen, of = sum(now[name] for name in names), now.total()
        if (least_share(shares) or 0.0) - seen / of < by:
            continue
        answer = None
        if share_fell(shares, seen, of, by):
            newest = now.most_common(1)[0]
            return Finding(
                f"{newest[1]:,} of {of:,} new documents are in {newest[0] or 'no known language'}; "
                f"usual is {first or 'no known language'}",
                {"was": _shares(totals), "now": _shares(now)},
                tonight.example("document"),
            )
    return answer


def _languages(night: Night) -> Counter[str]:
    found = night.facts.get("languages")
    return +Counter(found if isinstance(found, dict) else {})


def _shares(counts: Counter[str]) -> dict[str, float]:
    return {name: round(n / counts.total(), 3) for name, n in counts.most_common(3)}


def _nights(case: Case) -> int:
    """Nights with documents that are needed: half of those for counts."""
    return (case.rules.min_nights + 1) // 2


def _enough(case: Case, past: list[tuple[int, int]]) -> bool:
    seen = [of for _, of in past if of]
    return len(seen) >= _nights(case) and sum(seen) >= _LEAST_PAST
