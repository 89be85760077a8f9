"""The commit protocol of one site: what a URL gave is kept exactly once, whenever we are killed.

A batch of harvests becomes one transaction of the state: outcomes, links, fingerprints and
staged rows together. What a killed run left behind is put right when the next one begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ftcrawler.outbox import Outbox
from ftcrawler.state import State, StateError, Target, row_of
from pipelines.records import Document, Harvest, Offer
from pipelines.rows import document_id, document_row, pair_row, tombstone_rows
from pipelines.shards import Format

HOUR = 3600.0
AGE_FRACTION = 0.1  # as HTTP's heuristic freshness, RFC 9111 4.2.2
RESUME_WITHIN = 20 * HOUR  # an interrupted run older than this is over; a new one begins
OK, NOT_FOUND, GONE = 200, 404, 410
_KEPT = ("revision", "text_hash", "changed_at", "etag", "last_modified", "body_hash")
_READ = ("document", "unchanged", "rejected")


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How a store batches and rotates: harvests a transaction, rows and bytes a shard.

    ``revisit_hours`` are the least and most hours until a page is looked at again.
    """

    formats: tuple[Format, ...] = ("parquet", "jsonl")
    batch: int = 64
    shard_rows: int = 20_000
    shard_bytes: int = 32 * 1024 * 1024
    revisit_hours: tuple[float, float] = (0.0, 168.0)
    system_prompt: str = ""


