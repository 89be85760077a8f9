"""Whether a prompt can stand alone: what it begins with, and whether it says anything. Pure.

The words are those of English, German, French and Spanish. In other languages nothing is guessed,
except that a sentence has a mark at its end.
"""

# ruff: noqa: RUF001 - quotation marks and stops of many scripts are what this is about
from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from pipelines.lexicon import LEXICONS
from pipelines.sentences import is_finished
from pipelines.wordlists import WORDS, Words

_LETTERS: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ASCII_LETTERS: Final = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
_FIRST_WORDS: Final = {
    language: frozenset(opener.split(" ", 1)[0] for opener in known.openers)
    for language, known in WORDS.items()
}
_AROUND: Final = ".,:;!?…()[]'\"“”„«»"
_VERB: Final = 2  # the third word
_RELATIVES: Final = frozenset(("that", "which", "who", "whose"))
_FINITE: Final = frozenset(
    "is are was were has have had can could will would shall should may might must does do "
    "did".split()
)
_PARTICIPLE: Final = "ed"
_REMARK: Final = re.compile(r"\([^()]*\)")
_HOW_MANY: Final = frozenset("all both half most none each neither".split())
# "The main advantage is": of what, it does not say.
_WHICH_ONE: Final = frozenset(
    "actual basic best biggest common corresponding current default easiest entire final first "
    "general given important main obvious old only original other prior problematic real "
    "returned second simplest specified typical usual whole".split()
)
# Followed by one of these, what is done to something says which: "the name used in the header".
_DONE: Final = frozenset(
    "added associated called contained created defined described found generated given included "
    "known listed made named needed passed preceded provided required returned sent separated "
    "shown specified stored used written".split()
)
_WONT: Final = ("used", "to")
_AFTER_DONE: Final = frozenset("as at for from in on to under when with".split())
_THINK: Final = "think"
# After one of these, what a relative clause describes is not the subject.
_LEADS: Final = frozenset(
    "after as because before by for if in on since to when while with".split()
)
_TO: Final = "to"  # "a file to split" says nothing of it
_SUBJECTS: Final = ("it ", "they ", "he ", "she ")
_THEM: Final = "them"
_READERS: Final = frozenset(("you", "sie", "vous", "usted"))
# "those who", "such as": what follows says which.
_SAYS_WHICH: Final = frozenset("as who that which whose of with in from".split())
_LONGEST_OPENER: Final = 5  # words
_LONGEST_NAME: Final = 6  # words, with the verb after it
_LEAST_STEM: Final = 2  # letters before a verb's ending
# After these, "list" or "use" is no verb.
_BEFORE_NOUNS: Final = frozenset("a an the of each every its their your our any no".split())


def leans(sentence: str, language: str) -> bool:
    """Whether a sentence points to what stood before it, or elsewhere on its page.

    >>> leans("However, it failed.", "en"), leans("Bees fly.", "en")
    (True, False)
    """
    known = WORDS.get(language)
    if not known:
        return False
    lower = sentence.lower()
    words = [word.strip(_AROUND) for word in lower.split()]
    return bool(words) and (
        _opens(words, language, known)
        or _has_pointer(lower, known)
        or _points(words, known)
        or (language == "en" and _comes_late(lower, known))
        or (language == "en" and not sentence[4:6].isupper() and _is_known(words, known))
    )


def _opens(words: list[str], language: str, known: Words) -> bool:
    """Whether it begins with one of the phrases that need something before them."""
    return words[0] in _FIRST_WORDS[language] and any(
        " ".join(words[:n]) in known.openers for n in range(1, _LONGEST_OPENER + 1)
    )


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
        word in known.pointing and after not in _SAYS_WHICH
        for word, after in pairwise((*words[1:], ""))
    )


def _is_known(words: list[str], known: Words) -> bool:
    """Whether it begins with what must have been named: "The winner is", "All the bees are"."""
    if words[0] in _HOW_MANY:
        words = words[2:] if words[1:2] == ["of"] else words[1:]
    verb = _VERB + 1 if words[1:2] and words[1] in _WHICH_ONE else _VERB
    return (
        words[:1] == ["the"]
        and len(words) > verb
        and words[verb] in known.verbs
        and (verb == _VERB or words[_VERB].isalpha())
    )


