"""A simulated quarter: nights of many sites, incidents, kills; then rows and alarms are counted.

``make quarter`` runs 90 nights over 20 sites; the slow tests a short one.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from conftest import ROOT, Crawl, Crawler
from quarter import ROBOTS, Plot
from web import serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

WHOLE = os.environ.get("QUARTER") == "whole"
BEGIN = datetime(2026, 9, 1, 3, 5, tzinfo=UTC)
FAST = ("-s", "COMMIT_BATCH=8")
GRACE = 4  # nights within which an incident has to be told of


@dataclass
class Incident:
    """Something that is done to a site in a night, for some nights, and the alarm of it."""

    site: int
    night: int
    alarm: str
    begin: Callable[[Plot], None]
    nights: int = 0  # then it is over; 0: it stays so
    grace: int = GRACE

    def key(self, plots: list[Plot]) -> tuple[str, str]:
        return plots[self.site].name, self.alarm


def trouble(kind: str) -> Callable[[Plot], None]:
    return lambda plot: setattr(plot.web.routes, "trouble", kind)


def has(**values: Any) -> Callable[[Plot], None]:
    return lambda plot: vars(plot).update(values)


def gone(share: float) -> Callable[[Plot], None]:
    return lambda plot: [setattr(leaf, "gone", 404) for leaf in plot.some(share)]


def refusing(share: float) -> Callable[[Plot], None]:
    return lambda plot: [setattr(leaf, "refuses", True) for leaf in plot.some(share)]


OPTED_OUT = "User-agent: *\nDisallow: /\n"
SHORT = [
    Incident(0, 8, "site-unreachable", trouble("silent"), nights=1),
    Incident(1, 9, "redesign", has(headed=False)),
    Incident(2, 9, "permission-lost", has(robots=OPTED_OUT)),
    Incident(3, 10, "pages-gone", gone(0.7)),
]
ALL = [
    Incident(0, 20, "site-unreachable", trouble("silent"), nights=1),
    Incident(1, 30, "site-unreachable", trouble("failing"), nights=3),
    Incident(2, 26, "errors-rose", trouble("half"), nights=2),
    Incident(3, 40, "redesign", has(headed=False)),
    Incident(4, 50, "redesign", has(titled=False)),
    Incident(5, 45, "permission-lost", has(robots=OPTED_OUT)),
    Incident(6, 55, "permission-lost", refusing(1.0)),
    Incident(7, 25, "permission-lost", refusing(0.15)),
    Incident(8, 35, "language-shifted", has(language="de")),
    Incident(9, 60, "pages-gone", gone(0.6)),
    Incident(10, 52, "yield-fell", has(rate=0.0, changing=0.0), grace=8),
    Incident(11, 70, "yield-rose", lambda plot: plot.publish(150)),
    Incident(12, 65, "duplicates-rose", has(copying=True)),
    Incident(13, 33, "robots-changed", has(robots=f"{ROBOTS}Disallow: /cellar\n")),
]
AWAY = range(76, 79)  # nights in which the machine was off


@dataclass
class Quarter:
    """How many nights and sites, what is planted; and what came of it."""

    crawler: Crawler
    plots: list[Plot]
    nights: int
    incidents: list[Incident]
    away: range = range(0)
    kills: dict[int, random.Random] = field(default_factory=dict)
    killed: int = 0
    seconds: list[float] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)

    def run(self) -> None:
        for plot in self.plots:
            (self.crawler.sites / f"{plot.name}.toml").write_text(plot.site_file)
        for night in range(self.nights):
            self._day(night)
            if night not in self.away:
                for plot in self.plots:
                    plot.note()
                self._night(night, BEGIN + timedelta(days=night, minutes=10 * night))

    def _day(self, night: int) -> None:
        for number, plot in enumerate(self.plots):
            if night:
                plot.live_on()
            for incident in self.incidents:
                if incident.site == number and incident.night == night:
                    incident.begin(plot)
                over = incident.nights and night == incident.night + incident.nights
                if incident.site == number and over:
                    plot.web.routes.trouble = ""
            plot.serve()
            plot.web.seen.clear()

    def _night(self, night: int, at: datetime) -> None:
        begun = time.monotonic()
        if dice := self.kills.get(night):
            process = self._start(at, night)
            time.sleep(dice.uniform(0.3, min(self.seconds[-5:])))
            if process.poll() is None:
                self.killed += 1
                kill(process, whole=dice.random() < 0.5)
            process.communicate(timeout=600)
            at += timedelta(minutes=1)
        process = self._start(at, night)
        said, complained = process.communicate(timeout=600)
        code = process.returncode
        assert code in (0, 3, 4, 8, 9), f"night {night}: {code}\n{said}{complained}"
        assert code != 8 or night in self.kills, f"night {night}: nothing was due"
        self.codes[code] += 1
        if night not in self.kills:
            self.seconds.append(time.monotonic() - begun)

    def _start(self, at: datetime, night: int) -> subprocess.Popen[str]:
        command = self.crawler.command("nightly", "--at", at.isoformat(), "-L", "ERROR", *FAST)
        if night % 5:
            command.append("--no-build")  # it takes half of a night
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.crawler.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    # -- What came of it ---------------------------------------------------------------------

    def records(self) -> list[dict[str, Any]]:
        """What the nights recorded."""
        paths = sorted((self.crawler.data / "runs").glob("*.json"))
        read = [json.loads(path.read_text()) for path in paths]
        return [record for record in read if record.get("kind") == "night"]

    def alarms(self) -> list[tuple[int, str, str, str]]:
        """Night, site, name and words of every alarm that was raised."""
        raised = []
        for record in self.records():
            night = (datetime.fromisoformat(record["started_at"]) - BEGIN).days
            raised += [
                (night, alarm["site"], alarm["name"], alarm["says"])
                for alarm in record["alarms"]
                if alarm["state"] == "raised"
            ]
        return raised

    def judged(self) -> tuple[list[str], list[str]]:
        """Incidents that were not told of exactly once and in time; alarms that were none."""
        wanted = {(*i.key(self.plots), i.night): i.grace for i in self.incidents}
        if self.away:
            wanted["", "run-missing", self.away.stop] = 1
        told: Counter[tuple] = Counter()
        false = []
        for night, site, name, says in self.alarms():
            keys = [
                key
                for key, grace in wanted.items()
                if key[:2] == (site, name) and 0 <= night - key[2] < grace
            ]
            told.update(keys[:1])
            if not keys:
                false.append(f"night {night}: {site}: {name}: {says}")
        missed = [f"{key}: told {told[key]} times" for key in wanted if told[key] != 1]
        return missed, false

    def differences(self) -> list[str]:
        """What shards and truth do not agree on."""
        found = []
        left = Crawl(0, "", "", self.crawler.data)
        for plot in self.plots:
            for stream, row_key in KEYS.items():
                rows = Counter(row_key(row) for row in left.rows(stream, plot.name))
                true: Counter[tuple] = getattr(plot.truth, stream)
                found += [f"{plot.name} {stream}: lost {row}" for row in (true - rows).elements()]
                found += [f"{plot.name} {stream}: too much {r}" for r in (rows - true).elements()]
        return found


KEYS: dict[str, Callable[[dict[str, Any]], tuple]] = {
    "documents": lambda r: (r["url"], r["revision"], r["text_hash"], r["document_id"]),
    "pairs": lambda r: (r["pair_id"], r["kind"], r["prompt"], r["completion"]),
    "tombstones": lambda r: (r["document_id"], r["reason"]),
}


def kill(process: subprocess.Popen[str], *, whole: bool) -> None:
    """SIGKILL: the command alone, or with everything that it started, as when the power goes."""
    for pid in descendants(process.pid) if whole else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.kill()


def descendants(pid: int) -> list[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            children += map(int, task.read_text().split())
    return [found for child in children for found in (child, *descendants(child))]


@contextlib.contextmanager
def plots(number: int) -> Iterator[list[Plot]]:
    """Sites of several kinds: those that incidents need enough new pages for have them."""
    with contextlib.ExitStack() as stack:
        webs = [stack.enter_context(serving()) for _ in range(number)]
        yield [
            Plot(
                f"s{n:02}",
                web,
                rate=(3.0, 6.0, 0.5, 1.5)[n % 4] if n not in BUSY else 6.0,
                changing=(0.02, 0.05)[n % 2],
                going=0.005,
                still=45 if n == COPIED else 5,
            )
            for n, web in enumerate(webs)
        ]


BUSY = {1, 3, 4, 8, 10, 12}
COPIED = 12  # pages that others copy stay as they are; ten of one would be boilerplate


def hold(quarter: Quarter) -> None:
    """Run it, print its figures, and hold it against the truth."""
    quarter.run()
    missed, false = quarter.judged()
    differences = quarter.differences()
    resumed = sum(record["resumed"] > 0 for record in quarter.records())
    rows = {s: sum(getattr(p.truth, s).total() for p in quarter.plots) for s in KEYS}
    print(  # noqa: T201 - the figures of make quarter
        f"\n{quarter.nights} nights, {len(quarter.plots)} sites, {quarter.killed} kills, "
        f"{resumed} nights gone on with; {rows}, {len(differences)} differences; "
        f"{len(quarter.incidents)} incidents, missed: {missed}, false: {false}; exit codes "
        f"{dict(quarter.codes)}; a night took {median(quarter.seconds):.1f} s, "
        f"{max(quarter.seconds):.1f} at most"
    )
    assert differences[:20] == []
    assert missed == []
    assert len(false) <= 2, false
    assert {record["reason"] for record in quarter.records()} == {"finished"}
    checked = quarter.crawler.run("state", "--check", "--json")
    assert checked.code == 0, checked.err
    for census in json.loads(checked.out).values():
        assert [f for f in census["findings"] if not f["repaired"]] == []


def dice_for(nights: list[int]) -> dict[int, random.Random]:
    return {night: random.Random(f"kill {night}") for night in nights}


@pytest.mark.skipif(WHOLE, reason="the whole quarter runs")
def test_a_short_quarter(crawler):
    with plots(5) as sites:
        hold(Quarter(crawler, sites, 12, SHORT, kills=dice_for([3, 5, 9])))


@pytest.mark.skipif(not WHOLE, reason="make quarter")
def test_a_whole_quarter(crawler):
    nights = random.Random("nights of kills").sample([*range(2, 76), *range(79, 90)], 10)
    with plots(20) as sites:
        hold(Quarter(crawler, sites, 90, ALL, away=AWAY, kills=dice_for(nights)))
