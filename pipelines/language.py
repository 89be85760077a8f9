"""The language of a document: what its page declares, if its text agrees. Pure.

Pages in twenty languages are served with ``lang="en"`` because a theme says so. The text is
asked (py3langid, 97 languages, about 0.1 ms; its model takes half a second to load, once a
process), and wins where it is long enough to be sure.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.records import Block

_SAMPLE: Final = 1_500
_BLOCKS: Final = 8
_LEAST_LETTERS: Final = 60
_SURE: Final = 0.9
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
    if sum(map(str.isalpha, sample)) < _LEAST_LETTERS:
        return declared
    language, sureness = _identifier().classify(sample)
    found = str(language)
    if found == declared or any({found, declared} <= group for group in _GROUPS):
        return declared
    return found if float(sureness) >= _SURE or not declared else declared


def _prose(blocks: Iterable[Block]) -> Iterable[Block]:
    """As many blocks of text, long ones first, as the sample has room for."""
    texts = (block for block in blocks if block.kind != "code")
    return sorted(texts, key=lambda block: -len(block.text))[:_BLOCKS]


@cache
def _identifier() -> Any:
    # The import reads the model: not before it is needed.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
