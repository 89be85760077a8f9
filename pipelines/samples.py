"""A version of a dataset -> some of its pairs, evenly over sites and kinds, and its twins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.figures import rows_of
from pipelines.reported import Drawn, Side, Twins

MOST_DRAWN: Final = 400  # pairs
MOST_DOCUMENTS: Final = 8  # twins of each sort that are shown
MOST_PAIRS: Final = 4
_LONGEST: Final = 20_000  # characters that are read of a text
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = """
SELECT site, kind, min_by(pair_id, md5_number_lower($seed || pair_id), {turns}) FROM ({rows})
GROUP BY ALL
"""
_TAKEN: Final = (
    "pair_id, prompt, completion, kind, site, url, document_id, "
    "epoch_ms(fetched_at) AS fetched_at, "
    "coalesce(language, '') AS language, coalesce(prompt_start, -1) AS asked_from, "
    "coalesce(prompt_end, -1) AS asked_to, coalesce(completion_start, -1) AS answered_from, "
    "coalesce(completion_end, -1) AS answered_to"
)
_SPANS: Final = ("asked", "answered")
_NAMES: Final = (
    *("pair_id", "prompt", "completion", "kind", "site", "url", "document_id", "fetched_at"),
    *("language", "asked_from", "asked_to", "answered_from", "answered_to", "split"),
)
_CHOSEN: Final = "SELECT * FROM ({rows}) WHERE pair_id IN (SELECT unnest($ids))"
# So many of all, at even distances: from the least similar to the most.
_EVENLY: Final = """
SELECT dropped, kept_id, reason, similarity, url, site FROM (
    SELECT *, row_number() OVER (ORDER BY similarity, lot) - 1 AS place, count(*) OVER () AS total
    FROM ({twins})
) WHERE total <= $most OR place IN (
    SELECT CAST(floor(n * (total - 1) / ($most - 1)) AS BIGINT) FROM range($most) steps(n)
) ORDER BY place
"""
_DOCUMENT_TWINS: Final = """
SELECT document_id AS dropped, kept_id, reason, similarity, url, CAST(site AS VARCHAR) AS site,
    document_id AS lot
FROM read_parquet($path) WHERE reason IN ('duplicate', 'near-duplicate') AND kept_id IS NOT NULL
"""
_PAIR_TWINS: Final = """
SELECT pair_id AS dropped, kept_id, reason, -1.0 AS similarity, '' AS url,
    CAST(site AS VARCHAR) AS site, md5(pair_id) AS lot
FROM read_parquet($path) WHERE reason = 'duplicate-pair' AND kept_id IS NOT NULL
"""
_TEXTS: Final = """
SELECT document_id, url, CAST(site AS VARCHAR), epoch_ms(fetched_at), coalesce(title, ''),
    coalesce(substr(text, 1, $longest), '')
FROM read_parquet($paths, hive_partitioning = false)
WHERE document_id IN (SELECT unnest($ids))
"""
_SAID: Final = """
SELECT pair_id, url, CAST(site AS VARCHAR), epoch_ms(fetched_at), prompt,
    substr(completion, 1, $longest)
FROM read_parquet($paths, hive_partitioning = false)
WHERE pair_id IN (SELECT unnest($ids))
"""


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


def draw(folder: Path, manifest: Mapping[str, Any], db: duckdb.DuckDBPyConnection) -> list[Drawn]:
    """The sample: the same version, the same pairs."""
    sizes: dict[tuple[str, str], int] = defaultdict(int)
    for site, kind, state, count, _tokens in manifest["by"]:
        if state in ("train", "validation"):
            sizes[site, kind] += count
    narrow = rows_of(folder, manifest, "site, kind, pair_id")
    query = _FIRST.format(rows=narrow.query, turns=turns(sizes.values(), MOST_DRAWN))
    seed = f"report {manifest['recipe']['seed']}\n"
    first = db.execute(query, {**narrow.values, "seed": seed}).fetchall()
    order = in_turn({(site, kind): ids for site, kind, ids in first}, MOST_DRAWN)
    wide = rows_of(folder, manifest, _TAKEN)
    taken = db.execute(_CHOSEN.format(rows=wide.query), {**wide.values, "ids": order}).fetchall()
    rows = {row[0]: row for row in taken}
    return [_drawn(rows[one]) for one in order]


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


def twins(
    folder: Path, manifest: Mapping[str, Any], data_dir: Path, db: duckdb.DuckDBPyConnection
) -> list[Twins]:
    """Documents, then pairs, that were left out beside what was kept, as their shards have them."""
    found: list[Twins] = []
    for table, query, texts, most in (
        ("documents", _DOCUMENT_TWINS, _TEXTS, MOST_DOCUMENTS),
        ("pairs", _PAIR_TWINS, _SAID, MOST_PAIRS),
    ):
        path = str(folder / "audit" / f"{table}.parquet")
        rows = db.execute(_EVENLY.format(twins=query), {"path": path, "most": most}).fetchall()
        shards = _shards(data_dir, manifest, table) if rows else []
        sides = _sides(shards, texts, sorted({one for row in rows for one in row[:2]}), db)
        for dropped, kept, reason, similarity, url, site in rows:
            unknown = Side(dropped, url, site, "", "", "")
            other = sides.get(kept, Side(kept, "", "", "", "", ""))
            found.append(Twins(reason, similarity, sides.get(dropped, unknown), other))
    return found


def _shards(data_dir: Path, manifest: Mapping[str, Any], stream: str) -> list[str]:
    """The shards of a version that are still there; of JSON lines what the cache has of them."""
    found = []
    for source in manifest["inputs"]:
        if source["file"].startswith(f"{stream}/"):
            path = data_dir / source["file"]
            if path.suffix == ".jsonl":
                name = f"rows-{source['sha256'][:32]}.parquet"
                path = data_dir / "datasets" / ".cache" / name
            if path.exists():
                found.append(str(path))
    return found


def _sides(
    shards: Sequence[str], query: str, identities: Sequence[str], db: duckdb.DuckDBPyConnection
) -> dict[str, Side]:
    """The texts of documents or pairs; of a shard that was damaged since, none."""
    if not shards or not identities:
        return {}
    values = {"paths": list(shards), "ids": list(identities), "longest": _LONGEST}
    try:
        rows = db.execute(query, values).fetchall()
    except duckdb.Error:
        return {}
    rows.sort(key=lambda row: (row[0], row[3] or 0), reverse=True)
    return {row[0]: Side(row[0], row[1], row[2], moment(row[3]), row[4], row[5]) for row in rows}
