"""A line's parts -> the same, joined and cut where the borders between sentences are. Pure.

What sentencex cuts apart and is one sentence is joined; what it leaves together and is two is
cut. Most borders are like most others, and are only looked at.
"""

# ruff: noqa: RUF001 - the marks of many scripts are what this is about
from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from pipelines.lexicon import Lexicon

_MARKER: Final = re.compile(
    r"[•⁃▪◦*(-]?\s?(?:\d{1,2}|[A-Za-z]|[ivxIVX]{1,4})[.)]{1,2}"
    r"|(?:Example|Figure|Table|Listing|Chapter|Section|Step|Beispiel|Abbildung|Tabelle|Kapitel"
    r"|Abschnitt|Exemple|Tableau|Chapitre|Ejemplo|Figura|Tabla|Capítulo) \d[\d.-]*\."
)
_LONGEST_MARKER: Final = 20
_LONGEST_ABBREVIATION: Final = 20
_LONGEST_WORD: Final = 8  # no abbreviation has that many letters in a row
_DOTTED: Final = re.compile(r"\W?(?:[^\W\d_]{1,3}\.)+[^\W\d_]{1,3}")
_TWO: Final = 2
_SURELY_NO_MARKER: Final = _LONGEST_MARKER + _TWO
_SURE_ENDS: Final = frozenset(("! ", "? "))
_LOUD: Final = frozenset("!?")
_UNSPACED_FROM: Final = "\u2e80"  # scripts that put no space between sentences
_LOOK_BACK: Final = 1_000  # characters: a quotation that is longer does not bind
_OMISSION: Final = " ..."
_ELLIPSES: Final = ("...", "…", ". . .")
# A border that sentencex may have left inside a part; what follows decides.
_INSIDE: Final = re.compile(r"[.!?…](?:(?<=[.…])|[)\]])\s+(?=[^\W\d_a-z])")
_BEFORE_SPACE: Final = (".) ", ".] ", "… ")
_FIRST_WORD: Final = re.compile(r"[^\W\d_]+(?![\w(=-])")
_INCHES: Final = re.compile(r'\d"')
# Japanese: a quotation before one of these is a part of the sentence.
_PARTICLE: Final = re.compile(r"と(?!て|ころ|にかく|りあえず)|って|など|は(?!い)|が|を|に|の")
_QUOTE_ENDS: Final = frozenset("」』”’")
# Chinese: who said it.
_SPEAKS: Final = re.compile(r"[^，。！？,.!?]{1,6}?(?:说|說|道|问|問|答|喊)")


def _joins(before: str, after: str, lexicon: Lexicon) -> bool:
    """Whether what sentencex cut apart is one sentence."""
    stem = before.rstrip()
    first = after[0]
    if len(stem) <= _LONGEST_MARKER and (
        _MARKER.fullmatch(stem) or not any(map(str.isalnum, stem))
    ):
        return True
    if first.islower():
        return _joins_lower(stem, after, lexicon)
    if stem[-1] != ".":
        if stem[-1] in _QUOTE_ENDS:
            return bool(_PARTICLE.match(after) or _SPEAKS.match(after))
        # "marked as !SAME": no sentence ends behind a space.
        return len(stem) == len(before) and stem[-1] in _LOUD and stem[-_TWO].isspace()
    if len(stem) == len(before):  # no space between: "B.A.-BA", ".NET"
        return first < _UNSPACED_FROM
    if stem.endswith(_OMISSION) and stem[-5:-4].isupper() and after[:2].isupper():
        return True  # "CREATE TABLE ... AS SELECT"
    if len(stem) > _LONGEST_WORD and stem[-_LONGEST_WORD:-1].isalpha():
        return False
    return _is_open(*_last_words(stem), after, lexicon)


def _last_words(stem: str) -> tuple[str, str]:
    """The last word but one of a part, or nothing, and its last, without the full stop."""
    words = stem[-_LONGEST_ABBREVIATION:-1].rsplit(" ", 2)
    return (words[-2] if len(words) > 1 else ""), words[-1]


def _joins_lower(stem: str, after: str, lexicon: Lexicon) -> bool:
    """The same, for what begins with a small letter: rarely a sentence, but "dpkg" may be one."""
    if stem[-1] != "." or stem.endswith(_ELLIPSES) or not lexicon.functions:
        return True
    earlier, last = _last_words(stem)
    if earlier[-1:].isdigit() or _is_abbreviation(last, lexicon) or _DOTTED.fullmatch(last):
        return True
    return _first_word(after) in lexicon.functions


