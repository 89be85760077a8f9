"""Signatures to near-duplicates: who is like whom, and who is kept of those alike. Pure.

Documents are numbered in the order in which they came. Which of two older ones are linked never
depends on what came later: a cluster grows, and what was found of it stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from pipelines.fingerprint import BANDS, ORDERS, WIDTH
from pipelines.holdings import SIMILARITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Indexes = NDArray[np.int64]
    Signatures = NDArray[np.uint64]  # (documents, BANDS): each number is a band of four orders

_CHUNK: Final = 1 << 15  # pairs that are compared at a time
_ROOM: Final = 4  # slots for a key
_ROOM_OF_NEW: Final = 64  # for one that many others are held against
_MOST_BITS: Final = 17  # of the slots of a band
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)  # spreads what it multiplies
_BLOCK: Final = 1024  # documents whose bands are looked at together
_MOST_SLOTS: Final = 1 << 22  # of a table that tells keys apart, most of the time
_BEFORE: Final = 4  # of a bucket that one is compared with, besides the first
_TOGETHER: Final = 8  # bands whose links are held at a time


class Links(NamedTuple):
    """Near-duplicates: ``left`` came before ``right``, and how similar each pair is."""

    left: Indexes
    right: Indexes
    similarity: NDArray[np.float32]


def signatures(minhashes: Sequence[bytes] | bytes) -> Signatures:
    """Signatures of ``WIDTH`` bytes each as rows of bands.

    >>> signatures([b"a" * 256, b"b" * 256]).shape
    (2, 32)
    """
    data = minhashes if isinstance(minhashes, bytes) else b"".join(minhashes)
    return np.frombuffer(data, dtype="<u8").reshape(len(data) // WIDTH, BANDS)


def _shared(keys: NDArray[np.uint64]) -> Indexes:
    """The documents whose key some other one may have: sorting the others would tell nothing."""
    size = min(1 << (_ROOM * len(keys)).bit_length(), _MOST_SLOTS)
    slots = (keys & np.uint64(size - 1)).astype(np.int32)
    return np.flatnonzero((np.bincount(slots, minlength=size) > 1)[slots])


def _shared_with_new(bands: Signatures, known: int) -> list[Indexes]:
    """For each band the known documents whose key a new one may have, and all new ones."""
    width = min((_ROOM_OF_NEW * (len(bands) - known)).bit_length(), _MOST_BITS)
    begins = np.arange(BANDS) << width

    def slots(begin: int, end: int) -> Indexes:
        mixed = bands[begin:end] * _ODD  # orders repeat themselves in their low bits
        mixed >>= np.uint64(64 - width)
        found: Indexes = mixed.view(np.int64)
        found += begins
        return found.ravel()

    wanted = np.zeros(BANDS << width, dtype=bool)
    wanted[slots(known, len(bands))] = True
    found = []
    for start in range(0, known, _BLOCK):
        hits = wanted[slots(start, min(start + _BLOCK, known))]
        found.append(np.flatnonzero(hits) + start * BANDS)
    document, band = np.divmod(np.concatenate([np.zeros(0, dtype=np.int64), *found]), BANDS)
    new = np.arange(known, len(bands))
    return [np.concatenate((document[band == one], new)) for one in range(BANDS)]


def _within(keys: NDArray[np.uint64], some: Indexes, count: int) -> Indexes:
    """The links within one band, as ``left * count + right``: with the first and the last before.

    ``some`` are the documents that may share a key, ascending, ``keys`` theirs. So many in a
    bucket cost so many links, not their square.
    """
    sort = np.argsort(keys, kind="stable")
    order, ordered = some[sort], keys[sort]
    if not order.size:
        return order
    begins = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    found = [(order[first] * count + order)[~begins]]
    for back in range(1, _BEFORE + 1):
        place = np.flatnonzero(np.arange(len(order)) - back > first)
        found.append(order[place - back] * count + order[place])
    links: Indexes = np.concatenate(found)
    return links


def _distinct(values: Indexes) -> Indexes:
    """Each value once, in their order: quicker than ``np.unique``."""
    ordered = np.sort(values)
    begins = np.ones(len(ordered), dtype=bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    return ordered[begins]


def candidates(bands: Signatures, known: int = 0) -> tuple[Indexes, Indexes]:
    """Pairs of documents that have a band in common, (left, right), the earlier one left.

    Those alone whose later one is behind the first ``known`` documents.
    """
    count = max(len(bands), 1)
    found = np.empty(0, dtype=np.int64)
    if known:
        shared = _shared_with_new(bands, known)
        parts = [_within(bands[some, band], some, count) for band, some in enumerate(shared)]
        found = _distinct(np.concatenate(parts))
        found = found[found % count >= known]
        return found // count, found % count
    for start in range(0, BANDS, _TOGETHER):
        keys = np.ascontiguousarray(bands[:, start : start + _TOGETHER].T)
        shared = [_shared(band) for band in keys]
        parts = [_within(band[some], some, count) for band, some in zip(keys, shared, strict=True)]
        found = _distinct(np.concatenate((found, *parts)))
    return found // count, found % count


def similarities(bands: Signatures, left: Indexes, right: Indexes) -> NDArray[np.float32]:
    """The estimated Jaccard similarity of each pair."""
    orders = bands.view("<u2")
    found = np.empty(len(left), dtype=np.float32)
    for start in range(0, len(left), _CHUNK):
        part = slice(start, start + _CHUNK)
        same = np.count_nonzero(orders[left[part]] == orders[right[part]], axis=1)
        found[part] = same / ORDERS
    return found


def links(
    bands: Signatures, least: float = SIMILARITY, before: Links | None = None, known: int = 0
) -> Links:
    """Near-duplicates among documents that are numbered in the order in which they came.

    Not every pair of a cluster, but enough that it hangs together. ``before`` are the links among
    the first ``known`` documents, when they were found already.
    """
    left, right = candidates(bands, known if before else 0)
    found = similarities(bands, left, right)
    near = found >= least
    links = Links(left[near], right[near], found[near])
    if before is None:
        return links
    left = np.concatenate((before.left, links.left))
    right = np.concatenate((before.right, links.right))
    found = np.concatenate((before.similarity, links.similarity))
    order = np.lexsort((right, left))
    return Links(left[order], right[order], found[order])


def components(count: int, left: Indexes, right: Indexes) -> Indexes:
    """For each of ``count`` documents the first one of its cluster.

    >>> components(5, np.array([1, 2]), np.array([2, 4])).tolist()
    [0, 1, 1, 3, 1]
    """
    parent = np.arange(count, dtype=np.int64)
    while left.size:
        one, other = parent[left], parent[right]
        differ = one != other
        left, right, one, other = left[differ], right[differ], one[differ], other[differ]
        np.minimum.at(parent, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(parent, grand := parent[parent]):
            parent = grand
    return parent


def leaders(
    bands: Signatures,
    clusters: Indexes,
    preferred: Sequence[int] | Indexes,
    least: float = SIMILARITY,
) -> tuple[Indexes, NDArray[np.float32]]:
    """For each document the one that is kept in its place, itself when it is kept, and how similar.

    ``preferred`` are the documents that may be kept, the best first; the others have -1. One is
    dropped only for one that is kept and at least so similar to it: never for the sake of a chain.
    """
    kept = np.full(len(bands), -1, dtype=np.int64)
    similarity = np.zeros(len(bands), dtype=np.float32)
    chosen = np.asarray(preferred, dtype=np.int64)
    kept[chosen] = chosen
    similarity[chosen] = 1
    place = clusters[chosen]
    first = np.zeros(len(bands), dtype=np.int64)
    first[place[::-1]] = chosen[::-1]  # what is written last holds: the best
    best = first[place]
    others = np.flatnonzero(best != chosen)
    found = similarities(bands, best[others], chosen[others])
    is_unlike = np.zeros(len(bands), dtype=bool)  # a cluster with one that is not like the best
    is_unlike[place[others[found.astype(float) < least]]] = True
    plain = ~is_unlike[place[others]]
    kept[chosen[others[plain]]] = best[others[plain]]
    similarity[chosen[others[plain]]] = found[plain]
    members: dict[int, list[int]] = {}
    rest = is_unlike[place]
    for cluster, document in zip(place[rest].tolist(), chosen[rest].tolist(), strict=True):
        members.setdefault(cluster, []).append(document)
    orders = bands.view("<u2")
    for documents in members.values():
        _lead(orders, documents, least, kept, similarity)
    return kept, similarity


def _lead(
    orders: NDArray[np.uint16],
    documents: list[int],
    least: float,
    kept: Indexes,
    similarity: NDArray[np.float32],
) -> None:
    """Go through one cluster, the best document first."""
    front = np.empty((8, ORDERS), dtype=orders.dtype)
    names: list[int] = []
    for document in documents:
        mine = orders[document]
        if names:
            same = np.count_nonzero(front[: len(names)] == mine, axis=1)
            best = int(same.argmax())
            if same[best] >= least * ORDERS:
                kept[document] = names[best]
                similarity[document] = same[best] / ORDERS
                continue
        if len(names) == len(front):
            front = np.concatenate((front, np.empty_like(front)))
        front[len(names)] = mine
        names.append(document)
