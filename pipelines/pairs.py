"""A Document -> pairs of prompt and completion, by four strategies. Pure.

``title``: the title -> the whole text. ``heading``: a heading -> its section. ``sentence``:
sentences 1, n+1, 2n+1, ... -> the sentences in between. ``window``: each sentence -> the next
few. Sentences are those of one run of prose: headings, code, table rows and the borders of list
items end it. A pair without prompt or completion is not made. Every completion is a span of the
document's text, unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pipelines.budget import (
    Piece,
    block_spans,
    cut_parts,
    estimate_tokens,
    fitting,
    pieces_of,
)
from pipelines.headings import CONTINUED, PATH_JOINED_BY
from pipelines.records import Block, Document, Pair, PairKind, normalised
from pipelines.rules import PairRules
from pipelines.sentences import is_finished, split_sentences

if TYPE_CHECKING:
    from collections.abc import Callable

PAIRS_VERSION: Final = 4  # of the strategies, the splitter and the pair rules together
NOT_IN_TEXT: Final = -1  # the span of a title

_NO_PROSE: Final = frozenset(("heading", "code", "table_row"))
_FALLBACK_LANGUAGE: Final = "en"
_ITEM: Final = re.compile(r".*/(?:li|dd|dt)\[\d+\]")


def _item(block: Block) -> str | None:
    """The place of the list item that a block is part of, ``""`` when unknown; None outside."""
    if block.kind != "list_item":
        return None
    found = _ITEM.match(block.path)
    return found[0] if found else ""


class _Source:
    """A document with its rules, and its sentences, found once."""

    def __init__(self, document: Document, rules: PairRules) -> None:
        self.document = document
        self.rules = rules
        self.text = document.text
        self.blocks = block_spans(document)
        self._sentences: dict[int, list[Piece]] = {}

    def sentences(self, index: int) -> list[Piece]:
        """The sentences of a prose block."""
        if index in self._sentences:
            return self._sentences[index]
        text, found = self.text, []
        place, end = self.blocks[index]
        language = self.document.language or _FALLBACK_LANGUAGE
        for sentence in split_sentences(text[place:end], language, self.rules.splitter):
            start = text.index(sentence, place)
            place = start + len(sentence)
            found.append(Piece(start, place, index))
        self._sentences[index] = found
        return found

    @cached_property
    def runs(self) -> list[list[Piece]]:
        """The sentences of each run of prose blocks, in page order."""
        runs: list[list[Piece]] = [[]]
        item = None
        for index, block in enumerate(self.document.blocks):
            before, item = item, _item(block)
            if block.kind in _NO_PROSE or item != before or item == "":
                runs.append([])
            if block.kind not in _NO_PROSE:
                runs[-1] += self.sentences(index)
        return [run for run in runs if run]

    def said(self, pieces: Sequence[Piece]) -> str:
        """The text from the first piece to the last."""
        return self.text[pieces[0].start : pieces[-1].end]


def _title_pairs(source: _Source) -> Iterator[Pair]:
    document = source.document
    if document.title.strip() and document.text.strip():
        last = len(document.blocks) - 1
        yield from _whole(source, "title", document.title, None, (0, last))


def _heading_pairs(source: _Source) -> Iterator[Pair]:
    blocks = source.document.blocks
    for index, block in enumerate(blocks):
        if block.kind != "heading" or not block.text.strip():
            continue
        last = _section_end(blocks, index) - 1
        if any(inside.text.strip() for inside in blocks[index + 1 : last + 1]):
            prompt = block.text
            if source.rules.prompt_path is True:
                prompt = path_of(source.document, index)
            yield from _whole(source, "heading", prompt, index, (index + 1, last))


def _section_end(blocks: Sequence[Block], heading: int) -> int:
    """The index after the last block of the heading's section."""
    level = blocks[heading].level
    for index in range(heading + 1, len(blocks)):
        if blocks[index].kind == "heading" and blocks[index].level <= level:
            return index
    return len(blocks)


def path_of(document: Document, heading: int) -> str:
    """The title, the headings around a heading, outermost first, and the heading, in one line."""
    found = [document.blocks[heading]]
    for block in reversed(document.blocks[:heading]):
        if block.kind == "heading" and 0 < block.level < found[-1].level and block.text.strip():
            found.append(block)
    texts = [document.title, *(block.text for block in reversed(found))]
    kept = [text for text in texts if text.strip()]
    if len(kept) > 1 and normalised(kept[0]) == normalised(kept[1]):
        kept = kept[1:]
    return PATH_JOINED_BY.join(kept)


