"""What may have gone wrong with the runs themselves: late, broken, no room. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Final

from ftcrawler.clock import iso
from ftcrawler.nights import began, instant
from ftcrawler.thresholds import Finding

_LATE: Final = 2.2  # usual distances between two runs; then one is missing
_LEAST_RUNS: Final = 3  # distances that make a habit
_LEAST_LATE: Final = timedelta(hours=6)
_LOOK_BACK: Final = 14
_LEFT_NIGHTS: Final = 14.0  # that the disk must last
_LEAST_FREE: Final = 1 << 30
_LEAST_SHARE: Final = 0.01  # of the disk
_FINE_CODES: Final = (None, 0, 8)  # 8: there was nothing to do
# How a site's crawl may end without a result, and what is to be said of it.
_ENDED: Final = {
    "lost": "its process died, twice",
    "configuration": "its site file is wrong",
    "storage": "the disk or its memory refused",
    "restored": "its memory is older than the records: a backup was put back",
    "locked": "another process worked on it",
}


def overdue(records: Sequence[Mapping[str, Any]], now: datetime) -> Finding | None:
    """A run that did not begin: the last one is longer ago than the distance of those before.

    >>> from datetime import UTC
    >>> runs = [{"started_at": f"2026-11-{day:02}T03:00:00Z"} for day in range(1, 9)]
    >>> overdue(runs, datetime(2026, 11, 9, 4, tzinfo=UTC))
    >>> overdue(runs, datetime(2026, 11, 11, 4, tzinfo=UTC)).says
    'no run began since 2026-11-08T03:00:00Z; usual is one every 24 hours'
    """
    times = [time for record in records if (time := instant(began(record)))]
    if not times:
        return None
    gaps = [b - a for a, b in pairwise(times) if b > a][-_LOOK_BACK:]
    if len(gaps) < _LEAST_RUNS:
        return None
    usual = sorted(gaps)[len(gaps) // 2]
    if now - times[-1] <= max(usual * _LATE, usual + _LEAST_LATE):
        return None
    hours = usual.total_seconds() / 3600
    return Finding(
        f"no run began since {iso(times[-1].timestamp())}; usual is one every {hours:.0f} hours",
        {"last": iso(times[-1].timestamp()), "usual_hours": round(hours, 1)},
    )


def missing(records: Sequence[Mapping[str, Any]], now: datetime) -> Finding | None:
    """A run that has not begun until now, or had not until tonight's did."""
    if late := overdue(records, now):
        return late
    tonight = instant(began(records[-1])) if records else None
    return overdue(records[:-1], tonight) if tonight else None


def broken(records: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Finding]]:
    """Stages of tonight that failed, by name; and nights that died one after another."""
    tonight = records[-1]
    for name, stage in (tonight.get("stages") or {}).items():
        if stage.get("exit_code") not in _FINE_CODES:
            says = stage.get("says") or f"exit code {stage.get('exit_code')}"
            yield f"{name}-failed", Finding(str(says), {"exit_code": stage.get("exit_code")})
    lost = 0
    for record in reversed(records[:-1]):
        if record.get("reason") != "lost":
            break
        lost += 1
    if lost > 1:
        yield "runs-lost", Finding(f"the last {lost} runs were killed before they ended")


def disk(records: Sequence[Mapping[str, Any]]) -> Finding | None:
    """The disk is nearly full, or will be soon if it goes on like this."""
    known = [r["disk"] for r in records if (r.get("disk") or {}).get("free") is not None]
    if not known or not records[-1].get("disk"):
        return None
    free, total = known[-1]["free"], known[-1].get("total", 0)
    taken = [a["free"] - b["free"] for a, b in pairwise(known)][-_LOOK_BACK:]
    growth = median(taken) if len(taken) > _LEAST_RUNS else 0
    nights = free / growth if growth > 0 else float("inf")
    if free >= max(_LEAST_FREE, total * _LEAST_SHARE) and nights >= _LEFT_NIGHTS:
        return None
    lasts = (
        f", which lasts for {nights:.0f} nights of {growth / 2**20:,.0f} MiB" if growth > 0 else ""
    )
    return Finding(
        f"{free / 2**30:.1f} GiB are free{lasts}",
        {"free": free, "a_night": int(growth)},
    )


def left_out(record: Mapping[str, Any], site: str) -> Finding | None:
    """A site that was due and has no result tonight."""
    sites = record.get("sites")
    entry = sites.get(site) if isinstance(sites, Mapping) else None
    outcome = entry.get("outcome", "") if isinstance(entry, Mapping) else ""
    if outcome not in _ENDED:
        return None
    says = f"it was not crawled: {_ENDED[outcome]}"
    told = str(entry.get("says") or "") if entry else ""
    return Finding(f"{says} ({told})" if told else says, {"outcome": outcome})
