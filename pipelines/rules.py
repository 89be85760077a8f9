"""The rules of a site that shape its documents and pairs. Pure data, no defaults elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.records import PairKind

Splitter = Literal["sentencex", "regex"]


@dataclass(frozen=True, slots=True)
class ExtractRules:
    """What to take from a page. CSS selectors override the generic extraction; all optional.

    ``article`` selects the element that holds the text, ``title`` the title, ``paragraphs``
    the elements that become one block each, ``drop`` what is removed first. A document of
    fewer than ``min_words`` words is rejected as ``too-short``.
    """

    article: str = ""
    title: str = ""
    paragraphs: str = ""
    drop: tuple[str, ...] = ()
    min_words: int = 10


@dataclass(frozen=True, slots=True)
class PairRules:
    """How a document becomes pairs: see ``pipelines.pairs``.

    ``every`` is the n of "every nth sentence is a prompt" (2 or more), ``window`` the number
    of sentences after the prompt in the window strategy (1 or more).
    """

    strategies: tuple[PairKind, ...] = ("title", "heading", "sentence")
    every: int = 3
    window: int = 5
    splitter: Splitter = "sentencex"
    system_prompt: str = ""
