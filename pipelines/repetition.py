"""Whether a text repeats itself: repeated lines and n-grams, as Gopher counts them. Pure.

The thresholds are those of Rae et al. 2021, "Scaling Language Models: Methods, Analysis &
Insights from Training Gopher", table A1 (repetition removal).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, chain, compress, pairwise
from operator import ne
from typing import Final

from pipelines.sentences import is_finished

# Share of all lines, and of all letters, that stand in lines said before.
_LINES_MOST: Final = 0.30
_LINE_LETTERS_MOST: Final = 0.20
# n -> share of letters in the most frequent n-gram; and in n-grams that were said before.
_TOP_MOST: Final = {2: 0.20, 3: 0.18, 4: 0.16}
_AGAIN_MOST: Final = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
_AGAIN_LEAST: Final = min(_AGAIN_MOST.values())  # longer n-grams never are a greater share
# Gopher judges documents of 50 words and more; a short text repeats itself by chance.
PHRASES_FROM: Final = 50
_LEAST_LINES: Final = 4
# Cheap look first: a text whose 5-grams are nearly all different passes each of the rules above.
_FIRST_LOOK: Final = 5
_NEARLY_ALL: Final = 0.92
# A part may begin and end within words of the whole: a 5-gram at each end is its own.
_CUT_WORDS: Final = 3


def repeats_lines(text: str) -> bool:
    """Whether too many lines, or too much text, is in lines that stood there before."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < _LEAST_LINES:
        return False
    again = Counter(lines)
    extra = len(lines) - len(again)
    if not extra:
        return False
    letters = sum((count - 1) * len(line) for line, count in again.items())
    return extra / len(lines) > _LINES_MOST or letters / len(text) > _LINE_LETTERS_MOST


def repeats_phrases(text: str) -> bool:
    """Whether too much of a text of 50 words or more is one n-gram, or n-grams said before.

    Of a text with prose in it, too much of its prose.
    """
    words = text.split()
    if len(words) < PHRASES_FROM:
        return False
    first = _grams(words, _FIRST_LOOK)
    if len(set(first)) >= _NEARLY_ALL * len(first):
        return False
    words = _prose_of(text) or words
    letters = sum(map(len, words))
    return _says_one_again(words, letters) or _says_many_again(words, letters)


def _prose_of(text: str) -> list[str]:
    """The words of the lines that are sentences, if enough; code and tables repeat themselves."""
    lines = (line for line in text.split("\n") if is_finished(line, announcing=True))
    words = " ".join(lines).split()
    return words if len(words) >= PHRASES_FROM else []


def _says_one_again(words: list[str], letters: int) -> bool:
    """Whether one n-gram is too much of the text; no more of it than n times one word."""
    word_share = max(len(word) * count for word, count in Counter(words).items()) / letters
    return any(
        n * word_share > most and _top_share(words, n, letters) > most
        for n, most in _TOP_MOST.items()
    )


def _says_many_again(words: list[str], letters: int) -> bool:
    """Whether n-grams said before are too much; the longer they are, the less."""
    for n, most in _AGAIN_MOST.items():
        share = _again_share(words, n, letters)
        if share > most or share <= _AGAIN_LEAST:
            return share > most
    return False


class Phrases:
    """The 5-grams of a text, found once, by which most of its parts need no look of their own.

    ``starts`` are the places where its blocks begin, the first one 0.
    """

    def __init__(self, text: str, starts: Sequence[int]) -> None:
        self._text = text
        self._starts = starts
        self._parts = [text[start:end] for start, end in pairwise((*starts, len(text)))]

    @cached_property
    def _said(self) -> list[list[str]]:
        """Each block's words."""
        return [part.split() for part in self._parts]

    @cached_property
    def _grams(self) -> list[int]:
        """Their hashes: equal ones have equal; if others have, a part gets a look in vain."""
        words = list(chain.from_iterable(self._said))
        return list(map(hash, zip(*_shifted(words, _FIRST_LOOK), strict=False)))

    @cached_property
    def _again(self) -> int:
        """How many of them were said before, anywhere in the text."""
        return len(self._grams) - len(set(self._grams))

    @cached_property
    def _repeated(self) -> list[int]:
        """The places of those that were."""
        count = len(self._grams)
        first = dict(zip(reversed(self._grams), range(count - 1, -1, -1), strict=True))
        firsts = map(first.__getitem__, self._grams)
        return list(compress(range(count), map(ne, firsts, range(count))))

    @cached_property
    def _before(self) -> list[int]:
        """How many words stand before each block."""
        return [0, *accumulate(map(len, self._said))]

    @cached_property
    def _is_even(self) -> list[bool]:
        """Whether each block has nothing but single spaces between its words."""
        return [
            part.count(" ") + 1 == len(words) and part.rstrip("\n").isprintable()
            for part, words in zip(self._parts, self._said, strict=True)
        ]

    def may_repeat(self, start: int, end: int) -> bool:
        """Whether ``repeats_phrases`` may be true of ``text[start:end]``; right to say no."""
        if not self._again:
            return False
        first, last = self._words_before(start), self._words_before(end) - _FIRST_LOOK + 1
        count = last - first
        if count < PHRASES_FROM - 2 * _FIRST_LOOK:
            return False
        if count - self._again - _CUT_WORDS >= _NEARLY_ALL * count:
            return False
        repeated = bisect_left(self._repeated, last) - bisect_left(self._repeated, first)
        if count - repeated - _CUT_WORDS >= _NEARLY_ALL * count:
            return False
        return len(set(self._grams[first:last])) - _CUT_WORDS < _NEARLY_ALL * count

    def _words_before(self, place: int) -> int:
        block = bisect_right(self._starts, place) - 1
        text, start, before = self._text, self._starts[block], self._before[block]
        if place == start:
            return before
        if self._is_even[block]:
            return before + text.count(" ", start, place) + (not text[place - 1].isspace())
        return before + len(text[start:place].split())


def _shifted(words: list[str], n: int) -> list[list[str]]:
    return [words[start:] for start in range(n)]


def _grams(words: list[str], n: int) -> list[tuple[str, ...]]:
    return list(zip(*_shifted(words, n), strict=False))


def _top_share(words: list[str], n: int, letters: int) -> float:
    gram, count = Counter(_grams(words, n)).most_common(1)[0]
    return sum(map(len, gram)) * count / letters if count > 1 else 0.0


def _again_share(words: list[str], n: int, letters: int) -> float:
    """The share of letters in words that belong to an n-gram said before."""
    first: dict[tuple[str, ...], int] = {}
    grams = enumerate(_grams(words, n))
    repeated, until = 0, 0
    for index in [index for index, gram in grams if first.setdefault(gram, index) != index]:
        repeated += sum(map(len, words[max(index, until) : index + n]))
        until = index + n
    return repeated / letters
