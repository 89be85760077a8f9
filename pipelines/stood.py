"""On which side each page has stood in earlier versions of a dataset, kept in its audit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.splits import OPEN, SPLITS

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Sides(NamedTuple):
    """Pages by URL, each once, and the number of the side of each."""

    url: pa.ChunkedArray | pa.Array = pa.array([], pa.string())
    side: NDArray[np.int8] = np.zeros(0, dtype=np.int8)

    def of(self, urls: pa.ChunkedArray | pa.Array) -> NDArray[np.int8]:
        """The side of each URL, or ``OPEN``.

        >>> Sides(pa.array(["a", "b"]), np.array([0, 1], np.int8)).of(pa.array(["b", "c"])).tolist()
        [1, -1]
        """
        if not len(self.side):
            return np.full(len(urls), OPEN, dtype=np.int8)
        place = pc.fill_null(pc.index_in(urls, self.url), -1).to_numpy()
        return np.where(place < 0, OPEN, self.side[place]).astype(np.int8)

    def then(self, later: Sides) -> Sides:
        """These and later ones, which hold where both say something."""
        if not len(self.side):
            return later
        left = np.flatnonzero(later.of(self.url) == OPEN)
        urls = [*_chunks(self.url.take(pa.array(left))), *_chunks(later.url)]
        side = np.concatenate((self.side[left], later.side))
        return Sides(pa.chunked_array(urls, pa.string()), side)


def _chunks(column: pa.ChunkedArray | pa.Array) -> list[pa.Array]:
    return column.chunks if isinstance(column, pa.ChunkedArray) else [column]


def write_sides(sides: Sides, path: Path) -> None:
    """Write them, sorted by URL."""
    order = pc.sort_indices(sides.url)
    splits = pa.array(SPLITS).take(pa.array(sides.side.astype(np.int64)))
    table = pa.table({"url": sides.url.take(order), "split": splits.take(order)})
    pq.write_table(table.combine_chunks(), path, compression="zstd", use_dictionary=["split"])


def read_sides(path: Path) -> Sides:
    """What :func:`write_sides` wrote."""
    table = pq.read_table(path)
    side = pc.index_in(table.column("split"), pa.array(SPLITS)).to_numpy()
    return Sides(table.column("url"), side.astype(np.int8))
