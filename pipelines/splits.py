"""Which side a page stands on, train or validation, from the night it came and for good. Pure.

A page takes the side of the pages before it that its first text is like; one that is like none
takes the side that a hash of its URL says. So a side depends on what was there when the page came
and on nothing later: it stays when data is added, taken back or chosen otherwise. A page that is
like pages of both sides belongs to neither, and is left out: clusters of two sides never merge.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

TRAIN: Final = 0
VALIDATION: Final = 1
NEITHER: Final = 2
OPEN: Final = -1  # not said so far
SPLITS: Final = ("train", "validation")


def side_of(url: str, seed: int, validation: float) -> int:
    """The side of a page that is like no other: of all URLs the share ``validation`` stands there.

    >>> sum(side_of(f"https://site.example/{n}", 0, 0.1) for n in range(1000))
    98
    """
    key = f"{seed}\n{url}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(key, digest_size=8).digest()
    return VALIDATION if int.from_bytes(digest, "little") < validation * 2**64 else TRAIN


def own_sides(urls: Iterable[str], seed: int, validation: float) -> NDArray[np.int8]:
    """The side of each page by its URL alone."""
    return np.fromiter((side_of(url, seed, validation) for url in urls), dtype=np.int8)


def sides(
    pages: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    own: NDArray[np.int8],
    known: NDArray[np.int8],
) -> NDArray[np.int8]:
    """The side of each page.

    ``pages`` is the page of each document, documents in the order in which they came; ``left``
    and ``right`` are the near-duplicates among them, the earlier one left; ``own`` is each page's
    side by its URL, ``known`` where it stood before, or ``OPEN``: there it stays.
    """
    side = np.where(known == OPEN, own, known).astype(np.int8)
    first = np.full(len(own), len(pages), dtype=np.int64)
    np.minimum.at(first, pages, np.arange(len(pages)))
    is_new = (first[pages] == np.arange(len(pages))) & (known[pages] == OPEN)
    after = is_new[right]
    before = is_new[left] & (known[pages[right]] != OPEN)  # came late, of an earlier time
    new = np.concatenate((right[after], left[before]))
    old = np.concatenate((left[after], right[before]))
    order = np.argsort(new, kind="stable")
    followers, leaders = pages[new[order]].tolist(), pages[old[order]].tolist()
    start = 0
    for end in range(1, len(followers) + 1):
        if end < len(followers) and followers[end] == followers[start]:
            continue
        found = {int(side[leader]) for leader in leaders[start:end]} - {NEITHER}
        if found:
            side[followers[start]] = found.pop() if len(found) == 1 else NEITHER
        start = end
    return side
