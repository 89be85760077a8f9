"""The commit protocol of one site: what a URL gave is kept exactly once, whenever we are killed.

A batch of harvests becomes one transaction of the state: outcomes, links, fingerprints and
staged rows together. What a killed run left behind is put right when the next one begins.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ftcrawler.archive import SiteArchive
from ftcrawler.boilerplate import boilerplate, forget, judge
from ftcrawler.commit import HOUR, Commit
from ftcrawler.outbox import Outbox
from ftcrawler.retractions import Kind, Retraction, standing
from ftcrawler.retractions import add as retractions_add
from ftcrawler.state import State, Target, row_of, url_key
from pipelines.records import Harvest, Offer
from pipelines.streams import Format

RESUME_WITHIN = 20 * HOUR  # an interrupted run older than this is over; a new one begins

_LAST_CRAWL = "SELECT * FROM runs WHERE kind='crawl' ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How a store batches and rotates: harvests or seconds a transaction, rows or bytes a shard.

    ``warc_bytes`` is the size of an archive file, 0 for no archive; ``revisit_hours`` are the
    least and most hours until a page is looked at again, after ``full_hours`` without a body it
    is fetched whole.
    """

    formats: tuple[Format, ...] = ("parquet", "jsonl")
    batch: int = 64
    batch_seconds: float = 5.0
    shard_rows: int = 20_000
    shard_bytes: int = 32 * 1024 * 1024
    warc_bytes: int = 0
    revisit_hours: tuple[float, float] = (0.0, 168.0)
    full_hours: float = 720.0
    max_depth: int | None = None
    system_prompt: str = ""


