"""A version of a dataset -> some of what was left out beside what was kept, with their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.reported import Side, Twins
from pipelines.samples import moment

MOST_DOCUMENTS: Final = 8  # twins of each sort that are shown
MOST_PAIRS: Final = 4
_LONGEST: Final = 20_000  # characters that are read of a text
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
