"""A Document -> the pairs that are kept, personal data masked, and why others are not. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from pipelines.notices import impossible
from pipelines.pairs import make_pairs
from pipelines.pii import mask_pii
from pipelines.quality import keep_pair
from pipelines.records import Document, Pair
from pipelines.repetition import never_repeats
from pipelines.rules import PairRules
from pipelines.tongues import language_of


def judged_pairs(document: Document, rules: PairRules) -> Iterator[tuple[Pair, str]]:
    """Every pair of the document, with the name of the rule that drops it, or nothing."""
    language = language_of(document.language, document.text)
    document = replace(document, language=language)
    passed = impossible(f"{document.title}\n{document.text}")
    if never_repeats(document.text):
        passed |= {"repeated-phrases"}
    relevant = replace(rules, skip_rules=(*rules.skip_rules, *passed))
    for pair in make_pairs(document, rules):
        yield pair, keep_pair(pair, relevant, language) or ""


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
    masks = rules.pii == "mask" and any(
        mask_pii(text) != text for text in (document.title, document.text)
    )
    for pair, reason in judged_pairs(document, rules):
        if reason:
            drops[reason] += 1
        else:
            kept.append(_masked(pair) if masks else pair)
    return tuple(kept), drops


def _masked(pair: Pair) -> Pair:
    prompt, completion = mask_pii(pair.prompt), mask_pii(pair.completion)
    if (prompt, completion) == (pair.prompt, pair.completion):
        return pair
    return replace(pair, prompt=prompt, completion=completion, masked=True)
