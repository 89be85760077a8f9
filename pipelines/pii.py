"""E-mail addresses and telephone numbers in a text, found and replaced. Pure.

Written for prose: addresses of domains that exist for examples (RFC 2606) stay, as do
``git@host:path`` and addresses within URLs; a number counts when its form or the word before it
says that it is a telephone's.
"""

# ruff: noqa: RUF001 - dashes in numbers of real pages are what this is about
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

EMAIL_MASK: Final = "[email]"
PHONE_MASK: Final = "[phone]"

_EMAIL: Final = re.compile(
    r"(?<![\w.+/:@-])[\w.+-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}"
    r"(?![\w@]|[:/]\S|\.\w)"
)
_LOCAL_PART: Final = re.compile(r"[\w.+-]{1,64}\Z")
_LONGEST_LOCAL: Final = 65  # characters to look at: one more than it may have
_FOR_EXAMPLES: Final = re.compile(
    r"(?:[@.]example\.(?:com|net|org)|\.(?:example|test|invalid|localhost)"
    r"|\.(?:service|timer|socket|target|mount))$",  # units of systemd look like addresses
    re.IGNORECASE,
)
_NUMBER: Final = (
    r"(?:"
    r"\+[1-9]\d{0,2}[ .\-/\xa0](?:\(\d{1,5}\)|\d{1,7})(?:[ .\-/\xa0]?\d{1,7}){1,6}"  # +49 (0)30 12
    r"|\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}"  # (555) 123-4567
    r"|\(0\d{1,5}\)[ -]?\d{3,8}(?:[ -]\d{2,4})?"  # (030) 123456
    r"|0[1-9]\d{1,4}[ ]?[/–-][ ]?\d{5,9}"  # 030/123456
    r"|(?<=[Tt]el )0\d[\d ./-]{6,14}\d|(?<=[Tt]el\. )0\d[\d ./-]{6,14}\d"
    r"|(?<=Tel: )0\d[\d ./-]{6,14}\d|(?<=Tel\.: )0\d[\d ./-]{6,14}\d"
    r"|(?<=[Tt]elefon )0\d[\d ./-]{6,14}\d|(?<=[Pp]hone )0\d[\d ./-]{6,14}\d"
    r"|(?<=Telefon: )0\d[\d ./-]{6,14}\d|(?<=Phone: )0\d[\d ./-]{6,14}\d"
    r")"
)
_NUMBER_ANYWHERE: Final = re.compile(_NUMBER)
_PHONE: Final = re.compile(rf"(?<![\w+.,:/=-]){_NUMBER}(?![\w+])")
_LONG_NUMBER: Final = re.compile(r"\d[\d ()./\xa0–-]{5,}\d")
_LONG_ASCII_NUMBER: Final = re.compile(r"[0-9][0-9 ()./-]{5,}[0-9]")
_IN_NUMBER: Final = re.compile(r"[\d ()./\xa0–+-]")  # or before it, as the plus is
_RUN: Final = re.compile(r"[\d ()./\xa0–+-]+")
_LEAST_DIGITS: Final = 8
# A text without a run of so many of the characters above has no number; what is not ASCII counts.
_MAY_BE: Final = bytes(48 if chr(code) in "0123456789 ()./+-?" else 120 for code in range(256))
_LEAST_RUN: Final = b"0" * _LEAST_DIGITS
_MOST_DIGITS: Final = 15  # E.164
_DIGIT: Final = re.compile(r"\d")


def mask_pii(text: str) -> str:
    """The text with every address and number replaced; without any, the same text.

    >>> mask_pii("Ask jane@uni-bonn.de or +49 228 730; you@example.com is nobody's.")
    "Ask [email] or [phone]; you@example.com is nobody's."
    """
    if "@" in text:
        text = _replaced(text, _emails(text), EMAIL_MASK)
    return _replaced(text, _phones(text), PHONE_MASK)


def pii_suspects(text: str) -> list[tuple[int, int]]:
    """Spans, by their ends, without any of which no part of the text is changed by ``mask_pii``.

    >>> pii_suspects("Ask jane@uni-bonn.de in 2026."), pii_suspects("Ask them in 2026.")
    ([(8, 9)], [])
    """
    found = [*_long_numbers(text), *((place, place + 1) for place in _places(text, "@"))]
    return sorted(found, key=lambda span: span[1])


def _long_numbers(text: str) -> Iterator[tuple[int, int]]:
    """The spans of what may hold a number, but for a plus or bracket before it."""
    if _LEAST_RUN not in text.encode("ascii", "replace").translate(_MAY_BE):
        return
    long = _LONG_ASCII_NUMBER if text.isascii() else _LONG_NUMBER
    for found in long.finditer(text):
        start, end = found.span()
        if sum(map(str.isdigit, found[0])) >= _LEAST_DIGITS and _NUMBER_ANYWHERE.search(
            text, max(0, start - 1), end
        ):
            yield start, end


def _places(text: str, mark: str) -> Iterator[int]:
    place = text.find(mark)
    while place >= 0:
        yield place
        place = text.find(mark, place + 1)


def _emails(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the addresses: what stands before each @ says where one may begin."""
    done = 0
    for place in _places(text, "@"):
        local = _LOCAL_PART.search(text[max(done, place - _LONGEST_LOCAL) : place])
        if not local:
            continue
        found = _EMAIL.match(text, place - len(local[0]))
        if found:
            done = found.end()
            if not _FOR_EXAMPLES.search(found[0]):
                yield found.span()


def _phones(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the numbers: each is within a run of its characters that is long enough."""
    done = 0
    for start, end in _long_numbers(text):
        if start < done:
            continue
        first = start
        while first > done and _IN_NUMBER.match(text[first - 1]):
            first -= 1
        run = _RUN.match(text, end)
        done = run.end() if run else end
        for found in _PHONE.finditer(text, first, done + 1):
            if _LEAST_DIGITS <= len(_DIGIT.findall(found[0])) <= _MOST_DIGITS:
                yield found.span()


def _replaced(text: str, spans: Iterable[tuple[int, int]], mask: str) -> str:
    parts, done = [], 0
    for start, end in spans:
        parts += [text[done:start], mask]
        done = end
    return "".join((*parts, text[done:])) if parts else text
