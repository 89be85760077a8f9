"""The rules of a site that shape its documents and pairs. Pure data, no defaults elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipelines.records import PairKind

Splitter = Literal["sentencex", "regex"]
Pii = Literal["mask", "drop", "keep"]


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
    of sentences after the prompt in the window strategy (1 or more). A completion of more than
    ``max_tokens`` is cut (0: never), and of its parts ``max_parts`` are kept (0: all).
    ``prompt_path`` puts title and outer headings before a heading: always, never, or, in
    ``pipelines.sift``, where the heading does not tell alone. The rest is for
    ``pipelines.quality``: words at least and at most, what becomes of personal data, and the
    names of rules that are not applied.
    """

    strategies: tuple[PairKind, ...] = ("title", "heading", "sentence")
    every: int = 3
    window: int = 5
    splitter: Splitter = "sentencex"
    system_prompt: str = ""
    max_tokens: int = 2000
    max_parts: int = 8
    prompt_path: bool | Literal["auto"] = "auto"
    min_prompt_words: int = 4
    max_prompt_words: int = 100
    min_completion_words: int = 5
    pii: Pii = "mask"
    skip_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteRules:
    """All of a site's rules for its pages, and what is known as boilerplate since when."""

    extract: ExtractRules
    pairs: PairRules
    boilerplate: Mapping[bytes, str] = field(default_factory=dict)
