"""Everything that the dashboard shows, gathered without a write or a lock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from ftcrawler.alarms import Alarm, alarms_now
from ftcrawler.clock import iso
from ftcrawler.dashboardnews import News, news
from ftcrawler.dashboardstate import Memories, Memory
from ftcrawler.runs import nights
from ftcrawler.schedule import upcoming
from ftcrawler.site import Site
from ftcrawler.sitefiles import load_good_sites
from ftcrawler.slots import read_slots, rhythm_of
from pipelines.versions import latest, names

MOST_NIGHTS: Final = 60


@dataclass(frozen=True)
class Line:
    """One site: what it is at, its memory, when it is crawled next, its new pairs by night."""

    name: str
    state: str
    memory: Memory
    next_at: str = ""
    crawled: str = ""
    new: tuple[int, ...] = ()
    alarms: int = 0


class Dataset(NamedTuple):
    """The newest version of a dataset."""

    name: str
    manifest: Mapping[str, Any]


@dataclass(frozen=True)
class Board:
    """What there is at one moment."""

    at: str
    sites: list[Line] = field(default_factory=list)
    nights: list[dict[str, Any]] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    datasets: list[Dataset] = field(default_factory=list)
    news: News = field(default_factory=lambda: News([], []))
    faults: list[str] = field(default_factory=list)


class Boards:
    """Looks again and again at the same folders."""

    def __init__(self, data_dir: Path, sites_dir: Path, cron: str, zone: str) -> None:
        self._data_dir = data_dir
        self._sites_dir = sites_dir
        self._usual = (cron, zone)
        self._memories = Memories(data_dir)
        self._files: tuple[object, list[Site], list[str]] | None = None

    def look(self, now: datetime) -> Board:
        """What there is now."""
        found, faults = nights(self._data_dir, MOST_NIGHTS)
        sites, problems = self._site_files()
        slots, fault = read_slots(self._data_dir)
        rhythms = {site.name: rhythm_of(site, *self._usual) for site in sites}
        due = slots.at(now).due(rhythms, now)
        alarms = alarms_now(found, now)
        lines = []
        on_disk = {path.stem for path in self._sites_dir.glob("*.toml")}
        remembered = set(self._memories.names())
        for name in sorted(on_disk | remembered):
            memory = self._memories.of(name) if name in remembered else Memory()
            rhythm = rhythms.get(name)
            coming = upcoming(rhythm.cron, rhythm.zone, now) if rhythm else []
            lines.append(
                Line(
                    name,
                    _state(memory, _last(found, name), on_file=name in on_disk, due=name in due,
                           enabled=rhythm is not None),
                    memory,
                    iso(coming[0].timestamp()) if coming else "",
                    memory.began,
                    _new(found, name),
                    sum(alarm.site == name and alarm.state != "cleared" for alarm in alarms),
                )
            )  # fmt: skip
        return Board(
            iso(now.timestamp()),
            lines,
            found,
            alarms,
            self._datasets(),
            news(self._data_dir),
            [*problems, *faults, *filter(None, [fault]),
             *(line.memory.fault for line in lines if line.memory.fault)],
        )  # fmt: skip

    def _site_files(self) -> tuple[list[Site], list[str]]:
        """The enabled sites, read anew when a file changed."""
        mark = tuple(
            (path.name, path.stat().st_mtime_ns) for path in sorted(self._sites_dir.glob("*.toml"))
        )
        if self._files is None or self._files[0] != mark:
            self._files = (mark, *load_good_sites(self._sites_dir))
        return self._files[1], self._files[2]

    def _datasets(self) -> list[Dataset]:
        found = []
        for name in names(self._data_dir):
            with suppress(OSError, ValueError, KeyError):
                if version := latest(self._data_dir, name):
                    found.append(Dataset(name, version.manifest))
        return found


def _last(found: list[dict[str, Any]], site: str) -> Mapping[str, Any]:
    return next((n["sites"][site] for n in reversed(found) if site in n["sites"]), {})


def _new(found: list[dict[str, Any]], site: str) -> tuple[int, ...]:
    parts = (night["sites"].get(site, {}) for night in found[-MOST_NIGHTS // 2 :])
    return tuple(int((part.get("rows") or {}).get("pairs", 0)) for part in parts)


def _state(
    memory: Memory, last: Mapping[str, Any], *, on_file: bool, due: bool, enabled: bool
) -> str:
    """A site's state in a word or two."""
    if memory.running:
        return "being crawled"
    if memory.fault:
        return "memory damaged"
    if not on_file:
        return "no site file"
    if not enabled:
        return "disabled, or its file is wrong"
    outcome = str(last.get("outcome", ""))
    if outcome and outcome not in ("ok", "budget"):
        return f"failed: {outcome}" if outcome != "failed" else "failed"
    if not memory.began:
        return "not crawled yet"
    return "due" if due else "good"


def board_of(settings: Any, now: datetime | None = None) -> Board:
    """The board of a project's settings, once."""
    return boards_of(settings).look(now or datetime.now(UTC))


def boards_of(settings: Any) -> Boards:
    """The boards of a project's settings."""
    return Boards(
        Path(settings["DATA_DIR"]).absolute(),
        Path(settings["SITES_DIR"]).absolute(),
        settings["NIGHTLY_CRON"],
        settings["NIGHTLY_TIMEZONE"],
    )


def funnel_of(board: Board) -> dict[str, Any]:
    """What ``pipelines.funnel`` wants to know: the sites' crawls, and the largest dataset."""
    crawl = {line.name: line.memory.crawl for line in board.sites if line.memory.crawl}
    found: dict[str, Any] = {"crawl": json.loads(json.dumps(crawl))}
    if board.datasets:
        largest = max(board.datasets, key=lambda one: int(one.manifest["pairs"]["all"]))
        found |= {name: largest.manifest[name] for name in ("documents", "pairs")}
        found["dataset"] = largest.manifest["dataset"]
    return found