def iso(seconds: float) -> str:
    """Seconds since 1970 as ``2026-11-24T02:00:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def due_after(now: float, changed_at: float, bounds: tuple[float, float]) -> float:
    """When a page wants to be looked at again: a tenth of its age later, within bounds (hours).

    Less than an hour counts as nothing, so that a run by hand always looks.
    """
    least, most = bounds
    wait = max(0.0, now - changed_at) * AGE_FRACTION
    wait = 0.0 if wait < HOUR else wait
    return now + min(max(wait, least * HOUR), most * HOUR)


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
        self._clock = clock
        self._step = step
        self._batch: list[Harvest] = []
        self._claimed: dict[int, Target] = {}
        self._outbox = Outbox(
            state,
            site,
            data_dir,
            formats=options.formats,
            most_rows=options.shard_rows,
            most_bytes=options.shard_bytes,
            step=step,
        )

    def begin(self, rules: str, *, full: bool = False) -> None:
        """Put right what a killed run left, then begin a run or go on with the killed one.

        ``rules`` is a hash over the site's rules: when it differs from the last run's, or
        with ``full``, every page is read anew instead of asking whether it changed.
        """
        self._outbox.remove_orphans()
        now = self._clock()
        with self.state.transaction() as db:
            fresh = full or self.state.meta("rules") != rules
            if fresh:
                db.execute("UPDATE urls SET etag='', last_modified='', body_hash='', text_hash=''")
                self.state.set_meta("rules", rules)
            last = row_of(db, "SELECT * FROM runs ORDER BY id DESC LIMIT 1") or {"ended_at": now}
            interrupted = last["ended_at"] is None
            if interrupted and not fresh and 0 <= now - last["started_at"] < RESUME_WITHIN:
                self.run, self.resumed = last["id"], True
            else:
                self.run = self._new_run(now, fresh=fresh)
        self._outbox.seal(self.run)

    def _new_run(self, now: float, *, fresh: bool) -> int:
        """Begin a run: every page that is due wants a visit.

        A page that was fetched in the future, by a clock that has jumped back since, is due.
        """
        db = self.state.db
        db.execute("UPDATE runs SET ended_at=?, reason='lost' WHERE ended_at IS NULL", (now,))
        cursor = db.execute("INSERT INTO runs(started_at) VALUES (?)", (now,))
        db.execute(
            "UPDATE urls SET status='pending', rank=CASE kind WHEN 'page' THEN 2 ELSE 0 END "
            "WHERE status='done' AND (:fresh OR due_at <= :now OR fetched_at > :now)",
            {"fresh": fresh, "now": now},
        )
        return int(cursor.lastrowid or 0)

    def end(self, reason: str) -> None:
        """Commit and seal everything; the run is over unless it was interrupted."""
        self.flush()
        self._outbox.seal(self.run)
        if reason == "finished":
            with self.state.transaction() as db:
                db.execute(
                    "UPDATE runs SET ended_at=?, reason=? WHERE id=?",
                    (self._clock(), reason, self.run),
                )

    def close(self) -> None:
        """Let go of the state; what was not committed is done again by the next run."""
        self.state.close()

    def seed(self, offers: Iterable[Offer]) -> None:
        """Make the seeds known; they are looked at in every run."""
        offers = list(offers)
        with self.state.transaction() as db:
            self.state.offer(offers, 0)
            db.executemany(
                "UPDATE urls SET status='pending', rank=0 WHERE url=? AND run<>?",
                [(offer.url, self.run) for offer in offers],
            )

    def claim(self, limit: int) -> list[Target]:
        """Up to ``limit`` URLs that want a visit, and are then this run's to answer for.

        Commits what is buffered when nothing else is left: it may hold new links.
        """
        found = self.state.wanted(limit, self._claimed)
        if not found and self._batch:
            self.flush()
            found = self.state.wanted(limit, self._claimed)
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
        self._batch.append(harvest)
        if len(self._batch) >= self._options.batch:
            self.flush()

    def flush(self) -> None:
        """Commit the batch in one transaction, and seal shards that are full.

        Raises :class:`OSError` or :class:`sqlite3.Error` when the storage refuses: then
        nothing of the batch was kept.
        """
        if not self._batch:
            return
        counts: Counter[str] = Counter()
        self._step("batch-begun")
        with self.state.transaction():
            for harvest in self._batch:
                self._commit(harvest, counts)
            self.state.count(self.run, counts)
            self._step("batch-staged")
        self._step("batch-committed")
        self._batch.clear()
        if self._outbox.full:
            self._outbox.seal(self.run)

    def _commit(self, harvest: Harvest, counts: Counter[str]) -> None:
        """One URL's outcome, links, fingerprints and rows, inside the batch's transaction."""
        known = row_of(self.state.db, "SELECT * FROM urls WHERE url = ?", harvest.url)
        if known is None:
            raise StateError(f"{harvest.url} was fetched, but the state does not know it")
        self._claimed.pop(known["id"], None)
        now = self._clock()
        if harvest.document and harvest.document.text_hash == known["text_hash"]:
            harvest = harvest.but(outcome="unchanged", reason="same text", document=None)
        after = {name: known[name] for name in _KEPT}
        after["changed_at"] = known["changed_at"] or now
        if harvest.status == OK:
            after["etag"], after["last_modified"] = harvest.etag, harvest.last_modified
            after["body_hash"] = harvest.body_hash
        if document := harvest.document:
            after["revision"] += 1
            after["text_hash"], after["changed_at"] = document.text_hash, now
            self._stage(harvest, document, known["id"], after["revision"], counts)
        elif harvest.status in (NOT_FOUND, GONE):
            after |= {"text_hash": "", "body_hash": "", "etag": "", "last_modified": ""}
            self._retract(known, f"http-{harvest.status}", now, counts)
        self._update(harvest, known, after, now)
        self._offer_links(harvest, known)
        counts[f"{known['kind']}/{harvest.outcome}"] += 1
        if harvest.reason:
            counts[f"{known['kind']}/{harvest.outcome}/{harvest.reason}"] += 1

    def _update(
        self, harvest: Harvest, known: dict[str, Any], after: dict[str, Any], now: float
    ) -> None:
        """The URL's row: done, with its outcome, validators and next date."""
        paced = known["kind"] == "page" and harvest.outcome in _READ
        due = due_after(now, after["changed_at"], self._options.revisit_hours) if paced else now
        values = after | {
            "id": known["id"],
            "outcome": harvest.outcome,
            "reason": harvest.reason,
            "http_status": harvest.status,
            "redirect_to": harvest.redirect_to,
            "run": self.run,
            "changed": int(harvest.document is not None),
            "fetched_at": now,
            "due_at": due,
        }
        self.state.db.execute(
            "UPDATE urls SET status='done', outcome=:outcome, reason=:reason, "
            "http_status=:http_status, redirect_to=:redirect_to, etag=:etag, "
            "last_modified=:last_modified, body_hash=:body_hash, text_hash=:text_hash, "
            "revision=:revision, run=:run, visits=visits+1, changes=changes+:changed, "
            "fetched_at=:fetched_at, changed_at=:changed_at, due_at=:due_at WHERE id=:id",
            values,
        )

    def _offer_links(self, harvest: Harvest, known: dict[str, Any]) -> None:
        """Where the URL leads becomes known; an unchanged page offers its stored links again."""
        if harvest.redirect_to:
            self.state.offer([Offer(harvest.redirect_to)], known["depth"], known["hops"] + 1)
        links: Sequence[Offer] = harvest.links or ()
        if harvest.links is None and harvest.outcome == "unchanged":
            links = self.state.outlinks(known["id"])
        elif harvest.links is not None and harvest.status == OK:
            self.state.set_outlinks(known["id"], links)
        self.state.offer(links, known["depth"] + (known["kind"] == "page"))

    def _stage(
        self, harvest: Harvest, document: Document, url_id: int, revision: int, counts: Counter[str]
    ) -> None:
        """Rows of a new revision into the outbox: the document, and the pairs not yet known."""
        db = self.state.db
        db.execute(
            "INSERT INTO documents(document_id, url_id, revision) VALUES (?, ?, ?)",
            (document_id(self.site, harvest.url, revision), url_id, revision),
        )
        counts.update({f"dropped/{reason}": n for reason, n in harvest.drops})
        rows = [("documents", document_row(harvest, document, revision))]
        for pair in harvest.pairs:
            new = db.execute(
                "INSERT OR IGNORE INTO fingerprints VALUES (?, ?)", (pair.fingerprint, url_id)
            )
            if new.rowcount:
                counts[f"pairs/{pair.kind}"] += 1
                row = pair_row(harvest, document, pair, revision, self._options.system_prompt)
                rows.append(("pairs", row))
            else:
                counts["dropped/duplicate"] += 1
        self._outbox.put(rows)

    def _retract(
        self, known: dict[str, Any], reason: str, now: float, counts: Counter[str]
    ) -> None:
        """Tombstones for every document of a URL; its pairs may be made again elsewhere."""
        db = self.state.db
        found = db.execute(
            "SELECT document_id FROM documents WHERE url_id=? AND retracted=''", (known["id"],)
        )
        gone = [document for (document,) in found]
        if not gone:
            return
        db.execute(
            "UPDATE documents SET retracted=? WHERE url_id=? AND retracted=''",
            (reason, known["id"]),
        )
        db.execute("DELETE FROM fingerprints WHERE url_id=?", (known["id"],))
        counts["tombstones"] += len(gone)
        rows = tombstone_rows(self.site, known["url"], gone, reason, iso(now))
        self._outbox.put(("tombstones", row) for row in rows)
