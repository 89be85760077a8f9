"""Records of runs as tables: the last ones, what they brought site by site, and one in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from ftcrawler.exits import Exit
from ftcrawler.nightparts import GOOD, loud, site_part, totals
from ftcrawler.runs import NIGHT
from ftcrawler.summary import human_size
from ftcrawler.trends import arrow, sparkline

MOST_SITES: Final = 40
MOST_REASONS: Final = 8
_WORDS: Final = ("run", "kind", "ended")
_NUMBERS: Final = ("sites", "pages", "new", "changed", "pairs", "bytes", "time", "alarms")
_SPARE: Final = ("kind", "bytes", "changed", "time", "new", "sites")  # on a narrow terminal
_GAP: Final = 2  # between columns
_LEAST_BARS: Final = 3  # of a picture, however narrow the terminal is
_TRENDS: Final[tuple[tuple[str, Callable[[Mapping[str, Any]], int]], ...]] = (
    ("pages", lambda site: site["pages"]["fetched"]),
    ("new + changed", lambda site: site["pages"]["new"] + site["pages"]["changed"]),
    ("pairs", lambda site: site["rows"]["pairs"]),
    ("failed", lambda site: site["pages"]["failed"]),
)


def name_of(run: Mapping[str, Any]) -> str:
    """What a run is called: a night's id, a crawl's file."""
    return str(run["id"]) if run.get("kind") == NIGHT else str(run["file"]).removesuffix(".json")


def parts_of(run: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The sites of a run in the form of a night's, whatever it was."""
    if run.get("kind") == NIGHT:
        return dict(run["sites"])
    reason = str(run.get("reason", ""))
    return {name: site_part(site, "", reason) for name, site in run["sites"].items()}


def is_part_of_a_night(run: Mapping[str, Any], nights: set[str]) -> bool:
    """Whether a crawl is told of in a night's record."""
    return run.get("night") in nights


def fitting(
    heads: Sequence[str], rows: Sequence[Sequence[str]], width: int, spare: Sequence[str]
) -> list[int]:
    """Which columns are shown: of those that can be spared, the first are left out first.

    >>> fitting(("run", "kind", "pages"), [["20261124", "night", "7"]], 18, ("kind",))
    [0, 2]
    """
    widths = _widths(heads, rows)
    shown = list(range(len(heads)))
    for name in spare:
        if sum(widths[place] for place in shown) <= width:
            break
        shown.remove(heads.index(name))
    return shown


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, column)) + _GAP for column in zip(heads, *rows, strict=True)]


def _table(
    console: Console,
    heads: Sequence[str],
    rows: Iterable[list[str]],
    left: int,
    spare: Sequence[str] = (),
) -> None:
    """A table whose first ``left`` columns are words, the others numbers."""
    rows = list(rows)
    shown = fitting(heads, rows, console.width, spare)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for place in shown:
        justify: Literal["left", "right"] = "left" if place < left else "right"
        table.add_column(heads[place], justify=justify, no_wrap=True)
    for row in rows:
        table.add_row(*(row[place] for place in shown))
    console.print(table)


def show_runs(console: Console, runs: Sequence[Mapping[str, Any]]) -> None:
    """The runs, a line each, and how each site did over them, as wide as there is room."""
    _table(console, (*_WORDS, *_NUMBERS), map(_line, runs), len(_WORDS), _SPARE)
    sites = list(dict.fromkeys(name for run in reversed(runs) for name in run["sites"]))
    if len(runs) > 1 and sites:
        console.print()
        heads = ("site", *(word for name, _ in _TRENDS for word in (name, "")))
        rows = list(_trends(runs, sites[:MOST_SITES]))
        most = len(runs)
        while most > _LEAST_BARS and sum(_widths(heads, _cut(rows, most))) > console.width:
            most -= 1
        _table(console, heads, _cut(rows, most), len(heads))
        if len(sites) > MOST_SITES:
            console.print(f"… and {len(sites) - MOST_SITES:,} more sites: --json has them")