def _whole(
    source: _Source, kind: PairKind, prompt: str, heading: int | None, span: tuple[int, int]
) -> Iterator[Pair]:
    """A pair of everything in ``span`` (blocks), or several when it is too long for one.

    Further ones say so in their prompt, and end it with the sentence before their text.
    """
    document, budget = source.document, source.rules.max_tokens
    first, last = span
    spans = source.blocks
    parts = [[Piece(*spans[first], first), Piece(*spans[last], last)]]
    if budget and estimate_tokens(source.said(parts[0])) > budget:
        pieces = list(pieces_of(document, spans, range(first, last + 1), source.sentences))
        parts = list(cut_parts(document, pieces, budget))
    place = (NOT_IN_TEXT, NOT_IN_TEXT) if heading is None else spans[heading]
    for number, part in enumerate(parts, start=1):
        asked = prompt
        if number > 1:
            asked = f"{prompt}{CONTINUED}{number}){_context(source, parts[number - 2][-1])}"
        first_block = part[0].block if heading is None or number > 1 else heading
        yield Pair(
            asked,
            source.said(part),
            kind,
            first_block,
            part[-1].block,
            *place,
            part[0].start,
            part[-1].end,
        )


def _context(source: _Source, before: Piece) -> str:
    """The line that ends a further pair's prompt: the sentence before it, when it is one."""
    if source.document.blocks[before.block].kind in _NO_PROSE:
        return ""
    text = source.said([before])
    return f"\n{text}" if is_finished(text) else ""


def _pair(source: _Source, kind: PairKind, prompt: Piece, completion: Sequence[Piece]) -> Pair:
    return Pair(
        source.said([prompt]),
        source.said(completion),
        kind,
        prompt.block,
        completion[-1].block,
        prompt.start,
        prompt.end,
        completion[0].start,
        completion[-1].end,
    )


def _fitting(source: _Source, completion: Sequence[Piece]) -> Sequence[Piece]:
    """As many sentences from the first as the budget allows, one at least.

    Where a block follows that is no sentence, such as a caption, the completion ends before it.
    """
    budget = source.rules.max_tokens
    if budget:
        completion = completion[: fitting(source.text, completion, budget)]
    for count, piece in enumerate(completion):
        if count and not is_finished(source.said([piece]), announcing=True):
            completion = completion[:count]
            break
    while len(completion) > 1 and not is_finished(source.said([completion[-1]])):
        completion = completion[:-1]
    return completion


def _sentence_pairs(source: _Source) -> Iterator[Pair]:
    every = source.rules.every
    for run in source.runs:
        for start in range(0, len(run), every):
            group = run[start : start + every]
            while len(group) > 1:
                completion = _fitting(source, group[1:])
                yield _pair(source, "sentence", group[0], completion)
                group = group[1 + len(completion) :]


def _window_pairs(source: _Source) -> Iterator[Pair]:
    for run in source.runs:
        for index in range(len(run) - 1):
            completion = run[index + 1 : index + 1 + source.rules.window]
            yield _pair(source, "window", run[index], _fitting(source, completion))


_STRATEGIES: Final[dict[PairKind, Callable[[_Source], Iterator[Pair]]]] = {
    "title": _title_pairs,
    "heading": _heading_pairs,
    "sentence": _sentence_pairs,
    "window": _window_pairs,
}


def _check(rules: PairRules) -> None:
    if rules.every < 2:  # noqa: PLR2004 - every sentence a prompt would leave no completions
        raise ValueError(f"every is {rules.every}, it must be 2 or more")
    if rules.window < 1:
        raise ValueError(f"window is {rules.window}, it must be 1 or more")
    if rules.max_tokens < 0:
        raise ValueError(f"max_tokens is {rules.max_tokens}, it must be 0 (no limit) or more")
    if rules.max_parts < 0:
        raise ValueError(f"max_parts is {rules.max_parts}, it must be 0 (no limit) or more")
    unknown = [strategy for strategy in rules.strategies if strategy not in _STRATEGIES]
    if unknown:
        raise ValueError(f"strategy {unknown[0]!r} is unknown, allowed: {', '.join(_STRATEGIES)}")


def make_pairs(document: Document, rules: PairRules | None = None) -> Iterator[Pair]:
    """The document's pairs, strategy by strategy in the rules' order, in page order each.

    Raises ``ValueError`` when ``every`` is below 2, ``window`` below 1, ``max_tokens`` below 0,
    or a strategy unknown.

    >>> text = "One is first. Two ends."
    >>> document = Document("https://site.example/", "Numbers", (Block("paragraph", text),))
    >>> [(pair.prompt, pair.completion) for pair in make_pairs(document)]
    [('Numbers', 'One is first. Two ends.'), ('One is first.', 'Two ends.')]
    """
    rules = rules or PairRules()
    _check(rules)
    source = _Source(document, rules)
    for strategy in rules.strategies:
        yield from _STRATEGIES[strategy](source)
