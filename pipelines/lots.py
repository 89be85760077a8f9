"""Which pairs are drawn when there are more than asked for: so many a site, so many tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from pipelines.columns import integers, open_columns
from pipelines.roster import USED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from pipelines.ballot import Ballot
    from pipelines.holdings import Recipe
    from pipelines.roster import Roster
    from pipelines.sources import Extract

# Efraimidis and Spirakis 2006: the smallest of these are a sample weighted by ``weight``.
_LOTS: Final = """
CREATE TEMP TABLE lots AS
SELECT pair, doc, site, tokens, most,
    -ln((md5_number_lower($seed || pair_id) + 1.0) / 18446744073709551617.0) / weight AS lot
FROM drawn JOIN sites USING (site)
"""
_CAPPED: Final = """
CREATE TEMP TABLE beyond AS SELECT pair FROM lots
QUALIFY row_number() OVER (PARTITION BY site ORDER BY lot, doc, pair) > most
"""
_SPENT: Final = """
CREATE TEMP TABLE beyond AS SELECT pair FROM lots
QUALIFY sum(tokens) OVER (ORDER BY lot, doc, pair ROWS UNBOUNDED PRECEDING) > $most
"""
_FORGET: Final = "DELETE FROM lots WHERE pair IN (SELECT pair FROM beyond)"
_NO_LIMIT: Final = 1 << 62
_DRAWN: Final = pa.schema(
    [("pair", pa.int64()), ("doc", pa.int32()), ("site", pa.int32()), ("tokens", pa.int32()),
     ("pair_id", pa.string())]
)  # fmt: skip


def is_drawn(recipe: Recipe) -> bool:
    """Whether a recipe asks for fewer pairs than there may be."""
    return bool(recipe.caps or recipe.max_tokens)


def draw(
    db: duckdb.DuckDBPyConnection,
    ballot: Ballot,
    roster: Roster,
    extracts: Sequence[Extract],
    recipe: Recipe,
) -> None:
    """Of what is left so many pairs a site, and so many tokens in all, by lot."""
    caps, weights = dict(recipe.caps), dict(recipe.weights)
    names = [name or "" for name in roster.site.values]
    sites = pa.table(
        {
            "site": pa.array(range(len(names)), pa.int32()),
            "most": [caps.get(name, caps.get("", _NO_LIMIT)) for name in names],
            "weight": [weights.get(name, weights.get("", 1.0)) for name in names],
        }
    )
    db.register("sites", sites)
    rows = pa.RecordBatchReader.from_batches(_DRAWN, _batches(ballot, roster, extracts))
    db.register("drawn", rows)
    db.execute(_LOTS, {"seed": f"{recipe.seed}\n"})
    if caps:
        _leave_beyond(db, ballot, _CAPPED, {}, "cap")
    if recipe.max_tokens:
        _leave_beyond(db, ballot, _SPENT, {"most": recipe.max_tokens}, "budget")
    db.execute("DROP TABLE lots")


def _batches(
    ballot: Ballot, roster: Roster, extracts: Sequence[Extract]
) -> Iterator[pa.RecordBatch]:
    """The pairs that are used so far, a shard at a time."""
    for shard, extract in enumerate(extracts):
        begin, end = ballot.begins[shard : shard + 2].tolist()
        rows = np.flatnonzero(ballot.reason[begin:end] == USED)
        pairs = rows + begin
        docs = ballot.doc[pairs]
        names = open_columns(extract.extract).column("pair_id").take(integers(rows))
        columns = [integers(pairs), integers(docs), integers(roster.site.codes[docs]),
                   integers(ballot.tokens[pairs]), names.combine_chunks()]  # fmt: skip
        yield from pa.table(columns, schema=_DRAWN).to_batches()


def _leave_beyond(
    db: duckdb.DuckDBPyConnection, ballot: Ballot, query: str, values: dict[str, int], reason: str
) -> None:
    db.execute(query, values)
    pairs = db.execute("SELECT pair FROM beyond").fetchnumpy()["pair"]
    ballot.leave_out(np.asarray(pairs, dtype=np.int64), reason)
    db.execute(_FORGET)
    db.execute("DROP TABLE beyond")
