"""A pair -> keep it, or the name of the rule that drops it. Pure.

Each rule is a small function over one pair and the judge, who keeps what the pairs of a document
share. Language-aware ones know English, German, French and Spanish and pass everything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from typing import Final, get_args

from pipelines.alone import gives_order, is_unnamed
from pipelines.budget import block_spans, estimate_tokens
from pipelines.completions import (
    goes_on,
    only_sends,
    says_little,
    sends_elsewhere,
    shows_figure,
    speaks_of_other,
)
from pipelines.fragments import is_fragment
from pipelines.headings import (
    has_word,
    heads_list,
    is_generic,
    is_generic_title,
    part_number,
)
from pipelines.looks import (
    LOOKED_AT,
    has_words,
    holds_sentences,
    is_broken,
    is_symbols,
    is_unsaid,
)
from pipelines.notices import NOTICES, Notices, is_blind_text
from pipelines.pii import mask_pii
from pipelines.pointing import begins_small
from pipelines.records import Document, Pair, PairKind, normalised
from pipelines.repetition import PHRASES_FROM, Phrases, repeats_lines, repeats_phrases
from pipelines.rules import PairRules
from pipelines.standing import leans
from pipelines.tongues import is_foreign

_WORD: Final = re.compile(r"\w")
_LETTER: Final = re.compile(r"[^\W\d_]")
_SENTENCES: Final = frozenset(("sentence", "window"))
_ENGLISH: Final = "en"
# Rules whose words are English only.
_OF_ENGLISH: Final = tuple(
    "completion-points completion-leans completion-little figure-missing completion-broken".split()
)
_TWICE: Final = 2
_LONGER_BY: Final = 4  # times: no prompt's normal form is


class Judge:
    """The rules for pairs: what they share is found once, for all that are given.

    Each is judged as it would be alone. What is known of the ``document`` that all are of only
    spares looks that would find nothing.
    """

    def __init__(self, rules: PairRules, language: str, document: Document | None = None) -> None:
        self.rules = rules
        self.language = language
        self.notices = Notices(())
        self.is_fragment = cache(self._is_fragment)
        self.orders = cache(partial(gives_order, language=language))
        self.is_unnamed = cache(partial(is_unnamed, language=language))
        self.leans = cache(partial(leans, language=language))
        self._phrases: Phrases | None = None
        if document and document.blocks:
            starts = [start for start, _ in block_spans(document)]
            self._phrases = Phrases(document.text, starts)
        self._skipped = frozenset(rules.skip_rules) | self._impossible(document)

    def _impossible(self, document: Document | None) -> frozenset[str]:
        """The names of rules that can drop no pair."""
        names = []
        if document and not is_blind_text(f"{document.title}\n{document.text}"):
            names.append("blind-text")
        if self.rules.pii != "drop":
            names.append("personal-data")
        if self.language != _ENGLISH:
            names += _OF_ENGLISH
        return frozenset(names)

    def repeats_phrases(self, pair: Pair) -> bool:
        """Whether a completion repeats its phrases."""
        if len(pair.completion) < 2 * PHRASES_FROM - 1:
            return False
        if self._phrases and not self._phrases.may_repeat(
            pair.completion_start, pair.completion_end
        ):
            return False
        return repeats_phrases(pair.completion)

    def _is_fragment(self, prompt: str) -> bool:
        return is_fragment(prompt, self.language) or (
            self.language == "en" and begins_small(prompt)
        )

    def reasons(self, pairs: Sequence[Pair]) -> list[str | None]:
        """For each pair ``None`` when it is to keep, otherwise one of ``PAIR_REASONS``."""
        found = self._found(_FIRST, pairs)
        left = [pair for pair, reason in zip(pairs, found, strict=True) if not reason]
        self.notices = Notices([(pair.prompt, pair.completion) for pair in left])
        unsaid = frozenset(name for name in NOTICES if not self.notices.may_say(name))
        later = iter(self._found(_THEN, left, unsaid))
        return [reason or next(later) for reason in found]

    def _found(
        self, names: frozenset[str], pairs: Sequence[Pair], idle: frozenset[str] = frozenset()
    ) -> list[str | None]:
        """For each pair, the first of these rules that drops it."""
        wanted = names - self._skipped - idle
        tables = {kind: _drops_for(kind in _SENTENCES, wanted) for kind in get_args(PairKind)}
        return [self._first(tables[pair.kind], pair) for pair in pairs]

    def _first(self, rules: Sequence[tuple[str, _Drops]], pair: Pair) -> str | None:
        for name, drops in rules:
            if drops(pair, self):
                return name
        return None


def _begin_otherwise(one: str, other: str) -> bool:
    """Whether the first letters of two texts tell them apart, whatever follows."""
    one, other = one.lstrip()[:_TWICE], other.lstrip()[:_TWICE]
    are_letters = one.isalpha() and other.isalpha() and one.isascii() and other.isascii()
    return are_letters and one[0].lower() != other[0].lower()


def _is_same(pair: Pair) -> bool:
    prompt, completion = pair.prompt, pair.completion
    if len(completion) > _LONGER_BY * len(prompt) or _begin_otherwise(prompt, completion):
        return False
    return normalised(prompt) == normalised(completion)


def _repeats_sentence(pair: Pair) -> bool:
    """A sentence that its completion holds; mostly, its last word is not even there."""
    prompt, completion = pair.prompt, pair.completion
    if prompt.isascii() and completion.isascii():
        last = prompt.rsplit(None, 1)[-1:]
        if last and last[0].lower() not in completion.lower():
            return False
    return normalised(prompt) in normalised(completion)


def _begins_with_prompt(pair: Pair) -> bool:
    """A heading that its completion begins with."""
    if _begin_otherwise(pair.prompt, pair.completion):
        return False
    first = pair.completion.lstrip().split("\n", 1)[0]
    return normalised(first).strip(" .:") == normalised(pair.prompt).strip(" .:")


def _has_letters(pair: Pair) -> bool:
    """Whether a letter is in the prompt, and a word in the last heading of a path."""
    if pair.kind == "heading":
        return has_word(pair.prompt)
    return bool(_LETTER.search(pair.prompt))


def _is_generic(pair: Pair, judge: Judge) -> bool:
    if pair.kind != "heading" or judge.rules.prompt_path is True:
        return False
    return is_generic(pair.prompt) or heads_list(pair.prompt)


def _part_leans(pair: Pair, judge: Judge) -> bool:
    """Whether a further part has no sentence before it that stands alone."""
    if part_number(pair.prompt) == 1:
        return False
    before = pair.prompt.partition("\n")[2]
    return not before or bool(
        judge.leans(before)
        or judge.orders(before)
        or judge.is_fragment(before)
        or judge.is_unnamed(before)
    )


def _leans_on(pair: Pair, _: Judge) -> bool:
    """Whether an English completion goes on from something that is not in its prompt."""
    if pair.kind in _SENTENCES:
        return speaks_of_other(pair.prompt, pair.completion)
    is_page = pair.kind == "title"
    return part_number(pair.prompt) == 1 and goes_on(pair.completion, is_page=is_page)


def _points(pair: Pair, _: Judge) -> bool:
    """Whether an English completion sends elsewhere; that of a title or heading, as a whole."""
    return (sends_elsewhere if pair.kind in _SENTENCES else only_sends)(pair.completion)


def _has_pii(pair: Pair, judge: Judge) -> bool:
    texts = (pair.prompt, pair.completion)
    return judge.rules.pii == "drop" and any(mask_pii(text) != text for text in texts)


def _is_notice(name: str, pair: Pair, judge: Judge) -> bool:
    return judge.notices.says(name, pair.prompt, pair.completion)


_Drops = Callable[[Pair, Judge], bool]
# Name of the rule -> whether it drops the pair, and, where it is for some kinds of pairs only,
# whether for sentences. The first that does is the reason; a name is counted and stored, so it
# never changes its meaning.
_DROPS: Final[dict[str, tuple[_Drops, bool | None]]] = {
    "prompt-empty": (lambda pair, _: not _WORD.search(pair.prompt), None),
    "completion-empty": (lambda pair, _: not _WORD.search(pair.completion), None),
    "prompt-without-letters": (lambda pair, _: not _has_letters(pair), None),
    "too-many-parts": (
        lambda pair, judge: 0 < judge.rules.max_parts < part_number(pair.prompt),
        False,
    ),
    "prompt-too-short": (
        lambda pair, judge: not has_words(pair.prompt, judge.rules.min_prompt_words),
        True,
    ),
    "prompt-too-long": (
        lambda pair, judge: has_words(pair.prompt, judge.rules.max_prompt_words + 1),
        None,
    ),
    "prompt-generic": (_is_generic, False),
    "title-generic": (
        lambda pair, _: pair.kind == "title" and is_generic_title(pair.prompt),
        False,
    ),
    "part-leans": (_part_leans, False),
    "prompt-leans": (lambda pair, judge: judge.leans(pair.prompt), True),
    "prompt-orders": (lambda pair, judge: judge.orders(pair.prompt), True),
    "prompt-fragment": (lambda pair, judge: judge.is_fragment(pair.prompt), True),
    "prompt-unnamed": (lambda pair, judge: judge.is_unnamed(pair.prompt), True),
    "prompt-symbols": (lambda pair, _: is_symbols(pair.prompt), True),
    "completion-too-short": (
        lambda pair, judge: (
            not has_words(pair.completion[:LOOKED_AT], judge.rules.min_completion_words)
        ),
        None,
    ),
    "completion-too-long": (
        lambda pair, judge: 0 < judge.rules.max_tokens < estimate_tokens(pair.completion),
        None,
    ),
    "completion-fragment": (lambda pair, _: not holds_sentences(pair.completion), True),
    "prompt-is-completion": (lambda pair, _: _is_same(pair), None),
    "prompt-in-completion": (
        lambda pair, _: (
            _repeats_sentence(pair) if pair.kind in _SENTENCES else _begins_with_prompt(pair)
        ),
        None,
    ),
    "personal-data": (_has_pii, None),
    "blind-text": (
        lambda pair, _: is_blind_text(pair.prompt) or is_blind_text(pair.completion),
        None,
    ),
    **{name: (partial(_is_notice, name), None) for name in NOTICES},
    "completion-symbols": (lambda pair, _: is_symbols(pair.completion), None),
    "completion-points": (_points, None),
    "completion-leans": (_leans_on, None),
    "completion-little": (
        lambda pair, _: says_little(pair.completion),
        True,
    ),
    "figure-missing": (
        lambda pair, _: shows_figure(pair.completion),
        False,
    ),
    "completion-unsaid": (lambda pair, _: is_unsaid(pair.completion), False),
    "completion-broken": (
        lambda pair, _: is_broken(pair.completion),
        False,
    ),
    "repeated-lines": (lambda pair, _: repeats_lines(pair.completion), None),
    "repeated-phrases": (lambda pair, judge: judge.repeats_phrases(pair), None),
    "wrong-language": (lambda pair, judge: is_foreign(pair.completion, judge.language), None),
}

PAIR_REASONS: Final = tuple(_DROPS)
# Most pairs that are dropped are so before it is looked for notices.
_BEFORE: Final = PAIR_REASONS.index(NOTICES[0])
_FIRST: Final = frozenset(PAIR_REASONS[:_BEFORE])
_THEN: Final = frozenset(PAIR_REASONS[_BEFORE:])


@lru_cache(maxsize=64)
def _drops_for(are_sentences: bool, wanted: frozenset[str]) -> tuple[tuple[str, _Drops], ...]:  # noqa: FBT001 - one of two tables
    return tuple(
        (name, drops)
        for name, (drops, for_sentences) in _DROPS.items()
        if name in wanted and for_sentences in (None, are_sentences)
    )


def keep_pair(pair: Pair, rules: PairRules, language: str = "") -> str | None:
    """``None`` for a pair to keep, otherwise one of ``PAIR_REASONS``.

    >>> from pipelines.rules import PairRules
    >>> keep_pair(Pair("Bees", "They build their hives with wax.", "title"), PairRules())
    >>> keep_pair(Pair("How bees make their wax", "HOW BEES MAKE THEIR WAX", "title"), PairRules())
    'prompt-is-completion'
    """
    return Judge(rules, language).reasons((pair,))[0]
