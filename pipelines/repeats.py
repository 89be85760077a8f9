"""What stands twice in training data, and on both sides of a split, by 8-byte hashes. Pure.

Some 45 bytes an example are kept, whatever its length, and of the first half million a signature of
256 bytes, by which examples are found that hardly differ.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pipelines.fingerprint import BANDS, minhash
from pipelines.messages import Example
from pipelines.near import components, links
from pipelines.records import normalised

MANY_PROMPTS: Final = 5  # with one completion: more than chance
SHOWN: Final = 5
MOST_SIGNED: Final = 500_000
# Of the runs of three words that either has: in 60 words, one or two are others. Templates with
# one other word in 20 stay below it.
SIMILAR: Final = 0.8

_Hashes = npt.NDArray[Any]
_NOTHING: Final = re.compile(r"[\W_]+")
_NO_SIGNS: Final = bytes(code for code in range(128) if not chr(code).isalnum())


class Again(NamedTuple):
    """A kind of repetition: how many examples have it, some of them with those they repeat."""

    name: str
    examples: int
    shown: tuple[tuple[int, int], ...]  # (its number, the number of the other)


def digest(text: str) -> int:
    """8 bytes of BLAKE2b, the same in every process.

    >>> digest("bees") == digest("bees"), digest("bees") == digest("Bees")
    (True, False)
    """
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def bare(text: str) -> str:
    """Letters and digits only, in one case.

    >>> bare("The bees' Queen, of 2026!")
    'thebeesqueenof2026'
    """
    if text.isascii():
        return text.lower().encode().translate(None, _NO_SIGNS).decode()
    return _NOTHING.sub("", normalised(text))


class Repeats:
    """Hashes of every example, in the order in which they came, and signatures when asked to."""

    def __init__(self, *, signs: bool = False) -> None:
        self._signs = signs
        self._signatures = bytearray()
        self._whole, self._near = array("Q"), array("Q")
        self._prompt, self._completion, self._url = array("Q"), array("Q"), array("Q")
        self._held_out = array("b")

    def __len__(self) -> int:
        return len(self._whole)

    def add(self, example: Example, url: str, *, held_out: bool) -> None:
        """Take one more example; ``held_out`` ones are not trained on."""
        prompt, completion = example.prompt, example.completion
        self._whole.append(digest(f"{prompt}\x00{completion}"))
        self._near.append(digest(f"{bare(prompt)}\x00{bare(completion)}"))
        self._prompt.append(digest(prompt.strip()) if prompt.strip() else 0)
        self._completion.append(digest(completion.strip()))
        self._url.append(digest(url) if url else 0)
        self._held_out.append(held_out)
        if self._signs and len(self) <= MOST_SIGNED:
            self._signatures += minhash(f"{prompt}\n{completion}")

    def found(self) -> Iterator[Again]:
        """Every kind of repetition that there is."""
        whole, near = _numbers(self._whole), _numbers(self._near)
        held_out = np.frombuffer(self._held_out, dtype=np.int8).astype(bool)
        later = _later(whole, held_out)
        yield _again("duplicate", later, whole)
        once = np.ones(len(whole), dtype=bool)
        once[later] = False
        alike = _later(near, held_out, once)
        yield _again("near-duplicate", alike, near)
        yield self._completions(once)
        leaks = (("leaked-text", near), ("leaked-url", _numbers(self._url)))
        for name, hashes in (*leaks, ("leaked-prompt", _numbers(self._prompt))):
            yield _leaked(name, hashes, held_out)
        if self._signatures:
            once[alike] = False
            once &= ~(held_out & np.isin(near, near[~held_out]))
            yield from self._similar(once, held_out)

    def _similar(
        self, once: npt.NDArray[np.bool_], held_out: npt.NDArray[np.bool_]
    ) -> Iterator[Again]:
        """Those that hardly differ, among examples of which no hash was told of already."""
        bands = np.frombuffer(self._signatures, dtype="<u8").reshape(-1, BANDS)
        places = np.flatnonzero(once[: len(bands)])
        found = links(bands if len(places) == len(bands) else bands[places], SIMILAR)
        clusters = components(len(places), found.left, found.right)
        sides = held_out[places]
        trained = np.unique(clusters[~sides])
        leaked = np.flatnonzero(sides & np.isin(clusters, trained))
        inner = _within(clusters, sides)
        for name, members in (("similar", inner), ("leaked-similar", leaked)):
            shown = tuple(
                (int(places[each]), int(places[_other(each, clusters, sides, name)]))
                for each in members[:SHOWN]
            )
            yield Again(name, len(members), shown)

    def _completions(self, once: npt.NDArray[np.bool_]) -> Again:
        """Examples whose completion many prompts have; the most frequent ones are shown."""
        places = np.flatnonzero(once)
        hashes, pairs = _numbers(self._completion)[places], _numbers(self._whole)[places]
        distinct = np.unique(pairs, return_index=True)[1]  # not once a side of the split
        values, first, counts = np.unique(hashes[distinct], return_index=True, return_counts=True)
        many = np.flatnonzero(counts >= MANY_PROMPTS)
        many = many[np.argsort(-counts[many], kind="stable")]
        total = int(np.isin(hashes[distinct], values[many]).sum())
        shown = [int(places[distinct[first[each]]]) for each in many[:SHOWN]]
        return Again("repeated-completion", total, tuple((place, place) for place in shown))


def _within(clusters: _Hashes, sides: npt.NDArray[np.bool_]) -> _Hashes:
    """Members of clusters that are not the first of theirs on their side of the split."""
    key = clusters * 2 + sides
    first = np.unique(key, return_index=True)[1]
    later = np.ones(len(key), dtype=bool)
    later[first] = False
    return np.flatnonzero(later)


def _other(member: int, clusters: _Hashes, sides: npt.NDArray[np.bool_], name: str) -> int:
    """The first of a member's cluster: on its side, or for a leak on the other."""
    side = sides[member] if name == "similar" else ~sides[member]
    return int(np.flatnonzero((clusters == clusters[member]) & (sides == side))[0])


def _numbers(hashes: array[int]) -> _Hashes:
    return np.frombuffer(hashes, dtype=np.uint64) if hashes else np.empty(0, dtype=np.uint64)


def _later(
    hashes: _Hashes, held_out: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_] | None = None
) -> _Hashes:
    """The places of hashes that stood before on the same side of the split."""
    found = []
    for side in (False, True):
        mask = held_out == side if among is None else (held_out == side) & among
        places = np.flatnonzero(mask)
        order = places[np.argsort(hashes[places], kind="stable")]
        ordered = hashes[order]
        found.append(order[1:][ordered[1:] == ordered[:-1]])
    return np.sort(np.concatenate(found))


def _again(name: str, places: _Hashes, hashes: _Hashes) -> Again:
    shown = []
    for place in places[:SHOWN]:
        first = int(np.flatnonzero(hashes == hashes[place])[0])
        shown.append((int(place), first))
    return Again(name, len(places), tuple(shown))


def _leaked(name: str, hashes: _Hashes, held_out: npt.NDArray[np.bool_]) -> Again:
    """Held-out examples of which something is trained on."""
    places = np.flatnonzero(held_out & (hashes != 0))
    both = places[np.isin(hashes[places], hashes[~held_out])]
    shown = []
    for place in both[:SHOWN]:
        trained = np.flatnonzero(~held_out & (hashes == hashes[place]))[0]
        shown.append((int(place), int(trained)))
    return Again(name, len(both), tuple(shown))
