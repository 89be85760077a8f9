"""All documents of a build in the order in which they came: which are used, and why not the others.

Every document is on the roster, also those that are left out: what was there before decides which
side of the split a page stands on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.fingerprint import BANDS, WIDTH
from pipelines.holdings import Recipe
from pipelines.licences import passes
from pipelines.linking import remembered_links
from pipelines.near import Links, components, leaders, signatures
from pipelines.splits import NEITHER, OPEN, own_sides, sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipelines.near import Indexes, Signatures
    from pipelines.sources import Extract
    from pipelines.stood import Sides

# Why a document is left out, the first that holds.
REFUSALS: Final = ("tombstone", "retracted", "denied")
DOCUMENT_REASONS: Final = (
    *REFUSALS,
    *("site", "since", "language", "licence"),
    *("older-revision", "between-splits", "duplicate", "near-duplicate"),
)
USED: Final = -1  # in the place of a reason
_CODE: Final = {name: code for code, name in enumerate(DOCUMENT_REASONS)}
_MS: Final = 1000

_COLUMNS: Final = (
    *("document_id", "url", "site", "language", "license", "fetched", "revision"),
    *("text_hash", "consent"),
)


@dataclass
class Roster:
    """The documents and what was decided of each; all arrays are in the order in which they came.

    ``page`` numbers site and URL, ``address`` the URL; ``reason`` is ``USED`` or an index into
    ``DOCUMENT_REASONS``, ``detail`` says more by document; ``kept`` is the document that is kept
    in its place, ``side`` that of its page.
    """

    table: pa.Table
    bands: Signatures
    page: Indexes
    address: Indexes
    reason: NDArray[np.int8]
    side: NDArray[np.int8]
    kept: Indexes
    similarity: NDArray[np.float32]
    cluster: Indexes
    newest: Indexes  # of its page, -1 when none may be used
    detail: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.page)

    def texts(self, column: str) -> list[str]:
        """A column as a list."""
        found: list[str] = self.table.column(column).to_pylist()
        return found


def load(extracts: Sequence[Extract]) -> Roster:
    """The documents of all shards."""
    table, place = _in_order(extracts)
    identities = _codes(table.column("document_id"))
    first = np.sort(np.unique(identities, return_index=True)[1])
    bands = _bands(extracts, place)
    if len(first) < len(table):  # a shard that is there twice
        table = table.take(pa.array(first)).combine_chunks()
        bands = bands[first]
    count = len(table)
    address = _codes(table.column("url"))
    site = _codes(table.column("site"))
    page = np.unique(address * (int(site.max(initial=0)) + 1) + site, return_inverse=True)[1]
    return Roster(
        table=table,
        bands=bands,
        page=page.astype(np.int64),
        address=address,
        reason=np.full(count, USED, dtype=np.int8),
        side=np.zeros(count, dtype=np.int8),
        kept=np.full(count, -1, dtype=np.int64),
        similarity=np.zeros(count, dtype=np.float32),
        cluster=np.arange(count),
        newest=np.full(count, -1, dtype=np.int64),
    )


def _in_order(extracts: Sequence[Extract]) -> tuple[pa.Table, Indexes]:
    """The rows of all shards in the order in which they came, and where each row is in them."""
    parts = []
    for shard, extract in enumerate(extracts):
        part = pq.read_table(extract.extract, columns=list(_COLUMNS), use_threads=False)
        numbers = pa.array(np.full(len(part), shard, dtype=np.int32))
        parts.append(part.append_column("shard", numbers))
    table = pa.concat_tables(parts)
    del parts
    order = [(name, "ascending") for name in ("fetched", "revision", "document_id")]
    place = pc.sort_indices(table.select(["fetched", "revision", "document_id"]), order)
    columns = {}
    for name in table.column_names:  # one at a time: they are large
        columns[name] = table.column(name).take(place).combine_chunks()
        table = table.drop_columns([name])
    pa.default_memory_pool().release_unused()
    return pa.table(columns), place.to_numpy().astype(np.int64)


def _bands(extracts: Sequence[Extract], place: Indexes) -> Signatures:
    """The signatures in the order of ``place``; no shard's are held twice."""
    bands = np.empty((len(place), BANDS), dtype="<u8")
    target = np.empty_like(place)
    target[place] = np.arange(len(place))
    begin = 0
    for extract in extracts:
        part = pq.read_table(extract.extract, columns=["minhash"], use_threads=False)
        end = begin + len(part)
        bands[target[begin:end]] = signatures(_bytes(part.column(0)))
        begin = end
    return bands


def _codes(column: pa.ChunkedArray) -> Indexes:
    """A number for each value, in the order in which the values come."""
    codes = column.combine_chunks().dictionary_encode(null_encoding="encode").indices
    found: Indexes = codes.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _bytes(column: pa.ChunkedArray) -> bytes:
    """The bytes of values of one width, one after the other."""
    values = column.combine_chunks()
    data = values.buffers()[1]
    begin = values.offset * WIDTH
    return data[begin : begin + len(values) * WIDTH].to_pybytes() if data else b""


def _integers(table: pa.Table, column: str) -> Indexes:
    found: Indexes = table.column(column).to_numpy().astype(np.int64)
    return found


def _leave_out(roster: Roster, where: NDArray[np.bool_], reason: str) -> None:
    roster.reason[where & (roster.reason == USED)] = _CODE[reason]


