"""All documents of a build in the order in which they came: which are used, and why not the others.

Every document is on the roster, also those that are left out: what was there before decides which
side of the split a page stands on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.columns import Coded, coded, integers, may_repeat, open_columns, read_fixed
from pipelines.fingerprint import BANDS
from pipelines.holdings import Recipe
from pipelines.licences import passes
from pipelines.linking import content, remembered_links
from pipelines.near import Links, components, leaders, signatures
from pipelines.splits import NEITHER, own_sides, sides

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


@dataclass
class Roster:
    """The documents and what was decided of each; all arrays are in the order in which they came.

    ``rows`` are those of all shards as they stand there, ``place`` where each document is among
    them, ``shard`` in which shard. ``page`` numbers site and URL, ``address`` the URL; ``reason``
    is ``USED`` or an index into ``DOCUMENT_REASONS``, ``detail`` says more by document; ``kept``
    is the document that is kept in its place, ``side`` that of its page.
    """

    rows: pa.Table
    place: Indexes
    shard: Indexes
    bands: Signatures
    origin: Indexes  # a name of its shard and its row there, two numbers each
    site: Coded
    page: Indexes
    address: Indexes
    reason: NDArray[np.int8]
    side: NDArray[np.int8]
    kept: Indexes
    similarity: NDArray[np.float32]
    cluster: Indexes
    newest: Indexes  # of its page, -1 when none may be used
    stood: Indexes  # where its URL is among the sides of earlier versions, -1 for nowhere
    detail: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.page)

    def column(self, name: str, numbers: Indexes | None = None) -> pa.Array:
        """A column of these documents, or of all."""
        place = self.place if numbers is None else self.place[numbers]
        found = self.rows.column(name).take(integers(place))
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found

    def coded(self, name: str) -> Coded:
        """A column of all documents that has few values."""
        found = coded(self.rows.column(name))
        return found._replace(codes=found.codes[self.place])

    def numbers(self, name: str) -> Indexes:
        """A column of all documents that are numbers."""
        found: Indexes = self.rows.column(name).to_numpy().astype(np.int64)[self.place]
        return found


def load(extracts: Sequence[Extract]) -> Roster:
    """The documents of all shards."""
    opened = [open_columns(extract.extract) for extract in extracts]
    rows = pa.concat_tables(opened)
    sizes = [len(table) for table in opened]
    place = _in_order(rows)
    site = coded(rows.column("site"))
    address = _codes(rows.column("url"))[place]
    site = site._replace(codes=site.codes[place])
    count = len(place)
    return Roster(
        rows=rows,
        place=place,
        shard=np.repeat(np.arange(len(sizes)), sizes)[place],
        bands=_bands(extracts, opened, place),
        origin=_origin(extracts, sizes, place),
        site=site,
        page=_pages(address, site),
        address=address,
        reason=np.full(count, USED, dtype=np.int8),
        side=np.zeros(count, dtype=np.int8),
        kept=np.full(count, -1, dtype=np.int64),
        similarity=np.zeros(count, dtype=np.float32),
        cluster=np.arange(count),
        newest=np.full(count, -1, dtype=np.int64),
        stood=np.full(count, -1, dtype=np.int64),
    )


def _pages(address: Indexes, site: Coded) -> Indexes:
    """A number for each site and URL."""
    sites = np.zeros(int(address.max(initial=-1)) + 1, dtype=np.int32)
    sites[address] = site.codes
    if np.array_equal(sites[address], site.codes):
        return address  # no URL is in two sites
    pages: Indexes = np.unique(address * len(site.values) + site.codes, return_inverse=True)[1]
    return pages.astype(np.int64)


def _in_order(rows: pa.Table) -> Indexes:
    """Where the documents stand in the rows, in the order in which they came, each once."""
    order = [(name, "ascending") for name in ("fetched", "revision", "document_id")]
    found = pc.sort_indices(rows.select([name for name, _ in order]), order)
    place: Indexes = found.to_numpy().astype(np.int64)
    identities = rows.column("document_id")
    if may_repeat(identities):  # a shard that is there twice
        place = place[np.sort(np.unique(_codes(identities)[place], return_index=True)[1])]
    return place


def _bands(extracts: Sequence[Extract], opened: Sequence[pa.Table], place: Indexes) -> Signatures:
    """The signatures in the order of ``place``; no shard's are held twice."""
    bands = np.empty((len(place), BANDS), dtype="<u8")
    target = np.full(sum(map(len, opened)), -1)
    target[place] = np.arange(len(place))
    begin = 0
    for extract, table in zip(extracts, opened, strict=True):
        mine = target[begin : begin + len(table)]
        begin += len(table)
        if not len(mine):
            continue
        if mine[0] >= 0 and np.array_equal(mine, np.arange(mine[0], mine[0] + len(mine))):
            read_fixed(extract.extract, "minhash", bands[mine[0] : mine[0] + len(mine)])
            continue
        part = np.empty((len(mine), BANDS), dtype="<u8")
        read_fixed(extract.extract, "minhash", part)
        bands[mine[mine >= 0]] = part[mine >= 0]
    return bands


