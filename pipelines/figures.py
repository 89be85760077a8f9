"""A version of a dataset -> the counts that its report shows, in one pass over its rows.

What is counted of a data file depends on nothing but its bytes, so that it is kept, and a later
version counts only the files that are new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb

from pipelines.kept import Kept
from pipelines.reported import Figures
from pipelines.splits import SPLITS

_EPOCH: Final = date(1970, 1, 1).toordinal()
# Times are counted, not shown, by the database: what it shows depends on where it runs.
_FILES: Final = """
SELECT filename, kind, asked, answered, day, language, license, count(*) FROM (
    SELECT filename, kind, CAST(epoch_ms(fetched_at) // 86400000 AS INTEGER) AS day,
        coalesce(language, '') AS language, coalesce(license, '') AS license,
        (strlen(prompt) + 3) // 4 AS asked, (strlen(completion) + 3) // 4 AS answered
    FROM read_parquet($paths, filename = true)
) GROUP BY GROUPING SETS ((filename, kind, asked), (filename, kind, answered), (filename, day),
    (filename, language), (filename, license))
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


class _Counts:
    """What is counted of one data file, or of several."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        self.parts: dict[str, Counter[str]] = {name: Counter() for name in _PARTS}
        for name, counts in (kept or {}).items():
            self.parts[name].update(counts)

    def add(self, row: tuple[Any, ...]) -> None:
        """A line of the query, but for its file."""
        kind, asked, answered, day, language, licence, count = row
        if asked is not None:
            self.parts["asked"][f"{asked} {kind}"] += count
        elif answered is not None:
            self.parts["answered"][f"{answered} {kind}"] += count
        elif language is not None:
            self.parts["languages"][language] += count
        elif licence is not None:
            self.parts["licences"][licence] += count
        else:
            self.parts["days"][_day(day)] += count

    def sizes(self, part: str) -> dict[str, dict[int, int]]:
        """Rows by kind and size."""
        found: dict[str, dict[int, int]] = {}
        for key, count in self.parts[part].items():
            size, _, kind = key.partition(" ")
            found.setdefault(kind, {})[int(size)] = count
        return {kind: found[kind] for kind in sorted(found)}


_PARTS: Final = ("asked", "answered", "days", "languages", "licences")


def _counted(
    folder: Path, manifest: Mapping[str, Any], kept: Kept, db: duckdb.DuckDBPyConnection
) -> dict[str, _Counts]:
    """The counts of each data file by its name; those that are kept are not counted anew."""
    files = {file["name"]: file["sha256"] for file in manifest["files"]}
    found = {name: _Counts(kept.files.get(sha)) for name, sha in files.items()}
    paths = {
        str(folder / "data" / name): name for name, sha in files.items() if sha not in kept.files
    }
    if paths:
        for path, *row in db.execute(_FILES, {"paths": list(paths)}).fetchall():
            found[paths[path]].add(tuple(row))
    kept.new_files = {sha: found[name].parts for name, sha in files.items()}
    return found


def figures(
    folder: Path, manifest: Mapping[str, Any], kept: Kept, db: duckdb.DuckDBPyConnection
) -> Figures:
    """The counts of a version; ``kept`` remembers those of its data files."""
    whole = _Counts()
    days: Counter[tuple[str, str]] = Counter()
    counted = _counted(folder, manifest, kept, db)
    for file in manifest["files"]:
        for name, counts in counted[file["name"]].parts.items():
            whole.parts[name].update(counts)
        for day, count in counted[file["name"]].parts["days"].items():
            days[day, file["split"]] += count
    pages = rows_of(folder, manifest, "site, document_id")
    used = db.execute(_USED.format(rows=pages.query), pages.values).fetchall()
    audit = {"path": str(folder / "audit" / "documents.parquet")}
    details: Counter[tuple[str, str]] = Counter()
    for reason, detail, count in db.execute(_DETAILS, audit).fetchall():
        details[reason, detail or ""] += count
    return Figures(
        asked=whole.sizes("asked"),
        answered=whole.sizes("answered"),
        days=dict(sorted(days.items())),
        used=dict(sorted(used)),
        left_out={
            (site or "", reason): count
            for site, reason, count in sorted(db.execute(_LEFT_OUT, audit).fetchall())
        },
        details=dict(sorted(details.items())),
        similar=dict(sorted(db.execute(_SIMILAR, audit).fetchall())),
        licences=dict(sorted(whole.parts["licences"].items())),
        languages=dict(sorted(whole.parts["languages"].items())),
    )


def _day(number: int | None) -> str:
    """A day by its number since 1970, ``""`` when it is not known."""
    return "" if number is None else date.fromordinal(_EPOCH + number).isoformat()
