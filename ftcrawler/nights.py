"""One site's night as numbers, read from a run's record whatever wrote it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

GONE: Final = ("page/failed/http-404", "page/failed/http-410")
_WAITING: Final = ("page/deferred/visit-time",)  # the site asked for another hour
_OUTCOMES: Final = ("document", "unchanged", "rejected", "failed")


@dataclass(frozen=True)
class Night:
    """What a run did at a site: when it began, its counters, its facts."""

    at: str
    counts: Mapping[str, int]
    facts: Mapping[str, Any] = field(default_factory=dict)
    pending: int = 0
    resting: str = ""

    def count(self, *names: str) -> int:
        """The sum of some counters."""
        return sum(_number(self.counts.get(name)) for name in names)

    @cached_property
    def fetched(self) -> int:
        """Pages that were asked for and answered for."""
        return self.count(*(f"page/{outcome}" for outcome in _OUTCOMES))

    @cached_property
    def documents(self) -> int:
        """New and changed pages that gave a document."""
        return self.count("page/document")

    @cached_property
    def rejected(self) -> int:
        """Pages that were read anew and gave none, those that refuse aside."""
        refused = sum(
            _number(n)
            for name, n in self.counts.items()
            if name.startswith("page/rejected/consent: ")
        )
        return self.count("page/rejected") - refused

    @cached_property
    def gone(self) -> int:
        """Pages that are not there any more."""
        return self.count(*GONE)

    @cached_property
    def errors(self) -> int:
        """Pages that gave no usable answer, those that are gone aside; or were put off."""
        put_off = self.count("page/deferred") - self.count(*_WAITING)
        return self.count("page/failed") - self.gone + put_off

    @cached_property
    def attempted(self) -> int:
        """Pages that were asked for, or would have been."""
        return self.fetched + self.count("page/deferred") - self.count(*_WAITING)

    @cached_property
    def pairs(self) -> int:
        """New pairs of every kind."""
        return sum(_number(n) for name, n in self.counts.items() if name.startswith("pairs/"))

    @cached_property
    def duplicates(self) -> int:
        """Pairs that another page gave already."""
        return self.count("dropped/duplicate")

    def fact(self, name: str) -> int:
        """A number of the facts, 0 when it is not known."""
        return _number(self.facts.get(name))

    def example(self, *prefixes: str) -> str:
        """A URL whose outcome begins with one of these, or ``""``."""
        examples = self.facts.get("examples") or {}
        return next(
            (str(url) for p in prefixes for name, url in examples.items() if name.startswith(p)),
            "",
        )

    def most(self, prefix: str) -> str:
        """The commonest counter below a prefix, without it; ``""`` when there is none."""
        found = {k.removeprefix(prefix): n for k, n in self.counts.items() if k.startswith(prefix)}
        return max(found, key=lambda name: (_number(found[name]), name)) if found else ""


def nights_of(records: Iterable[Mapping[str, Any]], site: str) -> list[Night]:
    """A site's crawls in some records, oldest first; one that two records tell of is one night.

    >>> run = {"started_at": "2026-11-24T03:00:00Z", "sites": {"bees": {"run": 1, "counts": {}}}}
    >>> [night.at for night in nights_of([run, run], "bees")]
    ['2026-11-24T03:00:00Z']
    """
    found: dict[Any, Night] = {}
    for record in records:
        sites = record.get("sites")
        entry = sites.get(site) if isinstance(sites, Mapping) else None
        if not isinstance(entry, Mapping) or entry.get("kind", "crawl") != "crawl":
            continue
        counts = entry.get("counts")
        if not isinstance(counts, Mapping):
            continue  # left out that night: locked, or not due
        night = Night(
            began(record),
            counts,
            entry.get("facts") or {},
            _number(entry.get("pending")),
            str(entry.get("resting") or ""),
        )
        key = entry.get("run") or night.at
        if key in found and not night.facts:
            continue  # the crawl's own record of a night that is known better
        found.pop(key, None)
        found[key] = night
    return list(found.values())


def sites_of(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The sites that some records name, in the order of the alphabet."""
    names = {name for r in records if isinstance(r.get("sites"), Mapping) for name in r["sites"]}
    return sorted(names)


def began(record: Mapping[str, Any]) -> str:
    """When a record's run began, as it says."""
    return str(record.get("started_at") or record.get("started") or "")


def ended(record: Mapping[str, Any]) -> str:
    """When a record's run ended, as it says."""
    return str(record.get("ended_at") or record.get("finished") or "")


def exit_of(record: Mapping[str, Any]) -> int:
    """A run's exit code, 0 when it is not told."""
    code = record.get("exit_code")
    return _number(record.get("exit") if code is None else code)


def instant(said: str) -> datetime | None:
    """A time that a record tells, or None for what is none.

    >>> instant("2026-11-24T03:00:00Z")
    datetime.datetime(2026, 11, 24, 3, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and value == value else 0  # noqa: PLR0124 - not a NaN
