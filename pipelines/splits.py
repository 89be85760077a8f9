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
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Indexes = NDArray[np.int64]

TRAIN: Final = 0
VALIDATION: Final = 1
NEITHER: Final = 2
OPEN: Final = -1  # not said so far
SPLITS: Final = ("train", "validation")
_ROUNDS: Final = 12  # in which pages follow others together, before the rest does one by one


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
    pages: Indexes,
    left: Indexes,
    right: Indexes,
    own: Callable[[Indexes], NDArray[np.int8]],
    known: NDArray[np.int8],
) -> NDArray[np.int8]:
    """The side of each page.

    ``pages`` is the page of each document, documents in the order in which they came; ``left``
    and ``right`` are the near-duplicates among them, the earlier one left; ``own`` gives the sides
    of pages by their URLs, ``known`` is where each stood before, or ``OPEN``: there it stays.
    """
    side = known.astype(np.int8)
    first = np.full(len(known), len(pages), dtype=np.int64)
    np.minimum.at(first, pages, np.arange(len(pages)))
    is_new = (first[pages] == np.arange(len(pages))) & (known[pages] == OPEN)
    after = is_new[right]
    before = is_new[left] & (known[pages[right]] != OPEN)  # came late, of an earlier time
    new = np.concatenate((right[after], left[before]))
    old = np.concatenate((left[after], right[before]))
    order = np.argsort(new, kind="stable")
    followers, leaders = pages[new[order]], pages[old[order]]
    alone = known == OPEN
    alone[followers] = False
    side[alone] = own(np.flatnonzero(alone))
    for _ in range(_ROUNDS):
        followers, leaders = _followed(side, followers, leaders, own)
    _follow_one_by_one(side, followers.tolist(), leaders.tolist(), own)
    return side


def _followed(
    side: NDArray[np.int8],
    followers: Indexes,
    leaders: Indexes,
    own: Callable[[Indexes], NDArray[np.int8]],
) -> tuple[Indexes, Indexes]:
    """Give pages all of whose leaders have a side theirs; returns those that are left."""
    if not len(followers):
        return followers, leaders
    begins = np.flatnonzero(np.concatenate(([True], followers[1:] != followers[:-1])))
    page, theirs = followers[begins], side[leaders]
    ready = np.logical_and.reduceat(theirs != OPEN, begins)
    trains, validates = (
        np.logical_or.reduceat(theirs == one, begins) for one in (TRAIN, VALIDATION)
    )
    found = np.where(trains & validates, NEITHER, np.where(trains, TRAIN, VALIDATION))
    told = ready & (trains | validates)
    side[page[told]] = found[told]
    untold = page[ready & ~told]
    side[untold] = own(untold)
    left = ~np.repeat(ready, np.diff(np.append(begins, len(followers))))
    return followers[left], leaders[left]


def _follow_one_by_one(
    side: NDArray[np.int8],
    followers: list[int],
    leaders: list[int],
    own: Callable[[Indexes], NDArray[np.int8]],
) -> None:
    """The same for long chains, the first page first."""
    start = 0
    for end in range(1, len(followers) + 1):
        if end < len(followers) and followers[end] == followers[start]:
            continue
        page = followers[start]
        found = {int(side[leader]) for leader in leaders[start:end]} - {NEITHER}
        if found:
            side[page] = found.pop() if len(found) == 1 else NEITHER
        else:
            side[page] = own(np.array([page]))[0]
        start = end