def _comes_late(lower: str, known: Words) -> bool:
    """Whether a pronoun follows words that name nobody: "In case of error, it stops"."""
    lead, comma, rest = lower.partition(", ")
    return bool(
        comma
        and rest.startswith(_SUBJECTS)
        and known.verbs.isdisjoint(word.strip(_AROUND) for word in lead.split())
    )


def is_fragment(sentence: str, language: str) -> bool:
    """Whether it is no whole sentence: no mark at its end, a small beginning, or no verb.

    >>> is_fragment("A list of bees.", "en"), is_fragment("Bees make honey.", "en")
    (True, False)
    """
    if not is_finished(sentence):
        return True
    known = WORDS.get(language)
    if not known:
        return False
    letters = _ASCII_LETTERS if sentence.isascii() else _LETTERS
    words = letters.findall(_REMARK.sub("", sentence) if "(" in sentence else sentence)
    if not words:
        return True
    small = words[0] if words[0].islower() else ""
    if small in known.verbs or small in LEXICONS[language].functions:
        return True
    if (
        language == "en"
        and words[1:2]
        and words[1] not in _FINITE
        and _lacks_subject(words[0].lower(), known)
    ):
        return True
    first = _next_verb(words, 0, known)
    if language == "en" and small and not _is_said_of_name(words, known):
        return True
    return first is None or (language == "en" and _is_only_described(words, first, known))


def _is_said_of_name(words: list[str], known: Words) -> bool:
    """Whether a verb follows soon on a small beginning: "dpkg handles", not "files of users"."""
    return not _FINITE.isdisjoint(words[1:]) or any(
        word.endswith("s") and word in known.verbs for word in words[1:_LONGEST_NAME]
    )


def _lacks_subject(first: str, known: Words) -> bool:
    """Whether it begins as "Lists the files" does: a description of something not named."""
    stems = (first[:-1], f"{first[:-3]}y" if first.endswith("ies") else "")
    return first.endswith("s") and first in known.verbs and not known.bases.isdisjoint(stems)


def _next_verb(words: list[str], start: int, known: Words) -> int | None:
    """Where from ``start`` a verb stands: "a list", "the Bloom filter", "to see" have none."""
    for index in range(start, len(words)):
        word = words[index]
        small = word.lower()
        if (small in known.verbs or _has_ending(word, known)) and _says(words, index, known):
            return index
    return None


def _says(words: list[str], index: int, known: Words) -> bool:
    """Whether what may be a verb is one, by the words around it."""
    small = words[index].lower()
    before = words[index - 1].lower() if index else ""
    after = words[index + 1].lower() if index + 1 < len(words) else ""
    nominal = words[0].lower() in _BEFORE_NOUNS
    return (
        before not in _BEFORE_NOUNS
        and before != _TO
        and (small not in known.bases or not nominal or before.endswith("s"))
        and not (index == 0 and after == "of" and small != _THINK)
        and not _is_attribute(before, small, after)
    )


def _is_attribute(before: str, small: str, after: str) -> bool:
    """Whether a participle between two words describes: "of allowed sizes", "a hive made by"."""
    if small in _DONE and after in _AFTER_DONE and before not in _FINITE:
        return (small, after) != _WONT
    if not small.endswith(_PARTICIPLE):
        return False
    return before == "of" or (after == "by" and before not in _FINITE)


def _has_ending(word: str, known: Words) -> bool:
    """Whether a word in small letters ends as verbs do; nouns have capitals in German."""
    return (
        word.endswith(known.endings)
        and len(word) > _LEAST_STEM + 1
        and word[0].islower()
        and "-" not in word  # "space-separated" describes
    )


def _is_only_described(words: list[str], first: int, known: Words) -> bool:
    """Whether its one verb belongs to "The command that will be run", and nothing is said."""
    if _RELATIVES.isdisjoint(words[:first]) or words[0] in _RELATIVES:
        return False
    if words[0].lower() in _LEADS:
        return False
    if not _FINITE.isdisjoint(words[first + 1 :]):
        return False
    verb: int | None = first
    last = first
    while verb is not None and verb <= last + 1:  # "will be run" is one
        last = verb
        verb = _next_verb(words, last + 1, known)
    return verb is None
