"""A pair -> keep it, or the name of the rule that drops it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipelines.records import Pair, normalised

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.rules import PairRules

_WORD: Final = re.compile(r"\w")
_LETTER: Final = re.compile(r"[^\W\d_]")

# Name of the rule -> whether it drops the pair. The first that does is the reason; a name is
# counted and stored, so it never changes its meaning.
_DROPS: Final[dict[str, Callable[[Pair, PairRules], bool]]] = {
    "prompt-empty": lambda pair, _: not _WORD.search(pair.prompt),
    "completion-empty": lambda pair, _: not _WORD.search(pair.completion),
    "prompt-without-letters": lambda pair, _: not _LETTER.search(pair.prompt),
    "prompt-is-completion": lambda pair, _: normalised(pair.prompt) == normalised(pair.completion),
}

PAIR_REASONS: Final = tuple(_DROPS)


def keep_pair(pair: Pair, rules: PairRules) -> str | None:
    """``None`` for a pair to keep, otherwise one of ``PAIR_REASONS``.

    >>> from pipelines.rules import PairRules
    >>> keep_pair(Pair("Bees", "They build with wax.", "title"), PairRules())
    >>> keep_pair(Pair("Bees", " BEES ", "title"), PairRules())
    'prompt-is-completion'
    """
    return next((name for name, drops in _DROPS.items() if drops(pair, rules)), None)
