"""A pair -> keep it, or the name of the rule that drops it. Pure.

Each rule is a small function over one pair. Language-aware ones know English, German, French and
Spanish and pass everything else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipelines.budget import estimate_tokens
from pipelines.headings import is_generic
from pipelines.notices import is_blind_text, is_consent_banner, is_error_page, is_paywall
from pipelines.pii import mask_pii
from pipelines.records import Pair, normalised
from pipelines.repetition import repeats_lines, repeats_phrases
from pipelines.sentences import is_finished
from pipelines.standing import is_fragment, leans
from pipelines.tongues import is_foreign

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.rules import PairRules

_WORD: Final = re.compile(r"\w")
_LETTER: Final = re.compile(r"[^\W\d_]")
_SENTENCES: Final = frozenset(("sentence", "window"))
# Gopher (Rae et al. 2021, section A.1.1) wants a letter in 80% of a document's words. A pair's
# completion may be a table or code, so ours is where symbols and digits outweigh words.
_LETTERED_LEAST: Final = 0.5
_LETTERS_LEAST: Final = 0.4
_LETTERS_ENOUGH: Final = 0.6
_LOOKED_AT: Final = 500  # characters
_LEAST_LINES: Final = 4
_A_THIRD: Final = 3
_TWICE: Final = 2
_LONGER_BY: Final = 4  # times: no prompt's normal form is
# Scripts that put no spaces between words; two letters make about one word.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_LETTERS_A_WORD: Final = 2


def _has_words(text: str, count: int) -> bool:
    """Whether there are ``count`` words or more."""
    if text.isascii():
        return len(text.split(None, count)) >= count
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced // _LETTERS_A_WORD >= count


def _is_sentence(pair: Pair) -> bool:
    return pair.kind in _SENTENCES


def _holds_sentences(text: str) -> bool:
    """Whether each line is a whole sentence or more; all but the last may announce the next."""
    *lines, last = text.split("\n")
    return is_finished(last) and all(is_finished(line, announcing=True) for line in lines)


def _is_symbols(text: str) -> bool:
    """Whether most characters are no letters, white space aside, or most words have none."""
    text = text[:_LOOKED_AT]
    lines = text.split("\n")
    if len(lines) >= _LEAST_LINES and sum(map(_is_code_number, lines)) * _A_THIRD >= len(lines):
        return True
    words = text.split()
    share = sum(map(str.isalpha, text)) / max(1, sum(map(len, words)))
    if share < _LETTERS_LEAST or share > _LETTERS_ENOUGH:
        return share < _LETTERS_LEAST
    return sum(1 for word in words if _LETTER.search(word)) < _LETTERED_LEAST * len(words)


def _is_code_number(line: str) -> bool:
    """Whether a line is mostly digits: a serial number, a row of figures."""
    return sum(map(str.isdigit, line)) * _TWICE > len(line)


def _is_same(pair: Pair) -> bool:
    is_near = len(pair.completion) <= _LONGER_BY * len(pair.prompt)
    return is_near and normalised(pair.prompt) == normalised(pair.completion)


def _repeats_prompt(pair: Pair) -> bool:
    """A sentence that its completion holds; a heading that its completion begins with."""
    if _is_sentence(pair):
        return normalised(pair.prompt) in normalised(pair.completion)
    first = pair.completion.lstrip().split("\n", 1)[0]
    return normalised(first).strip(" .:") == normalised(pair.prompt).strip(" .:")


# Name of the rule -> whether it drops the pair, given the rules and the document's language. The
# first that does is the reason; a name is counted and stored, so it never changes its meaning.
_DROPS: Final[dict[str, Callable[[Pair, PairRules, str], bool]]] = {
    "prompt-empty": lambda pair, _rules, _: not _WORD.search(pair.prompt),
    "completion-empty": lambda pair, _rules, _: not _WORD.search(pair.completion),
    "prompt-without-letters": lambda pair, _rules, _: not _LETTER.search(pair.prompt),
    "prompt-is-completion": lambda pair, _rules, _: _is_same(pair),
    "prompt-in-completion": lambda pair, _rules, _: _repeats_prompt(pair),
    "prompt-too-short": lambda pair, rules, _: (
        _is_sentence(pair) and not _has_words(pair.prompt, rules.min_prompt_words)
    ),
    "prompt-too-long": lambda pair, rules, _: _has_words(pair.prompt, rules.max_prompt_words + 1),
    "completion-too-short": lambda pair, rules, _: (
        not _has_words(pair.completion[:_LOOKED_AT], rules.min_completion_words)
    ),
    "completion-too-long": lambda pair, rules, _: (
        0 < rules.max_tokens < estimate_tokens(pair.completion)
    ),
    "personal-data": lambda pair, rules, _: (
        rules.pii == "drop" and any(mask_pii(t) != t for t in (pair.prompt, pair.completion))
    ),
    "blind-text": lambda pair, _rules, _: is_blind_text(pair.prompt, pair.completion),
    "error-page": lambda pair, _rules, _: is_error_page(pair.prompt, pair.completion),
    "paywall": lambda pair, _rules, _: is_paywall(pair.prompt, pair.completion),
    "consent-banner": lambda pair, _rules, _: is_consent_banner(pair.prompt, pair.completion),
    "prompt-generic": lambda pair, rules, _: (
        pair.kind == "heading" and not rules.prompt_path and is_generic(pair.prompt)
    ),
    "prompt-fragment": lambda pair, _rules, language: (
        _is_sentence(pair) and is_fragment(pair.prompt, language)
    ),
    "completion-fragment": lambda pair, _rules, _: (
        _is_sentence(pair) and not _holds_sentences(pair.completion)
    ),
    "prompt-leans": lambda pair, _rules, language: (
        _is_sentence(pair) and leans(pair.prompt, language)
    ),
    "prompt-symbols": lambda pair, _rules, _: _is_sentence(pair) and _is_symbols(pair.prompt),
    "completion-symbols": lambda pair, _rules, _: _is_symbols(pair.completion),
    "repeated-lines": lambda pair, _rules, _: repeats_lines(pair.completion),
    "repeated-phrases": lambda pair, _rules, _: repeats_phrases(pair.completion),
    "wrong-language": lambda pair, _rules, language: is_foreign(pair.completion, language),
}

PAIR_REASONS: Final = tuple(_DROPS)


def keep_pair(pair: Pair, rules: PairRules, language: str = "") -> str | None:
    """``None`` for a pair to keep, otherwise one of ``PAIR_REASONS``.

    >>> from pipelines.rules import PairRules
    >>> keep_pair(Pair("Bees", "They build their hives with wax.", "title"), PairRules())
    >>> keep_pair(Pair("Bees", " BEES ", "title"), PairRules())
    'prompt-is-completion'
    """
    return next(
        (
            name
            for name, drops in _DROPS.items()
            if name not in rules.skip_rules and drops(pair, rules, language)
        ),
        None,
    )
