"""Two versions of a dataset -> what came, what went, what changed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import duckdb

if TYPE_CHECKING:
    from pipelines.versions import Version

EXAMPLES: Final = 3  # of each reason
NEW: Final = "new"  # its document was not there, or gave it not yet
GONE: Final = "no longer in a shard"
MEMORY: Final = "1GB"  # beyond which it is spilled
_ROWS: Final = """
CREATE TABLE {name} AS SELECT pair_id, hash(prompt, completion) AS said,
    CASE WHEN parse_filename(filename) LIKE 'train-%' THEN 'train' ELSE 'validation' END AS split
FROM {name}_rows
"""
_LEFT_OUT: Final = (
    "CREATE TABLE {name}_audit AS SELECT pair_id, reason, kept_id FROM read_parquet(?)"
)
_ONLY: Final = """
CREATE TABLE {change} AS
SELECT mine.pair_id, audit.kept_id, coalesce({said}, $otherwise) AS reason
FROM {here} mine ANTI JOIN {there} USING (pair_id)
LEFT JOIN {there}_audit audit USING (pair_id)
"""
_BOTH: Final = """
CREATE TABLE changed AS
SELECT pair_id, CAST(NULL AS VARCHAR) AS kept_id,
    CASE WHEN old.split <> new.split THEN 'from ' || old.split || ' to ' || new.split
    ELSE 'boilerplate' END AS reason
FROM old JOIN new USING (pair_id) WHERE old.split <> new.split OR old.said <> new.said
"""
_EXAMPLES: Final = """
SELECT reason, pair_id, url, prompt, kept_id FROM (
    SELECT * FROM {change}
    QUALIFY row_number() OVER (PARTITION BY reason ORDER BY pair_id) <= $most
) JOIN {here}_rows USING (pair_id) ORDER BY reason, pair_id
"""


class Example(NamedTuple):
    """One pair that came, went or changed; ``kept_id`` stands in its place."""

    reason: str
    pair_id: str
    url: str
    prompt: str
    kept_id: str | None


class Change(NamedTuple):
    """How many pairs by reason, and some of them."""

    counts: dict[str, int]
    examples: list[Example]


class Difference(NamedTuple):
    """From one version to another; ``same`` pairs are in both, as they were."""

    same: int
    came: Change
    went: Change
    changed: Change
    recipe: dict[str, tuple[Any, Any]]


def difference(old: Version, new: Version, spill: str = "") -> Difference:
    """What differs between two versions; ``spill`` is a folder for what does not fit in memory."""
    with duckdb.connect(config={"memory_limit": MEMORY}) as db:
        if spill:
            db.execute("SET temp_directory = $spill", {"spill": spill})
        for name, version in (("old", old), ("new", new)):
            _load(db, name, version)
        came = "'was left out: ' || audit.reason"
        db.execute(
            _ONLY.format(change="came", here="new", there="old", said=came), {"otherwise": NEW}
        )
        db.execute(
            _ONLY.format(change="went", here="old", there="new", said="audit.reason"),
            {"otherwise": GONE},
        )
        db.execute(_BOTH)
        both = _number(db, "SELECT count(*) FROM old SEMI JOIN new USING (pair_id)")
        changed = _number(db, "SELECT count(*) FROM changed")
        first, second = old.manifest["recipe"], new.manifest["recipe"]
        return Difference(
            both - changed,
            _change(db, "came", "new"),
            _change(db, "went", "old"),
            _change(db, "changed", "new"),
            {key: (first.get(key), second.get(key)) for key in {**first, **second}
             if first.get(key) != second.get(key)},
        )  # fmt: skip


def _load(db: duckdb.DuckDBPyConnection, name: str, version: Version) -> None:
    files = [str(version.folder / "data" / file["name"]) for file in version.manifest["files"]]
    db.read_parquet(files, filename=True).create_view(f"{name}_rows")
    db.execute(_ROWS.format(name=name))
    db.execute(_LEFT_OUT.format(name=name), [str(version.folder / "audit" / "pairs*.parquet")])


def _number(db: duckdb.DuckDBPyConnection, query: str) -> int:
    row = db.execute(query).fetchone()
    return int(row[0]) if row else 0


def _change(db: duckdb.DuckDBPyConnection, name: str, here: str) -> Change:
    counts = db.execute(f"SELECT reason, count(*) FROM {name} GROUP BY ALL ORDER BY 2 DESC, 1")  # noqa: S608 - a constant
    totals = {str(reason): int(number) for reason, number in counts.fetchall()}
    rows = db.execute(_EXAMPLES.format(change=name, here=here), {"most": EXAMPLES}).fetchall()
    return Change(totals, [Example(*row) for row in rows])
