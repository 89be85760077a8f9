"""Whether a text is in another language than its page says. Pure.

By the script of its letters, and by the small words of seven languages. When little is said, or
the language is not one of those that can be told, the page is believed.
"""

from __future__ import annotations

import re
from string import ascii_letters
from typing import Final

from pipelines.lexicon import LEXICONS

_TOLD_BY_WORDS: Final = ("en", "de", "fr", "es", "it", "pt", "nl")
_WORDS: Final = {language: LEXICONS[language].functions for language in _TOLD_BY_WORDS}
# Languages by the script that most of their letters are of.
_SCRIPTS: Final = {
    "latin": (
        re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
        frozenset(
            "en de fr es it pt nl sv da nb nn no fi is et lv lt pl cs sk sl hr hu ro tr ca gl eu "
            "ga cy sq mt id ms vi af eo la".split()
        ),
    ),
    "cyrillic": (re.compile("[\u0400-\u04ff]"), frozenset(("ru", "uk", "be", "bg", "mk"))),
    "greek": (re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), frozenset(("el",))),
    "arabic": (re.compile("[\u0600-\u06ff]"), frozenset(("ar", "fa", "ur"))),
    "hebrew": (re.compile("[\u0590-\u05ff]"), frozenset(("he", "yi"))),
    "thai": (re.compile("[\u0e00-\u0e7f]"), frozenset(("th",))),
    "devanagari": (re.compile("[\u0900-\u097f]"), frozenset(("hi", "mr", "ne"))),
    "hangul": (re.compile("[\u1100-\u11ff\uac00-\ud7af]"), frozenset(("ko",))),
    "han": (re.compile("[\u3040-\u30ff\u3400-\u9fff]"), frozenset(("ja", "zh"))),
}
_SIGNS: Final = bytes(set(range(128)) - set(ascii_letters.encode()))
_LETTER: Final = re.compile(r"[^\W\d_]")
_LOOKED_AT: Final = 400  # characters
_LOOKED_AT_WHOLE: Final = 4_000
_LEAST_SMALL: Final = 0.15  # of the words of a text are small ones
_LEAST_LETTERS: Final = 20
_LEAST_SHARE: Final = 0.2  # of the page's script: names and code are often Latin
_LEAST_WORDS: Final = 5
_SO_MANY_TIMES: Final = 3


def language_of(language: str, text: str) -> str:
    """The page's language as ISO 639-1; when it does not say, what its small words are of.

    >>> language_of("en-US", ""), language_of("", "This is the text that was in the page.")
    ('en', 'en')
    """
    if language:
        return language.lower().partition("-")[0]
    words = text[:_LOOKED_AT_WHOLE].split()
    counts = {name: sum(map(known.__contains__, words)) for name, known in _WORDS.items()}
    best, other = sorted(counts, key=lambda name: -counts[name])[:2]
    sure = counts[best] >= max(_LEAST_WORDS, len(words) * _LEAST_SMALL, 2 * counts[other])
    return best if sure else ""


def is_foreign(text: str, language: str) -> bool:
    """Whether the text is plainly not in ``language``.

    >>> is_foreign("This is the first part of the book, and it is not long.", "de")
    True
    """
    text = text[:_LOOKED_AT]
    return _is_other_language(text, language) or _is_other_script(text, language)


def _is_other_script(text: str, language: str) -> bool:
    for letters, languages in _SCRIPTS.values():
        if language in languages:
            if letters.match("a") and _count_ascii(text) >= _LEAST_SHARE * len(text):
                return False
            count = len(_LETTER.findall(text))
            return count >= _LEAST_LETTERS and len(letters.findall(text)) < _LEAST_SHARE * count
    return False


def _count_ascii(text: str) -> int:
    """How many ASCII letters there are, or other signs if nothing else is."""
    return len(text if text.isascii() else text.encode("ascii", "ignore").translate(None, _SIGNS))


def _is_other_language(text: str, language: str) -> bool:
    if language not in _WORDS:
        return False
    words = text.split()
    own = sum(map(_WORDS[language].__contains__, words))
    if own * _SO_MANY_TIMES * 2 >= len(words):
        return False
    return any(
        (count := sum(map(known.__contains__, words))) >= _LEAST_WORDS
        and count > own * _SO_MANY_TIMES
        for other, known in _WORDS.items()
        if other != language
    )
