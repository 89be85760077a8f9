"""What a night's record says of its sites, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final

from ftcrawler.exits import Exit
from ftcrawler.summary import OTHER_OUTCOMES, PAGE_OUTCOMES, SiteResult, why_fruitless

CODES: Final = {  # what became of a site, and the exit code that this is by itself
    "ok": Exit.OK,
    "budget": Exit.OK,  # what is left waits for the next night
    "failed": Exit.FAILED,
    "locked": Exit.LOCKED,
    "configuration": Exit.CONFIGURATION,
    "lost": Exit.INTERNAL,
    "restored": Exit.STORAGE,
    "storage": Exit.STORAGE,
    "interrupted": Exit.INTERRUPTED,
}
OPEN: Final = ("storage", "interrupted")  # its slot is done by a later night
GOOD: Final = ("ok", "budget")
_FIELDS: Final = {field.name for field in fields(SiteResult)}
_SUMS: Final = ("fetched", "new", "changed", "failed")
_ROWS: Final = ("documents", "pairs", "tombstones")


def result_of(entry: Mapping[str, Any]) -> SiteResult:
    """A site's part of a crawl's record as what it was made of."""
    return SiteResult(**{**{k: v for k, v in entry.items() if k in _FIELDS}, "shards": []})


def site_part(
    entry: Mapping[str, Any], slot: str, reason: str, *, spent: bool = False
) -> dict[str, Any]:
    """What a night's record says of a site whose crawl left a record.

    ``reason`` is why that crawl ended, ``spent`` says that the budget was used up.
    """
    result = result_of(entry)
    outcome, says = "ok", ""
    if reason == "storage":
        outcome, says = "storage", "the disk or the state refused"
    elif reason == "finished" and result.fruitless:
        outcome, says = "failed", why_fruitless(result)
    elif spent and (result.pending or result.due_again):
        outcome = "budget"
        says = f"{result.pending + result.due_again:,} URLs wait for the next night"
    elif reason != "finished":
        outcome, says = "interrupted", f"ended by {reason}"
    return {
        "slot": slot,
        "outcome": outcome,
        "says": says,
        "exit_code": int(CODES[outcome]),
        **_numbers(result, entry.get("shards", ())),
    }


def lost_part(outcome: str, slot: str, says: str) -> dict[str, Any]:
    """What a night's record says of a site that left no record."""
    numbers = _numbers(SiteResult("", 0, False, {}, 0, 0), ())
    return {
        "slot": slot,
        "outcome": outcome,
        "says": says,
        "exit_code": int(CODES[outcome]),
        **numbers,
    }


def _numbers(result: SiteResult, shards: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    fetched = result.fetched
    made = sum(n for name, n in result.counts.items() if name.startswith(("pairs/", "dropped/")))
    twice = result.counts.get("dropped/duplicate", 0)
    return {
        "run": result.run,
        "resumed": result.resumed,
        "kind": result.kind,
        "counts": result.counts,
        "pending": result.pending,
        "due_again": result.due_again,
        "resting": result.resting,
        "left_out": result.left_out,
        "seconds": result.seconds,
        "bytes": result.bytes,
        "pages": {
            "fetched": fetched,
            **{name: result.pages(name) for name in (*PAGE_OUTCOMES, *OTHER_OUTCOMES)},
            "new": result.new,
            "changed": result.changed,
        },
        "rows": {
            "documents": result.pages("document"),
            "pairs": sum(result.reasons("pairs/").values()),
            "tombstones": result.counts.get("tombstones", 0),
        },
        "shard_bytes": sum(shard["bytes"] for shard in shards if shard["new"]),
        "rates": {
            "pages_per_second": _share(fetched, max(result.seconds, 1.0)),
            "failed": _share(result.pages("failed"), fetched),
            "rejected": _share(result.pages("rejected"), fetched),
            "duplicate": _share(twice, made),
        },
        "held": result.held,
        "facts": {},
    }


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def totals(sites: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The sums over all sites."""
    sites = list(sites)
    found = {name: sum(site["pages"][name] for site in sites) for name in _SUMS}
    found |= {name: sum(site["rows"][name] for site in sites) for name in _ROWS}
    return found | {name: sum(site[name] for site in sites) for name in ("bytes", "shard_bytes")}


def night_exit(entry: Mapping[str, Any]) -> Exit:
    """The exit code of a night, by its record: what is worst comes first.

    >>> night_exit({"reason": "interrupted", "sites": {}, "stages": {}, "alarms": []}).name
    'INTERRUPTED'
    """
    codes = [Exit(site["exit_code"]) for site in entry["sites"].values()]
    bad = [code for code in codes if code]
    if entry["reason"] == "interrupted":
        return Exit.INTERRUPTED
    if entry["reason"] == "storage":
        return Exit.STORAGE
    if bad and len(bad) == len(codes):
        return bad[0] if len(set(bad)) == 1 else Exit.FAILED
    for stage in entry["stages"].values():
        if stage["exit_code"]:
            return _known(stage["exit_code"])
    if bad or entry.get("broken"):
        return Exit.PARTLY
    return Exit.ALARM if loud(entry) else Exit.OK


def loud(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The alarms of a night that a person must look at: not over, and no mere notices."""
    return [
        alarm
        for alarm in entry["alarms"]
        if alarm["state"] != "cleared" and alarm["severity"] != "notice"
    ]


def _known(code: int) -> Exit:
    return Exit(code) if code in Exit._value2member_map_ else Exit.INTERNAL


def morning(entry: Mapping[str, Any]) -> str:
    """The night in one line, for the one who looks in the morning."""
    sites, sums = entry["sites"], entry["totals"]
    good = sum(site["outcome"] in GOOD for site in sites.values())
    parts = [
        f"{good} of {len(sites)} sites crawled",
        f"{sums['fetched']:,} pages ({sums['new']:,} new, {sums['changed']:,} changed)",
        f"{sums['pairs']:,} new pairs",
    ]
    bad = [
        f"{name} {site['outcome']}: {site['says']}"
        for name, site in sites.items()
        if site["outcome"] not in GOOD
    ]
    parts += [_stage(name, stage) for name, stage in entry["stages"].items()]
    if alarms := loud(entry):
        names = ", ".join(f"{alarm['site']} {alarm['name']}".strip() for alarm in alarms)
        parts.append(f"{len(alarms)} alarm{'s' * (len(alarms) > 1)} ({names})")
    if entry["reason"] not in ("finished", "budget"):
        parts.append(entry["reason"])
    return "; ".join([", ".join(parts), *bad, *entry.get("broken", ())])


def _stage(name: str, stage: Mapping[str, Any]) -> str:
    if stage["exit_code"]:
        return f"{name} FAILED ({stage['says']})"
    if name == "build":
        fresh = "built" if stage["fresh"] else "unchanged"
        return f"{fresh} {stage['dataset']}/{stage['version']} ({stage['train']:,} pairs to train)"
    return f"{name} passed"
