"""A version of a dataset -> some of what was left out beside what was kept, with their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.kept import Kept
from pipelines.reported import Side, Twins
from pipelines.samples import moment

MOST_DOCUMENTS: Final = 8  # twins of each sort that are shown
MOST_PAIRS: Final = 4
_LONGEST: Final = 6_000  # characters that are read of a text
# So many of all, from the least similar to the most. Which ones is by lot, so that most of them
# stay the same when some are added.
_SOME: Final = """
SELECT dropped, kept_id, reason, similarity, url, site FROM (
    SELECT *, row_number() OVER (
        PARTITION BY CAST(floor((similarity - $least) * $steps / (1.001 - $least)) AS INTEGER)
        ORDER BY lot
    ) AS turn
    FROM ({twins}) ORDER BY turn, lot LIMIT $most
) ORDER BY similarity, lot
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
SELECT document_id, filename, url, CAST(site AS VARCHAR), epoch_ms(fetched_at), coalesce(title, ''),
    coalesce(substr(text, 1, $longest), '')
FROM read_parquet($paths, hive_partitioning = false, filename = true)
WHERE document_id IN (SELECT unnest($ids))
"""
_SAID: Final = """
SELECT pair_id, filename, url, CAST(site AS VARCHAR), epoch_ms(fetched_at), prompt,
    substr(completion, 1, $longest)
FROM read_parquet($paths, hive_partitioning = false, filename = true)
WHERE pair_id IN (SELECT unnest($ids))
"""


def twins(
    folder: Path,
    manifest: Mapping[str, Any],
    data_dir: Path,
    kept: Kept,
    db: duckdb.DuckDBPyConnection,
) -> list[Twins]:
    """Documents, then pairs, that were left out beside what was kept, as their shards have them."""
    found: list[Twins] = []
    least = min(float(manifest["recipe"]["similarity"]), 1.0)
    for table, query, texts, most in (
        ("documents", _DOCUMENT_TWINS, _TEXTS, MOST_DOCUMENTS),
        ("pairs", _PAIR_TWINS, _SAID, MOST_PAIRS),
    ):
        path = str(folder / "audit" / f"{table}*.parquet")
        values = {"path": path, "most": most, "steps": most, "least": least}
        rows = db.execute(_SOME.format(twins=query), values).fetchall()
        if not rows:
            continue
        shards = _shards(data_dir, manifest, table)
        sides = _sides(shards, texts, sorted({one for row in rows for one in row[:2]}), kept, db)
        for dropped, kept_id, reason, similarity, url, site in rows:
            unknown = Side(dropped, url, site, "", "", "")
            other = sides.get(kept_id, Side(kept_id, "", "", "", "", ""))
            found.append(Twins(reason, similarity, sides.get(dropped, unknown), other))
    return found


def _shards(data_dir: Path, manifest: Mapping[str, Any], stream: str) -> dict[str, str]:
    """The shards of a version that are still there, by file, with their SHA-256.

    Of JSON lines it is what the cache has of them.
    """
    found = {}
    for source in manifest["inputs"]:
        if source["file"].startswith(f"{stream}/"):
            path = data_dir / source["file"]
            if path.suffix == ".jsonl":
                name = f"rows-{source['sha256'][:32]}.parquet"
                path = data_dir / "datasets" / ".cache" / name
            if path.exists():
                found[str(path)] = source["sha256"]
    return found


def _sides(
    shards: Mapping[str, str],
    query: str,
    identities: Sequence[str],
    kept: Kept,
    db: duckdb.DuckDBPyConnection,
) -> dict[str, Side]:
    """The texts of documents or pairs; of a shard that was damaged since, none."""
    there = set(shards.values())
    known = {one: kept.sides[one] for one in identities if kept.sides.get(one, [None])[0] in there}
    missing = [one for one in identities if one not in known]
    if shards and missing:
        values = {"paths": list(shards), "ids": missing, "longest": _LONGEST}
        try:
            rows = db.execute(query, values).fetchall()
        except duckdb.Error:
            rows = []
        rows.sort(key=lambda row: (row[0], row[4] or 0, row[1]), reverse=True)
        known |= {one: [shards[path], *said] for one, path, *said in rows}
    kept.new_sides |= known
    return {
        one: Side(one, url, site, moment(at), title, said)
        for one, (_, url, site, at, title, said) in known.items()
    }
