"""The data files of a dataset: which shards go into which, written once and reused when the same.

A file holds the pairs of one side of consecutive shards, oldest first, in the shards' order. New
shards come behind, so that most files of a later version are those of the one before: same bytes,
linked instead of written.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from pipelines.measured import MEASURES
from pipelines.roster import USED
from pipelines.rowgroups import RowGroups
from pipelines.shards import SCHEMAS, shard_parts
from pipelines.splits import SPLITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipelines.ballot import Ballot
    from pipelines.sources import Extract
    from pipelines.versions import Version

VOLUME_VERSION: Final = 2  # of the files' layout
FILE_ROWS: Final = 100_000  # pairs of shards that a file is made of, used or not; about
ROW_GROUP: Final = 10_000
_FEW: Final = ["kind", "site", "language", "license", "system_prompt", "extractor", "document_id",
               "url", "fetched_at", "revision", "rules_version", "masked"]  # fmt: skip
_PLAIN: Final = pa.schema(
    [
        pa.field(field.name, pa.string()) if field.name == "site" else field
        for field in SCHEMAS["pairs"]
        if field.name not in MEASURES
    ]
)
# The columns of the shards, without what only the build asks for, and whether boilerplate was cut
# out of the completion.
COLUMNS: Final = pa.schema([*_PLAIN, pa.field("trimmed", pa.bool_())])
_NEVER: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Volume:
    """A file: its split, its name in its folder, and what it was made of (a hash).

    Data files stand in ``data``; those of what was left out, whose split is ``pairs``, in
    ``audit``.
    """

    split: str
    name: str
    rows: int
    bytes: int
    sha256: str
    made_of: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One data file to be: of a group of shards the rows to take, and the texts that are others."""

    split: str
    group: tuple[int, ...]
    rows: tuple[tuple[int, NDArray[np.int64]], ...]
    changed: Mapping[int, Mapping[int, str]]
    made_of: str

    @property
    def count(self) -> int:
        """How many rows it will have."""
        return sum(len(rows) for _, rows in self.rows)


def groups(ballot: Ballot, extracts: Sequence[Extract]) -> list[list[int]]:
    """The shards that go into one file together, by number, the oldest first."""
    first = []
    for begin, end in pairwise(ballot.begins.tolist()):
        docs = ballot.doc[begin:end]
        first.append(int(docs.min(where=docs >= 0, initial=_NEVER)))
    order = sorted(
        range(len(extracts)), key=lambda shard: (first[shard], extracts[shard].source.file)
    )
    found: list[list[int]] = []
    rows = FILE_ROWS
    for shard in order:
        if rows >= FILE_ROWS:
            found.append([])
            rows = 0
        found[-1].append(shard)
        rows += extracts[shard].rows
    return found


def plans(
    ballot: Ballot,
    extracts: Sequence[Extract],
    group: Sequence[int],
    changed: Mapping[int, Mapping[int, str]],
) -> list[Plan]:
    """The files of one group, those of splits that get none of its rows left out."""
    used: list[list[tuple[int, NDArray[np.int64]]]] = [[] for _ in SPLITS]
    for shard in group:
        begin, end = ballot.begins[shard : shard + 2].tolist()
        rows = np.flatnonzero(ballot.reason[begin:end] == USED)
        side = ballot.side(rows + begin)
        for number, taken in enumerate(used):
            if len(mine := rows[side == number]):
                taken.append((shard, mine))
    found = []
    for split, taken in zip(SPLITS, used, strict=True):
        if taken:
            texts = {
                one: mine for one, rows in taken if (mine := _among(rows, changed.get(one, {})))
            }
            made_of = _made_of(extracts, taken, texts)
            found.append(Plan(split, tuple(group), tuple(taken), texts, made_of))
    return found


def _among(rows: NDArray[np.int64], texts: Mapping[int, str]) -> dict[int, str]:
    """Those of the texts whose rows are among these."""
    if not texts:
        return {}
    numbers = np.fromiter(texts, dtype=np.int64)
    return {at: texts[at] for at in numbers[np.isin(numbers, rows)].tolist()}


