"""The pairs that were left out, in files of a group of shards each, as their data files are."""

from __future__ import annotations

import hashlib
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from pipelines.ballot import PAIR_REASONS
from pipelines.columns import integers, open_columns
from pipelines.roster import USED
from pipelines.rowgroups import RowGroups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.ballot import Ballot
    from pipelines.near import Indexes
    from pipelines.roster import Roster
    from pipelines.sources import Extract

LEFT_OUT: Final = "pairs"  # how the files are called
_VERSION: Final = 1  # of the files
_ROW_GROUP: Final = 50_000
_FEW: Final = ["document_id", "site", "kind", "reason"]
_SCHEMA: Final = pa.schema(
    [(name, pa.string())
     for name in ("pair_id", "document_id", "site", "kind", "reason", "kept_id")]
)  # fmt: skip
_OPEN: Final = 512  # shards


class LeftOut:
    """What was left out of each shard, and why."""

    def __init__(self, ballot: Ballot, roster: Roster, extracts: Sequence[Extract]) -> None:
        self._ballot = ballot
        self._roster = roster
        self._extracts = extracts
        self._column = lru_cache(maxsize=_OPEN)(self._names_of_shard)

    def pairs(self, group: Sequence[int]) -> Indexes:
        """The pairs of these shards that were left out."""
        parts = [np.zeros(0, dtype=np.int64)]
        for shard in group:
            begin, end = self._ballot.begins[shard : shard + 2].tolist()
            parts.append(np.flatnonzero(self._ballot.reason[begin:end] != USED) + begin)
        return np.concatenate(parts)

    def made_of(self, group: Sequence[int], pairs: Indexes) -> str:
        """A hash over all that the bytes of a file depend on."""
        ballot = self._ballot
        copies, kept = self._kept(pairs)
        shards, near = np.unique(ballot.shards(kept), return_inverse=True)
        names = [[self._extracts[one].source.sha256 for one in of] for of in (group, shards)]
        digest = hashlib.sha256(f"{_VERSION} {pa.__version__} {names}\n".encode())
        for shard in group:
            begin, end = ballot.begins[shard : shard + 2].tolist()
            digest.update(ballot.reason[begin:end].tobytes())
        for numbers in (copies, near, kept - ballot.begins[shards[near]]):
            digest.update(f"{len(numbers)} ".encode())
            digest.update(numbers.astype("<i4").tobytes())
        return digest.hexdigest()

    def write(self, pairs: Indexes, path: Path) -> None:
        """Write why each pair was left out, and which one was kept in its place."""
        ballot = self._ballot
        file = RowGroups(path, _SCHEMA, _ROW_GROUP, _FEW)
        for begin in range(0, len(pairs), _ROW_GROUP):
            some = pairs[begin : begin + _ROW_GROUP]
            docs = pa.array(ballot.doc[some], mask=ballot.doc[some] < 0)
            copies, kept = self._kept(some)
            place = np.full(len(some), -1, dtype=np.int64)
            place[copies] = np.arange(len(copies))
            columns = [
                self._names(some),
                self._documents.take(docs),
                self._sites.take(docs),
                pa.array(ballot.kinds, pa.string()).take(integers(ballot.kind[some])),
                pa.array(PAIR_REASONS).take(integers(ballot.reason[some])),
                self._names(kept).take(pa.array(place, mask=place < 0)),
            ]
            file.add(pa.table(columns, schema=_SCHEMA))
        file.close()

    def _kept(self, pairs: Indexes) -> tuple[Indexes, Indexes]:
        """Which of the pairs have another one in their place, and which one."""
        copies = self._ballot.copies
        if not len(copies):
            return copies, copies
        place = np.minimum(np.searchsorted(copies, pairs), len(copies) - 1)
        found = np.flatnonzero(copies[place] == pairs)
        return found, self._ballot.kept[place[found]]

    @cached_property
    def _documents(self) -> pa.Array:
        return self._roster.column("document_id")

    @cached_property
    def _sites(self) -> pa.Array:
        return self._roster.column("site").cast(pa.string())

    def _names_of_shard(self, shard: int) -> pa.ChunkedArray:
        return open_columns(self._extracts[shard].extract).column("pair_id")

    def _names(self, pairs: Indexes) -> pa.Array:
        """The identifiers of pairs."""
        if not len(pairs):
            return pa.array([], pa.string())
        shards = self._ballot.shards(pairs)
        order = np.argsort(shards, kind="stable")
        found: list[pa.Array] = []
        there, begins = np.unique(shards[order], return_index=True)
        for shard, mine in zip(there.tolist(), np.split(order, begins[1:]), strict=True):
            rows = integers(pairs[mine] - self._ballot.begins[shard])
            found += self._column(shard).take(rows).chunks
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return pa.concat_arrays(found).take(integers(back))
