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
_NOT: Final = ("n't", "n’t", "'ll", "’ll", "'re", "’re", "'ve", "’ve")
_CLAUSES: Final = frozenset(
    "that which who whose whom where when if because while what how whether whenever unless "
    "until once although though before after since wherever whatever whichever".split()
)
_BEFORE_OBJECTS: Final = frozenset(
    "the a an its their two three four both all any each every several many how whether".split()
)
# Nothing but pasts: their participles are others.
_PASTS: Final = frozenset(
    "began became came drew fell gave went grew knew ran rose saw spoke took threw wore wrote "
    "broke chose drove ate flew froze rode rang sang sank shook stole swam woke swore tore "
    "withdrew arose overcame understood".split()
)
_ALWAYS_SAME: Final = frozenset("set put cut let hit cost shut spread read quit".split())
_NOT_FINITE: Final = frozenset(("be", "been", "being", "done"))
_INDEFINITE: Final = frozenset(("A", "An"))
_READERS: Final = frozenset(
    "you they we i people who not never only always often also all both".split()
)
_BEFORE_MORE: Final = frozenset("of for with in on by to from and or as at all some more".split())
_BY: Final = frozenset("as at by for from in into of on to under when with within".split())
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
# "The module that you want to import": nothing is said of it.
_WANTED: Final = re.compile(
    r"(?:The|A|An|Any) (?:[^\s,]+ ){1,5}?(?:that |which )?(?:you|they|we|one|it)"
    r" (?:want|wants|wish|wishes|like|need|needs|use|uses|have|has|would like) to [^,]*\.$"
)
# "A new lid added.", "OLD_LID No longer used.": of lists of changes.
_CHANGED: Final = re.compile(
    r"[^,;:]*\b(?:added|fixed|removed|improved|changed|updated|renamed|deprecated|enhanced"
    r"|[Nn]o longer \w+ed|dropped|introduced)\.$"
)
_ARTICLES: Final = frozenset(("The", "A", "An", "Any"))
_LEAST_TITLE: Final = 4  # words
_SMALL_IN_TITLES: Final = frozenset("a an and for in of on or the to with".split())
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
    first = _next_verb(words, 0, known)
    return first is None or (language == "en" and _is_english_fragment(words, said, first, known))


def _is_english_fragment(words: list[str], sentence: str, first: int, known: Words) -> bool:
    """Whether an English sentence lacks its subject, or a verb that is surely one."""
    opening = words[1:] if words[0].endswith("ly") else words
    if opening and _lacks_subject(opening[0].lower(), opening[1:2], known):
        return True
    if _lacks_subject_late(sentence, known):
        return True
    if _FINITE.isdisjoint(words) and _is_of_list(words, sentence):
        return True
    if words[0].islower() and not _is_said_of_name(words, known):
        return True
    if _QUESTION not in sentence and (
        words[0].lower() in _AFTER_SUBJECT or not _surely_says(words, sentence, known)
    ):
        return True
    return _is_only_described(words, first, known)


def _is_of_list(words: list[str], sentence: str) -> bool:
    """Whether, with no verb that is surely one, it is a line of a list, or a title."""
    if sentence.endswith("ed.") and _CHANGED.match(sentence):
        return True
    if words[1:2] and words[1][0].isupper() and _is_title(words):
        return True
    return bool(words[0] in _ARTICLES and _WANTED.match(sentence))


def _is_title(words: list[str]) -> bool:
    """Whether all its words have capitals: "The Bee Read/Write Compressed Hive Extension."."""
    return len(words) >= _LEAST_TITLE and all(
        word[0].isupper() or word in _SMALL_IN_TITLES for word in words
    )


def _surely_says(words: list[str], sentence: str, known: Words) -> bool:
    """Whether a verb stands there that can be nothing else, besides those of clauses in it."""
    clauses = 0
    if words[0].lower() in _CLAUSES and ", " in sentence:
        lead, _, sentence = sentence.partition(", ")
        words = words[len(_LETTERS.findall(lead)) :]
    for at, word in enumerate(words):
        small = word.lower()
        if small in _CLAUSES:
            clauses += 1
        elif _is_surely_verb(words, at, sentence, known):
            if not clauses:
                return True
            clauses -= 1
    return False


def _is_surely_verb(words: list[str], at: int, sentence: str, known: Words) -> bool:
    """Whether a word is a verb by its form and its neighbours: "bees make", not "a make"."""
    small = words[at].lower()
    before = words[at - 1].lower() if at else ""
    if small in _FINITE or small.endswith(_NOT):
        return before not in _FINITE
    after = words[at + 1].lower() if at + 1 < len(words) else ""
    if small not in known.verbs and not small.endswith(_PARTICIPLE):
        return _looks_like_verb(small, before, after)
    if small in _NOT_FINITE or "-" in small:
        return False
    if small in _PASTS:
        return True
    if small in known.bases:
        if small in _ALWAYS_SAME and words[at - 1][0].isupper():
            return True
        is_list = f"{words[at - 1]}, {words[at]}" in sentence
        is_plural = before.endswith("s") and before not in known.verbs
        return before in _READERS or (is_plural and not is_list)
    if small.endswith("s"):
        is_noun = not after or after in _FINITE or after in ("of", "and") or after.endswith("ing")
        return not (at == 0 or is_noun or before in _BEFORE_NOUNS or before in _BEFORE_MORE)
    if (small, after) == _WONT:
        return 0 < at < _GAP
    if words[0] in _INDEFINITE and small.endswith("ed") and after not in _BEFORE_OBJECTS:
        return False  # "A comma separated list"
    return at > 0 and before not in _FINITE and after not in _BY


def _looks_like_verb(small: str, before: str, after: str) -> bool:
    """Whether a word that is not known stands as verbs do: "Wax comprises two things"."""
    return (
        small.endswith("s")
        and not small.endswith(_NOT_IN_S)
        and after in _BEFORE_OBJECTS
        and not (before in _BEFORE_NOUNS or before in _BEFORE_MORE or before.endswith("s"))
    )


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
        and (small not in known.bases or not nominal or before.endswith("s") or before in _READERS)
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
