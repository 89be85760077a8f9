"""A version of a dataset -> the counts that its report shows, in one pass over its rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb

from pipelines.reported import Figures
from pipelines.splits import SPLITS

_EPOCH: Final = date(1970, 1, 1).toordinal()
# Times are counted, not shown, by the database: what it shows depends on where it runs.
_ROWS: Final = """
SELECT split, kind, asked, answered, day, language, license, count(*) FROM (
    SELECT split, kind, epoch_ms(fetched_at) // 86400000 AS day,
        coalesce(language, '') AS language, coalesce(license, '') AS license,
        (strlen(prompt) + 3) // 4 AS asked, (strlen(completion) + 3) // 4 AS answered
    FROM ({rows})
) GROUP BY GROUPING SETS ((kind, asked), (kind, answered), (day, split), (language), (license))
"""
_USED: Final = "SELECT site, count(DISTINCT document_id) FROM ({rows}) GROUP BY site"
_LEFT_OUT: Final = "SELECT site, reason, count(*) FROM read_parquet($path) GROUP BY ALL"
_DETAILS: Final = "SELECT reason, detail, count(*) FROM read_parquet($path) GROUP BY ALL"
_SIMILAR: Final = """
SELECT CAST(floor(similarity * 100 + 0.001) AS INTEGER), count(*) FROM read_parquet($path)
WHERE reason IN ('duplicate', 'near-duplicate') AND similarity IS NOT NULL GROUP BY ALL
"""


class Rows(NamedTuple):
    """The rows of a version as a query, with the values that it takes."""

    query: str
    values: dict[str, list[str]]


def rows_of(folder: Path, manifest: Mapping[str, Any], columns: str) -> Rows:
    """Columns of all rows, and ``split``."""
    parts, values = [], {}
    for split in SPLITS:
        names = [file["name"] for file in manifest["files"] if file["split"] == split]
        if names:
            values[split] = [str(folder / "data" / name) for name in names]
            parts.append(f"SELECT {columns}, '{split}' AS split FROM read_parquet(${split})")  # noqa: S608 - constants
    return Rows(" UNION ALL ".join(parts), values)


def figures(folder: Path, manifest: Mapping[str, Any], db: duckdb.DuckDBPyConnection) -> Figures:
    """The counts of a version."""
    asked: dict[str, dict[int, int]] = defaultdict(dict)
    answered: dict[str, dict[int, int]] = defaultdict(dict)
    days: dict[tuple[str, str], int] = {}
    languages: dict[str, int] = {}
    licences: dict[str, int] = {}
    columns = "kind, fetched_at, language, license, prompt, completion"
    rows = rows_of(folder, manifest, columns)
    for split, kind, short, long, day, language, licence, count in db.execute(
        _ROWS.format(rows=rows.query), rows.values
    ).fetchall():
        if short is not None:
            asked[kind][short] = count
        elif long is not None:
            answered[kind][long] = count
        elif language is not None:
            languages[language] = count
        elif licence is not None:
            licences[licence] = count
        else:
            days[_day(day), split] = count
    pages = rows_of(folder, manifest, "site, document_id")
    used = db.execute(_USED.format(rows=pages.query), pages.values).fetchall()
    audit = {"path": str(folder / "audit" / "documents.parquet")}
    details: Counter[tuple[str, str]] = Counter()
    for reason, detail, count in db.execute(_DETAILS, audit).fetchall():
        details[reason, detail or ""] += count
    return Figures(
        asked={kind: asked[kind] for kind in sorted(asked)},
        answered={kind: answered[kind] for kind in sorted(answered)},
        days=dict(sorted(days.items())),
        used=dict(sorted(used)),
        left_out={
            (site or "", reason): count
            for site, reason, count in sorted(db.execute(_LEFT_OUT, audit).fetchall())
        },
        details=dict(sorted(details.items())),
        similar=dict(sorted(db.execute(_SIMILAR, audit).fetchall())),
        licences=dict(sorted(licences.items())),
        languages=dict(sorted(languages.items())),
    )


def _day(number: int | None) -> str:
    """A day by its number since 1970, ``""`` when it is not known."""
    return "" if number is None else date.fromordinal(_EPOCH + number).isoformat()
