"""A Document -> pairs of prompt and completion, by four strategies. Pure.

``title``: the title -> the whole text. ``heading``: a heading -> its section. ``sentence``:
sentences 1, n+1, 2n+1, ... -> the sentences in between. ``window``: each sentence -> the next
few. A pair without prompt or completion is not made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pipelines.records import Block, Document, Pair, PairKind
from pipelines.rules import PairRules
from pipelines.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_UNSPLIT: Final = frozenset(("code", "table_row"))
_FALLBACK_LANGUAGE: Final = "en"


class _Sentence(NamedTuple):
    text: str
    block: int


def _sentences(document: Document, rules: PairRules) -> list[_Sentence]:
    """The document's sentences in order, each with its block; headings are none."""
    language = document.language or _FALLBACK_LANGUAGE
    found = []
    for index, block in enumerate(document.blocks):
        if block.kind == "heading":
            continue
        parts = [block.text]
        if block.kind not in _UNSPLIT:
            parts = split_sentences(block.text, language, rules.splitter)
        found += [_Sentence(part, index) for part in parts if part.strip()]
    return found


def _joined(sentences: Sequence[_Sentence]) -> str:
    """The sentences with a space between two of a block, a newline between blocks."""
    text, block = sentences[0]
    for sentence in sentences[1:]:
        text += (" " if sentence.block == block else "\n") + sentence.text
        block = sentence.block
    return text


def _pair(kind: PairKind, prompt: _Sentence, completion: Sequence[_Sentence]) -> Pair:
    return Pair(prompt.text, _joined(completion), kind, prompt.block, completion[-1].block)


def _title_pairs(document: Document, _rules: PairRules) -> Iterator[Pair]:
    if document.title.strip() and document.text.strip():
        yield Pair(document.title, document.text, "title", 0, len(document.blocks) - 1)


def _heading_pairs(document: Document, _rules: PairRules) -> Iterator[Pair]:
    for index, block in enumerate(document.blocks):
        if block.kind == "heading":
            end = _section_end(document.blocks, index)
            # The section's own text: from after the heading's newline to its last block.
            text = "\n".join(inside.text for inside in document.blocks[index + 1 : end])
            if text.strip() and block.text.strip():
                yield Pair(block.text, text, "heading", index, end - 1)


def _section_end(blocks: Sequence[Block], heading: int) -> int:
    """The index after the last block of the heading's section."""
    level = blocks[heading].level
    for index in range(heading + 1, len(blocks)):
        if blocks[index].kind == "heading" and blocks[index].level <= level:
            return index
    return len(blocks)


def _sentence_pairs(document: Document, rules: PairRules) -> Iterator[Pair]:
    sentences = _sentences(document, rules)
    for start in range(0, len(sentences) - 1, rules.every):
        yield _pair("sentence", sentences[start], sentences[start + 1 : start + rules.every])


def _window_pairs(document: Document, rules: PairRules) -> Iterator[Pair]:
    sentences = _sentences(document, rules)
    for index in range(len(sentences) - 1):
        yield _pair("window", sentences[index], sentences[index + 1 : index + 1 + rules.window])


_STRATEGIES: Final[dict[PairKind, Callable[[Document, PairRules], Iterator[Pair]]]] = {
    "title": _title_pairs,
    "heading": _heading_pairs,
    "sentence": _sentence_pairs,
    "window": _window_pairs,
}


def make_pairs(document: Document, rules: PairRules | None = None) -> Iterator[Pair]:
    """The document's pairs, strategy by strategy in the rules' order, in page order each.

    Raises ``ValueError`` when ``every`` is below 2, ``window`` below 1, or a strategy unknown.

    >>> text = "One is first. Two ends."
    >>> document = Document("https://site.example/", "Numbers", (Block("paragraph", text),))
    >>> [(pair.prompt, pair.completion) for pair in make_pairs(document)]
    [('Numbers', 'One is first. Two ends.'), ('One is first.', 'Two ends.')]
    """
    rules = rules or PairRules()
    if rules.every < 2:  # noqa: PLR2004 - every sentence a prompt would leave no completions
        raise ValueError(f"every is {rules.every}, it must be 2 or more")
    if rules.window < 1:
        raise ValueError(f"window is {rules.window}, it must be 1 or more")
    unknown = [strategy for strategy in rules.strategies if strategy not in _STRATEGIES]
    if unknown:
        raise ValueError(f"strategy {unknown[0]!r} is unknown, allowed: {', '.join(_STRATEGIES)}")
    for strategy in rules.strategies:
        yield from _STRATEGIES[strategy](document, rules)
