"""From known URLs to rows: what went where and why, in steps that add up. Pure.

The manifest's ``crawl`` is what each site's memory said when the dataset was built: ``pages``
that are known, ``without`` a document by (outcome, reason), ``revisions`` (documents that were
made), ``made`` pairs by kind, ``dropped`` by reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple

Manifest = Mapping[str, Any]

MOST_REASONS: Final = 50  # that have a line of their own
NOT_VISITED: Final = "not visited so far"
_SPLITS: Final = ("train", "validation")
# What the reasons of a build mean, where their name does not say it.
MEANS: Final[Mapping[str, str]] = {
    "tombstone": "the page is gone",
    "retracted": "taken back by hand",
    "denied": "the page says no to training by now",
    "site": "of a site that was not chosen",
    "since": "fetched before the day that was chosen",
    "language": "in a language that was not chosen",
    "licence": "under a licence that the policy does not let pass",
    "older-revision": "the page has changed since",
    "between-splits": "like pages of both train and validation",
    "duplicate": "the same title and text as a document that is kept",
    "near-duplicate": "nearly the text of a document that is kept",
    "no-pairs": "all of its pairs were left out for reasons of their own",
    "document-missing": "its document is in no shard that is whole",
    "kind": "of a kind that was not chosen",
    "too-short": "fewer words than were asked for",
    "outdated": "the page does not say it any more",
    "boilerplate": "nothing but blocks that stand on many pages",
    "other-split": "its completion stands on the other side",
    "duplicate-pair": "the same prompt and completion as a pair that is kept",
    "cap": "beyond what is taken of a site",
    "budget": "beyond the tokens that were asked for",
}


_OWN: Final = frozenset(  # reasons that are of a pair, not of its document
    ("document-missing", "kind", "too-short", "outdated", "boilerplate", "other-split",
     "duplicate-pair", "cap", "budget")
)  # fmt: skip
_CRAWLED: Final[Mapping[str, str]] = {
    "duplicate": "another page gave it already",
    "already-written": "an earlier revision of the page gave it",
    "prompt-leans": "the prompt points to what stood before it",
    "prompt-unnamed": "the prompt does not say what it is about",
    "prompt-fragment": "the prompt is no whole sentence",
    "prompt-orders": "the prompt tells the reader to do something",
    "completion-points": "the completion sends the reader elsewhere",
}


class Step(NamedTuple):
    """One line: what is there, or what goes and why; ``left`` is what is left after it."""

    sort: Literal["all", "out", "in", "left"]
    what: str
    number: int
    left: int
    says: str = ""


class Totals(NamedTuple):
    """What the memory of some sites says, added up."""

    sites: int
    pages: int
    without: Counter[tuple[str, str]]
    revisions: int
    listings: int
    made: Counter[str]
    dropped: Counter[str]
    verdicts: Counter[tuple[str, str]]
    runs: int


def totals(crawl: Mapping[str, Mapping[str, Any]]) -> Totals:
    """The sum over sites."""
    found = Totals(len(crawl), sum(one["pages"] for one in crawl.values()), Counter(),
                   sum(one["revisions"] for one in crawl.values()),
                   sum(one["listings"] for one in crawl.values()), Counter(), Counter(), Counter(),
                   sum(one["runs"] for one in crawl.values()))  # fmt: skip
    for one in crawl.values():
        for outcome, reason, count in one["without"]:
            found.without[outcome or NOT_VISITED, reason] += count
        for verdict, signal, count in one["verdicts"]:
            found.verdicts[verdict, signal] += count
        found.made.update(one["made"])
        found.dropped.update(one["dropped"])
    return found


class _Steps:
    """Steps of one unit, the most numerous reasons first."""

    def __init__(self, what: str, count: int) -> None:
        self.left = count
        self.steps = [Step("all", what, count, count)]

    def out(self, reasons: Iterable[tuple[str, int]], means: Mapping[str, str]) -> None:
        ordered = sorted(reasons, key=lambda one: (-one[1], one[0]))
        shown = ordered[:MOST_REASONS]
        if others := ordered[MOST_REASONS:]:
            shown.append((f"{len(others):,} other reasons", sum(count for _, count in others)))
        for what, count in shown:
            self.left -= count
            self.steps.append(Step("out", what, count, self.left, means.get(what, "")))

    def other(self, out: str, into: str, wanted: int) -> None:
        """What makes up the difference to the next number that is known."""
        if self.left > wanted:
            self.out([(out, self.left - wanted)], {})
        elif self.left < wanted:
            self.steps.append(Step("in", into, wanted - self.left, wanted))
            self.left = wanted

    def result(self, what: str, says: str = "") -> None:
        self.steps.append(Step("left", what, self.left, self.left, says))


def pages(manifest: Manifest) -> list[Step]:
    """From known pages to pages with a document; nothing when no memory is told of."""
    crawl = manifest.get("crawl") or {}
    if not crawl:
        return []
    known = totals(crawl)
    steps = _Steps("page addresses known", known.pages)
    steps.out(((_named(*key), count) for key, count in known.without.items()), {})
    steps.result("pages with a document")
    return steps.steps


def _named(outcome: str, reason: str) -> str:
    return f"{outcome}: {reason}" if reason else outcome


def documents(manifest: Manifest) -> list[Step]:
    """From the documents that were made to those that are used."""
    counts, crawl = manifest["documents"], manifest.get("crawl") or {}
    steps = _Steps("documents", counts["all"])
    if crawl:
        known = totals(crawl)
        with_document = known.pages - sum(known.without.values())
        steps = _Steps("pages with a document", with_document)
        if known.revisions > with_document:
            again = known.revisions - with_document
            steps.steps.append(Step("in", "later revisions of them", again, known.revisions))
            steps.left = known.revisions
        steps.other(
            "in no shard that was read", "of shards that no memory knows, or imported",
            counts["all"],
        )  # fmt: skip
        steps.result("documents")
    steps.out(counts["left_out"].items(), MEANS)
    steps.result("documents used")
    return steps.steps


def pairs(manifest: Manifest) -> list[Step]:
    """From the pairs that the crawls made to the rows."""
    counts, crawl = manifest["pairs"], manifest.get("crawl") or {}
    steps = _Steps("pairs in shards", counts["all"])
    if crawl and (known := totals(crawl)).made:
        steps = _Steps("pairs made", known.made.total() + known.dropped.total())
        steps.out(known.dropped.items(), _CRAWLED)
        steps.other(
            "in no shard that was read", "of shards that no memory knows, or imported",
            counts["all"],
        )  # fmt: skip
        steps.result("pairs in shards")
    means = {name: said if name in _OWN else f"with its document: {said}"
             for name, said in MEANS.items()}  # fmt: skip
    steps.out(counts["left_out"].items(), means)
    steps.result("rows", "train and validation")
    return steps.steps


def by_kind(manifest: Manifest) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """The kinds, and the pairs of each kind by state: in shards, left out by reason, rows."""
    found: dict[str, Counter[str]] = {}
    for _site, kind, state, count, _tokens in manifest["by"]:
        found.setdefault(state, Counter())[kind] += count
    kinds = sorted({kind for counts in found.values() for kind in counts})
    reasons = sorted(found.keys() - set(_SPLITS), key=lambda one: (-found[one].total(), one))
    every = sum(found.values(), Counter())
    lines = [("in shards", every)]
    lines += [(name, found[name]) for name in reasons]
    lines += [(name, found.get(name, Counter())) for name in _SPLITS]
    return kinds, [(name, [counts[kind] for kind in kinds]) for name, counts in lines]


class Site(NamedTuple):
    """One site's numbers; -1 where they are not known."""

    name: str
    addresses: int
    with_document: int
    documents: int
    used: int
    pairs: int
    left_out: int
    train: int
    validation: int
    tokens: int


