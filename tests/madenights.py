"""What tests of alarms share: records of many nights as sites of many kinds would leave them."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2026, 9, 1, 3, tzinfo=UTC)
ROBOTS = "200 aaaa"


@dataclass
class Kind:
    """How a site is: pages at first, new ones a weekday and a weekend's day, and its habits."""

    pages: int = 200
    weekday: float = 12
    weekend: float = 12
    headed: float = 0.9
    second: float = 0.0  # share in a second language
    failing: float = 0.01
    bursts: float = 0.0  # nights that bring ten times as much
    changing: float = 0.01  # of the known pages, each night
    pairs: float = 6.0


KINDS = [
    Kind(), Kind(weekday=60, weekend=5), Kind(weekday=0.4, weekend=0.4), Kind(weekday=3, weekend=0),
    Kind(second=0.4), Kind(headed=0.5), Kind(failing=0.08), Kind(bursts=0.05, weekday=2),
    Kind(pages=2000, weekday=150, weekend=90), Kind(pages=8, weekday=0, weekend=0, changing=0.1),
]  # fmt: skip


def poisson(dice: random.Random, mean: float) -> int:
    """A number by chance, more spread than Poisson's, as sites are."""
    mean *= dice.gammavariate(8, 1 / 8)
    if mean > 50:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    limit, k, p = math.exp(-mean), 0, dice.random()
    while p > limit:
        k, p = k + 1, p * dice.random()
    return k


def several(dice: random.Random, of: int, share: float) -> int:
    """How many of so many, each with a chance."""
    return sum(dice.random() < share for _ in range(of))


@dataclass
class Site:
    """A site over many nights."""

    name: str
    kind: Kind
    dice: random.Random
    known: int = 0
    kept: int = 0
    run: int = 0
    trouble: dict[int, str] = field(default_factory=dict)  # by night: what has gone wrong

    def night(self, number: int) -> dict[str, Any]:
        """The site's entry in the record of a night."""
        kind, dice, trouble = self.kind, self.dice, self.trouble.get(number, "")
        weekend = (BEGIN + timedelta(number)).weekday() > 4
        mean = kind.weekend if weekend else kind.weekday
        if dice.random() < kind.bursts:
            mean *= 10
        new = kind.pages if number == 0 else poisson(dice, mean)
        visits = new + 1 + several(dice, self.known, 0.15)
        changed = several(dice, self.known, kind.changing) + (1 if number else 0)
        self.run += 1
        counts: Counter[str] = Counter()
        facts: dict[str, Any] = {"policies": {f"https://{self.name}.example/robots.txt": ROBOTS},
                                 "turned": {}, "examples": {}}  # fmt: skip
        facts["examples"]["document"] = f"https://{self.name}.example/d"
        if trouble == "down":
            counts.update({"page/failed": visits, "page/failed/timeout": visits})
            return self._entry(counts, facts)
        failed = several(dice, visits, 0.45 if trouble == "errors" else kind.failing)
        documents = min(new + changed, visits - failed)
        if trouble == "redesign" and number - min(self.trouble) == 0:
            documents = visits - failed  # all that is looked at changed
        rejected = several(dice, documents, 0.95 if trouble == "selectors" else 0.02)
        documents -= rejected
        if trouble == "quiet":
            documents, rejected = 0, 0
        if trouble == "flood":
            documents += 40 * max(20, round(kind.weekday))
        if trouble == "opt-out":
            refused = documents + rejected
            told = {
                "verdict": "deny",
                "pages": max(1, visits // 3),
                "example": "https://e.example/",
            }
            facts["turned"] = {"x-robots-tag": told} if number == min(self.trouble) else {}
            facts["policies"] = dict.fromkeys(facts["policies"], "200 bbbb")
            counts["page/rejected"] = counts["page/rejected/consent: x-robots-tag"] = refused
            documents = rejected = 0
        if trouble == "robots":
            facts["policies"] = dict.fromkeys(facts["policies"], "200 cccc")
        self.known += max(0, new - failed)
        unchanged = max(0, visits - documents - rejected - failed)
        counts.update({"page/document": documents, "page/unchanged": unchanged})
        counts.update({"page/rejected": rejected, "page/rejected/no-article": rejected})
        counts.update({"page/failed": failed, "page/failed/http-500": failed})
        made = sum(poisson(dice, kind.pairs) for _ in range(documents))
        share = 0.9 if trouble == "duplicates" else 0.05
        repeated = several(dice, made, share)
        counts.update({"pairs/title": made - repeated, "dropped/duplicate": repeated})
        headed = several(dice, documents, 0.0 if trouble == "redesign" else kind.headed)
        german = several(dice, documents, 1.0 if trouble == "language" else kind.second)
        facts |= {
            "documents": documents, "titled": documents,
            "titles": documents * (2 if trouble == "duplicates" else 3) // 3, "headed": headed,
            "words": round(dice.gauss(400, 40)),
            "languages": {"en": documents - german, "de": german},
        }  # fmt: skip
        return self._entry(counts, facts)

    def _entry(self, counts: Counter[str], facts: dict[str, Any]) -> dict[str, Any]:
        told = {name: n for name, n in counts.items() if n}
        return {"run": self.run, "kind": "crawl", "outcome": "ok", "counts": told,
                "pending": 0, "facts": facts}  # fmt: skip


def quarter(find, seed: int, troubles=None, sites: int = 20, nights: int = 90):
    """The records of a quarter with their alarms; ``troubles`` by site's number, night: name."""
    dice = random.Random(seed)
    houses = [
        Site(f"s{n:02}", KINDS[n % len(KINDS)], random.Random(dice.random()),
             trouble=(troubles or {}).get(n, {})) for n in range(sites)
    ]  # fmt: skip
    records: list[dict[str, Any]] = []
    for number in range(nights):
        at = BEGIN + timedelta(number)
        record = {
            "kind": "night", "id": f"n{number}", "started_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "reason": "finished", "exit_code": None, "alarms": [],
            "sites": {house.name: house.night(number) for house in houses},
        }  # fmt: skip
        records.append(record)
        record["alarms"] = [a.as_dict() for a in find(records[-60:], at + timedelta(hours=1))]
    return records


def raised(records) -> list[tuple[int, str, str]]:
    """(night, site, alarm) of each alarm when it was raised."""
    return [
        (number, alarm["site"], alarm["name"])
        for number, record in enumerate(records)
        for alarm in record["alarms"]
        if alarm["state"] == "raised"
    ]
