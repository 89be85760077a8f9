"""One night: the sites that are due are crawled, then built, checked, uploaded, and told of."""

from __future__ import annotations

import platform
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ftcrawler import __version__
from ftcrawler.children import Children
from ftcrawler.clock import iso
from ftcrawler.exits import Exit
from ftcrawler.extensions import attempt, extension
from ftcrawler.nightcrawl import NightCrawl, newest_run
from ftcrawler.nightorder import Due, Order
from ftcrawler.nightparts import night_exit, totals
from ftcrawler.nightstages import NightStages
from ftcrawler.runs import (
    INTERRUPTED,
    LOST,
    RUNNING,
    STORAGE,
    UNFINISHED,
    nights,
    reserve,
    write_night,
)
from ftcrawler.schedule import CLOCK_BACK
from ftcrawler.slots import Slots, write_slots

GO_ON_WITHIN: Final = timedelta(hours=20)  # a night that broke off earlier is over
MOST_LOOKED_AT: Final = 60  # nights before, to tell the usual from what is not
_LOOKED_BACK: Final = 5  # nights among which one may have broken off


def unfinished(
    data_dir: Path, now: datetime
) -> tuple[dict[str, Any] | None, list[dict[str, Any]], list[str]]:
    """The night that broke off and can be gone on with, those that can not, broken records."""
    found, faults = nights(data_dir, _LOOKED_BACK)
    begun = {night["id"]: datetime.fromisoformat(night["started_at"]) for night in found}
    # What lies ahead was written by a clock that was wrong.
    found = [night for night in found if begun[night["id"]] <= now + CLOCK_BACK]
    off = [night for night in found if night["reason"] in UNFINISHED]
    newest = found[-1] if found and found[-1] in off else None
    if newest and now - begun[newest["id"]] > GO_ON_WITHIN:
        newest = None
    rest = [night for night in off if night is not newest and night["reason"] == RUNNING]
    return newest, rest, faults


