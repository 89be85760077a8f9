"""A version of a dataset -> some of its pairs, evenly over sites and kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.figures import rows_of
from pipelines.reported import Drawn
from pipelines.splits import SPLITS

MOST_DRAWN: Final = 400  # pairs
MOST_SPOTS: Final = 16  # row groups that are looked at first
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOTS: Final = "min_by(pair_id, md5_number_lower($seed || pair_id), {turns})"
_FIRST: Final = f"SELECT site, kind, {_LOTS} FROM ({{rows}}) GROUP BY ALL"  # noqa: S608 - constants
_WANTED: Final = "SELECT * FROM ({rows}) SEMI JOIN lacking USING (site, kind)"
_TAKEN: Final = (
    "pair_id, prompt, completion, kind, site, url, document_id, "
    "epoch_ms(fetched_at) AS fetched_at, "
    "coalesce(language, '') AS language, coalesce(prompt_start, -1) AS asked_from, "
    "coalesce(prompt_end, -1) AS asked_to, coalesce(completion_start, -1) AS answered_from, "
    "coalesce(completion_end, -1) AS answered_to, split"
)
_STORED: Final = (
    *("pair_id", "prompt", "completion", "kind", "site", "url", "document_id", "fetched_at"),
    *("language", "prompt_start", "prompt_end", "completion_start", "completion_end"),
)
_SPANS: Final = ("asked", "answered")
_NAMES: Final = (
    *("pair_id", "prompt", "completion", "kind", "site", "url", "document_id", "fetched_at"),
    *("language", "asked_from", "asked_to", "answered_from", "answered_to", "split"),
)
_CHOSEN: Final = f"SELECT {_TAKEN} FROM ({{rows}}) WHERE pair_id IN (SELECT unnest($ids))"  # noqa: S608 - constants


def turns(counts: Iterable[int], most: int) -> int:
    """How often each is taken from, so that ``most`` come together if there are so many.

    >>> turns([1, 5, 5], 7), turns([2], 7)
    (3, 2)
    """
    sizes = list(counts)
    for turn in range(1, max(sizes, default=1) + 1):
        if sum(min(size, turn) for size in sizes) >= most:
            return turn
    return max(sizes, default=1)


def in_turn(found: Mapping[tuple[str, str], Sequence[str]], most: int) -> list[str]:
    """Pairs by (site, kind) -> in which order they are taken: each site once, then again.

    A site's kinds take turns, too.

    >>> in_turn({("a", "title"): ["1", "2"], ("a", "window"): ["3"], ("b", "title"): ["4"]}, 3)
    ['1', '4', '3']
    """
    kinds = sorted({kind for _, kind in found})
    places = {site: place for place, site in enumerate(sorted({site for site, _ in found}))}
    sites: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for (site, kind), identities in sorted(found.items()):
        # Each site begins with another kind.
        first = (kinds.index(kind) - places[site]) % len(kinds)
        sites[site] += [(turn, first, one) for turn, one in enumerate(identities)]
    order = []
    for site, candidates in sites.items():
        for place, (_, _, one) in enumerate(sorted(candidates)):
            order.append((place, site, one))
    # Of the sites that do not get their turn, which ones is by lot: identities are hashes.
    lots: dict[str, str] = {}
    if len(sites) > most:
        lots = {site: min(one for _, _, one in candidates) for site, candidates in sites.items()}
    order.sort(key=lambda one: (one[0], lots.get(one[1], ""), one[1]))
    return [one for _, _, one in order[:most]]


class Spot(NamedTuple):
    """A row group of a data file."""

    path: Path
    split: str
    group: int


def spots(folder: Path, manifest: Mapping[str, Any], most: int = MOST_SPOTS) -> list[Spot]:
    """Row groups at even distances, from the oldest rows of each side to the newest."""
    every = [
        Spot(folder / "data" / file["name"], file["split"], group)
        for file in manifest["files"]
        for group in range(pq.read_metadata(folder / "data" / file["name"]).num_row_groups)
    ]
    if len(every) <= most:
        return every
    return [every[n * (len(every) - 1) // (most - 1)] for n in range(most)]


def _read(spot: Spot, columns: Sequence[str]) -> pa.Table:
    table = pq.ParquetFile(spot.path).read_row_group(spot.group, columns=list(columns))
    return table.append_column("split", pa.array([spot.split] * len(table), pa.string()))


def draw(folder: Path, manifest: Mapping[str, Any], db: duckdb.DuckDBPyConnection) -> list[Drawn]:
    """The sample: the same version, the same pairs.

    Most sites and kinds have rows enough in a few row groups; all rows are looked through only
    for those that have not.
    """
    sizes: dict[tuple[str, str], int] = defaultdict(int)
    for site, kind, state, count, _tokens in manifest["by"]:
        if state in SPLITS:
            sizes[site, kind] += count
    turn = turns(sizes.values(), MOST_DRAWN)
    looked_at = spots(folder, manifest)
    narrow = [_read(spot, ("site", "kind", "pair_id")) for spot in looked_at]
    found = _first(db, "SELECT * FROM spots", turn, manifest, {}, spots=pa.concat_tables(narrow))
    lacking = [key for key, size in sizes.items() if len(found.get(key, ())) < min(size, turn)]
    if lacking:
        rows = rows_of(folder, manifest, "site, kind, pair_id")
        query = _WANTED.format(rows=rows.query)
        names = pa.table(dict(zip(("site", "kind"), zip(*lacking, strict=True), strict=True)))
        found |= _first(db, query, turn, manifest, rows.values, lacking=names)
    order = in_turn(found, MOST_DRAWN)
    return _fetched(order, looked_at, folder, manifest, db)


def _first(
    db: duckdb.DuckDBPyConnection,
    query: str,
    turn: int,
    manifest: Mapping[str, Any],
    values: Mapping[str, Any],
    **tables: pa.Table,
) -> dict[tuple[str, str], list[str]]:
    """The first pairs of each site and kind, by lot, of the rows that a query gives."""
    for name, table in tables.items():
        db.register(name, table)
    seed = f"report {manifest['recipe']['seed']}\n"
    rows = db.execute(_FIRST.format(rows=query, turns=turn), {**values, "seed": seed}).fetchall()
    for name in tables:
        db.unregister(name)
    return {(site, kind): identities for site, kind, identities in rows}


def _fetched(
    order: Sequence[str],
    looked_at: Sequence[Spot],
    folder: Path,
    manifest: Mapping[str, Any],
    db: duckdb.DuckDBPyConnection,
) -> list[Drawn]:
    """The rows of pairs: of those row groups first, of all files what is not in them."""
    wanted = pa.array(order, pa.string())
    parts = []
    for spot in looked_at:
        table = _read(spot, _STORED)
        parts.append(table.filter(pc.is_in(table.column("pair_id"), wanted)))
    db.register("parts", pa.concat_tables(parts))
    values = {"ids": list(order)}
    rows = db.execute(_CHOSEN.format(rows="SELECT * FROM parts"), values).fetchall()
    db.unregister("parts")
    known = {row[0]: row for row in rows}
    if missing := [one for one in order if one not in known]:
        wide = rows_of(folder, manifest, ", ".join(_STORED))
        values = {**wide.values, "ids": missing}
        rows = db.execute(_CHOSEN.format(rows=wide.query), values).fetchall()
        known |= {row[0]: row for row in rows}
    return [_drawn(known[one]) for one in order]


def _drawn(row: tuple[Any, ...]) -> Drawn:
    values = dict(zip(_NAMES, row, strict=True))
    spans = [(values.pop(f"{what}_from"), values.pop(f"{what}_to")) for what in _SPANS]
    return Drawn(**values | {"fetched_at": moment(values["fetched_at"])}, spans=tuple(spans))


def moment(milliseconds: int | None) -> str:
    """A time as ISO 8601 in UTC.

    >>> moment(1795508086000)
    '2026-11-24T08:14:46Z'
    """
    if milliseconds is None:
        return ""
    return f"{_EPOCH + timedelta(milliseconds=milliseconds):%Y-%m-%dT%H:%M:%SZ}"