class SiteStore:
    """The open memory and shards of one site during one run."""

    def __init__(
        self,
        state: State,
        site: str,
        data_dir: Path,
        *,
        options: StoreOptions,
        clock: Callable[[], float],
        step: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self.state = state
        self.site = site
        self.data_dir = data_dir
        self.run = 0
        self.resumed = False
        self._options = options
        self.clock = clock
        self._step = step
        self.tally: Counter[str] = Counter()  # the run's counters, as they are in the state
        self.changes = 0  # grows with whatever may bring URLs that want a visit
        self._batch: list[Harvest] = []
        self._batch_begun = 0.0
        self._claimed: dict[int, Target] = {}
        self._whole = False
        self._recheck: int | None = None  # the last URL handed out by a run that only looks
        self._archive = (
            SiteArchive(state, site, data_dir, options.warc_bytes, step)
            if options.warc_bytes
            else None
        )
        self._outbox = Outbox(
            state,
            site,
            data_dir,
            formats=options.formats,
            most_rows=options.shard_rows,
            most_bytes=options.shard_bytes,
            step=step,
        )
        self._commit = Commit(
            state,
            self._outbox,
            revisit_hours=options.revisit_hours,
            max_depth=options.max_depth,
            system_prompt=options.system_prompt,
        )

    def begin(self, rules: str, *, full: bool = False) -> None:
        """Put right what a killed run left, then begin a run or go on with the killed one.

        ``rules`` is a hash over the site's rules: when it differs from the last run's, or
        with ``full``, every page is read anew instead of asking whether it changed.
        """
        self._outbox.remove_orphans()
        now = self.clock()
        with self.state.transaction() as db:
            fresh = full or self.state.meta("rules") != rules
            if fresh:
                db.execute("UPDATE urls SET etag='', last_modified='', body_hash=''")
                self.state.set_meta("rules", rules)
            last = row_of(db, _LAST_CRAWL) or {"ended_at": now}
            interrupted = last["ended_at"] is None
            if interrupted and not fresh and 0 <= now - last["started_at"] < RESUME_WITHIN:
                self.run, self.resumed = last["id"], True
                self.tally.update(self.state.counts(self.run))
            else:
                self.run = self._new_run(now, fresh=fresh)
        self._outbox.seal(self.run)

    def _new_run(self, now: float, *, fresh: bool) -> int:
        """Begin a run: every page that is due wants a visit.

        A page that was fetched in the future, by a clock that has jumped back since, is due.
        """
        db = self.state.db
        judge(db, now)
        db.execute("UPDATE runs SET ended_at=?, reason='lost' WHERE ended_at IS NULL", (now,))
        cursor = db.execute("INSERT INTO runs(kind, started_at) VALUES ('crawl', ?)", (now,))
        db.execute(
            "UPDATE urls SET status='pending', rank=CASE kind WHEN 'page' THEN 2 ELSE 0 END "
            "WHERE status='done' AND (:fresh OR due_at <= :now OR fetched_at > :now)",
            {"fresh": fresh, "now": now},
        )
        return int(cursor.lastrowid or 0)

    def begin_recheck(self, rules: str) -> None:
        """Begin a run that looks whether what was kept may be used: it reads no page anew.

        Pages are asked only whether they changed, unless the site's rules did.
        """
        self._outbox.remove_orphans()
        self._recheck = 0
        self._whole = self.state.meta("rules") != rules
        with self.state.transaction() as db:
            query = "INSERT INTO runs(kind, started_at) VALUES ('recheck', ?)"
            self.run = int(db.execute(query, (self.clock(),)).lastrowid or 0)
        self._outbox.seal(self.run)

    @property
    def rechecking(self) -> bool:
        """Whether this run only looks whether what was kept may be used."""
        return self._recheck is not None

    def boilerplate(self) -> dict[bytes, str]:
        """Blocks that stand on many pages of the site, with the time since when that is known."""
        return boilerplate(self.state.db)

    def retractions(self) -> list[Retraction]:
        """What the operator took back by hand."""
        return standing(self.state)

    def retractable(self, kind: Kind, pattern: str) -> list[str]:
        """The known page URLs that a retraction would cover."""
        if kind == "url":
            query = "SELECT url FROM urls WHERE key=?"
            return [row[0] for row in self.state.db.execute(query, (url_key(pattern),))]
        covers = Retraction(0, kind, pattern, "", 0.0).covers
        urls = self.state.db.execute("SELECT url FROM urls WHERE kind='page' ORDER BY url")
        return [url for (url,) in urls if covers(url)]

    def retract(self, kind: Kind, pattern: str, urls: Iterable[str], reason: str) -> int:
        """Take URLs back by hand, for later runs too; the number of documents that had rows."""
        self._outbox.remove_orphans()
        now, gone = self.clock(), 0
        with self.state.transaction() as db:
            query = "INSERT INTO runs(kind, started_at) VALUES ('retract', ?)"
            self.run = int(db.execute(query, (now,)).lastrowid or 0)
            retractions_add(self.state, kind, pattern, reason, now)
            for url in urls:
                gone += self._commit.retract(url, self.site, f"retracted: {reason}", now)
            self.state.count(self.run, {"tombstones": gone})
        self.end("finished")
        return gone

    def begin_reading(self) -> None:
        """Begin a run that visits nothing: archived pages are read again by ``reread``."""
        self._outbox.remove_orphans()
        with self.state.transaction() as db:
            cursor = db.execute(
                "INSERT INTO runs(kind, started_at) VALUES ('reextract', ?)", (self.clock(),)
            )
            self.run = int(cursor.lastrowid or 0)
        self._outbox.seal(self.run)

    def expect_revision(self, url: str, revision: int) -> None:
        """The next document of a URL gets this number, if it has not come as far already."""
        if revision <= 1:
            return
        self.flush()  # an earlier revision may be in the batch
        self.state.db.execute(
            "UPDATE urls SET revision=max(revision, ? - 1) WHERE key=?", (revision, url_key(url))
        )

    def reread(self, harvests: Iterable[Harvest]) -> None:
        """Store what other rules made of archived pages, in one transaction."""
        counts: Counter[str] = Counter()
        with self.state.transaction():
            for harvest in harvests:
                self._commit.reread(harvest, self.clock(), counts)
            self.state.count(self.run, counts)
        if self._outbox.full:
            self._outbox.seal(self.run)

    def begin_end(self) -> None:
        """Commit everything, and let threads begin to write what is staged."""
        self.flush()
        self.state.present()
        self._outbox.seal_behind(self.run, everything=True)

    def end(self, reason: str, *, seal: bool = True) -> None:
        """Commit and seal everything; the run is over unless it was interrupted.

        Without ``seal``, rows that no thread writes yet stay staged for the next run's shards.
        """
        self.flush()
        self.state.present()
        if seal:
            self._outbox.seal(self.run)
        else:
            self._outbox.leave(self.run)
        if self._archive:
            self._archive.seal(self.run)
        if reason == "finished":
            with self.state.transaction() as db:
                db.execute(
                    "UPDATE runs SET ended_at=?, reason=? WHERE id=?",
                    (self.clock(), reason, self.run),
                )

    def close(self) -> None:
        """Let go of the state; what was not committed is done again by the next run."""
        if self._archive:
            self._archive.close()
        self._outbox.close()
        self.state.close()

    def seed(self, offers: Iterable[Offer]) -> None:
        """Make the seeds known; they are looked at in every run."""
        offers = list(offers)
        self.changes += 1
        with self.state.transaction() as db:
            self.state.offer(offers, 0)
            self.state.reread_as(offer for offer in offers if offer.kind != "page")
            db.executemany(
                "UPDATE urls SET status='pending', rank=0 WHERE key=? AND run<>?",
                [(url_key(offer.url), self.run) for offer in offers],
            )

    def claim(self, limit: int) -> list[Target]:
        """Up to ``limit`` URLs that want a visit, and are then this run's to answer for.

        Commits what is buffered when nothing else is left: it may hold new links.
        """
        stale = self.clock() - self._options.full_hours * HOUR
        if self._recheck is not None:
            found = self.state.kept(limit, self._recheck, math.inf if self._whole else stale)
            self._recheck = found[-1].id if found else self._recheck
            return found
        found = self.state.wanted(limit, self._claimed, stale)
        if not found and self._batch:
            self.flush()
            found = self.state.wanted(limit, self._claimed, stale)
        self._claimed.update((target.id, target) for target in found)
        return found

    def fetched(self) -> int:
        """Pages visited in this run so far, a resumed run's earlier part included."""
        query = "SELECT count(*) FROM urls WHERE run=? AND kind='page'"
        return int(self.state.db.execute(query, (self.run,)).fetchone()[0])

    @property
    def buffered(self) -> int:
        """Harvests that are not committed yet."""
        return len(self._batch)

    def add(self, harvest: Harvest) -> None:
        """Take what a URL gave; committed with its batch."""
        self.changes += 1
        if not self._batch:
            self._batch_begun = self.clock()
        self._batch.append(harvest)
        waited = self.clock() - self._batch_begun
        if len(self._batch) >= self._options.batch or waited >= self._options.batch_seconds:
            self.flush()

    def flush(self) -> None:
        """Commit the batch in one transaction, and seal shards that are full.

        Raises :class:`OSError` or :class:`sqlite3.Error` when the storage refuses: then
        nothing of the batch was kept.
        """
        if not self._batch:
            return
        self.state.present()
        self._step("batch-begun")
        try:
            self._capture()
            self._step("batch-archived")
            self._commit_batch()
        except BaseException:
            if self._archive:
                self._archive.rollback()
            raise
        self._step("batch-committed")
        self._batch.clear()
        if self._archive:
            self._archive.committed()
            if self._archive.full:
                self._archive.seal(self.run)
        if self._outbox.full:
            with self.state.transaction() as db:
                forget(db)
        self._outbox.seal_behind(self.run)

    def _capture(self) -> None:
        """The batch's bodies into the archive; each harvest knows where its own stands."""
        if self._archive is None:
            return
        for place, harvest in enumerate(self._batch):
            if harvest.page and harvest.reason != "same body":
                capture = self._archive.append(harvest.page)
                self._batch[place] = harvest.but(capture=capture)
        self._archive.sync()

    def _commit_batch(self) -> None:
        counts: Counter[str] = Counter()
        now = self.clock()
        with self.state.transaction():
            for harvest in self._batch:
                if self._recheck is not None:
                    self._commit.recheck(harvest, self.run, now, counts)
                    continue
                url_id = self._commit.apply(harvest, self.run, now, counts)
                self._claimed.pop(url_id, None)
            self.state.count(self.run, counts)
            self.tally.update(counts)
            if self._archive:
                self._archive.note()
            self._step("batch-staged")
