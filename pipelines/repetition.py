"""Whether a text repeats itself: repeated lines and n-grams, as Gopher counts them. Pure.

The thresholds are those of Rae et al. 2021, "Scaling Language Models: Methods, Analysis &
Insights from Training Gopher", table A1 (repetition removal).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

# Share of all lines, and of all letters, that stand in lines said before.
_LINES_MOST: Final = 0.30
_LINE_LETTERS_MOST: Final = 0.20
# n -> share of letters in the most frequent n-gram; and in n-grams that were said before.
_TOP_MOST: Final = {2: 0.20, 3: 0.18, 4: 0.16}
_AGAIN_MOST: Final = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
# Gopher judges documents of 50 words and more; a short text repeats itself by chance.
_LEAST_WORDS: Final = 50
_LEAST_LETTERS: Final = 2 * _LEAST_WORDS - 1  # with the spaces between them
_LEAST_LINES: Final = 4
# Cheap look first: a text whose 5-grams are nearly all different passes each of the rules above.
_FIRST_LOOK: Final = 5
_NEARLY_ALL: Final = 0.92
# A part may begin and end within words of the whole: one 5-gram at each end is its own.
_CUT_WORDS: Final = 2


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


def repeats_phrases(text: str, again: Callable[[], int] | None = None) -> bool:
    """Whether too much of a text of 50 words or more is one n-gram, or n-grams said before.

    ``again`` gives ``count_again`` of a text that it is a part of, which may spare the look.
    """
    if len(text) < _LEAST_LETTERS:
        return False
    words = text.split()
    count = len(words) - _FIRST_LOOK + 1
    if len(words) < _LEAST_WORDS:
        return False
    if again and count - again() - _CUT_WORDS >= _NEARLY_ALL * count:
        return False
    first = _grams(words, _FIRST_LOOK)
    if len(set(first)) >= _NEARLY_ALL * len(first):
        return False
    letters = sum(map(len, words))
    return any(_top_share(words, n, letters) > most for n, most in _TOP_MOST.items()) or any(
        _again_share(words, n, letters) > most for n, most in _AGAIN_MOST.items()
    )


def count_again(text: str) -> int:
    """How many of a text's 5-grams stood in it before; in no part of it are there more."""
    grams = _grams(text.split(), _FIRST_LOOK)
    return len(grams) - len(set(grams))


def _grams(words: list[str], n: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(n)), strict=False))


def _top_share(words: list[str], n: int, letters: int) -> float:
    gram, count = Counter(_grams(words, n)).most_common(1)[0]
    return sum(map(len, gram)) * count / letters if count > 1 else 0.0


def _again_share(words: list[str], n: int, letters: int) -> float:
    """The share of letters in words that belong to an n-gram said before."""
    seen: set[tuple[str, ...]] = set()
    repeated, until = 0, 0
    for index, gram in enumerate(_grams(words, n)):
        if gram in seen:
            repeated += sum(map(len, words[max(index, until) : index + n]))
            until = index + n
        seen.add(gram)
    return repeated / letters
