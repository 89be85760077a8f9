"""A night's crawl: all sites that are due in one process, what a crash took along once more."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ftcrawler.children import Children, Ended
from ftcrawler.exits import Exit
from ftcrawler.extensions import attempt, extension
from ftcrawler.nightorder import Due, Order
from ftcrawler.nightparts import OPEN, lost_part, site_part, totals
from ftcrawler.runs import STORAGE, crawls_of, newest_runs
from ftcrawler.state import peek
from ftcrawler.summary import SiteResult, read_result

LATE: Final = 60.0  # seconds that a crawl may take to end after its budget of time is spent
_KINDS: Final = {Exit.CONFIGURATION: "configuration", Exit.LOCKED: "locked"}
_WHY: Final = {
    "configuration": "its file, contact or renderer cannot be used: the log says why",
    "locked": "another process crawled it",
    "lost": "its process ended twice without a result: the log may say why",
    "storage": "the disk or the state refused",
    "interrupted": "the night was ended",
    "budget": "the night's time was over before it began",
}
RESTORED: Final = (
    "its memory ends with run {state}, {file} knows of run {known}: an older state.db was put "
    "back. Put the newer one back, or, if its shards are of the same backup, go on from it with "
    "scrapy nightly --restored {site}"
)


class NightCrawl:
    """Crawls what is due, and writes into the night's record what came of it."""

    def __init__(
        self,
        order: Order,
        due: Due,
        record: dict[str, Any],
        children: Children,
        *,
        leaving: Callable[[], bool],
        tell: Callable[[str], None],
    ) -> None:
        self.order = order
        self.due = due
        self.record = record
        self._children = children
        self._leaving = leaving
        self._tell = tell
        self._begun = time.monotonic()

    def run(self) -> None:
        """Crawl what is due; notes it in the record."""
        self._ingest()  # what a night that was killed did not note any more
        wanted = [name for name in self.due.sites if not self._is_done(name)]
        wanted = self._without_restored(wanted)
        if wanted and not self._leaving():
            self._tell(f"crawls {', '.join(wanted)}")
            self._crawl_all(wanted)
        record = self.record
        for name in self.due.sites:
            if name not in record["sites"]:
                record["sites"][name] = lost_part(
                    "interrupted", self.due.slot(name), _WHY["interrupted"]
                )
        record["totals"] = totals(record["sites"].values())
        if any(site["outcome"] == "storage" for site in record["sites"].values()):
            record["reason"] = STORAGE
        self._add_facts()

    def done(self) -> dict[str, datetime]:
        """The slots that have come to an end."""
        return {name: slot for name, slot in self.due.slots.items() if self._is_done(name)}

    def _is_done(self, name: str) -> bool:
        """Whether tonight's slot of a site has come to an end."""
        part = self.record["sites"].get(name)
        slot = self.due.slot(name)
        return bool(part and part["slot"] == slot and part["outcome"] not in OPEN)

    def _without_restored(self, names: list[str]) -> list[str]:
        """Without the sites whose memory is older than what was recorded of them."""
        kept = []
        for name, (known, file) in newest_runs(self.order.data_dir, names).items():
            state = newest_run(self.order.data_dir, name)
            if state is None or state >= known or name in self.order.restored:
                continue
            says = RESTORED.format(state=state, known=known, file=file, site=name)
            slot = self.due.slot(name)
            self.record["sites"][name] = lost_part("restored", slot, says)
            kept.append(name)
        return [name for name in names if name not in kept]

    def _crawl_all(self, names: Sequence[str]) -> None:
        """All sites in one process; those that a crash took along once more, each alone."""
        ended = self._children.run(*self._command(names), until=self._until())
        self._ingest()
        lost = [name for name in names if not self._answered(name)]
        if len(names) == 1 or ended.code in (Exit.STORAGE, Exit.INTERRUPTED) or self._leaving():
            self._note_lost(dict.fromkeys(lost, ended))
            return
        if lost:
            self._tell(f"crawls once more, each by itself: {', '.join(lost)}")
            commands = [self._command([name]) for name in lost]
            results = self._children.run_all(commands, until=self._until())
            self._ingest()
            again = dict(zip(lost, results, strict=True))
            self._note_lost({n: e for n, e in again.items() if not self._answered(n)})

    def _answered(self, name: str) -> bool:
        part = self.record["sites"].get(name)
        return bool(part and part["slot"] == self.due.slot(name))

    def _note_lost(self, ended: Mapping[str, Ended]) -> None:
        for name, how in ended.items():
            outcome = _KINDS.get(how.code, "lost")  # type: ignore[call-overload] # an int is fine
            if how.code == Exit.STORAGE:
                outcome = "storage"
            elif self._leaving():
                outcome = "interrupted"
            elif self._late():
                outcome = "budget"
            slot = self.due.slot(name)
            self.record["sites"][name] = lost_part(outcome, slot, _WHY[outcome])

    def _command(self, names: Sequence[str]) -> list[str]:
        command = ["crawl", "articles", "-a", f"site={','.join(names)}"]
        command += ["-s", f"RUN_ID={self.record['id']}"]
        if self.order.pages:
            left = self.order.pages - totals(self.record["sites"].values())["fetched"]
            command += ["-s", f"RUN_PAGES={max(1, left)}"]
        if self.order.minutes:
            left_seconds = self.order.minutes * 60 - (time.monotonic() - self._begun)
            command += ["-s", f"RUN_SECONDS={max(0.1, left_seconds):.1f}"]
        return command

    def _until(self) -> float | None:
        return self._begun + self.order.minutes * 60 + LATE if self.order.minutes else None

    def _late(self) -> bool:
        spent = time.monotonic() - self._begun
        return bool(self.order.minutes) and spent >= self.order.minutes * 60

    def _ingest(self) -> None:
        """Take what the crawls of this night have recorded."""
        record = self.record
        for crawl in crawls_of(self.order.data_dir, record["id"]):
            if crawl["file"] in record["crawls"]:
                continue
            record["crawls"].append(crawl["file"])
            record["versions"] |= crawl["versions"]
            for name, site in crawl["sites"].items():
                if name in self.due.slots:
                    slot = self.due.slot(name)
                    spent = self._late() or self._pages_spent(crawl)
                    part = site_part(site, slot, crawl["reason"], spent=spent)
                    record["sites"][name] = part

        self._recover()

    def _recover(self) -> None:
        """Take from their states what sites have done in this night, without a record.

        A crawl that is killed at its very end leaves its rows, but no record.
        """
        for name in self.due.sites:
            before = self.record["runs_before"].get(name, 0)
            if not self._is_done(name) and (found := ended_run(self.order.data_dir, name, before)):
                slot = self.due.slot(name)
                self.record["sites"][name] = site_part(asdict(found), slot, "finished")

    def _pages_spent(self, crawl: Mapping[str, Any]) -> bool:
        fetched = totals(site_part(site, "", "finished") for site in crawl["sites"].values())[
            "fetched"
        ]
        return bool(self.order.pages) and fetched >= self.order.pages

    def _add_facts(self) -> None:
        night_facts = extension("ftcrawler.nightfacts", "night_facts")
        for name, site in self.record["sites"].items():
            if night_facts and site["run"] and not site["facts"]:
                asked = (self.order.data_dir, name, site["run"])
                errors = self.record["errors"]
                site["facts"] = attempt(errors, f"{name}: facts", night_facts, *asked) or {}


def newest_run(data_dir: Path, site: str) -> int | None:
    """The number of the last run that a site's memory knows of; None without a memory."""
    found = _ask(data_dir, site, "SELECT coalesce(max(id), 0) FROM runs")
    return int(found[0]) if found else None


def ended_run(data_dir: Path, site: str, before: int) -> SiteResult | None:
    """What a site's last crawl did, if that came to its end and has a number above ``before``.

    Times tell nothing here: the clock may have been set back.
    """
    query = "SELECT id, ended_at, reason FROM runs WHERE kind = 'crawl' ORDER BY id DESC LIMIT 1"
    found = _ask(data_dir, site, query)
    if not found or found[0] <= before or found[1] is None or found[2] != "finished":
        return None
    with closing(peek(data_dir / "sites" / site / "state.db")) as db:
        return read_result(db, site, found[0])


def _ask(data_dir: Path, site: str, query: str) -> tuple[Any, ...] | None:
    """A row of a site's memory; None without one."""
    path = data_dir / "sites" / site / "state.db"
    if not path.exists():
        return None
    try:
        with closing(peek(path)) as db:
            row: tuple[Any, ...] | None = db.execute(query).fetchone()
            return row
    except sqlite3.Error:
        return None  # the crawl says what is wrong with it
