"""How close an extracted text is to the expected one: of words, of blocks, of headings. Pure.

- Text: shingles of four words, with multiplicity, as in the article extraction benchmark of
  Zyte. Precision is the share of the extracted shingles that are expected, recall the share of
  the expected ones that were extracted.
- Blocks: the same of whole blocks; a block counts when all its words are equal.
- Headings: the same of headings; level and words must be equal.

What is optional (captions, notes, references, the title's own block) is neither rewarded nor
punished. Over a set, precision and recall are means over its pages, and F1 is their harmonic
mean; a page without headings, in which none was found, counts as 1.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from bench.annotated import Annotated, Expected

WORDS_A_SHINGLE: Final = 4
# Scripts that put no spaces between words: each letter is a word.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD: Final = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")
# Soft hyphen, zero-width space, word joiner, byte order mark.
_UNSEEN: Final = re.compile("[\u00ad\u200b\u2060\ufeff]")

Heading = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an extractor made of a page; ``headings`` is None when it knows none."""

    text: str
    blocks: tuple[str, ...]
    headings: tuple[Heading, ...] | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall, each from 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def mean(scores: Iterable[Score]) -> Score:
    """The mean precision and the mean recall over pages."""
    found = list(scores)
    count = max(1, len(found))
    return Score(
        sum(score.precision for score in found) / count,
        sum(score.recall for score in found) / count,
    )


def words(text: str) -> tuple[str, ...]:
    r"""The words of a text in lower case, without marks and without what is not seen.

    >>> words("Don't — Vladi\u00admir 公園へ!")
    ('don', 't', 'vladimir', '公', '園', 'へ')
    """
    return tuple(_WORD.findall(_UNSEEN.sub("", text).casefold()))


def shingles(tokens: Sequence[str], size: int = WORDS_A_SHINGLE) -> Counter[tuple[str, ...]]:
    """Every run of ``size`` words, with multiplicity; a shorter text is one shingle.

    >>> sorted(shingles(["a", "b", "c"], 2))
    [('a', 'b'), ('b', 'c')]
    """
    if not tokens:
        return Counter()
    last = max(1, len(tokens) - size + 1)
    return Counter(tuple(tokens[start : start + size]) for start in range(last))


def score(found: Counter[Any], required: Counter[Any], allowed: Counter[Any]) -> Score:
    """Precision and recall of ``found``; what is only ``allowed`` does not count.

    >>> score(Counter("abx"), Counter("ab"), Counter("abc"))
    Score(precision=0.6666666666666666, recall=1.0)
    """
    hits = (found & required).total()
    excess = (found - (required | allowed)).total()
    if not required.total():
        return Score(float(not excess), float(not excess))
    return Score(hits / (hits + excess) if hits else 0.0, hits / required.total())


def text_score(found: Extracted, page: Annotated) -> Score:
    """Of the shingles of the whole text."""
    return score(shingles(words(found.text)), *_counted(page, _all_shingles))


def block_score(found: Extracted, page: Annotated) -> Score:
    """Of whole blocks."""
    blocks = Counter(filter(None, map(words, found.blocks)))
    return score(blocks, *_counted(page, _all_blocks))


def heading_score(found: Extracted, page: Annotated) -> Score:
    """Of headings with their level; the title and optional headings may be at any level."""
    ignored = {words(block.text) for block in page.blocks if block.optional}
    ignored.add(words(page.title))
    required = Counter(
        (block.level, words(block.text))
        for block in page.blocks
        if block.kind == "heading" and not block.optional
    )
    headings = ((level, words(text)) for level, text in found.headings or ())
    kept = Counter(pair for pair in headings if pair in required or pair[1] not in ignored)
    return score(kept, required, Counter())


def _counted(page: Annotated, count: Any) -> tuple[Counter[Any], Counter[Any]]:
    """What is required and what is allowed, counted one way."""
    required = [block for block in page.blocks if not block.optional]
    return count(required), count(page.blocks)


def _all_shingles(blocks: Iterable[Expected]) -> Counter[Any]:
    return shingles(list(chain.from_iterable(words(block.text) for block in blocks)))


def _all_blocks(blocks: Iterable[Expected]) -> Counter[Any]:
    return Counter(words(block.text) for block in blocks)
