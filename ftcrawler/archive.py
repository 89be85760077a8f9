"""A site's raw archive: what was fetched, kept so that it can be read again without a request.

Records are appended to one open file. Its length as of the last commit is in the state: what
a killed run wrote beyond it is cut off on start. A full file is made durable, renamed and
recorded like a shard.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ftcrawler.state import State, StateError
from pipelines.archive import page_record
from pipelines.records import Capture, Page
from pipelines.streams import checksum, sync_folder

if TYPE_CHECKING:
    import sqlite3

STREAM = "archive"
_OPEN = "archive/open"  # the state's key for "number length records" of the open file


def final_name(number: int) -> str:
    """The name of an archive file.

    >>> final_name(3), open_name(final_name(3))
    ('archive-000003.warc.gz', '.archive-000003.warc.gz.open')
    """
    return f"{STREAM}-{number:06d}.warc.gz"


def open_name(final: str) -> str:
    """The name of the same file while it is written to."""
    return f".{final}.open"


def unfinished(db: sqlite3.Connection) -> str:
    """The name that the open file of a state will get, or ``""`` when nothing is in it."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_OPEN,)).fetchone()
    number, length, _ = map(int, (row[0] if row else "1 0 0").split())
    return final_name(number) if length else ""


class SiteArchive:
    """The archive of one site, opened where the last commit left it."""

    def __init__(
        self,
        state: State,
        site: str,
        data_dir: Path,
        most_bytes: int,
        step: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._state = state
        self._data_dir = data_dir
        self._folder = data_dir / STREAM / f"site={site}"
        self._most_bytes = most_bytes
        self._step = step
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = state.meta(_OPEN) or "1 0 0"
        self._number, self._committed, self._records = map(int, kept.split())
        self._recover()
        self._length, self._appended = self._committed, 0
        self._file = self._open_path.open("ab")

    @property
    def _final_path(self) -> Path:
        return self._folder / final_name(self._number)

    @property
    def _open_path(self) -> Path:
        return self._final_path.with_name(open_name(self._final_path.name))

    def _recover(self) -> None:
        """Undo a rename that was not recorded, cut off what was not committed."""
        if not self._open_path.exists() and self._final_path.exists():
            self._final_path.replace(self._open_path)
        size = self._open_path.stat().st_size if self._open_path.exists() else 0
        if size < self._committed:
            raise StateError(
                f"{self._open_path} holds {size} bytes, but {self._committed} were recorded: "
                f"put it back from a backup"
            )
        if size > self._committed:
            os.truncate(self._open_path, self._committed)

    def append(self, page: Page) -> Capture:
        """Write a page's record; it counts once ``commit`` has run in the batch's transaction."""
        record = page_record(page)
        self._file.write(record)
        name = self._final_path.relative_to(self._data_dir).as_posix()
        capture = Capture(name, self._length, len(record))
        self._length += len(record)
        self._appended += 1
        return capture

    def sync(self) -> None:
        """Make what was appended durable, before the transaction that refers to it."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def rollback(self) -> None:
        """Cut off what was appended since the last commit; failing that, the next start does."""
        with contextlib.suppress(OSError):
            self._file.flush()
            self._file.truncate(self._committed)
        self._length, self._appended = self._committed, 0

    def note(self) -> None:
        """Record the new length, inside the batch's transaction."""
        records = self._records + self._appended
        self._state.set_meta(_OPEN, f"{self._number} {self._length} {records}")

    def committed(self) -> None:
        """The batch's transaction is through."""
        self._committed, self._records = self._length, self._records + self._appended
        self._appended = 0

    @property
    def full(self) -> bool:
        """Whether the open file is long enough to be sealed."""
        return self._committed >= self._most_bytes

    def seal(self, run: int) -> None:
        """Give the open file its name and record it; nothing to do when it is empty."""
        if not self._committed:
            return
        self.sync()
        path, digest = self._final_path, checksum(self._open_path)
        self._open_path.replace(path)
        sync_folder(self._folder)
        self._step("archive-renamed")
        with self._state.transaction() as db:
            db.execute(
                "INSERT INTO shards VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    path.relative_to(self._data_dir).as_posix(),
                    STREAM,
                    self._number,
                    self._records,
                    self._committed,
                    digest,
                    run,
                ),
            )
            self._state.set_meta(_OPEN, f"{self._number + 1} 0 0")
        self._step("archive-recorded")
        self._file.close()
        self._number, self._committed, self._records, self._length = self._number + 1, 0, 0, 0
        self._file = self._open_path.open("ab")

    def close(self) -> None:
        """Close the open file, and remove it when it is empty."""
        with contextlib.suppress(OSError):  # what a full disk refused was never committed
            self._file.close()
        if not self._committed and self._open_path.exists():
            self._open_path.unlink()
