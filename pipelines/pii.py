"""E-mail addresses and telephone numbers in a text, found and replaced. Pure.

Written for prose: addresses of domains that exist for examples (RFC 2606) stay, as do
``git@host:path`` and addresses within URLs; a number counts when its form or the word before it
says that it is a telephone's.
"""

# ruff: noqa: RUF001 - dashes in numbers of real pages are what this is about
from __future__ import annotations

import re
from typing import Final

EMAIL_MASK: Final = "[email]"
PHONE_MASK: Final = "[phone]"

_EMAIL: Final = re.compile(
    r"(?<![\w.+/:@-])[\w.+-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}"
    r"(?![\w@]|[:/]\S|\.\w)"
)
_FOR_EXAMPLES: Final = re.compile(
    r"(?:[@.]example\.(?:com|net|org)|\.(?:example|test|invalid|localhost)"
    r"|\.(?:service|timer|socket|target|mount))$",  # units of systemd look like addresses
    re.IGNORECASE,
)
_PHONE: Final = re.compile(
    r"(?<![\w+.,:/=-])(?:"
    r"\+[1-9]\d{0,2}[ .\-/\xa0](?:\(\d{1,5}\)|\d{1,7})(?:[ .\-/\xa0]?\d{1,7}){1,6}"  # +49 (0)30 12
    r"|\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}"  # (555) 123-4567
    r"|\(0\d{1,5}\)[ -]?\d{3,8}(?:[ -]\d{2,4})?"  # (030) 123456
    r"|0[1-9]\d{1,4}[ ]?[/–-][ ]?\d{5,9}"  # 030/123456
    r"|(?<=[Tt]el )0\d[\d ./-]{6,14}\d|(?<=[Tt]el\. )0\d[\d ./-]{6,14}\d"
    r"|(?<=Tel: )0\d[\d ./-]{6,14}\d|(?<=Tel\.: )0\d[\d ./-]{6,14}\d"
    r"|(?<=[Tt]elefon )0\d[\d ./-]{6,14}\d|(?<=[Pp]hone )0\d[\d ./-]{6,14}\d"
    r"|(?<=Telefon: )0\d[\d ./-]{6,14}\d|(?<=Phone: )0\d[\d ./-]{6,14}\d"
    r")(?![\w+])"
)
_LONG_NUMBER: Final = re.compile(r"\d[\d ()./\xa0–-]{5,}\d")
_LEAST_DIGITS: Final = 8
_MOST_DIGITS: Final = 15  # E.164
_DIGIT: Final = re.compile(r"\d")


def _email(found: re.Match[str]) -> str:
    return found[0] if _FOR_EXAMPLES.search(found[0]) else EMAIL_MASK


def _phone(found: re.Match[str]) -> str:
    digits = len(_DIGIT.findall(found[0]))
    return PHONE_MASK if _LEAST_DIGITS <= digits <= _MOST_DIGITS else found[0]


def mask_pii(text: str) -> str:
    """The text with every address and number replaced; without any, the same text.

    >>> mask_pii("Ask jane@uni-bonn.de or +49 228 730; you@example.com is nobody's.")
    "Ask [email] or [phone]; you@example.com is nobody's."
    """
    if "@" in text:
        text = _EMAIL.sub(_email, text)
    return _PHONE.sub(_phone, text) if _LONG_NUMBER.search(text) else text