def _cut(rows: Sequence[Sequence[str]], most: int) -> list[list[str]]:
    """Of each picture, every second column behind the name, the last ``most`` bars."""
    return [[text[-most:] if place % 2 else text for place, text in enumerate(row)] for row in rows]


def _line(run: Mapping[str, Any]) -> list[str]:
    parts = parts_of(run)
    sums = totals(parts.values())
    good = sum(site["outcome"] in GOOD for site in parts.values())
    seconds = run.get("seconds") or max((site["seconds"] for site in parts.values()), default=0)
    return [
        name_of(run),
        str(run.get("kind", "crawl")),
        _ended(run),
        f"{good}/{len(parts)}",
        *(f"{sums[key]:,}" for key in ("fetched", "new", "changed", "pairs")),
        human_size(sums["bytes"]),
        f"{seconds:,.0f} s",
        str(len(loud(run)) or "") if "alarms" in run else "",
    ]


def _ended(run: Mapping[str, Any]) -> str:
    code = run.get("exit_code")
    if code is None:
        return str(run.get("reason", ""))
    return Exit(code).name if code in Exit._value2member_map_ else f"code {code}"


def _trends(runs: Sequence[Mapping[str, Any]], sites: Sequence[str]) -> Iterator[list[str]]:
    parts = [parts_of(run) for run in runs]
    for name in sites:
        row = [name]
        for _, number in _TRENDS:
            numbers = [number(part[name]) if name in part else None for part in parts]
            last = next((n for n in reversed(numbers) if n is not None), 0)
            row += [sparkline(numbers), f"{last:,} {arrow(numbers)}".rstrip()]
        yield row


def show_run(console: Console, run: Mapping[str, Any]) -> None:
    """One run in full."""
    console.print(f"{name_of(run)}: {_ended(run)}, {run.get('reason', '')}")
    until = run.get("ended_at") or "it has not ended"
    console.print(f"{run['started_at']} to {until}")
    for name, stage in run.get("stages", {}).items():
        extra = " ".join(
            f"{key} {value}"
            for key, value in stage.items()
            if key not in ("exit_code", "seconds", "says") and value != ""
        )
        says = stage["says"] or "passed"
        console.print(f"{name}: {says}, {stage['seconds']:,.1f} s; {extra}", soft_wrap=True)
    console.print()
    heads = ("site", "outcome", "pages", "new", "changed", "failed", "pairs", "bytes", "pages/s")
    parts = parts_of(run)
    _table(console, heads, (_site(name, part) for name, part in parts.items()), 2)
    for name, part in parts.items():
        if part["says"]:
            console.print(f"\n{name}: {part['says']}", soft_wrap=True)
        if reasons := _reasons(part["counts"]):
            console.print(f"\n{name}: {reasons}", soft_wrap=True)
    for alarm in run.get("alarms", ()):
        where = f"{alarm['site']}: " if alarm["site"] else ""
        console.print(
            f"\n{alarm['severity']} {alarm['name']} ({alarm['state']} since {alarm['since']}): "
            f"{where}{alarm['says']}",
            soft_wrap=True,
        )
    for error in (*run.get("errors", ()), *run.get("told", ())):
        console.print(f"\n{error}", soft_wrap=True)


def _site(name: str, part: Mapping[str, Any]) -> list[str]:
    pages = part["pages"]
    return [
        name,
        part["outcome"],
        *(f"{pages[key]:,}" for key in ("fetched", "new", "changed", "failed")),
        f"{part['rows']['pairs']:,}",
        human_size(part["bytes"]),
        f"{part['rates']['pages_per_second']:,.1f}",
    ]


def _reasons(counts: Mapping[str, int]) -> str:
    """The most frequent reasons of a site's run, ``page/failed/http-404 3``."""
    found = {name: n for name, n in counts.items() if name.count("/") > 1 or "dropped/" in name}
    most = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_REASONS]
    return ", ".join(f"{name} {n:,}" for name, n in most)
