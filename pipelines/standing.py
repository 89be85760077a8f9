"""Whether a prompt can stand alone, or leans on what stood before it on its page. Pure.

The words are those of English, German, French and Spanish. In other languages nothing is guessed.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from pipelines.pointing import points_away
from pipelines.said import AROUND, said
from pipelines.wordlists import WORDS, Words

# The first word of an opener -> of how many words those are that begin with it.
_LENGTHS: Final = {
    language: {
        first: sorted(
            {opener.count(" ") + 1 for opener in known.openers if opener.split(" ", 1)[0] == first}
        )
        for first in {opener.split(" ", 1)[0] for opener in known.openers}
    }
    for language, known in WORDS.items()
}
_VERB: Final = 2  # the third word
_HOW_MANY: Final = frozenset("all both half most none each neither".split())
# "The main advantage is": of what, it does not say.
_WHICH_ONE: Final = frozenset(
    "actual basic best biggest common corresponding current default easiest entire final first "
    "general given important main obvious old only original other prior problematic real "
    "returned second simplest specified typical usual whole".split()
)
_CONNECTIVES: Final = frozenset(
    "however therefore thus consequently nevertheless nonetheless moreover furthermore".split()
)
_THEN: Final = "then"
_NEXT: Final = ", then"
_ARTICLES: Final = frozenset(("a", "an", "the"))
# What "then" may follow on within its own sentence.
_FIRST_THEN: Final = frozenset(
    "if when whenever once after unless until while first where before since than by with to "
    "because using assuming suppose given provided let".split()
)
_SUBJECTS: Final = ("it ", "they ", "he ", "she ")
_THEM: Final = "them"
_READERS: Final = frozenset(("you", "sie", "vous", "usted"))
# "those who", "such as": what follows says which.
_SAYS_WHICH: Final = frozenset("who that which whose of with in from".split())
_SUCH_AS: Final = ("such", "as")
_LONGEST_OPENER: Final = 5  # words
_LONGEST_SUBJECT: Final = 8
_LETTERS: Final = 2
_LONGEST_COLOUR: Final = 4  # letters: "red"


def leans(sentence: str, language: str) -> bool:
    """Whether a sentence points to what stood before it, or elsewhere on its page.

    >>> leans("However, it failed.", "en"), leans("Bees fly.", "en")
    (True, False)
    """
    known = WORDS.get(language)
    if not known:
        return False
    cut = said(sentence)
    lower, words = cut.lower, cut.words
    return bool(words) and (
        _opens(words, language, known)
        or _has_pointer(lower, known)
        or _points(words, known)
        or (language == "en" and points_away(cut))
        or (language == "en" and _comes_late(lower, known))
        or (language == "en" and not _is_name(sentence[4:]) and _is_known(words, known))
        or (language == "en" and _goes_on(words, lower))
    )


def _opens(words: list[str], language: str, known: Words) -> bool:
    """Whether it begins with one of the phrases that need something before them."""
    lengths = _LENGTHS[language].get(words[0], ())
    return any(" ".join(words[:length]) in known.openers for length in lengths)


def _has_pointer(lower: str, known: Words) -> bool:
    for pointer in known.pointers:  # noqa: SIM110 - twice as fast as any()
        if pointer in lower:
            return True
    return False


def _points(words: list[str], known: Words) -> bool:
    """Whether it has "this process", "despite its name", "fork it off", and no more of it."""
    if (words[0] in known.verbs or words[0] in _READERS) and not known.pronouns.isdisjoint(
        words[1:_LONGEST_OPENER]
    ):
        return True
    if words[1:2] and (
        words[1] in known.owners
        or not known.pronouns.isdisjoint(words[1:3])
        or _THEM in words[1:_LONGEST_OPENER]
    ):
        return True
    return not known.pointing.isdisjoint(words) and any(
        word in known.pointing and after not in _SAYS_WHICH and (word, after) != _SUCH_AS
        for word, after in pairwise((*words[1:], ""))
    )


def _is_known(words: list[str], known: Words) -> bool:
    """Whether it begins with what must have been named: "The winner is", "All the bees are"."""
    if words[0] in _HOW_MANY:
        words = words[2:] if words[1:2] == ["of"] else words[1:]
    if words[:1] != ["the"]:
        return False
    if words[_VERB : _VERB + 1] and words[_VERB] in known.verbs:
        return True
    until = _VERB + 2
    if words[1:2] and _is_done(words[1]):  # "The moved old bees are"
        until += 1
    elif words[1:2] and words[1] not in _WHICH_ONE:
        return False
    return (
        words[_VERB : _VERB + 1] != []
        and words[_VERB].isalpha()
        and not known.verbs.isdisjoint(words[_VERB + 1 : until])
    )


def _is_done(word: str) -> bool:
    return word.endswith("ed") and len(word) > _LONGEST_COLOUR and word.isalpha()


def _is_name(text: str) -> bool:
    """Whether a word with a capital begins it; ``X`` alone is a variable."""
    start = text.lstrip(AROUND)[:_LETTERS]
    return len(start) == _LETTERS and start.isalpha() and start[0].isupper()


def _goes_on(words: list[str], lower: str) -> bool:
    """Whether it goes on from another: "Wax, however, melts", "The bees will then leave"."""
    if not _CONNECTIVES.isdisjoint(words[1:_LONGEST_OPENER]):
        return True
    if _THEN not in words or _NEXT in lower:
        return False
    place = words.index(_THEN)
    is_soon = place < _LONGEST_SUBJECT and words[place - 1] != "and"
    return (
        is_soon
        and _FIRST_THEN.isdisjoint(words[:place])
        and _ARTICLES.isdisjoint(words[place + 1 : place + 2])
    )


def _comes_late(lower: str, known: Words) -> bool:
    """Whether a pronoun follows words that name nobody: "In case of error, it stops"."""
    lead, comma, rest = lower.partition(", ")
    return bool(
        comma
        and rest.startswith(_SUBJECTS)
        and known.verbs.isdisjoint(word.strip(AROUND) for word in lead.split())
    )
