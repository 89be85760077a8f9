"""Two texts that are nearly the same -> their words, what is the same and what is not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final, NamedTuple

MOST_WORDS: Final = 500  # of each text that are compared: the time grows faster than they do
MOST_SHOWN: Final = 900  # characters of each text, about
_AROUND: Final = 9  # words of a long run that are shown on each side
_LONGEST: Final = 80  # characters of a word
# Scripts without spaces: a letter is a word. Thai to Myanmar, Khmer, kana, Han, Hangul.
_LETTER: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
)
_WORD: Final = re.compile(rf"([{_LETTER}]|[^\s{_LETTER}]{{1,{_LONGEST}}})(\s*)")
REST: Final = -1  # all that comes after


class Run(NamedTuple):
    """Words in a row: the same in both texts, or not; ``left_out`` are not shown, or ``REST``."""

    words: str
    same: bool
    left_out: int = 0


class _Word(NamedTuple):
    letters: str
    space: str


def compared(left: str, right: str) -> tuple[list[Run], list[Run]]:
    """The runs of both texts; of long runs that are the same, their ends.

    >>> compared("Bees live in hives.", "Bees live in old hives.")[1]
    [Run(words='Bees live in ', same=True, left_out=0), Run(words='old ', same=False, left_out=0), \
Run(words='hives.', same=True, left_out=0)]
    """
    one, other = _words(left), _words(right)
    letters = [word.letters for word in one], [word.letters for word in other]
    matcher = SequenceMatcher(None, *letters, autojunk=False)
    lefts: list[Run] = []
    rights: list[Run] = []
    steps = matcher.get_opcodes()
    for place, (tag, a, b, c, d) in enumerate(steps):
        is_same = tag == "equal"
        begins, ends = place == 0, place == len(steps) - 1
        for words, runs in ((one[a:b], lefts), (other[c:d], rights)):
            if is_same:
                runs.extend(_shortened(words, begins=begins, ends=ends))
            elif words:
                runs.append(Run(_joined(words)[:MOST_SHOWN], same=False))
        shown = max(sum(len(run.words) for run in runs) for runs in (lefts, rights))
        is_cut = ends and max(len(one), len(other)) == MOST_WORDS
        if is_cut or (shown > MOST_SHOWN and not ends):
            lefts.append(Run("", same=True, left_out=REST))
            rights.append(Run("", same=True, left_out=REST))
            break
    return lefts, rights


def _words(said: str) -> list[_Word]:
    found = zip(range(MOST_WORDS), _WORD.finditer(said), strict=False)
    return [_Word(match[1], " " if match[2] else "") for _, match in found]


def _joined(words: list[_Word]) -> str:
    return "".join(letters + space for letters, space in words)


def _shortened(words: list[_Word], *, begins: bool, ends: bool) -> Iterator[Run]:
    """The ends of a long run that touch what differs; of a whole text its beginning."""
    head = 4 * _AROUND if begins and ends else _AROUND
    tail = 0 if ends else _AROUND
    if len(words) <= head + tail + _AROUND:
        yield Run(_joined(words), same=True)
        return
    yield Run(_joined(words[:head]), same=True)
    yield Run("", same=True, left_out=len(words) - head - tail)
    if tail:
        yield Run(_joined(words[-tail:]), same=True)
