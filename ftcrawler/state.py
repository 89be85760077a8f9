"""A site's memory between nights: one SQLite file, one writer, the truth about what is done.

Everything that a run must not forget is here: known URLs, what each visit gave, fingerprints
of pairs, rows staged for shards (the outbox) and the shards that exist (the manifest).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ftcrawler import schema
from pipelines.records import Offer, UrlKind

# Validators are used while they are believed: not of a liar, nor for a body long not seen.
_BELIEVED = "CASE WHEN liar OR body_at < :stale THEN '' ELSE {} END"
_TARGET = (
    ", ".join(
        ("id, url, kind, depth, hops", _BELIEVED.format("etag"), _BELIEVED.format("last_modified"))
    )
    + ", body_hash"
)


_CHANGED = (  # a sitemap or feed has news of a page that is newer than the visit
    "excluded.lastmod > lastmod AND "
    "excluded.lastmod > strftime('%Y-%m-%dT%H:%M:%SZ', fetched_at, 'unixepoch')"
)
_OFFER_NEW = """
INSERT OR IGNORE INTO urls(key, url, kind, status, rank, depth, hops, lastmod)
VALUES (?, ?, ?, 'pending', ?, ?, ?, ?)
"""
_OFFER = f"""
INSERT INTO urls(key, url, kind, status, rank, depth, hops, lastmod)
VALUES (?, ?, ?, 'pending', ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET
    depth = min(depth, excluded.depth),
    status = CASE WHEN {_CHANGED} THEN 'pending' ELSE status END,
    rank = CASE WHEN {_CHANGED} THEN min(rank, 1) ELSE rank END,
    lastmod = max(lastmod, excluded.lastmod)
WHERE excluded.depth < depth OR excluded.lastmod > lastmod
"""  # noqa: S608 - made of constants


_MOST_OFFERED = 4_000
MOST_HOPS = 20  # redirects that are told of one page


def url_key(url: str) -> bytes:
    """BLAKE2b-128 of a URL: what the state finds it by."""
    return hashlib.blake2b(url.encode(), digest_size=16).digest()


class StateError(RuntimeError):
    """The state cannot be used; the message names the file and the remedy."""


class LockedError(StateError):
    """Another process works on this site."""


class Target(NamedTuple):
    """A URL that wants a visit, with what is known of it."""

    id: int
    url: str
    kind: UrlKind
    depth: int
    hops: int
    etag: str
    last_modified: str
    body_hash: str


class RobotsCopy(NamedTuple):
    """A robots.txt as it came: status, body within the size limit, time, URL behind redirects."""

    status: int
    body: bytes
    fetched_at: float
    final_url: str = ""

    @property
    def sha256(self) -> str:
        """The body's SHA-256 in hex."""
        return hashlib.sha256(self.body).hexdigest()


class _Lock:
    """An advisory lock on a file: the kernel lets go of it when the process dies."""

    def __init__(self, path: Path, site: str) -> None:
        self._file = path.open("a+", encoding="utf-8")
        self.path = path
        self.inode = os.fstat(self._file.fileno()).st_ino
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise LockedError(
                f"site {site!r} is being crawled by another process (pid {holder}); "
                f"wait until it ends, or end it"
            ) from None
        self._file.seek(0)
        self._file.truncate()
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        self._file.close()


class State:
    """The open state of one site. Not for use from two threads at once."""

    def __init__(self, path: Path, db: sqlite3.Connection, lock: _Lock) -> None:
        self.path = path
        self.db = db
        self._lock = lock
        self._inode = path.stat().st_ino
        self._offered: set[bytes] = set()  # keys of URLs that are known: menus offer them again

    @classmethod
    def open(cls, path: Path, site: str, *, shards_exist: bool = False) -> State:
        """Open or create the state file, and lock the site.

        Raises :class:`LockedError` when another process holds the site, :class:`StateError`
        when the file is damaged, newer than this version, or gone while shards exist (then
        starting from nothing would write every row again).
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _Lock(path.with_name("lock"), site)
        try:
            _check_presence(path, site, shards_exist=shards_exist)
            return cls(path, _connect(path), lock)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of the lock."""
        self.db.close()
        self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: everything inside is committed together, or not at all."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException:
            self._offered.clear()  # they may be known no longer
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def robots(self, origin: str) -> RobotsCopy | None:
        """An origin's last good robots.txt."""
        query = "SELECT status, body, fetched_at, final_url FROM origins WHERE origin=?"
        found = self.db.execute(query, (origin,)).fetchone()
        return RobotsCopy(*found) if found else None

    def set_robots(
        self, origin: str, status: int, body: bytes, now: float, final_url: str
    ) -> RobotsCopy:
        """Keep an origin's robots.txt, and what it was as evidence for good."""
        copy = RobotsCopy(status, body, now, final_url)
        self.db.execute("INSERT OR REPLACE INTO origins VALUES (?, ?, ?, ?, ?)", (origin, *copy))
        self.db.execute(
            "INSERT OR IGNORE INTO policies VALUES (?, ?, ?)", (copy.sha256, final_url, body)
        )
        return copy

    def probes(self, origin: str, since: float) -> list[dict[str, Any]] | None:
        """What an origin's policy files said, when they were read after ``since``."""
        query = "SELECT results FROM probes WHERE origin=? AND fetched_at>?"
        found = self.db.execute(query, (origin, since)).fetchone()
        return list(json.loads(found[0])) if found else None

    def set_probes(self, origin: str, results: list[dict[str, Any]], now: float) -> None:
        """Keep what an origin's policy files said."""
        self.db.execute(
            "INSERT OR REPLACE INTO probes VALUES (?, ?, ?)", (origin, json.dumps(results), now)
        )

    def meta(self, key: str) -> str:
        """A remembered value, ``""`` when there is none."""
        found = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(found[0]) if found else ""

    def set_meta(self, key: str, value: str) -> None:
        """Remember a value."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def redirects_to(self, url_id: int) -> tuple[str, ...]:
        """The URLs that redirected to this one, the first one first."""
        found: list[str] = []
        query = "SELECT a.id, a.url FROM urls a JOIN urls b ON b.via=a.id WHERE b.id=?"
        while len(found) < MOST_HOPS and (row := self.db.execute(query, (url_id,)).fetchone()):
            url_id = row[0]
            found.insert(0, row[1])
        return tuple(found)

    def offer(
        self, offers: Iterable[Offer], depth: int, hops: int = 0, *, nearer: bool = False
    ) -> None:
        """Make URLs known: new ones become pending.

        A known page that a sitemap or feed says has changed since its visit is pending, too.
        With ``nearer``, known pages take over a smaller depth: it costs a look at each.
        """
        rows = [
            (url_key(o.url), o.url, o.kind, int(o.kind == "page"), depth, hops, o.lastmod)
            for o in offers
        ]
        dated = [row for row in rows if row[-1] or nearer]
        if plain := [r for r in rows if not (nearer or r[-1] or r[0] in self._offered)]:
            self.db.executemany(_OFFER_NEW, plain)
            self._offered.update(row[0] for row in plain)
        if dated:
            self.db.executemany(_OFFER, dated)
        if len(self._offered) > _MOST_OFFERED:
            self._offered.clear()

    def reread_as(self, listings: Iterable[Offer]) -> None:
        """URLs that were taken for pages and are sitemaps or feeds want a visit as such."""
        self.db.executemany(
            "UPDATE urls SET kind=:kind, status='pending', rank=0, etag='', last_modified='', "
            "body_hash='' WHERE key=:key AND kind='page'",
            [{"kind": offer.kind, "key": url_key(offer.url)} for offer in listings],
        )

    def present(self) -> None:
        """Raise :class:`StateError` when the files are no longer those that were opened."""
        for path, known in ((self.path, self._inode), (self._lock.path, self._lock.inode)):
            try:
                now = path.stat().st_ino
            except OSError:
                now = 0
            if now != known:
                raise StateError(f"{path} was removed or replaced while this run worked on it")

    def nearer(self, offers: Iterable[Offer], depth: int) -> list[int]:
        """Ids of visited pages among these that were thought to be deeper."""
        query = "SELECT id FROM urls WHERE key=? AND status='done' AND kind='page' AND depth>?"
        found = (self.db.execute(query, (url_key(offer.url), depth)).fetchone() for offer in offers)
        return [row[0] for row in found if row]

    def wanted(self, limit: int, known: Mapping[int, object], stale: float = 0.0) -> list[Target]:
        """Up to ``limit`` pending URLs by rank and depth, without those ``known``.

        One whose body came last before ``stale`` has no validators: it is fetched whole.
        """
        rows = self.db.execute(
            f"SELECT {_TARGET} FROM urls WHERE status = 'pending' "  # noqa: S608 - a constant
            "ORDER BY rank, depth, id LIMIT :limit",
            {"limit": limit + len(known), "stale": stale},
        )
        return [Target(*row) for row in rows if row[0] not in known][:limit]

    def kept(self, limit: int, after: int, stale: float) -> list[Target]:
        """Up to ``limit`` pages with documents that may be used, by id, from one after ``after``.

        Validators go with them as in :meth:`wanted`.
        """
        rows = self.db.execute(
            f"SELECT {_TARGET} FROM urls WHERE id > :after "  # noqa: S608 - a constant
            "AND status <> 'handmade' AND id IN "
            "(SELECT url_id FROM documents WHERE retracted = '') ORDER BY id LIMIT :limit",
            {"limit": limit, "after": after, "stale": stale},
        )
        return [Target(*row) for row in rows]

    def count(self, run: int, names: Mapping[str, int]) -> None:
        """Add to the run's counters."""
        self.db.executemany(
            "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            [(run, name, n) for name, n in names.items() if n],
        )

    def counts(self, run: int) -> dict[str, int]:
        """The run's counters by name."""
        return counts_of(self.db, run)

    def pending(self) -> tuple[int, int]:
        """How many URLs want a visit: never visited, and due again."""
        return pending_of(self.db)

    def outlinks(self, url_id: int) -> list[Offer]:
        """The links that a page had at its last full visit."""
        row = self.db.execute("SELECT links FROM outlinks WHERE url_id = ?", (url_id,)).fetchone()
        return [Offer(*item) for item in json.loads(zlib.decompress(row[0]))] if row else []

    def set_outlinks(self, url_id: int, links: Iterable[Offer]) -> None:
        """Remember the links of a page."""
        blob = zlib.compress(json.dumps(list(links)).encode(), 1)
        self.db.execute("INSERT OR REPLACE INTO outlinks VALUES (?, ?)", (url_id, blob))


def _check_presence(path: Path, site: str, *, shards_exist: bool) -> None:
    if shards_exist and not (path.exists() and path.stat().st_size):
        raise StateError(
            f"{path} is missing, but shards of {site!r} exist: put the file back from a backup, "
            f"or move the shards away to begin anew"
        )


def _connect(path: Path) -> sqlite3.Connection:
    """Open the database, check that it is sound, bring its schema up to date."""
    try:
        db = sqlite3.connect(path, isolation_level=None)
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        newest = len(schema.MIGRATIONS) + 1
        if version > newest:
            raise StateError(
                f"{path} was written by a newer ftcrawler (state version {version}, this one "
                f"reads up to {newest}): upgrade ftcrawler"
            )
        if version == 0:
            _create(db, path)
        elif (fault := _fault(db)) != "ok":
            raise StateError(f"{path} is damaged ({fault}): put it back from a backup")
        _migrate(db, max(version, 1))
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA cache_size = -65536")
        db.execute("PRAGMA wal_autocheckpoint = 8000")
    except sqlite3.DatabaseError as error:
        raise StateError(f"{path} cannot be used ({error}): put it back from a backup") from error
    return db


def _create(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StateError(f"{path} is an SQLite file, but not a site's state: move it away")
    db.executescript(
        f"BEGIN; {schema.SCHEMA} PRAGMA user_version = {len(schema.MIGRATIONS) + 1}; COMMIT;"
    )


def _migrate(db: sqlite3.Connection, version: int) -> None:
    """Bring an older state up to date, a version at a time, each step whole or not at all."""
    if int(db.execute("PRAGMA user_version").fetchone()[0]) == len(schema.MIGRATIONS) + 1:
        return
    for number, script in enumerate(schema.MIGRATIONS[version - 1 :], start=version + 1):
        db.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


def _fault(db: sqlite3.Connection) -> str:
    return str(db.execute("PRAGMA quick_check(1)").fetchone()[0])


def counts_of(db: sqlite3.Connection, run: int) -> dict[str, int]:
    """A run's counters by name."""
    rows = db.execute("SELECT name, n FROM counts WHERE run = ? ORDER BY name", (run,))
    return dict(rows.fetchall())


def pending_of(db: sqlite3.Connection) -> tuple[int, int]:
    """How many URLs want a visit: never visited, and due again."""
    query = "SELECT count(*), sum(visits > 0) FROM urls WHERE status = 'pending'"
    every, again = db.execute(query).fetchone()
    return every - (again or 0), again or 0


def peek(path: Path) -> sqlite3.Connection:
    """A read-only connection to a state file, for looking while a crawl may be running."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def row_of(db: sqlite3.Connection, query: str, *values: Any) -> dict[str, Any] | None:
    """The first row of a query as a dictionary, or None."""
    cursor = db.execute(query, values)
    found = cursor.fetchone()
    return dict(zip((c[0] for c in cursor.description), found, strict=True)) if found else None
