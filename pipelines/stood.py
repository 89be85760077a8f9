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

    def places(self, urls: pa.ChunkedArray | pa.Array) -> NDArray[np.int64]:
        """Where each URL is among these, -1 for nowhere.

        >>> Sides(pa.array(["a", "b"]), np.array([0, 1], np.int8)).places(pa.array(["b", "c"]))
        array([ 1, -1])
        """
        if not len(self.side):
            return np.full(len(urls), -1, dtype=np.int64)
        place = pc.fill_null(pc.index_in(urls, self.url), -1).to_numpy()
        found: NDArray[np.int64] = place.astype(np.int64)
        return found

    def at(self, places: NDArray[np.int64]) -> NDArray[np.int8]:
        """The sides at these places, ``OPEN`` for nowhere."""
        found: NDArray[np.int8] = np.append(self.side, np.int8(OPEN))[places]
        return found

    def then(self, later: Sides, places: NDArray[np.int64]) -> Sides:
        """These and later ones, which hold where both say something.

        ``places`` is where each of the later ones is among these.
        """
        if not len(self.side):
            return later
        is_left = np.ones(len(self.side) + 1, dtype=bool)
        is_left[places] = False
        left = np.flatnonzero(is_left[:-1])
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
    table = pq.ParquetFile(path).read()
    side = pc.index_in(table.column("split"), pa.array(SPLITS)).to_numpy()
    return Sides(table.column("url"), side.astype(np.int8))
