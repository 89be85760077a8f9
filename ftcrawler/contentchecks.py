"""What a night's documents look like beside those before: headings, titles, languages. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from ftcrawler.baselines import least_share, share_fell
from ftcrawler.nights import Night
from ftcrawler.thresholds import FINE, Case, Finding

_LEAST_PAST: Final = 15  # documents to compare with
_USUAL: Final = 0.05  # a language that so many documents are in is one of the site's
_SHORTER: Final = 0.4  # of the usual words
_LEAST_WORDS: Final = 5  # documents whose median tells something
_SAME_TITLES: Final = 0.2  # titles of their own, of all
_WINDOWS: Final = (1, 3, 7)  # nights that are taken together
_Share = Callable[[Night], tuple[int, int]]  # so many of so many documents
_REDESIGN: Final = ("redesign",)
_SHIFTED: Final = ("language-shifted",)
_CONTENT: Final = (*_REDESIGN, *_SHIFTED, "permission-lost")


def redesign(case: Case) -> Finding | None:
    """Pages give no document any more, or documents without titles, headings or most words."""
    answers = [
        _accepted(case),
        _part(case, "titled", "a title"),
        _titles(case),
        _part(case, "headed", "headings"),
        _words(case),
    ]
    for answer in answers:
        if answer is not None and answer is not FINE:
            return answer
    return None if None in answers else FINE


class _Lower(NamedTuple):
    """A share that is lower than the past explains, over some nights."""

    seen: int
    of: int
    usual: float
    nights: int

    @property
    def share(self) -> float:
        return self.seen / self.of

    @property
    def when(self) -> str:
        return f" of {self.nights} nights" if self.nights > 1 else ""


def _lower(case: Case, share: _Share) -> _Lower | Finding | None:
    """Whether a share of documents fell: tonight, or over some nights together.

    ``FINE`` when tonight's is as usual, None when it does not tell.
    """
    by = case.rules.content_fell
    past = [night for night in case.past(_CONTENT) if share(night)[1]]
    if not share(case.tonight)[1] or not _enough(case, [share(night) for night in past]):
        return None
    seen, of = share(case.tonight)
    if (least_share([share(night) for night in past]) or 0.0) - seen / of < by:
        return FINE
    telling = [night for night in case.nights if share(night)[1]]
    for nights in _WINDOWS:
        recent = telling[-nights:]
        before = [share(night) for night in past if night not in recent]
        if len(recent) < nights or not _enough(case, before):
            break
        seen, of = (sum(numbers) for numbers in zip(*map(share, recent), strict=True))
        if share_fell(before, seen, of, by):
            return _Lower(seen, of, least_share(before) or 0.0, nights)
    return None


def _accepted(case: Case) -> Finding | None:
    """The share of pages read anew that gave a document."""
    found = _lower(case, lambda night: (night.documents, night.documents + night.rejected))
    if not isinstance(found, _Lower):
        read = case.tonight.documents + case.tonight.rejected
        return found if read else FINE
    reason = case.tonight.most("page/rejected/")
    return Finding(
        f"{found.of - found.seen:,} of {found.of:,} pages{found.when} gave no document, most as "
        f"{reason}; usual are {1 - found.usual:.0%} at most",
        {"was": round(1 - found.usual, 4), "now": round(1 - found.share, 4)},
        case.tonight.example(f"rejected/{reason}", "rejected"),
    )


def _part(case: Case, fact: str, what: str) -> Finding | None:
    """The share of new documents that have something."""
    found = _lower(case, lambda night: (night.fact(fact), night.fact("documents")))
    if not isinstance(found, _Lower):
        return found
    return Finding(
        f"{found.seen:,} of {found.of:,} new documents{found.when} have {what} "
        f"({found.share:.0%}); usual are {found.usual:.0%} at least",
        {"part": fact, "was": round(found.usual, 4), "now": round(found.share, 4)},
        case.tonight.example("document"),
    )


def _titles(case: Case) -> Finding | None:
    """Whether nearly all new documents share their titles; fewer are copies of each other."""
    if case.nights[-2:-1] and case.nights[-2].at in case.flagged.get("duplicates-rose", ()):
        return FINE  # that says it already
    found = _part(case, "titles", "a title of its own")
    few = case.tonight.fact("titles") <= _SAME_TITLES * case.tonight.fact("documents")
    return found if found is None or found is FINE or few else None


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
    totals: Counter[str] = sum(map(_languages, case.past(_CONTENT)), Counter())
    now = _languages(case.tonight)
    if not now or not totals:
        return None
    usual = {name for name, n in totals.items() if n >= _USUAL * totals.total()}
    first = totals.most_common(1)[0][0]
    answers = [_lower(case, _share_of(names)) for names in (usual, {first})]
    found = next((answer for answer in answers if isinstance(answer, _Lower)), None)
    if found is None:
        return None if None in answers else FINE
    newest, count = now.most_common(1)[0]
    return Finding(
        f"{count:,} of {now.total():,} new documents are in {newest or 'no known language'}; "
        f"usual is {first or 'no known language'}",
        {"was": _shares(totals), "now": _shares(now)},
        case.tonight.example("document"),
    )


def _share_of(names: Collection[str]) -> _Share:
    """The share of documents in some languages."""

    def share(night: Night) -> tuple[int, int]:
        found = _languages(night)
        return sum(found[name] for name in names), found.total()

    return share


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
