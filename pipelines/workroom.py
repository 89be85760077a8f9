"""The database of a build, which is opened when a step asks for it, and spills to disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb

# Of the memory, DuckDB gets this share; the rest is for signatures, rows on their way, Python.
_DUCKDB_SHARE: Final = 0.3
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

        limit = f"{max(int(self._memory * _DUCKDB_SHARE) >> 20, 64)}MiB"
        db = duckdb.connect(config={"memory_limit": limit, "temp_directory": str(self._spill)})
        db.execute("SET enable_progress_bar = false")
        return db

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
