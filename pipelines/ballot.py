"""All pairs of a build in one table: which are used, on which side, and why not the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from pipelines.holdings import Recipe
from pipelines.roster import DOCUMENT_REASONS

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from pipelines.roster import Roster
    from pipelines.sources import Extract

# Why a pair is left out: for its document's sake, or its own. Numbers are kept in the table.
PAIR_REASONS: Final = (
    *DOCUMENT_REASONS,
    *("document-missing", "kind", "too-short", "outdated", "boilerplate"),
    *("other-split", "duplicate-pair", "cap", "budget"),
)
CODE: Final = {name: code for code, name in enumerate(PAIR_REASONS)}

_TABLE: Final = """
CREATE TABLE pairs AS
SELECT
    files.shard, rows.file_row_number AS row, documents.doc, rows.kind, rows.tokens,
    {pair_id} AS pair_id, rows.said, rows.answer,
    documents.side, documents.site,
    documents.doc * $total + files.begin + rows.file_row_number AS place,
    CAST(CASE
        WHEN documents.doc IS NULL THEN $missing
        WHEN documents.fate >= 0 THEN documents.fate
        WHEN len($kinds) > 0 AND NOT list_contains($kinds, rows.kind) THEN $kind
        WHEN rows.words < $min_words THEN $short
    END AS TINYINT) AS reason,
    CAST(NULL AS BIGINT) AS kept
FROM read_parquet($paths, filename = true, file_row_number = true) rows
JOIN files USING (filename) LEFT JOIN documents USING (document_id)
"""
# What stands on both sides belongs to the side of the document that said it first.
_OWNERS: Final = """
CREATE TEMP TABLE owners AS
SELECT answer, arg_min(side, place) AS side FROM pairs
WHERE side IN (0, 1) AND answer IN (
    SELECT answer FROM pairs WHERE side = 0 AND answer IN (SELECT answer FROM pairs WHERE side = 1)
) GROUP BY answer
"""
_OTHER_SIDE: Final = """
UPDATE pairs SET reason = $code FROM owners
WHERE pairs.answer = owners.answer AND pairs.side <> owners.side AND reason IS NULL
"""
_FIRSTS: Final = """
CREATE TEMP TABLE firsts AS SELECT said, min(place) AS place FROM pairs SEMI JOIN again USING (said)
WHERE reason IS NULL GROUP BY said
"""
_DUPLICATES: Final = """
UPDATE pairs SET reason = $code, kept = firsts.place FROM firsts
WHERE pairs.said = firsts.said AND pairs.place <> firsts.place AND reason IS NULL
"""
# Efraimidis and Spirakis 2006: the smallest of these are a sample weighted by ``weight``.
_LOTS: Final = """
CREATE TEMP TABLE lots AS
SELECT place, site, tokens, most,
    -ln((md5_number_lower($seed || pair_id) + 1.0) / 18446744073709551617.0) / weight AS lot
FROM pairs JOIN sites USING (site) WHERE reason IS NULL
"""
_CAPPED: Final = """
CREATE TEMP TABLE beyond AS SELECT place FROM lots
QUALIFY row_number() OVER (PARTITION BY site ORDER BY lot, place) > most
"""
_SPENT: Final = """
CREATE TEMP TABLE beyond AS SELECT place FROM lots
QUALIFY sum(tokens) OVER (ORDER BY lot, place ROWS UNBOUNDED PRECEDING) > $most
"""
_BEYOND: Final = (
    "UPDATE pairs SET reason = $code FROM beyond WHERE pairs.place = beyond.place",
    "DELETE FROM lots WHERE place IN (SELECT place FROM beyond)",
    "DROP TABLE beyond",
)
_CUTS: Final = """
UPDATE pairs SET
    reason = CASE WHEN cuts.completion IS NULL THEN $code END,
    said = cuts.said, answer = cuts.answer, tokens = coalesce(cuts.tokens, pairs.tokens)
FROM cuts WHERE pairs.shard = cuts.shard AND pairs.row = cuts.row AND reason IS NULL
"""
_NO_LIMIT: Final = 1 << 62


def _fates(roster: Roster) -> NDArray[np.int8]:
    """Why a document's pairs are left out, or ``USED``; an older revision goes with the newest."""
    older = roster.reason == DOCUMENT_REASONS.index("older-revision")
    fates: NDArray[np.int8] = roster.reason[np.where(older, roster.newest, np.arange(len(roster)))]
    return fates


def begins_of(extracts: Sequence[Extract]) -> NDArray[np.int64]:
    """The number of the first row of each shard, counted through all, and of the one behind."""
    return np.concatenate(([0], np.cumsum([one.rows for one in extracts], dtype=np.int64)))