def _is_abbreviation(word: str, lexicon: Lexicon) -> bool:
    """Whether a word with a full stop never ends a sentence; "CA" is not "ca"."""
    return word.lower() in lexicon.never_final and (len(word) == 1 or not word.isupper())


def _is_open(earlier: str, last: str, after: str, lexicon: Lexicon) -> bool:
    """Whether ``last`` and its full stop do not end a sentence: titles, initials, ordinals."""
    if _is_abbreviation(last, lexicon):
        return True
    if len(last) > 1 and last.isalpha():
        return False
    is_initial = last[-2:-1] == "-" or (len(last) == 1 and last != "I" and earlier[:1].isupper())
    is_initial = is_initial and last[-1].isupper()
    is_ordinal = last.isdigit() and earlier.lower() in lexicon.determiners
    return (is_initial or is_ordinal) and _first_word(after) not in lexicon.starters


def _first_word(text: str, start: int = 0) -> str:
    """The word at ``start``, or nothing when a name such as "is-enabled" stands there."""
    found = _FIRST_WORD.match(text, start)
    return found[0] if found else ""


def _is_inside(part: str, start: int, place: int) -> bool:
    """Whether a place stands in brackets or quotation marks; ``5"`` are inches."""
    head = part[max(start, place - _LOOK_BACK) : place]
    if head.count("(") > head.count(")") or head.count("[") > head.count("]"):
        return True
    marks = head.count('"')
    if marks and (marks - len(_INCHES.findall(head))) % 2 == 1:
        return True
    if head.isascii():
        return False
    low, high, closed = head.count("„"), head.count("“"), head.count("”")
    return (low > high + closed if low else high > closed) or head.count("«") > head.count("»")


def _split(part: str, lexicon: Lexicon) -> list[str]:
    """A part, cut where a word begins that only a sentence begins with."""
    cuts = [0]
    for found in _INSIDE.finditer(part):
        start = cuts[-1]
        if found.start() - start < _LONGEST_MARKER and _MARKER.fullmatch(
            part[start : found.start() + 1].strip()
        ):
            continue
        if found[0][1] in ")]":
            # A whole sentence in brackets ends with them; a remark within one does not.
            if part.rfind("(" if found[0][1] == ")" else "[", start, found.start()) != start:
                continue
        elif (
            _first_word(part, found.end()) not in lexicon.starters
            or _last_word(part, found.start()) in lexicon.never_final
            or _is_inside(part, start, found.start())
        ):
            continue
        cuts.append(found.end())
    return [part[start:end] for start, end in pairwise([*cuts, len(part)])]


def _last_word(part: str, end: int) -> str:
    return part[part.rfind(" ", 0, end) + 1 : end].strip("(\"'“[").lower()


def _is_plain(before: str, after: str, lexicon: Lexicon) -> bool:
    """Whether a cut is like nearly all cuts and stays: cheap, and right to say no."""
    if not "A" <= after < "[" or len(before) <= _SURELY_NO_MARKER:
        return False
    end = before[-_TWO:]
    if end != ". ":
        return end in _SURE_ENDS
    last = before[before.rfind(" ", 0, -_TWO) + 1 : -_TWO]
    return len(last) > 1 and last.isalpha() and last.lower() not in lexicon.never_final


def joined(parts: list[str], lexicon: Lexicon) -> list[str]:
    """The parts, with those put together that are one sentence."""
    starts = [
        at
        for at, (before, after) in enumerate(pairwise(parts), 1)
        if _is_plain(before, after, lexicon) or not _joins(before, after, lexicon)
    ]
    if len(starts) + 1 == len(parts):
        return parts
    return ["".join(parts[start:end]) for start, end in pairwise([0, *starts, len(parts)])]


def cut_inside(line: str, parts: list[str], lexicon: Lexicon) -> list[str]:
    """The parts, with those cut that hold two sentences; most are not looked at closely."""
    odd = [mark for mark in _BEFORE_SPACE if mark in line]
    cut = []
    for part in parts:
        if part.find(". ", 0, -_TWO) >= 0 or (odd and any(mark in part for mark in odd)):
            cut += _split(part, lexicon)
        else:
            cut.append(part)
    return cut
