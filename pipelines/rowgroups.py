"""A Parquet file that is written table by table: its bytes depend on its rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


class RowGroups:
    """A file that is being written; however the rows come, its bytes depend on the rows alone.

    ``few`` are the columns in which values come again and again.
    """

    def __init__(self, path: Path, schema: pa.Schema, size: int, few: Sequence[str]) -> None:
        self._writer = pq.ParquetWriter(
            path, schema, compression="zstd", compression_level=1, use_dictionary=list(few)
        )
        self._size = size
        self._waiting: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        """More rows."""
        self._waiting.append(table)
        while sum(map(len, self._waiting)) >= self._size:
            table = pa.concat_tables(self._waiting)
            self._writer.write_table(table.slice(0, self._size).combine_chunks())
            self._waiting = [table.slice(self._size)]

    def close(self, *, whole: bool = True) -> None:
        """The rows that are left, when the file is to be ``whole``."""
        if whole and any(map(len, self._waiting)):
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
        self._writer.close()
