"""One URL's harvest into the state: outcome, links, fingerprints, staged rows, tombstones.

Everything here runs inside the transaction of a batch: see ``ftcrawler.store``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ftcrawler.archive import Capture
from ftcrawler.outbox import Outbox
from ftcrawler.state import State, StateError, row_of
from pipelines.records import Document, Harvest, Offer
from pipelines.rows import document_id, document_row, pair_row, tombstone_rows

HOUR = 3600.0
AGE_FRACTION = 0.1  # as HTTP's heuristic freshness, RFC 9111 4.2.2
OK, NOT_FOUND, GONE = 200, 404, 410
_KEPT = ("revision", "text_hash", "changed_at", "etag", "last_modified", "body_hash")
_FORGOTTEN = {"text_hash": "", "body_hash": "", "etag": "", "last_modified": ""}
_READ = ("document", "unchanged", "rejected")


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


class Commit:
    """Applies harvests to a site's state, inside the caller's transaction."""

    def __init__(
        self,
        state: State,
        outbox: Outbox,
        *,
        revisit_hours: tuple[float, float],
        system_prompt: str,
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._revisit_hours = revisit_hours
        self._system_prompt = system_prompt

    def apply(
        self, harvest: Harvest, capture: Capture | None, run: int, now: float, counts: Counter[str]
    ) -> int:
        """Store what one URL gave, and return the URL's id.

        Adds to ``counts``. Raises :class:`StateError` for a URL that the state does not know.
        """
        known = row_of(self._state.db, "SELECT * FROM urls WHERE url = ?", harvest.url)
        if known is None:
            raise StateError(f"{harvest.url} was fetched, but the state does not know it")
        if harvest.document and harvest.document.text_hash == known["text_hash"]:
            harvest = harvest.but(outcome="unchanged", reason="same text", document=None)
        after = _after(harvest, known, now)
        if harvest.document:
            counts.update(self._stage(harvest, harvest.document, known["id"], after, capture))
        elif why := _retraction(harvest):
            counts["tombstones"] += self._retract(harvest, known["id"], why, now)
        if capture:
            self._note_capture(harvest, known["id"], after, capture)
        self._update(harvest, known, after | {"run": run, "fetched_at": now})
        self._offer_links(harvest, known)
        counts[f"{known['kind']}/{harvest.outcome}"] += 1
        if harvest.reason:
            counts[f"{known['kind']}/{harvest.outcome}/{harvest.reason}"] += 1
        return int(known["id"])

    def _note_capture(
        self, harvest: Harvest, url_id: int, after: dict[str, Any], capture: Capture
    ) -> None:
        made = document_id(harvest.site, harvest.url, after["revision"])
        self._state.db.execute(
            "INSERT INTO captures(url_id, file, offset, length, document_id) "
            "VALUES (?, ?, ?, ?, ?)",
            (url_id, *capture, made if harvest.document else ""),
        )

    def _update(self, harvest: Harvest, known: dict[str, Any], after: dict[str, Any]) -> None:
        """The URL's row: done, with its outcome, validators and next date."""
        due = now = after["fetched_at"]
        if known["kind"] == "page" and harvest.outcome in _READ:
            due = due_after(now, after["changed_at"], self._revisit_hours)
        values = after | {
            "id": known["id"],
            "outcome": harvest.outcome,
            "reason": harvest.reason,
            "http_status": harvest.status,
            "redirect_to": harvest.redirect_to,
            "changed": int(harvest.document is not None),
            "due_at": due,
        }
        self._state.db.execute(
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
            self._state.offer([Offer(harvest.redirect_to)], known["depth"], known["hops"] + 1)
        links: Sequence[Offer] = harvest.links or ()
        if harvest.links is None and harvest.outcome == "unchanged":
            links = self._state.outlinks(known["id"])
        elif harvest.links is not None and harvest.status == OK:
            self._state.set_outlinks(known["id"], links)
        self._state.offer(links, known["depth"] + (known["kind"] == "page"))

    def _stage(
        self,
        harvest: Harvest,
        document: Document,
        url_id: int,
        after: dict[str, Any],
        capture: Capture | None,
    ) -> Counter[str]:
        """Rows of a new revision into the outbox: the document, and the pairs not yet known."""
        db, revision = self._state.db, after["revision"]
        db.execute(
            "INSERT INTO documents(document_id, url_id, revision) VALUES (?, ?, ?)",
            (document_id(harvest.site, harvest.url, revision), url_id, revision),
        )
        counts = Counter({f"dropped/{reason}": n for reason, n in harvest.drops})
        row = document_row(harvest, document, revision)
        if capture:
            row |= {"warc_file": capture.file, "warc_offset": capture.offset}
        rows = [("documents", row)]
        for pair in harvest.pairs:
            new = db.execute(
                "INSERT OR IGNORE INTO fingerprints VALUES (?, ?)", (pair.fingerprint, url_id)
            )
            if new.rowcount:
                counts[f"pairs/{pair.kind}"] += 1
                row = pair_row(harvest, document, pair, revision, self._system_prompt)
                rows.append(("pairs", row))
            else:
                counts["dropped/duplicate"] += 1
        self._outbox.put(rows)
        return counts

    def _retract(self, harvest: Harvest, url_id: int, why: str, now: float) -> int:
        """Tombstones for every document of a URL; its pairs may be made again elsewhere."""
        db = self._state.db
        found = db.execute(
            "SELECT document_id FROM documents WHERE url_id=? AND retracted=''", (url_id,)
        )
        gone = [document for (document,) in found]
        db.execute(
            "UPDATE documents SET retracted=? WHERE url_id=? AND retracted=''", (why, url_id)
        )
        db.execute("DELETE FROM fingerprints WHERE url_id=?", (url_id,))
        rows = tombstone_rows(harvest.site, harvest.url, gone, why, iso(now))
        self._outbox.put(("tombstones", row) for row in rows)
        return len(gone)


def _after(harvest: Harvest, known: dict[str, Any], now: float) -> dict[str, Any]:
    """What the URL's row keeps, learns or forgets by a visit."""
    after = {name: known[name] for name in _KEPT}
    after["changed_at"] = known["changed_at"] or now
    if harvest.status == OK:
        after |= {
            "etag": harvest.etag,
            "last_modified": harvest.last_modified,
            "body_hash": harvest.body_hash,
        }
    if harvest.document:
        after["revision"] += 1
        after |= {"text_hash": harvest.document.text_hash, "changed_at": now}
    elif _retraction(harvest):
        after |= _FORGOTTEN
    return after


def _retraction(harvest: Harvest) -> str:
    """Why the URL's documents must not be used any more, or ``""``."""
    if harvest.status in (NOT_FOUND, GONE):
        return f"http-{harvest.status}"
    if harvest.verdict.decision == "deny":
        return f"consent: {harvest.verdict.signal}"
    return ""
