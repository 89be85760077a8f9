"""The language of a document: what its page declares, if its text agrees. Pure.

Pages in twenty languages are served with ``lang="en"`` because a theme says so. The text is
asked, and wins where it is long enough to be sure. Where it is full of small words of the
declared language, or of one when none is declared, that is answer enough; else py3langid is asked
(97 languages, about 0.5 ms; its model takes half a second to load, once a process).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pipelines.lexicon import LEXICONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.records import Block

_TOLD_BY_WORDS: Final = ("en", "de", "fr", "es", "it", "pt", "nl")
_SAMPLE: Final = 1_500
_BLOCKS: Final = 8
_LEAST_LETTERS: Final = 60
_SURE: Final = 0.9
_SMALL_SHARE: Final = 0.15  # of the words of a text are small ones of its own language
_SMALL_SHARE_ALONE: Final = 0.3  # when the page does not say which
_OTHERS_SHARE: Final = 0.6  # of as many are small words of any other
_LEAST_WORDS: Final = 40
_SMALL_WORDS: Final = {name: LEXICONS[name].functions for name in _TOLD_BY_WORDS}
# Which of a group it is, the page knows better than any statistics of letters.
_GROUPS: Final = (
    frozenset(("da", "nb", "nn", "no")),
    frozenset(("bs", "hr", "sr")),
    frozenset(("id", "ms", "jv")),
    frozenset(("cs", "sk")),
    frozenset(("hi", "mr", "ne")),
    frozenset(("es", "gl", "ca", "an")),
    frozenset(("pt", "gl")),
    frozenset(("af", "nl")),
    frozenset(("be", "uk", "ru")),
    frozenset(("bg", "mk")),
    frozenset(("fa", "ps", "ur")),
    frozenset(("et", "fi")),
)


def language_of(blocks: Iterable[Block], declared: str) -> str:
    """An ISO 639-1 code: ``declared``, or what the blocks' text is, or ``""``.

    >>> from pipelines.records import Block
    >>> text = "Der Hund schläft den ganzen Tag im Garten und abends frisst er seinen Napf leer."
    >>> language_of([Block("paragraph", text)], "en")
    'de'
    """
    sample = " ".join(block.text for block in _prose(blocks))[:_SAMPLE]
    if not _has_letters(sample):
        return declared
    if known := _by_small_words(sample, declared):
        return known
    language, sureness = _identifier().classify(sample)
    found = str(language)
    if found == declared or any({found, declared} <= group for group in _GROUPS):
        return declared
    return found if float(sureness) >= _SURE or not declared else declared


def _has_letters(sample: str) -> bool:
    start = sample[: 3 * _LEAST_LETTERS]
    return any(sum(map(str.isalpha, text)) >= _LEAST_LETTERS for text in (start, sample))


def _by_small_words(sample: str, declared: str) -> str:
    """The declared language, or any when none is, if the text plainly is in it; else ``""``.

    >>> text = "The cat of the house was in it and so was the dog. " * 4
    >>> _by_small_words(text, "en"), _by_small_words(text, ""), _by_small_words(text, "de")
    ('en', 'en', '')
    """
    words = sample.lower().split()
    if len(words) < _LEAST_WORDS or (declared and declared not in _SMALL_WORDS):
        return ""
    counts = {name: sum(map(small.__contains__, words)) for name, small in _SMALL_WORDS.items()}
    language = declared or max(counts, key=lambda name: counts[name])
    own = counts.pop(language)
    least = len(words) * (_SMALL_SHARE if declared else _SMALL_SHARE_ALONE)
    return language if own >= least and max(counts.values()) < own * _OTHERS_SHARE else ""


def _prose(blocks: Iterable[Block]) -> Iterable[Block]:
    """As many blocks of text, long ones first, as the sample has room for."""
    texts = (block for block in blocks if block.kind != "code")
    return sorted(texts, key=lambda block: -len(block.text))[:_BLOCKS]


@cache
def _identifier() -> Any:
    # The import reads the model: not before it is needed.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