def gather(
    db: duckdb.DuckDBPyConnection, roster: Roster, extracts: Sequence[Extract], recipe: Recipe
) -> int:
    """Make the table ``pairs`` of all shards; the number of rows."""
    documents = pa.table(
        {
            "document_id": roster.table.column("document_id"),
            "doc": np.arange(len(roster)),
            "side": roster.side,
            "site": roster.table.column("site"),
            "fate": _fates(roster),
        }
    )
    begins = begins_of(extracts)
    files = pa.table(
        {
            "filename": [str(one.extract) for one in extracts],
            "shard": pa.array(range(len(extracts)), pa.int32()),
            "begin": begins[:-1],
        }
    )
    db.register("documents", documents)
    db.register("files", files)
    # Lots are drawn by name; a column of null is not read.
    pair_id = "rows.pair_id" if _is_drawn(recipe) else "CAST(NULL AS VARCHAR)"
    db.execute(
        _TABLE.format(pair_id=pair_id),
        {
            "paths": [str(one.extract) for one in extracts],
            "total": int(begins[-1]) + 1,
            "missing": CODE["document-missing"],
            "kinds": list(recipe.kinds),
            "kind": CODE["kind"],
            "min_words": recipe.min_words,
            "short": CODE["too-short"],
        },
    )
    return int(begins[-1])


def cut(db: duckdb.DuckDBPyConnection, cuts: pa.Table) -> None:
    """Leave out, or compare anew, what is not as in its shard: ``shard``, ``row``, the new texts.

    Those without a completion are nothing but boilerplate.
    """
    db.register("cuts", cuts)
    db.execute(_CUTS, {"code": CODE["boilerplate"]})
    db.unregister("cuts")


def leave_out(db: duckdb.DuckDBPyConnection, rows: pa.Table, reason: str) -> None:
    """Leave out rows, by ``shard`` and ``row``, that are used so far."""
    db.register("rows", rows)
    db.execute(
        "UPDATE pairs SET reason = $code FROM rows "
        "WHERE pairs.shard = rows.shard AND pairs.row = rows.row AND reason IS NULL",
        {"code": CODE[reason]},
    )
    db.unregister("rows")


def decide(db: duckdb.DuckDBPyConnection, recipe: Recipe) -> None:
    """Leave out what stands on the other side, what is said twice, and what is too much."""
    db.execute(_OWNERS)
    db.execute(_OTHER_SIDE, {"code": CODE["other-split"]})
    db.register("again", _said_again(db))
    db.execute(_FIRSTS)
    db.unregister("again")
    db.execute(_DUPLICATES, {"code": CODE["duplicate-pair"]})
    if _is_drawn(recipe):
        _draw(db, recipe)


def _is_drawn(recipe: Recipe) -> bool:
    return bool(recipe.caps or recipe.max_tokens)


def _said_again(db: duckdb.DuckDBPyConnection) -> pa.Table:
    """What more than one pair says: sorting numbers is quicker than counting them by value."""
    said = db.sql("SELECT said FROM pairs WHERE reason IS NULL").fetchnumpy()["said"]
    ordered = np.sort(np.asarray(said))
    return pa.table({"said": np.unique(ordered[1:][ordered[1:] == ordered[:-1]])})


def _draw(db: duckdb.DuckDBPyConnection, recipe: Recipe) -> None:
    """Of what is left so many pairs a site, and so many tokens in all, by lot."""
    caps, weights = dict(recipe.caps), dict(recipe.weights)
    names = [row[0] for row in db.execute("SELECT DISTINCT site FROM documents").fetchall()]
    sites = pa.table(
        {
            "site": pa.array(names, pa.string()),
            "most": [caps.get(name, caps.get("", _NO_LIMIT)) for name in names],
            "weight": [weights.get(name, weights.get("", 1.0)) for name in names],
        }
    )
    db.register("sites", sites)
    db.execute(_LOTS, {"seed": f"{recipe.seed}\n"})
    if caps:
        _leave_beyond(db, _CAPPED, {}, "cap")
    if recipe.max_tokens:
        _leave_beyond(db, _SPENT, {"most": recipe.max_tokens}, "budget")


def _leave_beyond(
    db: duckdb.DuckDBPyConnection, query: str, values: dict[str, int], reason: str
) -> None:
    db.execute(query, values)
    update, forget, drop = _BEYOND
    db.execute(update, {"code": CODE[reason]})
    db.execute(forget)
    db.execute(drop)


def old_rows(db: duckdb.DuckDBPyConnection, roster: Roster) -> pa.Table:
    """Pairs of older revisions that are used so far, as ``cutting.outdated`` takes them."""
    older = np.flatnonzero(roster.reason == DOCUMENT_REASONS.index("older-revision"))
    newest = pa.array(roster.newest[older])
    there = roster.table.select(["document_id", "shard"]).take(newest)
    names = ["doc", "document_id", "text_shard"]
    db.register("older", pa.table([pa.array(older), *there.columns], names=names))
    found: pa.Table = db.sql(
        "SELECT pairs.shard, row, document_id, text_shard FROM pairs JOIN older USING (doc) "
        "WHERE reason IS NULL ORDER BY pairs.shard, row"
    ).to_arrow_table()
    db.unregister("older")
    return found


def counts(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, int, int]]:
    """(site, kind, reason or split, pairs, tokens) of all pairs."""
    query = (
        "SELECT coalesce(site, ''), kind, reason, side, count(*), sum(tokens) FROM pairs "
        "GROUP BY ALL ORDER BY ALL"
    )
    return [
        (
            site,
            kind,
            PAIR_REASONS[reason] if reason is not None else ("train", "validation")[side],
            rows,
            int(tokens),
        )
        for site, kind, reason, side, rows, tokens in db.execute(query).fetchall()
    ]
