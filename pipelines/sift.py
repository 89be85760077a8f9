"""A Document -> the pairs that are kept, personal data masked, and why others are not. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from pipelines.budget import block_spans
from pipelines.headings import tells_alone
from pipelines.pairs import make_pairs, path_of
from pipelines.pii import mask_pii, pii_suspects
from pipelines.quality import Judge
from pipelines.records import Document, Pair
from pipelines.rules import PairRules
from pipelines.tongues import language_of


def judged_pairs(document: Document, rules: PairRules) -> Iterator[tuple[Pair, str]]:
    """Every pair of the document, with the name of the rule that drops it, or nothing."""
    language = language_of(document.language, document.text)
    if language != document.language:
        document = replace(document, language=language)
    pairs = list(asked_pairs(document, rules))
    reasons = Judge(rules, language, document).reasons(pairs)
    for pair, reason in zip(pairs, reasons, strict=True):
        yield pair, reason or ""


def asked_pairs(document: Document, rules: PairRules) -> Iterator[Pair]:
    """The document's pairs; a heading that does not tell alone has its path in front.

    That is, if the rules leave it open: ``prompt_path`` is ``"auto"``.
    """
    pairs = make_pairs(document, rules)
    if rules.prompt_path != "auto":
        yield from pairs
        return
    places = {start: index for index, (start, _) in enumerate(block_spans(document))}
    paths: dict[int, tuple[int, str]] = {}
    for pair in pairs:
        if pair.kind != "heading":
            yield pair
            continue
        if pair.prompt_start not in paths:
            paths[pair.prompt_start] = _path_needed(document, places[pair.prompt_start])
        length, path = paths[pair.prompt_start]
        yield replace(pair, prompt=path + pair.prompt[length:]) if path else pair


def _path_needed(document: Document, index: int) -> tuple[int, str]:
    """The length of a heading and its path, or no path when it tells alone."""
    heading = document.blocks[index].text
    path = "" if tells_alone(heading, document.title) else path_of(document, index)
    return len(heading), path


def kept_pairs(document: Document, rules: PairRules) -> tuple[tuple[Pair, ...], Counter[str]]:
    """The document's pairs as they are stored, and the number that each rule dropped.

    >>> from pipelines.records import Block
    >>> text = "Bees make honey in summer. Ask jane@uni-bonn.de about their other habits."
    >>> document = Document("https://site.example/", "Bees", (Block("paragraph", text),), "en")
    >>> kept_pairs(document, PairRules(("sentence",)))[0][0].completion
    'Ask [email] about their other habits.'
    """
    drops: Counter[str] = Counter()
    kept = []
    for pair, reason in judged_pairs(document, rules):
        if reason:
            drops[reason] += 1
        else:
            kept.append(pair)
    if rules.pii == "mask":
        kept = _all_masked(document, kept)
    return tuple(kept), drops


def _all_masked(document: Document, pairs: list[Pair]) -> list[Pair]:
    """The pairs, personal data masked; one look at the document tells which may have any."""
    suspects = pii_suspects(document.text)
    if not suspects and not pii_suspects(document.title):
        return pairs
    ends = [end for _, end in suspects]

    def mask(text: str, start: int, end: int) -> str:
        at = bisect_right(ends, start)
        is_suspect = at < len(ends) and suspects[at][0] < end
        return mask_pii(text) if is_suspect or end - start != len(text) else text

    masked = []
    for pair in pairs:
        prompt = mask(pair.prompt, pair.prompt_start, pair.prompt_end)
        completion = mask(pair.completion, pair.completion_start, pair.completion_end)
        is_clean = (prompt, completion) == (pair.prompt, pair.completion)
        masked.append(
            pair if is_clean else replace(pair, prompt=prompt, completion=completion, masked=True)
        )
    return masked