def refuse(roster: Roster, refused: Mapping[str, str]) -> None:
    """Leave out what must not be used: ``refused`` by document, and what the rows say."""
    table = roster.table
    asked = pc.fill_null(pc.not_equal(table.column("consent"), ""), False)
    named = pc.is_in(table.column("document_id"), pa.array(list(refused), pa.string()))
    rows = pc.indices_nonzero(pc.or_(asked, named))
    some = table.select(["document_id", "consent"]).take(rows).to_pydict()
    for document, *said in zip(rows.to_pylist(), *some.values(), strict=True):
        why = refused.get(said[0], f"denied: {said[1]}")
        name, _, roster.detail[document] = why.partition(": ")
        roster.reason[document] = _CODE[name]


def choose(roster: Roster, recipe: Recipe) -> None:
    """Leave out what the recipe does not choose, and all but each page's newest revision."""
    table = roster.table
    if recipe.sites:
        _leave_out(roster, ~_lookup(table, "site", lambda site: site in recipe.sites), "site")
    if recipe.since:
        begin = datetime.fromisoformat(recipe.since).replace(tzinfo=UTC).timestamp() * _MS
        _leave_out(roster, _integers(table, "fetched") < begin, "since")
    if recipe.languages:
        spoken = _lookup(table, "language", lambda code: code in recipe.languages)
        _leave_out(roster, ~spoken, "language")
    free = _lookup(table, "license", lambda text: passes(text or "", recipe.license_policy))
    _leave_out(roster, ~free, "licence")
    usable = np.flatnonzero(~np.isin(roster.reason, [_CODE[name] for name in REFUSALS]))
    newest = np.full(int(roster.page.max(initial=-1)) + 1, -1, dtype=np.int64)
    np.maximum.at(newest, roster.page[usable], usable)
    roster.newest = newest[roster.page]
    _leave_out(roster, roster.newest != np.arange(len(roster)), "older-revision")


def _lookup(table: pa.Table, column: str, holds: Any) -> NDArray[np.bool_]:
    """Whether each document's value holds; each value is asked once."""
    if not len(table):
        return np.zeros(0, dtype=bool)
    values = table.column(column).combine_chunks().dictionary_encode(null_encoding="encode")
    told = np.array([bool(holds(value)) for value in values.dictionary.to_pylist()])
    found: NDArray[np.bool_] = told[values.indices.to_numpy(zero_copy_only=False)]
    return found


def divide(roster: Roster, near: Links, recipe: Recipe, known: Sides) -> None:
    """Give each page its side; ``known`` are the sides of earlier versions."""
    first = np.full(int(roster.address.max(initial=-1)) + 1, len(roster), dtype=np.int64)
    np.minimum.at(first, roster.address, np.arange(len(roster)))
    names = roster.table.column("url").take(pa.array(first))
    stood = known.of(names)
    own, new = stood.copy(), np.flatnonzero(stood == OPEN)
    urls = names.take(pa.array(new)).to_pylist()
    own[new] = own_sides(urls, recipe.seed, recipe.validation)
    side = sides(roster.address, near.left, near.right, own, stood)
    roster.side = side[roster.address]
    _leave_out(roster, roster.side == NEITHER, "between-splits")


def deduplicate(
    roster: Roster, near: Links, recipe: Recipe, lengths: Callable[[], Mapping[str, int]]
) -> None:
    """Of documents that are alike keep one: that of the page that came first, or the longest."""
    count = len(roster)
    roster.cluster = components(count, near.left, near.right)
    first = np.full(int(roster.page.max(initial=-1)) + 1, count, dtype=np.int64)
    np.minimum.at(first, roster.page, np.arange(count))
    alive = np.flatnonzero(roster.reason == USED)
    order = first[roster.page[alive]]
    if recipe.keep == "longest":
        said, names = lengths(), roster.texts("document_id")
        length = np.array([said[names[document]] for document in alive.tolist()], dtype=np.int64)
        preferred = alive[np.lexsort((order, -length))]
    else:
        preferred = alive[np.argsort(order, kind="stable")]
    kept, similarity = leaders(roster.bands, roster.cluster, preferred.tolist(), recipe.similarity)
    roster.kept, roster.similarity = kept, similarity
    dropped = np.flatnonzero((kept >= 0) & (kept != np.arange(count)))
    hashes = roster.table.column("text_hash").combine_chunks()
    texts = (hashes.take(pa.array(documents)) for documents in (dropped, kept[dropped]))
    same = pc.fill_null(pc.equal(*texts), False).to_numpy(zero_copy_only=False)
    roster.reason[dropped] = np.where(same, _CODE["duplicate"], _CODE["near-duplicate"])


def judge(
    roster: Roster,
    recipe: Recipe,
    refused: Mapping[str, str],
    known: Sides,
    changed: Mapping[str, bytes],
    lengths: Callable[[], Mapping[str, int]],
    cache: Path,
) -> None:
    """Decide of every document.

    ``changed`` are signatures that are not those of the shards; ``lengths`` gives the length of
    each text, if it is asked; ``cache`` is a folder that remembers what is alike.
    """
    if changed:
        bands = roster.bands.copy()
        for document, identity in enumerate(roster.texts("document_id")):
            if identity in changed:
                bands[document] = signatures(changed[identity])[0]
        roster.bands = bands
    near = remembered_links(roster.bands, recipe.similarity, cache)
    refuse(roster, refused)
    choose(roster, recipe)
    divide(roster, near, recipe, known)
    deduplicate(roster, near, recipe, lengths)