def _made_of(
    extracts: Sequence[Extract],
    taken: Sequence[tuple[int, NDArray[np.int64]]],
    texts: Mapping[int, Mapping[int, str]],
) -> str:
    digest = hashlib.sha256(f"{VOLUME_VERSION} {pa.__version__}\n".encode())
    for shard, rows in taken:
        digest.update(f"{extracts[shard].source.sha256} {len(rows)}\n".encode())
        which = np.zeros(extracts[shard].rows, dtype=bool)
        which[rows] = True
        digest.update(np.packbits(which).tobytes())
        for at, text in sorted(texts.get(shard, {}).items()):
            digest.update(f"{at} {text}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def write(plans: Sequence[Plan], extracts: Sequence[Extract], paths: Sequence[Path]) -> None:
    """Write the data files of one group, each shard read once; the same plans, the same bytes."""
    files: list[RowGroups] = []
    whole = False
    try:
        files += [RowGroups(path, COLUMNS, ROW_GROUP, _FEW) for path in paths]
        wanted = {shard for plan in plans for shard, _ in plan.rows}
        for shard in sorted(wanted, key=plans[0].group.index):
            begin = 0
            for table in shard_parts(extracts[shard].path, "pairs", _PLAIN.names):
                for plan, file in zip(plans, files, strict=True):
                    for rows in (rows for one, rows in plan.rows if one == shard):
                        file.add(_taken(table, begin, rows, plan.changed.get(shard, {})))
                begin += len(table)
        whole = True
    finally:
        for file in files:
            file.close(whole=whole)


def _taken(
    table: pa.Table, begin: int, rows: NDArray[np.int64], changed: Mapping[int, str]
) -> pa.Table:
    """Of a shard's rows from ``begin`` on those that are taken, with the texts that are others."""
    end = begin + len(table)
    rows = rows[slice(*np.searchsorted(rows, (begin, end)))]
    changed = {at: text for at, text in changed.items() if begin <= at < end}
    if len(rows) < len(table):
        mask = np.zeros(len(table), dtype=bool)
        mask[rows - begin] = True
        table = table.filter(pa.array(mask))
    trimmed = np.zeros(len(table), dtype=bool)
    if changed:
        completions = table.column("completion").to_pylist()
        for at, text in changed.items():
            place = int(np.searchsorted(rows, at))
            completions[place] = text
            trimmed[place] = True
        place = table.schema.get_field_index("completion")
        table = table.set_column(place, "completion", pa.array(completions, pa.string()))
    return table.append_column("trimmed", pa.array(trimmed)).cast(COLUMNS)


class Shelf:
    """Files of an earlier version, in ``folder``, that may be linked instead of written."""

    def __init__(
        self,
        folder: Path | None,
        volumes: Sequence[Mapping[str, Any]],
        digest: Callable[[Path], str],
    ) -> None:
        self._folder = folder
        self.digest = digest
        self._known = {volume["made_of"]: Volume(**volume) for volume in volumes}

    def fetch(self, made_of: str, path: Path) -> str:
        """Put the file that was made of this at ``path`` if it is there, and is what was written.

        Returns its SHA-256 in hex, or ``""``.
        """
        known = self._known.get(made_of)
        if known is None or self._folder is None:
            return ""
        source = self._folder / known.name
        try:
            if self.digest(source) != known.sha256:
                return ""
        except OSError:
            return ""
        try:
            os.link(source, path)
        except OSError:
            shutil.copyfile(source, path)
        return known.sha256


def shelf(before: Version | None, folder: str, digest: Callable[[Path], str]) -> Shelf:
    """The files in ``data`` or ``audit`` of the version before; ``digest`` gives a file's SHA-256.

    A version of an older build knows no files in ``audit``.
    """
    if before is None:
        return Shelf(None, (), digest)
    known = before.manifest.get("files" if folder == "data" else "left_out", ())
    return Shelf(before.folder / folder, known, digest)


class Made(NamedTuple):
    """A file that was written, or linked, aside: its SHA-256 in hex."""

    split: str
    rows: int
    made_of: str
    path: Path
    sha256: str


def shelve(made: Sequence[Made], folder: Path) -> list[Volume]:
    """Give files that were written aside their names, as ``train-00000-of-00002.parquet``."""
    found = []
    for split in sorted({one.split for one in made}):
        mine = [one for one in made if one.split == split]
        for number, one in enumerate(mine):
            name = f"{split}-{number:05d}-of-{len(mine):05d}.parquet"
            one.path.rename(folder / name)
            size = (folder / name).stat().st_size
            found.append(Volume(split, name, one.rows, size, one.sha256, one.made_of))
    return found


def as_records(volumes: Sequence[Volume]) -> list[dict[str, Any]]:
    """The files as the manifest has them."""
    return [asdict(volume) for volume in volumes]
