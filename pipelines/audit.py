"""What a dataset says of itself beside its rows: what was left out for what, who wrote it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.ballot import PAIR_REASONS, begins_of
from pipelines.licences import licence_of
from pipelines.roster import DOCUMENT_REASONS, USED
from pipelines.rowgroups import RowGroups
from pipelines.splits import SPLITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipelines.roster import Roster
    from pipelines.sources import Extract

ROW_GROUP: Final = 50_000
_FEW: Final = ["document_id", "site", "kind", "reason"]
_LEFT_OUT: Final = """
SELECT shard, row, doc, kind, reason, kept % $total AS kept FROM pairs WHERE reason NOT NULL
ORDER BY shard, row
"""
_KEPT: Final = """
SELECT DISTINCT kept % $total AS number FROM pairs WHERE kept NOT NULL ORDER BY number
"""
_PAIRS: Final = pa.schema(
    [(name, pa.string())
     for name in ("pair_id", "document_id", "site", "kind", "reason", "kept_id")]
)  # fmt: skip
_LINE: Final = (
    "CASE WHEN regexp_matches({0}, '[\\x00-\\x1f]|  ') THEN "
    "trim(regexp_replace({0}, '\\s+', ' ', 'g')) ELSE trim({0}) END"
)
_WORKS: Final = f"""
SELECT {_LINE.format("coalesce(nullif(title, ''), 'untitled')")}
    || CASE WHEN coalesce(authors, '') = '' THEN ''
       ELSE ' by ' || {_LINE.format("authors")} END
    || '. ' || url || ' ' || terms.terms || chr(10) AS line
FROM read_parquet($paths) rows JOIN works USING (document_id)
JOIN terms ON terms.license = coalesce(rows.license, '')
ORDER BY url, document_id
"""  # noqa: S608 - made of constants
_HEAD: Final = """\
The texts of this dataset were written by others. Each line names a document: its title, who wrote
it as far as the page says so, its address, its licence and what that asks for.

