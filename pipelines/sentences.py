"""Text -> sentences, in many languages. Pure."""

from __future__ import annotations

import re
from typing import Final, get_args

import sentencex

from pipelines.rules import Splitter

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_FALLBACK: Final = "en"
# The tutorial's split, but between the mark and the space: the mark stays with its sentence.
_AFTER_MARK: Final = re.compile(r"(?<=[.?!])\s+")


def _by_sentencex(text: str, language: str) -> list[str]:
    known = language if _LANGUAGE.fullmatch(language) else _FALLBACK
    return [part for line in text.splitlines() for part in sentencex.segment(known, line)]


def split_sentences(text: str, language: str = "en", splitter: str = "sentencex") -> list[str]:
    r"""The sentences of ``text``, stripped, none empty; only white space between them is lost.

    ``splitter`` is ``"sentencex"`` (a newline always ends a sentence; an unknown ``language``
    is split as English) or ``"regex"``, the plain ``[.?!]\s+``. Raises ``ValueError`` for
    another splitter.

    >>> split_sentences("Dr. Smith came. Who?")
    ['Dr. Smith came.', 'Who?']
    >>> split_sentences("Dr. Smith came. Who?", splitter="regex")
    ['Dr.', 'Smith came.', 'Who?']
    """
    if splitter == "sentencex":
        parts = _by_sentencex(text, language)
    elif splitter == "regex":
        parts = _AFTER_MARK.split(text)
    else:
        raise ValueError(f"splitter is {splitter!r}, allowed: {', '.join(get_args(Splitter))}")
    return [part.strip() for part in parts if part.strip()]