def _origin(extracts: Sequence[Extract], sizes: Sequence[int], place: Indexes) -> Indexes:
    """For each document a name of its shard and its row there, as two numbers."""
    names = [int(one.source.sha256[:15], 16) for one in extracts]
    begins = np.cumsum([0, *sizes])[:-1]
    row = np.arange(sum(sizes)) - np.repeat(begins, sizes)
    return np.column_stack((np.repeat(np.array(names, dtype=np.int64), sizes), row))[place]


def _codes(column: pa.ChunkedArray) -> Indexes:
    """A number for each value."""
    codes = column.combine_chunks().dictionary_encode(null_encoding="encode").indices
    found: Indexes = codes.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _leave_out(roster: Roster, where: NDArray[np.bool_], reason: str) -> None:
    roster.reason[where & (roster.reason == USED)] = _CODE[reason]


def refuse(roster: Roster, refused: Mapping[str, str]) -> None:
    """Leave out what must not be used: ``refused`` by document, and what the rows say."""
    asked = pc.fill_null(pc.not_equal(roster.rows.column("consent"), ""), False)
    if refused:
        known = pa.array(list(refused), pa.string())
        asked = pc.or_(asked, pc.is_in(roster.rows.column("document_id"), known))
    documents = np.flatnonzero(asked.to_numpy()[roster.place])
    if not len(documents):
        return
    some = [roster.column(name, documents).to_pylist() for name in ("document_id", "consent")]
    for document, *said in zip(documents.tolist(), *some, strict=True):
        why = refused.get(said[0], f"denied: {said[1]}")
        name, _, roster.detail[document] = why.partition(": ")
        roster.reason[document] = _CODE[name]


def choose(roster: Roster, recipe: Recipe) -> None:
    """Leave out what the recipe does not choose, and all but each page's newest revision."""
    if recipe.sites:
        _leave_out(roster, ~roster.site.holds(lambda site: site in recipe.sites), "site")
    if recipe.since:
        begin = datetime.fromisoformat(recipe.since).replace(tzinfo=UTC).timestamp() * _MS
        _leave_out(roster, roster.numbers("fetched") < begin, "since")
    if recipe.languages:
        spoken = roster.coded("language").holds(lambda code: code in recipe.languages)
        _leave_out(roster, ~spoken, "language")
    licences = roster.coded("license")
    free = licences.holds(lambda text: passes(text or "", recipe.license_policy))
    _leave_out(roster, ~free, "licence")
    usable = np.flatnonzero(~np.isin(roster.reason, [_CODE[name] for name in REFUSALS]))
    newest = np.full(int(roster.page.max(initial=-1)) + 1, -1, dtype=np.int64)
    np.maximum.at(newest, roster.page[usable], usable)
    roster.newest = newest[roster.page]
    _leave_out(roster, roster.newest != np.arange(len(roster)), "older-revision")


def divide(roster: Roster, near: Links, recipe: Recipe, known: Sides) -> None:
    """Give each page its side; ``known`` are the sides of earlier versions."""
    first = np.full(int(roster.address.max(initial=-1)) + 1, len(roster), dtype=np.int64)
    np.minimum.at(first, roster.address, np.arange(len(roster)))
    roster.stood = known.places(roster.rows.column("url"))[roster.place]
    stood = known.at(roster.stood[first])

    def own(pages: Indexes) -> NDArray[np.int8]:
        urls = roster.column("url", first[pages]).to_pylist()
        return own_sides(urls, recipe.seed, recipe.validation)

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
        said, names = lengths(), roster.column("document_id").to_pylist()
        length = np.array([said[names[document]] for document in alive.tolist()], dtype=np.int64)
        preferred = alive[np.lexsort((order, -length))]
    else:
        preferred = alive[np.argsort(order, kind="stable")]
    kept, similarity = leaders(roster.bands, roster.cluster, preferred, recipe.similarity)
    roster.kept, roster.similarity = kept, similarity
    dropped = np.flatnonzero((kept >= 0) & (kept != np.arange(count)))
    texts = (roster.column("text_hash", documents) for documents in (dropped, kept[dropped]))
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
        known_as = pa.array(list(changed), pa.string())
        where = pc.is_in(roster.rows.column("document_id"), known_as).to_numpy()[roster.place]
        documents = np.flatnonzero(where)
        names = roster.column("document_id", documents).to_pylist()
        for document, name in zip(documents.tolist(), names, strict=True):
            roster.bands[document] = signatures(changed[name])[0]
            roster.origin[document] = content(changed[name])
    near = remembered_links(roster.bands, roster.origin, recipe.similarity, cache)
    refuse(roster, refused)
    choose(roster, recipe)
    divide(roster, near, recipe, known)
    deduplicate(roster, near, recipe, lengths)
