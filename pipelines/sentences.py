"""Text -> sentences, in many languages. Pure.

sentencex cuts a line; what it gets wrong in web prose is mended by looking at the cuts: parts
that belong together are joined, those that hold two sentences are split. Most parts are only
looked at, which is why this costs little: ``bench/sentences.py`` measures it.
"""

# ruff: noqa: RUF001, RUF003 - the marks of many scripts are what this is about
from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final, get_args

import sentencex

from pipelines.borders import cut_inside, joined
from pipelines.lexicon import LEXICONS, NO_LEXICON, Lexicon
from pipelines.rules import Splitter

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_FALLBACK: Final = "en"
# The tutorial's split, but between the mark and the space: the mark stays with its sentence.
_AFTER_MARK: Final = re.compile(r"(?<=[.?!])\s+")

# "1." "2.)" "a)" "• 3." "⁃4." at the beginning of a line: bullet, number or letter, style.
_LIST_START: Final = re.compile(r"\s*([•⁃▪◦*-]?\s?)(\d{1,2}|[a-y])(\.\)|\)|\.)\s")
_LIST_STARTS_WITH: Final = frozenset("0123456789a•⁃▪◦*- ")
_TWO: Final = 2
_OTHER_MARKS: Final = frozenset(("el", "hy"))  # a semicolon, a colon
_SPACED_DOTS: Final = ". . . ."
_WIDE_SPACE: Final = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# A sentence in brackets, without a space after it.
_REMARK: Final = re.compile(r"（[^（）]*[。！？]）(?=.)")
_CLOSERS: Final = "'\"”’»)]）」』 "
_MARKS: Final = tuple(".!?…。！？।؟۔።")
_WITHOUT_STOPS: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
# Thai has no full stop; these particles end a sentence, and a space follows.
_THAI_END: Final = re.compile(r"(?<=ครับ)\s+|(?<=ค่ะ)\s+|(?<=คะ)\s+")


def _list_items(line: str) -> list[str]:
    """A line that begins with a list's marker, cut before each following one ("2." after "1.")."""
    found = _LIST_START.match(line)
    if not found:
        return [line]
    bullet, mark, style = found.groups()
    cuts = [0]
    while True:
        mark = str(int(mark) + 1) if mark.isdigit() else chr(ord(mark) + 1)
        place = line.find(f" {bullet}{mark}{style} ", cuts[-1] + 1)
        if place < 0:
            break
        cuts.append(place + 1)
    return [line[start:end] for start, end in pairwise([*cuts, len(line)])]


def _after_remark(part: str) -> list[str]:
    found = _REMARK.match(part)
    return [found[0], part[found.end() :]] if found else [part]


def _four_dots(parts: list[str]) -> list[str]:
    """``compounds. . . . The``: the first dot ends the sentence, the omission is the next's."""
    moved = list(parts)
    for index, (part, after) in enumerate(pairwise(parts)):
        stem = part.rstrip()
        if stem.endswith(_SPACED_DOTS) and stem[-8:-7].isalnum() and after[0].isupper():
            border = len(stem) - len(_SPACED_DOTS) + _TWO
            moved[index], moved[index + 1] = moved[index][:border], part[border:] + after
    return moved


def _segments(line: str, language: str) -> list[str]:
    """What sentencex makes of a line. Wide spaces are plain ones to it: before a stop it panics."""
    if line.isprintable() or not _WIDE_SPACE.search(line):
        parts: list[str] = sentencex.segment(language, line)
        return parts
    place, cuts = 0, [0]
    for part in sentencex.segment(language, _WIDE_SPACE.sub(" ", line)):
        place += len(part)
        cuts.append(place)
    return [line[start:end] for start, end in pairwise(cuts)]


def _by_sentencex(line: str, language: str, lexicon: Lexicon) -> list[str]:
    """One line's sentences, with the white space around them."""
    parts = _segments(line, language)
    if len(parts) > 1:
        parts = joined(parts, lexicon)
    if lexicon.starters:
        parts = cut_inside(line, parts, lexicon)
    if "）" in line:
        parts = [piece for part in parts for piece in _after_remark(part)]
    if _SPACED_DOTS in line:
        parts = _four_dots(parts)
    return parts


@lru_cache(maxsize=256)
def _known(language: str) -> tuple[str, Lexicon]:
    known = language if _LANGUAGE.fullmatch(language) else _FALLBACK
    return known, LEXICONS.get(known, NO_LEXICON)


def _mended(text: str, language: str) -> list[str]:
    known, lexicon = _known(language)
    lines = text.splitlines()
    if len(lines) == 1 and _is_one(text, known):
        return lines
    found: list[str] = []
    for line in lines:
        items = [line]
        if line[:1] in _LIST_STARTS_WITH:
            items = _list_items(line)
        elif known == "th":
            items = _THAI_END.split(line)
        for item in items:
            found += _by_sentencex(item, known, lexicon)
    return found


def _is_one(line: str, language: str) -> bool:
    """Whether a line has no mark but at its end: cheap, and right to say no."""
    last = len(line) - 1
    return (
        line.isascii()
        and line.find(".", 0, last) < 0
        and line.find("?", 0, last) < 0
        and line.find("!", 0, last) < 0
        and language not in _OTHER_MARKS
        and line[:1] not in _LIST_STARTS_WITH
    )


def is_finished(sentence: str, *, announcing: bool = False) -> bool:
    """Whether a mark ends it, quotation marks and brackets aside; with ``announcing``, a colon too.

    >>> is_finished('He said "no."'), is_finished("Table of contents")
    (True, False)
    """
    bare = sentence.rstrip(_CLOSERS)
    return bare.endswith(_MARKS) or (announcing and bare.endswith((":", "："))) or _is_thai(bare)


def _is_thai(text: str) -> bool:
    """Whether the text ends in a script that has no full stop: Thai, Lao, Khmer, Burmese."""
    return bool(_WITHOUT_STOPS.match(text[-1:]))


def split_sentences(text: str, language: str = "en", splitter: str = "sentencex") -> list[str]:
    r"""The sentences of ``text``, stripped, none empty; only white space between them is lost.

    ``splitter`` is ``"sentencex"``, mended (a newline always ends a sentence; an unknown
    ``language`` is split as English), or ``"regex"``, the plain ``[.?!]\s+``. Raises
    ``ValueError`` for another splitter.

    >>> split_sentences("Dr. Smith came. He bought 2.7 m. The rest was sold.")
    ['Dr. Smith came.', 'He bought 2.7 m.', 'The rest was sold.']
    >>> split_sentences("Dr. Smith came. Who?", splitter="regex")
    ['Dr.', 'Smith came.', 'Who?']
    """
    if splitter == "sentencex":
        parts = _mended(text, language)
    elif splitter == "regex":
        parts = _AFTER_MARK.split(text)
    else:
        raise ValueError(f"splitter is {splitter!r}, allowed: {', '.join(get_args(Splitter))}")
    return [stripped for part in parts if (stripped := part.strip())]
