"""Text -> the tutorial's table: every nth sentence a prompt, the sentences between its answer."""

from __future__ import annotations

from typing import Final

import pandas as pd

from pipelines.pairs import make_pairs
from pipelines.records import Block, Document, PairKind
from pipelines.rules import PairRules

_COLUMNS: Final = ["prompt", "completion"]
_LEAST_EVERY: Final = 2


def _check(text: object, every: object, title: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, not {type(text).__name__}")
    if isinstance(every, bool) or not isinstance(every, int):
        raise TypeError(f"every must be an integer, not {type(every).__name__}: {every!r}")
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title must be a string or None, not {type(title).__name__}")
    if not text.strip():
        raise ValueError(
            f"text has no words in it: {len(text)} characters of white space were given"
        )
    if every < _LEAST_EVERY:
        raise ValueError(f"every must be {_LEAST_EVERY} or more, {every} was given")


def _document(text: str, title: str) -> Document:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return Document("", title, tuple(Block("paragraph", line) for line in lines))


def pairs_frame(text: str, every: int = 5, title: str | None = None) -> pd.DataFrame:
    """A DataFrame with the columns ``prompt`` and ``completion``, a row for each pair.

    Sentences 1, ``every`` + 1, 2 ``every`` + 1, ... are prompts, those in between their
    completions. With a ``title``, the last row has it as the prompt and the whole text as the
    completion. Raises ``TypeError`` for arguments of another type, ``ValueError`` for a text
    without words or ``every`` below 2.

    >>> pairs_frame("One is first. Two follows. Three ends.", every=3).to_dict("records")
    [{'prompt': 'One is first.', 'completion': 'Two follows. Three ends.'}]
    """
    _check(text, every, title)
    strategies: tuple[PairKind, ...] = ("sentence", "title") if title else ("sentence",)
    rules = PairRules(strategies=strategies, every=every, max_tokens=0)
    pairs = make_pairs(_document(text, title or ""), rules)
    rows = [(pair.prompt, pair.completion) for pair in pairs]
    return pd.DataFrame(rows, columns=_COLUMNS)
