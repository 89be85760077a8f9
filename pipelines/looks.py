"""What a text looks like: words, whole sentences, prose, or symbols. Pure."""

from __future__ import annotations

import re
from string import ascii_letters
from typing import Final

from pipelines.sentences import is_finished

_LETTER: Final = re.compile(r"[^\W\d_]")
# Gopher (Rae et al. 2021, section A.1.1) wants a letter in 80% of a document's words. A pair's
# completion may be a table or code, so ours is where symbols and digits outweigh words.
_LETTERED_LEAST: Final = 0.5
_LETTERS_LEAST: Final = 0.4
_LETTERS_ENOUGH: Final = 0.6
LOOKED_AT: Final = 500  # characters
_LEAST_LINES: Final = 4
_LEAST_SAID: Final = 8  # words
_SAID_ENOUGH: Final = 150  # characters of prose
_OMISSIONS: Final = ("…", "...", "…]", "...]", "…)", "...)")  # of a synopsis
# A line that ends within a sentence: what stood there is lost.
_BROKEN: Final = re.compile(r" (?:that|the|an?)$", re.MULTILINE)
_BROKEN_ENDS: Final = (" that\n", " the\n", " a\n", " an\n")
_LEAST_BROKEN: Final = 4  # words
# So ends no text: what it announced, or the rest of its sentence, is lost.
_ANNOUNCING: Final = (":", ":)", ":”", ':"')
_UNENDED: Final = frozenset("that the a an of into and or with from".split())
_END: Final = 80  # characters
_MARK: Final = re.compile(r"\w[.!?] ")
_SAID_LEAST: Final = 0.15
_A_THIRD: Final = 3
_TWICE: Final = 2
# Scripts that put no spaces between words; two letters make about one word.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_LETTERS_A_WORD: Final = 2
_ASCII: Final = re.compile("[\x00-\x7f]+")
_NO_LETTERS: Final = bytes(set(range(128)) - set(ascii_letters.encode()))
_SPACES: Final = bytes(code for code in range(128) if chr(code).isspace())


def has_words(text: str, count: int) -> bool:
    """Whether there are ``count`` words or more."""
    if text.isascii():
        return len(text) >= 2 * count - 1 and len(text.split(None, count)) >= count
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced // _LETTERS_A_WORD >= count


def holds_sentences(text: str) -> bool:
    """Whether each line is a whole sentence or more; all but the last may announce the next."""
    *lines, last = text.split("\n")
    return is_finished(last) and all(is_finished(line, announcing=True) for line in lines)


def is_symbols(text: str) -> bool:
    """Whether most characters are no letters, white space aside, or most words have none."""
    text = text[:LOOKED_AT]
    if text.count("\n") + 1 >= _LEAST_LINES:
        lines = text.split("\n")
        if sum(map(_is_code_number, lines)) * _A_THIRD >= len(lines):
            return True
    share = _count_letters(text) / max(1, _count_signs(text))
    if share < _LETTERS_LEAST or share > _LETTERS_ENOUGH:
        return share < _LETTERS_LEAST
    words = text.split()
    return sum(1 for word in words if _LETTER.search(word)) < _LETTERED_LEAST * len(words)


def _count_letters(text: str) -> int:
    others = "" if text.isascii() else _ASCII.sub("", text)
    plain = len(text.encode("ascii", "ignore").translate(None, _NO_LETTERS))
    return plain + sum(map(str.isalpha, others))


def _count_signs(text: str) -> int:
    """How many characters are no white space."""
    if text.isascii():
        return len(text.encode().translate(None, _SPACES))
    return sum(map(len, text.split()))


def _is_code_number(line: str) -> bool:
    """Whether a line is mostly digits: a serial number, a row of figures."""
    return sum(map(str.isdigit, line)) * _TWICE > len(line)


def is_unsaid(text: str) -> bool:
    """Whether no or little prose is in a text: links, names, a synopsis."""
    said = 0
    lines = text.split("\n")
    for line in lines:
        if (is_finished(line) or _MARK.search(line)) and not line.endswith(_OMISSIONS):
            said += len(line) if has_words(line, _LEAST_SAID) or len(lines) == 1 else 0
            if said > _SAID_ENOUGH:
                return False
    return said <= _SAID_LEAST * len(text)


def is_broken(text: str) -> bool:
    r"""Whether a line or the text ends within a sentence, as where a part of it was lost.

    >>> is_broken("A hive is a box that\nBees live in it."), is_broken("Bees\nThey fly.")
    (True, False)
    >>> is_broken("There are two sorts of hives:")
    True
    """
    last = text[-_END:].rpartition("\n")[2].split()
    if text.endswith(_ANNOUNCING) or (len(last) >= _LEAST_BROKEN and last[-1] in _UNENDED):
        return True
    if not any(end in text for end in _BROKEN_ENDS):
        return False
    for found in _BROKEN.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if line[:1].isupper() and len(line.split(None, _LEAST_BROKEN)) >= _LEAST_BROKEN:
            return True
    return False
