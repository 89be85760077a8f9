"""Room for a build: numbers of all pairs, and a database, both on disk when they are too large."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import DTypeLike, NDArray

# Of the memory, DuckDB gets this share, and so do numbers that are kept in it; the rest is for
# signatures, rows on their way, Python.
_SHARE: Final = 0.3
_SPILL: Final = ".spill"


class Workroom:
    """Where a build works: ``memory`` in bytes, ``folder`` for what does not fit into it."""

    def __init__(self, folder: Path, memory: int) -> None:
        self._spill = folder / _SPILL
        self._memory = memory

    @cached_property
    def db(self) -> duckdb.DuckDBPyConnection:
        """The database."""
        import duckdb  # noqa: PLC0415 - most builds of a night do without, and start sooner

        limit = f"{max(int(self._memory * _SHARE) >> 20, 64)}MiB"
        db = duckdb.connect(config={"memory_limit": limit, "temp_directory": str(self._spill)})
        db.execute("SET enable_progress_bar = false")
        return db

    def numbers(self, name: str, count: int, kind: DTypeLike) -> NDArray[Any]:
        """Room for two columns of so many numbers, one of them: in memory, or in a file.

        Raises :class:`OSError` when the disk has no room for it.
        """
        size = count * np.dtype(kind).itemsize
        if 2 * size <= self._memory * _SHARE:
            return np.empty(count, dtype=kind)
        self._spill.mkdir(parents=True, exist_ok=True)
        path = self._spill / name
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        return np.memmap(path, dtype=kind, mode="r+", shape=(count,))

    def close(self) -> None:
        """Let go of the database, and of what it spilled."""
        if "db" in self.__dict__:
            self.db.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def told(self, error: Exception) -> Exception:
        """What an error of the database means: too little memory, or a disk that refuses."""
        if "db" not in self.__dict__:
            return error
        import duckdb  # noqa: PLC0415 - it was

        if isinstance(error, duckdb.OutOfMemoryException):
            return MemoryError(str(error).partition("\n")[0])
        return OSError(str(error)) if isinstance(error, duckdb.IOException) else error


@contextmanager
def workroom(folder: Path, memory: int) -> Iterator[Workroom]:
    """A room whose database is closed in the end.

    Raises :class:`MemoryError` when the memory is too little, and :class:`OSError` when the disk
    refuses.
    """
    room = Workroom(folder, memory)
    room.close()  # what a killed one left
    try:
        yield room
    except Exception as error:
        told = room.told(error)
        if told is error:
            raise
        raise told from error
    finally:
        room.close()
