"""One URL's harvest into the state: outcome, links, fingerprints, staged rows, tombstones.

Everything here runs inside the transaction of a batch: see ``ftcrawler.store``.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ftcrawler.boilerplate import learn
from ftcrawler.clock import iso
from ftcrawler.ledger import note
from ftcrawler.outbox import Outbox
from ftcrawler.state import State, StateError, row_of, url_key
from pipelines.records import Capture, Document, Harvest, Offer
from pipelines.rows import document_id, document_row, pair_row, tombstone_rows

logger = logging.getLogger(__name__)

HOUR = 3600.0
AGE_FRACTION = 0.1  # as HTTP's heuristic freshness, RFC 9111 4.2.2
OK, NOT_FOUND, GONE = 200, 404, 410
_KEPT = (
    "revision",
    "text_hash",
    "changed_at",
    "etag",
    "last_modified",
    "body_hash",
    "body_at",
    "liar",
)
_FORGOTTEN = {"text_hash": "", "body_hash": "", "etag": "", "last_modified": ""}
_REREAD_ECHOES = """
UPDATE urls SET status='pending', rank=1, etag='', last_modified='', body_hash=''
WHERE id IN (
    SELECT echoes.url_id FROM fingerprints JOIN echoes USING (hash) WHERE fingerprints.url_id=?
)
"""
_READ = ("document", "unchanged", "rejected")


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
        max_depth: int | None,
        system_prompt: str,
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._revisit_hours = revisit_hours
        self._max_depth = max_depth
        self._system_prompt = system_prompt

    def apply(self, harvest: Harvest, run: int, now: float, counts: Counter[str]) -> int:
        """Store what one URL gave, and return the URL's id.

        Adds to ``counts``. Raises :class:`StateError` for a URL that the state does not know.
        """
        known = self._known(harvest)
        harvest = self._stage(harvest, known, counts)
        counts["blocks/site-boilerplate"] += harvest.boilerplate
        after = _after(harvest, known, now)
        if why := _retraction(harvest):
            counts["tombstones"] += self._retract(harvest, known["id"], why, now)
        if harvest.capture:
            self._note_capture(harvest, known["id"], after["revision"], harvest.capture)
        entry = note(self._state, harvest, known, run, now)
        checked = known["checked_at"] if _unanswered(harvest) else now
        after |= {"run": run, "fetched_at": now, "entry": entry, "checked_at": checked}
        self._update(harvest, known, after)
        self._offer_links(harvest, known)
        _count_outcome(harvest, known, counts)
        if after["liar"] > known["liar"]:
            counts["validators/lied"] += 1
            logger.warning("%s changed under the same validators: no longer believed", harvest.url)
        return int(known["id"])

    def recheck(self, harvest: Harvest, run: int, now: float, counts: Counter[str]) -> None:
        """Store whether a kept page may still be used; its visits and rows stay as they are.

        A page that says no, or is gone, is taken back as by a crawl.
        """
        known = self._known(harvest)
        entry = note(self._state, harvest, known, run, now)
        checked = known["checked_at"] if _unanswered(harvest) else now
        self._state.db.execute(
            "UPDATE urls SET entry=?, checked_at=? WHERE id=?", (entry, checked, known["id"])
        )
        if why := _retraction(harvest):
            counts["tombstones"] += self._retract(harvest, known["id"], why, now)
            self._state.db.execute(
                "UPDATE urls SET outcome=?, reason=?, text_hash='', body_hash='', etag='', "
                "last_modified='' WHERE id=?",
                (harvest.outcome, harvest.reason, known["id"]),
            )
        _count_outcome(harvest, known, counts)

    def retract(self, url: str, site: str, why: str, now: float) -> int:
        """Take back every document of a URL, by the operator's hand; how many there were."""
        harvest = Harvest(site, url, "denied", "retracted")
        known = self._known(harvest)
        gone = self._retract(harvest, known["id"], why, now)
        self._state.db.execute(
            "UPDATE urls SET outcome='denied', reason='retracted', text_hash='', body_hash='', "
            "etag='', last_modified='' WHERE id=?",
            (known["id"],),
        )
        return gone

    def reread(self, harvest: Harvest, now: float, counts: Counter[str]) -> None:
        """Store what other rules made of an archived page; the URL counts as not visited."""
        known = self._known(harvest)
        harvest = self._stage(harvest, known, counts)
        if harvest.document:
            self._state.db.execute(
                "UPDATE urls SET text_hash=?, revision=revision+1, changed_at=? WHERE id=?",
                (harvest.document.text_hash, now, known["id"]),
            )
        _count_outcome(harvest, known, counts)

    def _known(self, harvest: Harvest) -> dict[str, Any]:
        known = row_of(self._state.db, "SELECT * FROM urls WHERE key=?", url_key(harvest.url))
        if known is None:
            raise StateError(f"{harvest.url} was fetched, but the state does not know it")
        return known

    def _stage(self, harvest: Harvest, known: dict[str, Any], counts: Counter[str]) -> Harvest:
        """Rows into the outbox: a new revision, or pairs that are new for a text that is not.

        Returns the harvest, without its document and ``unchanged`` when the text is the same.
        """
        document, url_id, revision = harvest.document, known["id"], known["revision"]
        if document is None:
            return harvest
        if document.text_hash == known["text_hash"]:
            new = self._stage_pairs(harvest, document, url_id, revision)
            counts.update({name: n for name, n in new.items() if name.startswith("pairs/")})
            return harvest.but(outcome="unchanged", reason="same text", document=None)
        self._stage_document(harvest, document, url_id, revision + 1)
        counts.update({f"dropped/{reason}": n for reason, n in harvest.drops})
        counts.update(self._stage_pairs(harvest, document, url_id, revision + 1))
        return harvest

    def _note_capture(self, harvest: Harvest, url_id: int, revision: int, capture: Capture) -> None:
        made = document_id(harvest.site, harvest.url, revision)
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
            "last_modified=:last_modified, body_hash=:body_hash, body_at=:body_at, liar=:liar, "
            "text_hash=:text_hash, "
            "revision=:revision, run=:run, visits=visits+1, changes=changes+:changed, "
            "fetched_at=:fetched_at, changed_at=:changed_at, due_at=:due_at, entry=:entry, "
            "checked_at=:checked_at WHERE id=:id",
            values,
        )

    def _offer_links(self, harvest: Harvest, known: dict[str, Any]) -> None:
        """Where the URL leads becomes known; an unchanged page offers its stored links again."""
        if harvest.redirect_to:
            self._offer(
                [Offer(harvest.redirect_to, known["kind"])], known["depth"], known["hops"] + 1
            )
            self._state.db.execute(
                "UPDATE urls SET via=? WHERE key=? AND id<>?",
                (known["id"], url_key(harvest.redirect_to), known["id"]),
            )
        links: Sequence[Offer] = harvest.links or ()
        if harvest.links is None and harvest.outcome == "unchanged":
            links = self._state.outlinks(known["id"])
        elif harvest.links is not None and harvest.status == OK:
            self._state.set_outlinks(known["id"], links)
        pages = [link for link in links if link.kind == "page"]
        self._offer(pages, known["depth"] + (known["kind"] == "page"))
        if listings := [link for link in links if link.kind != "page"]:
            self._offer(listings, known["depth"], known["hops"] + 1)
            self._state.reread_as(listings)

    def _offer(self, links: Sequence[Offer], depth: int, hops: int = 0) -> None:
        """Offer links that are not too deep; a page that turns out nearer offers its own again."""
        if self._max_depth is None:
            self._state.offer(links, depth, hops)
            return
        waiting = [(links, depth)]
        while waiting:
            links, depth = waiting.pop()
            if depth <= self._max_depth:
                nearer = self._state.nearer(links, depth)
                self._state.offer(links, depth, hops, nearer=True)
                waiting += [(self._state.outlinks(url_id), depth + 1) for url_id in nearer]

    def _stage_document(
        self, harvest: Harvest, document: Document, url_id: int, revision: int
    ) -> None:
        """The row of a new revision into the outbox."""
        self._state.db.execute(
            "INSERT INTO documents(document_id, url_id, revision) VALUES (?, ?, ?)",
            (document_id(harvest.site, harvest.url, revision), url_id, revision),
        )
        if revision == 1:
            learn(self._state.db, document)
        self._outbox.put([("documents", document_row(harvest, document, revision))])

    def _stage_pairs(
        self, harvest: Harvest, document: Document, url_id: int, revision: int
    ) -> Counter[str]:
        """The pairs that no page of the site gave yet into the outbox; counts by name."""
        counts: Counter[str] = Counter()
        rows, own = [], set()
        for pair in harvest.pairs:
            mark = pair.fingerprint
            if (owner := self._owner(mark, url_id)) is None:
                counts[f"pairs/{pair.kind}"] += 1
                own.add(mark)
                row = pair_row(harvest, document, pair, revision, self._system_prompt)
                rows.append(("pairs", row))
            elif owner == url_id and mark not in own:
                counts["dropped/already-written"] += 1
            else:
                counts["dropped/duplicate"] += 1
        self._outbox.put(rows)
        return counts

    def _owner(self, mark: bytes, url_id: int) -> int | None:
        """The URL that gave this pair first, or None when it is new and now this URL's own.

        A pair of another page is noted as an echo: it comes into its own when that page goes.
        """
        db = self._state.db
        new = db.execute("INSERT OR IGNORE INTO fingerprints VALUES (?, ?)", (mark, url_id))
        if new.rowcount:
            return None
        query = "SELECT url_id FROM fingerprints WHERE hash=?"
        owner = int(db.execute(query, (mark,)).fetchone()[0])
        if owner != url_id:
            db.execute("INSERT OR IGNORE INTO echoes VALUES (?, ?)", (mark, url_id))
        return owner

    def _retract(self, harvest: Harvest, url_id: int, why: str, now: float) -> int:
        """Tombstones for every document of a URL; pages that share its pairs are read again."""
        db = self._state.db
        found = db.execute(
            "SELECT document_id FROM documents WHERE url_id=? AND retracted=''", (url_id,)
        )
        gone = [document for (document,) in found]
        db.execute(
            "UPDATE documents SET retracted=? WHERE url_id=? AND retracted=''", (why, url_id)
        )
        db.execute(_REREAD_ECHOES, (url_id,))
        db.execute("DELETE FROM echoes WHERE url_id=?", (url_id,))
        db.execute(
            "DELETE FROM echoes WHERE hash IN (SELECT hash FROM fingerprints WHERE url_id=?)",
            (url_id,),
        )
        db.execute("DELETE FROM fingerprints WHERE url_id=?", (url_id,))
        rows = tombstone_rows(harvest.site, harvest.url, gone, why, iso(now))
        self._outbox.put(("tombstones", row) for row in rows)
        return len(gone)


