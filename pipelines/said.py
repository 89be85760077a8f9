"""A sentence cut into its words, once for all that look at it. Pure."""

# ruff: noqa: RUF001 - apostrophes and quotation marks of real pages
from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

AROUND: Final = ".,:;!?…()[]\"'“”‘’„«»"


class Said(NamedTuple):
    """A sentence: as it stands, in small letters, its tokens, and those bare in small letters."""

    text: str
    lower: str
    tokens: list[str]
    words: list[str]


@lru_cache(maxsize=64)
def said(sentence: str) -> Said:
    """The words of a sentence; the last few sentences are remembered.

    >>> said("Bees (small ones) fly.").words
    ['bees', 'small', 'ones', 'fly']
    """
    lower = sentence.lower()
    words = [word if word.isalpha() else word.strip(AROUND) for word in lower.split()]
    return Said(sentence, lower, sentence.split(), words)