def by_site(manifest: Manifest, used: Mapping[str, int]) -> list[Site]:
    """Every site, that with the most rows first."""
    crawl = manifest.get("crawl") or {}
    stored: Counter[str] = Counter()
    for source in manifest["inputs"]:
        stream, _, rest = source["file"].partition("/site=")
        if stream == "documents":
            stored[rest.partition("/")[0]] += source["rows"]
    states: dict[str, Counter[str]] = {}
    tokens: Counter[str] = Counter()
    for site, _kind, state, count, size in manifest["by"]:
        states.setdefault(site, Counter())[state] += count
        tokens[site] += size if state in _SPLITS else 0
    found = []
    for site in states.keys() | crawl.keys() | stored.keys():
        one, counts = crawl.get(site), states.get(site, Counter())
        known = one["pages"] if one else -1
        without = sum(count for _, _, count in one["without"]) if one else 0
        rows = [counts[split] for split in _SPLITS]
        found.append(
            Site(
                name=site,
                addresses=known,
                with_document=known - without if one else -1,
                documents=stored[site],
                used=used.get(site, 0),
                pairs=counts.total(),
                left_out=counts.total() - sum(rows),
                train=rows[0],
                validation=rows[1],
                tokens=tokens[site],
            )
        )
    return sorted(found, key=lambda one: (-one.train - one.validation, -one.pairs, one.name))