def _count_outcome(harvest: Harvest, known: dict[str, Any], counts: Counter[str]) -> None:
    counts[f"{known['kind']}/{harvest.outcome}"] += 1
    if harvest.reason:
        counts[f"{known['kind']}/{harvest.outcome}/{harvest.reason}"] += 1


def _after(harvest: Harvest, known: dict[str, Any], now: float) -> dict[str, Any]:
    """What the URL's row keeps, learns or forgets by a visit."""
    after = {name: known[name] for name in _KEPT}
    after["changed_at"] = known["changed_at"] or now
    if harvest.status == OK:
        after |= {
            "etag": harvest.etag,
            "last_modified": harvest.last_modified,
            "body_hash": harvest.body_hash,
            "body_at": now,
        }
    if harvest.outcome == "unchanged" and not harvest.document and known["text_hash"]:
        told_to_reread = not (known["body_hash"] or known["etag"] or known["last_modified"])
        if told_to_reread and harvest.reason in ("same body", "not modified"):
            after |= {"etag": "", "last_modified": "", "body_hash": ""}  # by the next run
    if harvest.document and _validators_lied(harvest, known):
        after["liar"] = 1
    if harvest.document:
        after["revision"] += 1
        after |= {"text_hash": harvest.document.text_hash, "changed_at": now}
    elif _retraction(harvest):
        after |= _FORGOTTEN
    return after


def _validators_lied(harvest: Harvest, known: dict[str, Any]) -> bool:
    """Whether the text changed under validators that did not."""
    if harvest.etag or known["etag"]:
        return bool(harvest.etag == known["etag"])
    return bool(harvest.last_modified and harvest.last_modified == known["last_modified"])


def _unanswered(harvest: Harvest) -> bool:
    """Whether nothing was learnt about the use of a page: no answer, or not now."""
    return harvest.verdict.decision == "defer" or (
        harvest.verdict.decision == "allow" and not harvest.status
    )


def _retraction(harvest: Harvest) -> str:
    """Why the URL's documents must not be used any more, or ``""``."""
    if harvest.status in (NOT_FOUND, GONE):
        return f"http-{harvest.status}"
    if harvest.verdict.decision == "deny" and harvest.verdict.signal != "private-address":
        return f"consent: {harvest.verdict.signal}"
    return ""
