"""Watches the clock: looks which sites are due, runs their night, and waits for the next."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ftcrawler.children import Children
from ftcrawler.clock import iso
from ftcrawler.exits import Exit
from ftcrawler.extensions import extension
from ftcrawler.locks import FILE as LOCK
from ftcrawler.locks import NightLock
from ftcrawler.nightly import Night, unfinished
from ftcrawler.nightorder import Due, Order
from ftcrawler.schedule import previous
from ftcrawler.site import Site
from ftcrawler.sitefiles import load_good_sites
from ftcrawler.slots import Rhythm, Slots, jump, next_slot, read_slots, rhythm_of, write_slots
from ftcrawler.writing import write_text

ALIVE: Final = "nightly.alive"
FRESH: Final = 180.0  # seconds for which the sign of life of a daemon is believed
LONGEST: Final = 30.0  # seconds that a daemon waits without a look at the clock
AFTER: Final = {Exit.STORAGE: 600.0, Exit.LOCKED: 60.0, Exit.INTERNAL: 600.0}


@dataclass(frozen=True)
class Choice:
    """Which sites may be due, and when those are whose files do not say."""

    folder: Path
    cron: str
    zone: str
    names: tuple[str, ...] = ()
    forced: frozenset[str] | None = frozenset()  # crawled whether due or not; None: all


@dataclass
class Look:
    """What there is to do at a moment."""

    due: Due
    rhythms: dict[str, Rhythm]
    slots: Slots
    goes_on: bool = False  # a night broke off
    says: list[str] = field(default_factory=list)
    sites: dict[str, Site] = field(default_factory=dict)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self.due.sites and not self.goes_on


def look(choice: Choice, data_dir: Path, now: datetime, without: Iterable[str] = ()) -> Look:
    """What is due now. ``without``: sites that had their turn."""
    read, fault = read_slots(data_dir)
    said = [fault] if fault else []
    if jumped := jump(read, now):
        said.append(jumped)
    slots = read.at(now)
    found, broken = load_good_sites(choice.folder, choice.names or None)
    sites = {site.name: site for site in found}
    rhythms = {name: rhythm_of(site, choice.cron, choice.zone) for name, site in sites.items()}
    due = slots.due(rhythms, now)
    for name in sites if choice.forced is None else choice.forced & sites.keys():
        slot = previous(rhythms[name].cron, rhythms[name].zone, now)
        due[name] = slot or now
    for name in without:
        due.pop(name, None)
    chosen = {name: sites[name] for name in sites if name in due}
    goes_on = unfinished(data_dir, now)[0] is not None
    return Look(Due(chosen, due, broken), rhythms, slots, goes_on, said, sites)


class Watch:
    """Runs nights. ``leaving`` says when to end, ``tell`` takes lines for people."""

    def __init__(
        self,
        choice: Choice,
        order: Order,
        options: Iterable[str],
        clock: Callable[[], float],
        settings: Any,
        *,
        leaving: Callable[[], bool],
        tell: Callable[[str], None],
    ) -> None:
        self.choice = choice
        self.order = order
        self.records: list[dict[str, Any]] = []
        self.next: datetime | None = None
        self.problems: list[str] = []
        self.night: Night | None = None  # the one that runs, or ran last
        self._options = list(options)
        self._clock = clock
        self._settings = settings
        self._leaving = leaving
        self._tell = tell

    @property
    def run_id(self) -> str:
        """The id of the night that runs, or ran last."""
        return str(self.night.record.get("id", "")) if self.night else ""

    def now(self) -> datetime:
        """The time, as this watch has it."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def once(self) -> Exit:
        """One night, with all that becomes due while it runs; raises LockedError, OSError."""
        self.records = []
        codes: list[Exit] = []
        served: set[str] = set()
        while not self._leaving():
            seen = self._look(served)
            if seen.idle or (codes and codes[-1] in AFTER):
                break
            lock = NightLock(self.order.data_dir / LOCK)
            lock.acquire()
            try:
                seen = self._look(served)  # another night may have ended just now
                if not seen.idle:
                    codes.append(self._night(seen, lock))
                    served |= seen.due.slots.keys()
            finally:
                lock.release()
            self.choice = replace(self.choice, forced=frozenset())
        if codes:
            return next(filter(None, codes), Exit.OK)
        return Exit.CONFIGURATION if self.problems else Exit.NOTHING_DUE

    def _look(self, served: set[str]) -> Look:
        now = self.now()
        seen = look(self.choice, self.order.data_dir, now, served)
        self.problems = seen.due.broken
        for line in seen.says:
            self._tell(line)
        self.next = next_slot(seen.rhythms.values(), now)
        write_slots(self.order.data_dir, replace(seen.slots, seen=now))
        return seen

    def _night(self, seen: Look, lock: NightLock) -> Exit:
        if lock.broken_by:
            self._tell(f"takes over from a night that died (pid {lock.broken_by['pid']})")
        leaving = self._leaving

        def leave() -> bool:
            return leaving() or lock.taken

        children = Children(self._options, leaving=leave, note=lock.note_group)
        self.night = night = Night(
            self.order,
            seen.due,
            seen.slots,
            children,
            self._clock,
            leaving=leave,
            tell=self._tell,
            settings=self._settings,
        )
        self.records.append(night.run())
        return night.conclude(self._thresholds(seen.sites))

    @staticmethod
    def _thresholds(sites: Mapping[str, Site]) -> Any:
        thresholds_of = extension("ftcrawler.alarms", "thresholds_of")
        return thresholds_of(sites.values()) if thresholds_of else {}

    def forever(self, done: Callable[[Exit], object]) -> None:
        """Nights until told to leave; ``done`` gets each one's exit code."""
        try:
            self._go_on(done)
        finally:
            with suppress(OSError):
                (self.order.data_dir / ALIVE).unlink(missing_ok=True)

    def _go_on(self, done: Callable[[Exit], object]) -> None:
        told: list[str] = []
        while not self._leaving():
            self._live()
            code = self._try()
            if code is Exit.CONFIGURATION and told == self.problems:
                code = Exit.NOTHING_DUE
            told = list(self.problems)
            if code is not Exit.NOTHING_DUE:
                done(code)
            self._wait(AFTER.get(code, 0.0))

    def _try(self) -> Exit:
        from ftcrawler.state import LockedError  # noqa: PLC0415 - beside what raises it

        try:
            return self.once()
        except LockedError as error:
            self._tell(str(error))
            return Exit.LOCKED
        except OSError as error:
            self._tell(f"DATA_DIR {self.order.data_dir} cannot be used: {error}")
            return Exit.STORAGE

    def _wait(self, least: float) -> None:
        """Until something is due, or for a while: clocks are set, and files changed."""
        begun = time.monotonic()
        while not self._leaving():
            waited = time.monotonic() - begun
            late = self.next is not None and self.now() >= self.next
            if waited >= max(least, LONGEST) or (late and waited >= least):
                return
            time.sleep(min(0.5, LONGEST))

    def _live(self) -> None:
        """The sign of life of a daemon."""
        entry = {
            "pid": os.getpid(),
            "host": platform.node(),
            "at": iso(time.time()),
            "next": iso(self.next.timestamp()) if self.next else "",
        }
        with suppress(OSError):
            self.order.data_dir.mkdir(parents=True, exist_ok=True)
            write_text(self.order.data_dir / ALIVE, json.dumps(entry))


def is_alive(data_dir: Path, now: float) -> tuple[bool, str]:
    """Whether a daemon works in a folder, by its sign of life or its night's heartbeat; why not."""
    newest = 0.0
    for name in (ALIVE, LOCK):
        with suppress(OSError):
            newest = max(newest, (data_dir / name).stat().st_mtime)
    if not newest:
        return False, f"{data_dir / ALIVE}: no daemon has run here"
    age = now - newest
    return abs(age) <= FRESH, f"the last sign of life is {age:,.0f} s old"