class Night:
    """A night while it runs; ``record`` is what is known of it so far."""

    def __init__(
        self,
        order: Order,
        due: Due,
        slots: Slots,
        children: Children,
        clock: Callable[[], float],
        *,
        leaving: Callable[[], bool],
        tell: Callable[[str], None],
        settings: Any,
    ) -> None:
        self.order = order
        self.due = due
        self.slots = slots
        self.record: dict[str, Any] = {}
        self._children = children
        self._clock = clock
        self._leaving = leaving
        self._tell = tell
        self._settings = settings
        self._begun = time.monotonic()

    def run(self) -> dict[str, Any]:
        """The whole night; its record, which is written. Raises :class:`OSError`."""
        reserve(self.order.data_dir)
        self._open()
        order, record, children = self.order, self.record, self._children
        leaving, tell = self._leaving, self._tell
        crawl = NightCrawl(order, self.due, record, children, leaving=leaving, tell=tell)
        crawl.run()
        self._keep()
        self._note_done(crawl.done())
        if record["reason"] == RUNNING and not leaving():
            NightStages(order, record, children, leaving=leaving, tell=tell, keep=self._keep).run()
        self._close()
        return self.record

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _note_done(self, slots: Mapping[str, datetime]) -> None:
        self.slots = self.slots.with_done(slots, self._now())
        try:
            write_slots(self.order.data_dir, self.slots)
        except OSError as error:
            self._storage_failed(str(error))

    def _storage_failed(self, fault: str) -> None:
        self.record["errors"].append(fault)
        self.record["reason"] = STORAGE
        self._tell(fault)

    def _keep(self, *, last: bool = False) -> None:
        if fault := write_night(self.order.data_dir, self.record, last=last):
            self._storage_failed(fault)

    # -- The record --------------------------------------------------------------------

    def _open(self) -> None:
        """Go on with the night that broke off, or begin a new one."""
        old, over, faults = unfinished(self.order.data_dir, self._now())
        for night in over:
            night.pop("file")
            write_night(self.order.data_dir, {**night, "reason": LOST})
        if old:
            old.pop("file")
            more = {"resumed": old.get("resumed", 0) + 1, "ended_at": None, "told": []}
            self.record = {**old, **more}
            self._tell(f"goes on with the night {old['id']}, which broke off")
            if self.due.sites:
                self.record["stages"] = {}
        else:
            self.record = self._new()
        self.record |= {"reason": RUNNING, "exit_code": None, "broken": self.due.broken}
        before = self.record.setdefault("runs_before", {})
        for name in self.due.sites:
            if name not in before:
                before[name] = newest_run(self.order.data_dir, name) or 0
        self.record["errors"] += [*faults, *self.due.broken]
        self._keep()

    def _new(self) -> dict[str, Any]:
        started = iso(self._clock())
        stamp = started.replace("-", "").replace(":", "")
        return {
            "kind": "night",
            "schema": 1,
            "id": f"{stamp}-{uuid.uuid4().hex[:6]}",
            "started_at": started,
            "ended_at": None,
            "seconds": 0.0,
            "resumed": 0,
            "pretended": self.order.pretended,
            "budget": {"minutes": self.order.minutes, "pages": self.order.pages},
            "sites": {},
            "totals": totals(()),
            "crawls": [],
            "stages": {},
            "alarms": [],
            "told": [],
            "errors": [],
            "versions": {"ftcrawler": __version__, "python": platform.python_version()},
        }

    def _close(self) -> None:
        record = self.record
        if record["reason"] == RUNNING:
            spent = any(site["outcome"] == "budget" for site in record["sites"].values())
            record["reason"] = "budget" if spent else "finished"
            if self._leaving():
                record["reason"] = INTERRUPTED
        record["ended_at"] = iso(self._clock())
        record["seconds"] = round(record["seconds"] + time.monotonic() - self._begun, 1)
        with suppress(OSError):
            usage = shutil.disk_usage(self.order.data_dir)
            record["disk"] = {"free": usage.free, "total": usage.total}

    def conclude(self, thresholds: Mapping[str, Any]) -> Exit:
        """Look for alarms, write the record for the last time, and tell."""
        record = self.record
        alarms = self._alarms(thresholds)
        record["exit_code"] = int(night_exit(record))
        self._keep(last=True)
        if record["reason"] == STORAGE:
            record["exit_code"] = int(Exit.STORAGE)
        self._spread(alarms)
        return Exit(record["exit_code"])

    def _spread(self, alarms: list[Any]) -> None:
        """Tell whoever is to be told; what fails there is noted."""
        record = self.record
        tell = extension("ftcrawler.telling", "tell")
        if tell and record["reason"] != INTERRUPTED:
            told = attempt(record["told"], "telling", tell, record, alarms, self._settings)
            record["told"] += told or []
        write_metrics = extension("ftcrawler.metrics", "write_metrics")
        path = self._settings.get("METRICS_FILE")
        if write_metrics and path:
            attempt(record["told"], "METRICS_FILE", write_metrics, Path(path), record, alarms)
        if record["told"]:
            self._keep(last=True)

    def _alarms(self, thresholds: Mapping[str, Any]) -> list[Any]:
        """Tonight's alarms, which stand in the record then; none for a night that broke off."""
        find = extension("ftcrawler.alarms", "find_alarms")
        if not find or self.record["reason"] in UNFINISHED:
            return []
        past, _ = nights(self.order.data_dir, MOST_LOOKED_AT)
        ended = [
            night
            for night in past
            if night["id"] != self.record["id"] and night["reason"] not in UNFINISHED
        ]
        asked = ([*ended, self.record], self._now(), thresholds)
        alarms = list(attempt(self.record["errors"], "looking for alarms", find, *asked) or ())
        self.record["alarms"] = [alarm.as_dict() for alarm in alarms]
        return alarms
