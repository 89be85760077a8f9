"""Staged rows to shards, exactly once: rows leave the state only when their shard is recorded.

A shard is written under a temporary name, made durable, renamed, and then recorded in the
transaction that removes its rows from the outbox. A kill in between leaves a file that is
not recorded: an orphan, which is removed on start, since its rows are still staged.

While a crawl goes on, files are written by a thread that only reads the state; recording them
is left to who owns it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from ftcrawler.state import State, peek
from pipelines.streams import COLUMNS, Format, Shard, is_shard_name, line_of, shard_path

_STAGED = "SELECT row FROM outbox WHERE stream=? AND id>? AND id<=? ORDER BY id"
_BORDER = "SELECT count(*), max(id) FROM (SELECT id FROM outbox WHERE stream=? AND id>? LIMIT ?)"

THREADS = 4  # files are written at once, over all sites: they wait for the disk, mostly

logger = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(THREADS, "shards")


class Staged(Collection[bytes]):
    """The staged rows of a stream after the one with id ``after``, ``most`` of them, as lines.

    They are read from the state as they are iterated over.
    """

    def __init__(self, db: sqlite3.Connection, stream: str, after: int, most: int) -> None:
        self._db = db
        self._count, last = db.execute(_BORDER, (stream, after, most)).fetchone()
        self.last: int = last or after
        self._key = (stream, after, self.last)

    def __len__(self) -> int:
        return int(self._count)

    def __iter__(self) -> Iterator[bytes]:
        return (row.encode() + b"\n" for (row,) in self._db.execute(_STAGED, self._key))

    def __contains__(self, line: object) -> bool:
        return any(line == staged for staged in self)


class _Written(NamedTuple):
    """Files that are whole on disk, and the last of the staged rows that they hold."""

    stream: str
    number: int
    last: int
    shards: list[Shard]


class Outbox:
    """The staged rows of one site, and the shards that they become.

    ``step`` is told the name of each step taken, for tests that kill the process there.
    """

    def __init__(
        self,
        state: State,
        site: str,
        data_dir: Path,
        *,
        formats: tuple[Format, ...],
        most_rows: int,
        most_bytes: int,
        step: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._state = state
        self._site = site
        self._data_dir = data_dir
        self._formats = formats
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self._step = step
        self._rows = 0
        self._bytes = 0
        self._behind: Future[list[_Written]] | None = None

    def put(self, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Stage rows, (stream, row) each, inside the caller's transaction."""
        texts = [(stream, line_of(row, stream)[:-1].decode()) for stream, row in rows]
        self._state.db.executemany("INSERT INTO outbox(stream, row) VALUES (?, ?)", texts)
        self._rows += len(texts)
        self._bytes += sum(len(text) for _, text in texts)

    @property
    def full(self) -> bool:
        """Whether enough is staged for a shard."""
        return self._rows >= self._most_rows or self._bytes >= self._most_bytes

    def seal(self, run: int) -> None:
        """Write staged rows as shards until none is left.

        Raises :class:`OSError` when the disk refuses; the rows then stay staged.
        """
        self._collect(run)
        for stream in COLUMNS:
            number = self._number(stream)
            while written := self._write(self._state.db, stream, number, 0):
                self._record(run, written)
                number += 1
        self._rows = self._bytes = 0

    def seal_behind(self, run: int, *, everything: bool = False) -> None:
        """Record what a thread has written, and let it write when enough, or anything, is staged.

        Never waits. Raises :class:`OSError` when the disk refused; the rows then stay staged.
        """
        if self._behind and self._behind.done():
            self._collect(run)
        if self._behind is None and (self.full or (everything and self._rows)):
            numbers = {stream: self._number(stream) for stream in COLUMNS}
            self._rows = self._bytes = 0
            self._behind = _threads.submit(self._write_all, numbers)

    def leave(self, run: int) -> None:
        """Record what a thread is about to end; what it has not begun stays staged."""
        if self._behind and not self._behind.cancel():
            self._collect(run)
        self._behind = None

    def close(self) -> None:
        """Wait for the thread: what it writes must not appear once others may own the site."""
        if self._behind and not self._behind.cancel():
            wait([self._behind])

    def _collect(self, run: int) -> None:
        """Wait for the thread, and record what it wrote."""
        behind, self._behind = self._behind, None
        for written in behind.result() if behind else ():
            self._record(run, written)

    def _write_all(self, numbers: dict[str, int]) -> list[_Written]:
        """What the thread does: everything that is staged now, read by a connection of its own."""
        found = []
        with closing(peek(self._state.path)) as db:
            db.execute("BEGIN")  # one view of the outbox, whatever is staged meanwhile
            for stream, first in numbers.items():
                number, after = first, 0
                while written := self._write(db, stream, number, after):
                    found.append(written)
                    number, after = number + 1, written.last
        return found

    def _number(self, stream: str) -> int:
        query = "SELECT max(number) FROM shards WHERE stream=?"
        return (self._state.db.execute(query, (stream,)).fetchone()[0] or 0) + 1

    def _write(
        self, db: sqlite3.Connection, stream: str, number: int, after: int
    ) -> _Written | None:
        staged = Staged(db, stream, after, self._most_rows)
        if not staged:
            return None
        from pipelines.shards import write_shard  # noqa: PLC0415 - Arrow, only when rows are there

        shards = [
            write_shard(
                shard_path(self._data_dir, stream, self._site, number, fmt),
                stream,
                staged,
                fmt,
                step=lambda name: self._step(f"{stream}-{name}"),
            )
            for fmt in self._formats
        ]
        return _Written(stream, number, staged.last, shards)

    def _record(self, run: int, written: _Written) -> None:
        """The shard into the manifest, its rows out of the outbox: from here on it counts."""
        stream = written.stream
        with self._state.transaction() as db:
            db.executemany(
                "INSERT INTO shards VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        shard.file.relative_to(self._data_dir).as_posix(),
                        stream,
                        written.number,
                        shard.rows,
                        shard.bytes,
                        shard.sha256,
                        run,
                    )
                    for shard in written.shards
                ],
            )
            db.execute("DELETE FROM outbox WHERE stream=? AND id<=?", (stream, written.last))
            self._step(f"{stream}-recorded")
        self._step(f"{stream}-sealed")

    def remove_orphans(self) -> list[str]:
        """Remove shard files that were never recorded: their rows are still staged.

        Returns their paths, relative to DATA_DIR.
        """
        removed = []
        recorded = {row[0] for row in self._state.db.execute("SELECT file FROM shards")}
        for stream in COLUMNS:
            folder = self._data_dir / stream / f"site={self._site}"
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                name = path.relative_to(self._data_dir).as_posix()
                if name not in recorded and is_shard_name(path.name, stream):
                    logger.info("removed the unrecorded shard %s", path)
                    path.unlink()
                    removed.append(name)
        return removed
