"""A pair -> keep it, or the name of the rule that drops it. Pure.

Each rule is a small function over one pair and the judge, who keeps what the pairs of a document
share. Language-aware ones know English, German, French and Spanish and pass everything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from string import ascii_letters
from typing import Final, get_args

from pipelines.budget import block_spans, estimate_tokens
from pipelines.fragments import is_fragment
from pipelines.headings import is_generic, part_number
from pipelines.notices import Notices, is_blind_text
from pipelines.pii import mask_pii
from pipelines.records import Document, Pair, PairKind, normalised
from pipelines.repetition import PHRASES_FROM, Phrases, repeats_lines, repeats_phrases
from pipelines.rules import PairRules
from pipelines.sentences import is_finished
from pipelines.standing import leans
from pipelines.tongues import is_foreign

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
_ASCII: Final = re.compile("[\x00-\x7f]+")
_NO_LETTERS: Final = bytes(set(range(128)) - set(ascii_letters.encode()))
_SPACES: Final = bytes(code for code in range(128) if chr(code).isspace())


class Judge:
    """The rules for ``pairs``: what they share is found once, for all that are given.

    Each is judged as it would be alone. What is known of the ``document`` that all are of only
    spares looks that would find nothing.
    """

    def __init__(
        self,
        rules: PairRules,
        language: str,
        pairs: Sequence[Pair],
        document: Document | None = None,
    ) -> None:
        self.rules = rules
        self.language = language
        self.notices = Notices([(pair.prompt, pair.completion) for pair in pairs])
        self.is_fragment = cache(partial(is_fragment, language=language))
        self.leans = cache(partial(leans, language=language))
        self.may_be_blind = document is None or is_blind_text(f"{document.title}\n{document.text}")
        self._phrases: Phrases | None = None
        if document and document.blocks:
            starts = [start for start, _ in block_spans(document)]
            self._phrases = Phrases(document.text, starts)
        self._drops = {kind: _drops_for(kind in _SENTENCES, rules) for kind in get_args(PairKind)}

    def repeats_phrases(self, pair: Pair) -> bool:
        """Whether a completion repeats its phrases."""
        if len(pair.completion.split(None, PHRASES_FROM - 1)) < PHRASES_FROM:
            return False
        if self._phrases and not self._phrases.may_repeat(
            pair.completion_start, pair.completion_end
        ):
            return False
        return repeats_phrases(pair.completion)

    def reason(self, pair: Pair) -> str | None:
        """``None`` for a pair to keep, otherwise one of ``PAIR_REASONS``."""
        for name, drops in self._drops[pair.kind]:
            if drops(pair, self):
                return name
        return None


def _has_words(text: str, count: int) -> bool:
    """Whether there are ``count`` words or more."""
    if text.isascii():
        return len(text) >= 2 * count - 1 and len(text.split(None, count)) >= count
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced // _LETTERS_A_WORD >= count


def _holds_sentences(text: str) -> bool:
    """Whether each line is a whole sentence or more; all but the last may announce the next."""
    *lines, last = text.split("\n")
    return is_finished(last) and all(is_finished(line, announcing=True) for line in lines)


def _is_symbols(text: str) -> bool:
    """Whether most characters are no letters, white space aside, or most words have none."""
    text = text[:_LOOKED_AT]
    if text.count("\n") + 1 >= _LEAST_LINES:
        lines = text.split("\n")
        if sum(map(_is_code_number, lines)) * _A_THIRD >= len(lines):
            return True
    share = _count_letters(text) / max(1, _count_signs(text))
    if share < _LETTERS_LEAST or share > _LETTERS_ENOUGH:
        return share < _LETTERS_LEAST
    words = text.split()
    return sum(1 for word in words if _LETTER.search(word)) < _LETTERED_LEAST * len(words)


def _count_letters(text: str) -> int:
    others = "" if text.isascii() else _ASCII.sub("", text)
    plain = len(text.encode("ascii", "ignore").translate(None, _NO_LETTERS))
    return plain + sum(map(str.isalpha, others))


def _count_signs(text: str) -> int:
    """How many characters are no white space."""
    if text.isascii():
        return len(text.encode().translate(None, _SPACES))
    return sum(map(len, text.split()))


def _is_code_number(line: str) -> bool:
    """Whether a line is mostly digits: a serial number, a row of figures."""
    return sum(map(str.isdigit, line)) * _TWICE > len(line)


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


def _is_generic(pair: Pair, judge: Judge) -> bool:
    return pair.kind == "heading" and not judge.rules.prompt_path and is_generic(pair.prompt)


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
    "prompt-without-letters": (lambda pair, _: not _LETTER.search(pair.prompt), None),
    "too-many-parts": (
        lambda pair, judge: 0 < judge.rules.max_parts < part_number(pair.prompt),
        False,
    ),
    "prompt-is-completion": (lambda pair, _: _is_same(pair), None),
    "prompt-in-completion": (
        lambda pair, _: (
            _repeats_sentence(pair) if pair.kind in _SENTENCES else _begins_with_prompt(pair)
        ),
        None,
    ),
    "prompt-too-short": (
        lambda pair, judge: not _has_words(pair.prompt, judge.rules.min_prompt_words),
        True,
    ),
    "prompt-too-long": (
        lambda pair, judge: _has_words(pair.prompt, judge.rules.max_prompt_words + 1),
        None,
    ),
    "completion-too-short": (
        lambda pair, judge: (
            not _has_words(pair.completion[:_LOOKED_AT], judge.rules.min_completion_words)
        ),
        None,
    ),
    "completion-too-long": (
        lambda pair, judge: 0 < judge.rules.max_tokens < estimate_tokens(pair.completion),
        None,
    ),
    "personal-data": (_has_pii, None),
    "blind-text": (
        lambda pair, judge: (
            judge.may_be_blind and (is_blind_text(pair.prompt) or is_blind_text(pair.completion))
        ),
        None,
    ),
    **{
        name: (partial(_is_notice, name), None)
        for name in ("error-page", "paywall", "consent-banner")
    },
    "prompt-generic": (_is_generic, False),
    "prompt-fragment": (lambda pair, judge: judge.is_fragment(pair.prompt), True),
    "completion-fragment": (lambda pair, _: not _holds_sentences(pair.completion), True),
    "prompt-leans": (lambda pair, judge: judge.leans(pair.prompt), True),
    "prompt-symbols": (lambda pair, _: _is_symbols(pair.prompt), True),
    "completion-symbols": (lambda pair, _: _is_symbols(pair.completion), None),
    "repeated-lines": (lambda pair, _: repeats_lines(pair.completion), None),
    "repeated-phrases": (lambda pair, judge: judge.repeats_phrases(pair), None),
    "wrong-language": (lambda pair, judge: is_foreign(pair.completion, judge.language), None),
}

PAIR_REASONS: Final = tuple(_DROPS)


@lru_cache(maxsize=64)
def _drops_for(are_sentences: bool, rules: PairRules) -> tuple[tuple[str, _Drops], ...]:  # noqa: FBT001 - one of two tables
    return tuple(
        (name, drops)
        for name, (drops, for_sentences) in _DROPS.items()
        if name not in rules.skip_rules and for_sentences in (None, are_sentences)
    )


def keep_pair(pair: Pair, rules: PairRules, language: str = "") -> str | None:
    """``None`` for a pair to keep, otherwise one of ``PAIR_REASONS``.

    >>> from pipelines.rules import PairRules
    >>> keep_pair(Pair("Bees", "They build their hives with wax.", "title"), PairRules())
    >>> keep_pair(Pair("Bees", " BEES ", "title"), PairRules())
    'prompt-is-completion'
    """
    return Judge(rules, language, (pair,)).reason(pair)
