"""How all prompts begin and end, and all completions, as OpenAI's prepare_data asked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pipelines.faults import Found

ENOUGH: Final = 10  # examples; fewer begin alike by chance
_LONGEST: Final = 200  # characters that are compared
_SAMPLED: Final = 1_000  # examples whose capitals are counted
_WORD: Final = re.compile(r"\w")
_SHOWN: Final = 60


def common_start(one: str, other: str) -> str:
    """What two texts begin with.

    >>> common_start("Translate: one", "Translate: two")
    'Translate: '
    """
    if other.startswith(one):
        return one
    for place, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return one[:place]
    return one[: len(other)]


@dataclass(slots=True)
class Affixes:
    """One side of the examples, looked at text by text."""

    name: str
    count: int = 0
    start: str = ""
    end: str = ""  # backwards
    spaced: int = 0
    capitals: int = 0
    small: int = 0
    _first: bool = field(default=True)

    def add(self, text: str) -> None:
        """Take one more text."""
        start, end = text[:_LONGEST], text[: -_LONGEST - 1 : -1]
        if self._first:
            self.start, self.end, self._first = start, end, False
        else:
            self.start = common_start(self.start, start) if self.start else ""
            self.end = common_start(self.end, end) if self.end else ""
        if self.count < _SAMPLED:
            self.capitals += sum(map(str.isupper, start))
            self.small += sum(map(str.islower, start))
        self.count += 1
        self.spaced += text[:1].isspace()

    def faults(self, *, wants_affixes: bool) -> Iterator[Found]:
        """What is wrong with all of them together."""
        if self.capitals > self.small:
            yield Found("upper-case", self.name)
        if self.count >= ENOUGH and _WORD.search(self.start):
            yield Found("common-prefix", f"{self.name}: {self.start[:_SHOWN]!r}")
        if not wants_affixes or not self.count:
            return
        if not self.end:
            yield Found("no-separator" if self.name == "prompt" else "no-end")
        if self.name == "completion" and self.spaced < self.count:
            yield Found("no-space", f"{self.count - self.spaced:,} of {self.count:,}")
