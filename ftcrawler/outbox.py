"""Staged rows to shards, exactly once: rows leave the state only when their shard is recorded.

A shard is written under a temporary name, made durable, renamed, and then recorded in the
transaction that removes its rows from the outbox. A kill in between leaves a file that is
not recorded: an orphan, which is removed on start, since its rows are still staged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from ftcrawler.state import State
from pipelines.shards import SCHEMAS, Format, Shard, is_shard_name, shard_path, write_shard

_STAGED = "SELECT id, row FROM outbox WHERE stream=? ORDER BY id LIMIT ?"

logger = logging.getLogger(__name__)


class Staged(Collection[dict[str, Any]]):
    """The oldest staged rows of a stream, read from the state as they are iterated over."""

    def __init__(self, state: State, stream: str, most: int) -> None:
        self._db = state.db
        self._key = (stream, most)
        found = self._db.execute(f"SELECT count(*), max(id) FROM ({_STAGED})", self._key)  # noqa: S608 - a constant
        self._count, self.last = found.fetchone()

    def __len__(self) -> int:
        return int(self._count)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (orjson.loads(row) for _, row in self._db.execute(_STAGED, self._key))

    def __contains__(self, row: object) -> bool:
        return any(row == staged for staged in self)


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

    def put(self, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Stage rows, (stream, row) each, inside the caller's transaction."""
        texts = [(stream, orjson.dumps(row).decode()) for stream, row in rows]
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
        for stream in SCHEMAS:
            while self._seal_one(stream, run):
                pass
        self._rows = self._bytes = 0

    def _seal_one(self, stream: str, run: int) -> bool:
        db = self._state.db
        staged = Staged(self._state, stream, self._most_rows)
        if not staged:
            return False
        last = db.execute("SELECT max(number) FROM shards WHERE stream=?", (stream,)).fetchone()[0]
        number = (last or 0) + 1
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
        with self._state.transaction():
            self._record(stream, number, run, shards)
            db.execute("DELETE FROM outbox WHERE stream=? AND id<=?", (stream, staged.last))
            self._step(f"{stream}-recorded")
        self._step(f"{stream}-sealed")
        return True

    def _record(self, stream: str, number: int, run: int, shards: Iterable[Shard]) -> None:
        self._state.db.executemany(
            "INSERT INTO shards VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    shard.file.relative_to(self._data_dir).as_posix(),
                    stream,
                    number,
                    shard.rows,
                    shard.bytes,
                    shard.sha256,
                    run,
                )
                for shard in shards
            ],
        )

    def remove_orphans(self) -> list[str]:
        """Remove shard files that were never recorded: their rows are still staged.

        Returns their paths, relative to DATA_DIR.
        """
        removed = []
        recorded = {row[0] for row in self._state.db.execute("SELECT file FROM shards")}
        for stream in SCHEMAS:
            folder = self._data_dir / stream / f"site={self._site}"
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                name = path.relative_to(self._data_dir).as_posix()
                if name not in recorded and is_shard_name(path.name, stream):
                    logger.info("removed the unrecorded shard %s", path)
                    path.unlink()
                    removed.append(name)
        return removed