"""


def used_documents(db: duckdb.DuckDBPyConnection) -> NDArray[np.int64]:
    """The numbers of the documents that rows of the dataset come from."""
    query = "SELECT DISTINCT doc FROM pairs WHERE reason IS NULL ORDER BY doc"
    return np.asarray(db.execute(query).fetchnumpy()["doc"], dtype=np.int64)


def write_documents(roster: Roster, path: Path) -> None:
    """Every document that was left out: why, what was kept in its place, how similar that is."""
    out = np.flatnonzero(roster.reason != USED)
    rows = pa.array(out)
    table = roster.table.select(["document_id", "url", "site"]).take(rows)
    kept = roster.kept[out]
    is_copy = (kept >= 0) & (kept != out)
    kept_ids = roster.table.column("document_id").take(pa.array(np.where(is_copy, kept, 0)))
    names = pa.array(DOCUMENT_REASONS).take(pa.array(roster.reason[out].astype(np.int64)))
    details = pa.array([roster.detail.get(one, "") for one in out.tolist()], pa.string())
    similarity = pa.array(roster.similarity[out], pa.float32(), mask=~is_copy)
    found = {
        **{name: table.column(name) for name in table.column_names},
        "reason": names,
        "detail": details,
        "kept_id": pa.array(
            [
                one if copy else None
                for one, copy in zip(kept_ids.to_pylist(), is_copy, strict=True)
            ],
            pa.string(),
        ),
        "similarity": similarity,
        "cluster": roster.table.column("document_id").take(pa.array(roster.cluster[out])),
    }
    pq.write_table(pa.table(found).combine_chunks(), path, compression="zstd")


def write_pairs(
    db: duckdb.DuckDBPyConnection, roster: Roster, extracts: Sequence[Extract], path: Path
) -> None:
    """Every pair that was left out: why, and which pair was kept in its place."""
    begins = begins_of(extracts)
    total = {"total": int(begins[-1]) + 1}  # a pair's place, modulo this, is its number
    kept = np.asarray(db.execute(_KEPT, total).fetchnumpy()["number"], dtype=np.int64)
    names = _Names(extracts, begins)
    kept_names = names.of(kept)
    reasons = pa.array(PAIR_REASONS)
    documents, sites = (
        roster.table.column(name).combine_chunks() for name in ("document_id", "site")
    )
    reader = db.sql(_LEFT_OUT, params=total).to_arrow_reader(ROW_GROUP)
    file = RowGroups(path, _PAIRS, ROW_GROUP, _FEW)
    for batch in reader:
        shards, rows = (batch.column(name).to_numpy() for name in ("shard", "row"))
        places = batch.column("kept").to_numpy(zero_copy_only=False)
        found = pa.array(np.searchsorted(kept, places), mask=np.isnan(places))
        columns = [
            names.of(begins[shards] + rows),
            documents.take(batch.column("doc")),
            sites.take(batch.column("doc")),
            batch.column("kind"),
            reasons.take(batch.column("reason")),
            kept_names.take(found),
        ]
        file.add(pa.table(columns, schema=_PAIRS))
    file.close()


class _Names:
    """The identifiers of pairs by their numbers, counted through all shards."""

    def __init__(self, extracts: Sequence[Extract], begins: NDArray[np.int64]) -> None:
        self._extracts = extracts
        self._begins = begins
        self._shard = -1
        self._names = pa.array([], pa.string())

    def of(self, numbers: NDArray[np.int64]) -> pa.Array:
        """Those of ascending numbers."""
        ends = np.searchsorted(numbers, self._begins)
        found = [pa.array([], pa.string())]
        for shard in np.flatnonzero(ends[1:] > ends[:-1]).tolist():
            if shard != self._shard:
                path = self._extracts[shard].extract
                table = pq.read_table(path, columns=["pair_id"], use_threads=False)
                self._shard, self._names = shard, table.column(0).combine_chunks()
            rows = numbers[ends[shard] : ends[shard + 1]] - self._begins[shard]
            found.append(self._names.take(pa.array(rows)))
        return pa.concat_arrays(found)


def write_attribution(
    db: duckdb.DuckDBPyConnection,
    roster: Roster,
    used: NDArray[np.int64],
    extracts: Sequence[Extract],
    path: Path,
) -> None:
    """``ATTRIBUTION``: a line for each page whose text is used, by its newest revision."""
    newest = np.unique(np.where(roster.newest[used] >= 0, roster.newest[used], used))
    identities = roster.table.select(["document_id"]).take(pa.array(newest))
    licences = list(_tally(roster.table, "license"))
    terms = {"license": licences, "terms": [_terms(one) for one in licences]}
    db.register("works", identities)
    db.register("terms", pa.table(terms, pa.schema([(name, pa.string()) for name in terms])))
    reader = db.sql(_WORKS, params={"paths": [str(one.extract) for one in extracts]})
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(_HEAD)
        for batch in reader.to_arrow_reader(10_000):
            file.writelines(batch.column(0).to_pylist())
    db.unregister("works")
    db.unregister("terms")


def _terms(licence: str) -> str:
    """What a line of ``ATTRIBUTION`` says of a licence."""
    if not licence:
        return "no licence named"
    found = licence_of(licence)
    asks = ", ".join(found.obligations)
    return f"{found.name or 'licence'}: {licence}" + (f" ({asks})" if asks else "")


def numbers(
    counts: Sequence[tuple[str, str, str, int, int]], roster: Roster, used: NDArray[np.int64]
) -> dict[str, Any]:
    """The counts of the manifest: documents and pairs, used and left out; they add up."""
    pairs: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for _site, _kind, state, rows, size in counts:
        pairs[state] += rows
        tokens[state] += size
    reasons = Counter(roster.reason[roster.reason != USED].tolist())
    without = int((roster.reason == USED).sum()) - int((roster.reason[used] == USED).sum())
    left_out = {DOCUMENT_REASONS[code]: n for code, n in sorted(reasons.items())}
    if without:
        left_out["no-pairs"] = without
    chosen = roster.table.select(["license", "language"]).take(pa.array(used))
    return {
        "documents": {
            "all": len(roster),
            "used": int((roster.reason[used] == USED).sum()),
            "left_out": left_out,
        },
        "pairs": {
            "all": sum(pairs.values()),
            **{split: pairs[split] for split in SPLITS},
            "left_out": {name: pairs[name] for name in PAIR_REASONS if pairs[name]},
        },
        "tokens": {split: tokens[split] for split in SPLITS},
        "licenses": _tally(chosen, "license"),
        "languages": _tally(chosen, "language"),
        "by": [list(row) for row in counts],
    }


def _tally(table: pa.Table, column: str) -> dict[str, int]:
    """How often each text stands in a column, in their order; none counts as empty."""
    counted = pc.value_counts(table.column(column).fill_null("")).to_pylist()
    return dict(sorted((one["values"], one["counts"]) for one in counted))
