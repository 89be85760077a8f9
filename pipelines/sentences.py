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

from pipelines.lexicon import LEXICONS, NO_LEXICON, Lexicon
from pipelines.rules import Splitter

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_FALLBACK: Final = "en"
# The tutorial's split, but between the mark and the space: the mark stays with its sentence.
_AFTER_MARK: Final = re.compile(r"(?<=[.?!])\s+")

# "1." "2.)" "a)" "• 3." "⁃4." at the beginning of a line: bullet, number or letter, style.
_LIST_START: Final = re.compile(r"\s*([•⁃▪◦*-]?\s?)(\d{1,2}|[a-y])(\.\)|\)|\.)\s")
_LIST_STARTS_WITH: Final = frozenset("0123456789a•⁃▪◦*- ")
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
_UNSPACED_FROM: Final = "\u2e80"  # scripts that put no space between sentences
_LOOK_BACK: Final = 1_000  # characters: a quotation that is longer does not bind
_ELLIPSES: Final = ("...", "…", ". . .")
_SPACED_DOTS: Final = ". . . ."
# A border that sentencex may have left inside a part; what follows decides.
_INSIDE: Final = re.compile(r"(?:[.…]|[.!?…][)\]])\s+(?=[^\W\d_a-z])")
_FIRST_WORD: Final = re.compile(r"[^\W\d_]+(?![\w(=-])")
_INCHES: Final = re.compile(r'\d"')
# Japanese: a quotation before one of these is a part of the sentence.
_PARTICLE: Final = re.compile(r"と(?!て|ころ|にかく|りあえず)|って|など|は(?!い)|が|を|に|の")
_QUOTE_ENDS: Final = frozenset("」』”’")
# Chinese: who said it.
_SPEAKS: Final = re.compile(r"[^，。！？,.!?]{1,6}?(?:说|說|道|问|問|答|喊)")
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
        return False
    if len(stem) == len(before):  # no space between: "B.A.-BA", ".NET"
        return first < _UNSPACED_FROM
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
    is_initial = last[-2:-1] == "-" or (len(last) == 1 and last != "I" and earlier[:1].isupper())
    is_initial = is_initial and last[-1].isupper()
    is_ordinal = last.isdigit() and earlier.lower() in lexicon.determiners
    return (is_initial or is_ordinal) and _first_word(after) not in lexicon.starters


def _first_word(text: str, start: int = 0) -> str:
    """The word at ``start``, or nothing when a name such as "is-enabled" stands there."""
    found = _FIRST_WORD.match(text, start)
    return found[0] if found else ""


def _may_hold_two(line: str, parts: list[str]) -> bool:
    """Whether a border may be inside a part: cheap, and right to say no."""
    for part in parts:
        if part.find(". ", 0, len(part) - _TWO) >= 0:
            return True
    return ".) " in line or "… " in line or ".] " in line


def _is_inside(part: str, start: int, place: int) -> bool:
    """Whether a place stands in brackets or quotation marks; ``5"`` are inches."""
    head = part[max(start, place - _LOOK_BACK) : place]
    low, high, closed = head.count("„"), head.count("“"), head.count("”")
    return (
        head.count("(") > head.count(")")
        or head.count("[") > head.count("]")
        or (low > high + closed if low else high > closed)
        or head.count("«") > head.count("»")
        or (head.count('"') - len(_INCHES.findall(head))) % 2 == 1
    )


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


def _by_sentencex(line: str, language: str, lexicon: Lexicon) -> list[str]:
    """One line's sentences, with the white space around them."""
    parts: list[str] = sentencex.segment(language, line)
    joins = [_joins(parts[at - 1], parts[at], lexicon) for at in range(1, len(parts))]
    if True in joins:
        starts = [0, *(index for index, joined in enumerate(joins, 1) if not joined), len(parts)]
        parts = ["".join(parts[start:end]) for start, end in pairwise(starts)]
    if lexicon.starters and _may_hold_two(line, parts):
        parts = [piece for part in parts for piece in _split(part, lexicon)]
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
    found: list[str] = []
    for line in text.splitlines():
        items = [line]
        if line[:1] in _LIST_STARTS_WITH:
            items = _list_items(line)
        elif known == "th":
            items = _THAI_END.split(line)
        for item in items:
            found += _by_sentencex(item, known, lexicon)
    return found


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
