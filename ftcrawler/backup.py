"""A copy of DATA_DIR that is whole, taken while crawls may be running.

A site's memory is copied by SQLite's online backup, and then exactly the files that this copy
knows: sealed files never change, and the open archive only grows. Records and datasets come
first, so that none of them tells of more than the memory knows. A snapshot is a folder that
looks like DATA_DIR; what the snapshot before it holds already is linked, not copied.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ftcrawler.archive import STREAM as ARCHIVE
from ftcrawler.archive import open_name, unfinished
from ftcrawler.state import peek
from pipelines.streams import COLUMNS, sync_folder

PARTIAL = ".partial"
_STATE = "state.db"
_LEFT_OUT = ("*.lock", "lock", "*.alive", f"{_STATE}-wal", f"{_STATE}-shm", _STATE)
_OF_SITES = (*COLUMNS, ARCHIVE)


@dataclass
class Snapshot:
    """One copy: where it is, what was copied and what was linked, and what was not as recorded."""

    folder: Path
    sites: int = 0
    copied: int = 0
    linked: int = 0
    bytes: int = 0
    problems: list[str] = field(default_factory=list)


def snapshots(folder: Path) -> list[Path]:
    """The whole snapshots in a folder, oldest first."""
    return sorted(path for path in folder.glob("*T*Z") if path.is_dir())


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Keep other backups out of a folder, which is made; :class:`OSError` when one is there."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise OSError(f"another backup to {folder} is running") from None
    finally:
        os.close(held)


def take(data_dir: Path, folder: Path, name: str) -> Snapshot:
    """Copy ``data_dir`` to ``folder / name``, which is there when it is whole or not at all.

    Raises :class:`OSError` or :class:`sqlite3.Error`; nothing is left then.
    """
    earlier = snapshots(folder)
    partial = folder / f"{name}{PARTIAL}"
    if (folder / name).exists():
        raise FileExistsError(f"{folder / name} is there already")
    partial.mkdir()
    snapshot = Snapshot(partial)
    try:
        copier = _Copier(data_dir, snapshot, earlier[-1] if earlier else None)
        for path in _beside(data_dir):
            with contextlib.suppress(FileNotFoundError):  # a temporary file may go meanwhile
                copier.copy(path)
        for state in sorted(data_dir.glob(f"sites/*/{_STATE}")):
            copier.copy_site(state)
        partial.rename(folder / name)
        sync_folder(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    snapshot.folder = folder / name
    return snapshot


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove what dead backups left, and all but the ``keep`` newest snapshots."""
    gone = [*folder.glob(f"*T*Z{PARTIAL}"), *snapshots(folder)[:-keep]]
    for path in gone:
        shutil.rmtree(path)
    return gone


def _beside(data_dir: Path) -> Iterator[Path]:
    """Every file but the memories and what they know: records, datasets, receipts."""
    for top, folders, files in os.walk(data_dir):
        if Path(top) == data_dir:
            folders[:] = [name for name in folders if name not in _OF_SITES]
        folders.sort()
        for name in sorted(files):
            path = Path(top, name)
            if not any(path.match(pattern) for pattern in _LEFT_OUT):
                yield path


class _Copier:
    """Copies or links files of a DATA_DIR into a snapshot of it."""

    def __init__(self, data_dir: Path, snapshot: Snapshot, earlier: Path | None) -> None:
        self._data_dir = data_dir
        self._snapshot = snapshot
        self._earlier = earlier

    def copy_site(self, state: Path) -> None:
        """A site's memory, and the files that it knows."""
        target = self._target(state)
        with closing(peek(state)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            recorded = copy.execute("SELECT file, bytes FROM shards ORDER BY file").fetchall()
            growing = unfinished(copy)
        _sync(target)
        self._snapshot.sites += 1
        self._snapshot.bytes += target.stat().st_size
        for file, size in recorded:
            self._copy_recorded(file, size)
        if growing:
            self._copy_growing(state.parent.name, growing)

    def _copy_recorded(self, file: str, size: int) -> None:
        try:
            self.copy(self._data_dir / file)
        except FileNotFoundError:
            self._snapshot.problems.append(f"{self._data_dir / file}: missing")
            return
        found = (self._snapshot.folder / file).stat().st_size
        if found != size:
            fault = f"{found} bytes, recorded {size}"
            self._snapshot.problems.append(f"{self._data_dir / file}: {fault}")

    def _copy_growing(self, site: str, final: str) -> None:
        """The open archive; it may get its name while it is looked for."""
        folder = self._data_dir / ARCHIVE / f"site={site}"
        for path in (folder / open_name(final), folder / final):
            with contextlib.suppress(FileNotFoundError):
                self.copy(path)
                return
        self._snapshot.problems.append(f"{folder / open_name(final)}: missing")

    def copy(self, path: Path) -> None:
        """One file, linked when the snapshot before has it as it is."""
        kept = self._earlier / path.relative_to(self._data_dir) if self._earlier else None
        target = self._target(path)
        if kept and _same(path, kept):
            try:
                os.link(kept, target)
            except OSError:
                pass  # a file system without links, or too many of them: a copy does it
            else:
                self._snapshot.linked += 1
                return
        shutil.copy2(path, target)
        _sync(target)
        self._snapshot.copied += 1
        self._snapshot.bytes += target.stat().st_size

    def _target(self, path: Path) -> Path:
        target = self._snapshot.folder / path.relative_to(self._data_dir)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def _same(path: Path, kept: Path) -> bool:
    try:
        ours, theirs = path.stat(), kept.stat()
    except FileNotFoundError:
        return False
    return (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
