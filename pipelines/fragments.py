"""Whether a prompt is a whole sentence: by its mark, its beginning, its verb. Pure.

The words are those of English, German, French and Spanish. In other languages nothing is guessed,
except that a sentence has a mark at its end.
"""

# ruff: noqa: RUF001 - apostrophes of real pages are what this is about
from __future__ import annotations

import re
from typing import Final

from pipelines.lexicon import LEXICONS
from pipelines.sentences import is_finished
from pipelines.wordlists import WORDS, Words

_LETTERS: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ASCII_LETTERS: Final = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
_RELATIVES: Final = frozenset(("that", "which", "who", "whose"))
_FINITE: Final = frozenset(
    "is are was were has have had can could will would shall should may might must does do "
    "did".split()
)
_PARTICIPLE: Final = "ed"
_REMARK: Final = re.compile(r"\([^()]*\)")
# Followed by one of these, what is done to something says which: "the name used in the header".
_DONE: Final = frozenset(
    "added associated called contained created defined described fixed found generated given "
    "included known listed made named needed passed preceded provided required returned sent "
    "separated shown specified stored used written".split()
)
_WONT: Final = ("used", "to")
_AFTER_DONE: Final = frozenset("as at for from in on to under when with".split())
_THINK: Final = "think"
# After one of these, what a relative clause describes is not the subject.
_LEADS: Final = frozenset(
    "after as because before by for if in on since to when while with".split()
)
_PATH: Final = re.compile(r"\S*/\S*")  # "exclude" is no verb in /etc/exclude
_BEHIND_LEAD: Final = re.compile(r"([^,]{1,60}), ([a-z]+s) (?:the|a|an|all|each|any)\b")
_TO: Final = "to"  # "a file to split" says nothing of it
_LONGEST_NAME: Final = 6  # words, with the verb after it
_LEAST_STEM: Final = 2  # letters before a verb's ending
# After these, "list" or "use" is no verb.
_BEFORE_NOUNS: Final = frozenset("a an the of each every its their your our any no".split())
# "Stores the file", "Clones a hive": what does, it does not say.
_BEFORE_THINGS: Final = frozenset("the a an any each every one whether what how its their".split())
_NO_VERBS_IN_S: Final = frozenset(
    "afterwards always as besides does has is its less perhaps plus sometimes this thus towards "
    "unless was yes across minus versus".split()
)
_NOT_IN_S: Final = ("ss", "us", "'s")
# "Is a synonym" needs a subject; "do not" is asked for.
_AFTER_SUBJECT: Final = _FINITE - {"do", "have"}
_QUESTION: Final = "?"
_GAP: Final = 3  # words within "can be quickly found"


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
    said = _REMARK.sub("", sentence) if "(" in sentence else sentence
    words = letters.findall(_PATH.sub("X", said) if "/" in said else said)
    if not words:
        return True
    small = words[0] if words[0].islower() else ""
    if small in known.verbs or small in LEXICONS[language].functions:
        return True
    if language == "en" and _lacks_subject(words[0].lower(), words[1:2], known):
        return True
    if language == "en" and _lacks_subject_late(said, known):
        return True
    if language == "en" and words[0].lower() in _AFTER_SUBJECT and _QUESTION not in sentence:
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


def _lacks_subject(first: str, after: list[str], known: Words) -> bool:
    """Whether it begins as "Lists the files" does: a description of something not named."""
    if not first.endswith("s") or first.endswith(_NOT_IN_S) or first in _NO_VERBS_IN_S:
        return False
    if after and after[0] in _BEFORE_THINGS:
        return True
    stems = (first[:-1], first[:-2], f"{first[:-3]}y" if first.endswith("ies") else "")
    is_verb = first in known.verbs and not known.bases.isdisjoint(stems)
    return (is_verb or first.endswith("izes")) and (not after or after[0] not in _FINITE)


def _lacks_subject_late(sentence: str, known: Words) -> bool:
    """Whether nothing is said to do it behind a lead: "With no name, lists the files"."""
    found = _BEHIND_LEAD.match(sentence)
    return bool(
        found
        and _lacks_subject(found[2], ["the"], known)
        and known.verbs.isdisjoint(found[1].lower().split())
    )


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
        return not before or (small, after) != _WONT
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
    while verb is not None and (  # "will be run", "can be quickly found" are one
        verb <= last + 1 or (verb <= last + _GAP and words[verb].endswith(_PARTICIPLE))
    ):
        last = verb
        verb = _next_verb(words, last + 1, known)
    return verb is None
