"""Whether an English sentence names what it speaks of, or says "the header" of nothing. Pure."""

# ruff: noqa: RUF001 - apostrophes and quotation marks of real pages
from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from pipelines.said import AROUND
from pipelines.wordlists import WORDS

_ENGLISH: Final = WORDS["en"]
# A word that is a name whatever its place: an option, a path, a function, SQLite, FTS5.
_STRONG: Final = re.compile(r"[A-Z].*[A-Z]|[^=*<>]*(?:[A-Z]{2}|[_/\\@]|\w\(|\w[.:]\w)")
_STRONG_MARKS: Final = re.compile(r"[A-Z_/\\@#$=*+~^(\d-]|\w[.:]\w")
_NO_NAMES_BEGIN: Final = frozenset("\"'“‘`<-*+=^~[&|!")
# Words of standards and languages in capitals, and keys.
_NO_NAMES: Final = frozenset(
    "MUST NOT SHOULD MAY SHALL REQUIRED OPTIONAL RECOMMENDED NULL TRUE FALSE True False OK TAB "
    "ENTER Enter ESC STEP START END HEAD ACK NAK TEXT I URL URLs URI URIs ID IDs API APIs GUI CPU "
    "OS and/or either/or read/write input/output".split()
)
_LEAST_NAME: Final = 2  # letters; "X" is a variable
# "I/O", "b/", "T-P"; "OIDs" are a sort of thing.
_LETTERS_ONLY: Final = re.compile(r"[A-Za-z]?(?:[-/][A-Za-z])*/?|[A-Z]{2,4}s")
_LONGEST_LETTERS: Final = 7
# "The Policy provides": a name among those who know which one.
_OF_SOME: Final = frozenset(
    "policy constitution manual guide agreement company contract project act committee council "
    "board commission court party union government ministry minister president chairman director "
    "bill report team group club church school university city state county department law "
    "license licence standard specification protocol format engine customer vendor licensor "
    "licensee user author publisher foundation association society institute agency bank fund "
    "plan program programme system server client".split()
)
# What is the only one of its kind, or known to everybody.
_KNOWN: Final = frozenset(
    "internet web world earth sun moon sky sea ocean public future past present time times day "
    "night morning evening afternoon weekend week month year summer winter spring autumn century "
    "decade way ability need government police church press media law truth poor rich elderly "
    "brain heart climate media weather human military army "
    "environment economy universe beginning end ground air user users user's reader readers "
    "administrator administrators kernel system same keyboard screen fact north south east west "
    "united".split()
)
_COMMAND_LINE: Final = (
    ("command", "line"),
    ("operating", "system"),
    ("file", "system"),
    ("private", "sector"),
    ("public", "sector"),
)
# "The locate command": what stands before one of these names it, unless it is one of _WEAK.
_SORTS: Final = frozenset(
    "package command function option program tool method directive variable protocol module "
    "library hook daemon instruction operator clause statement pragma utility language project "
    "extension plugin algorithm format interface attribute property macro constant flag keyword "
    "distribution browser hook system".split()
)
_WEAK: Final = frozenset(
    "actual appropriate available basic calling certain child corresponding correct current "
    "custom default different entire existing external final first following given internal "
    "last left local lower main named necessary new next old optional original other output "
    "input parent particular previous proper public real relevant remote required right same "
    "second selected simple single source special specific target test third two three "
    "underlying upper usual virtual whole wrong latest only own chosen standard".split()
)
# Behind a noun, these say which one it is.
_SAYS_WHICH: Final = frozenset(
    "of that which who whom whose where when for between among behind called named used known "
    "needed required responsible".split()
)
_WHERE: Final = frozenset(
    "in from on at to with by about against over under across into through around near within "
    "during before after".split()
)
LATEST_VERB: Final = 10  # words
# Verbs that are nothing else.
SURE_VERBS: Final = frozenset(
    "is are was were has have had can could will would shall should may might must does did "
    "isn't aren't doesn't cannot".split()
)
_BEFORE_VERBLESS: Final = frozenset("a an the of for to in on with by and or".split())
_DONE_BY: Final = frozenset("by in from with into as on at to under during".split())
_ENDS: Final = frozenset(
    "a an the and or but nor if then than as at by for from in into on onto out over to under "
    "with without within is are was were be been being has have had having can could will would "
    "shall should may might must does do did not it they he she we you i this that these those "
    "which who whom whose where when while until unless because so since after before during "
    "through via per about against between of isn't aren't doesn't don't can't cannot won't "
    "wasn't weren't didn't".split()
)
_ADVERBS: Final = frozenset(
    "only always never also then normally usually just simply currently automatically not".split()
)
_LONGEST_THING: Final = 5  # words
_SECOND: Final = 2
# "The largest city in Lapland": there is but one.
_SUPERLATIVES: Final = frozenset(
    "most largest biggest smallest oldest youngest highest lowest longest shortest richest poorest "
    "fastest deepest strongest greatest tallest busiest deadliest worst best".split()
)
_AMONG: Final = frozenset(("in", "of", "ever"))
_ALL_OF: Final = frozenset(("whole", "entire"))
# "The given list of bees": it was given before.
_FOUND_BEFORE: Final = frozenset(
    "given resulting corresponding relevant appropriate desired respective requested said "
    "specified selected chosen above current new old".split()
)


def is_strong(word: str) -> bool:
    """Whether a word is a name by its form: ``git-log(1)``, SQLite, ``a_b``."""
    return (
        bool(word)
        and bool(_STRONG_MARKS.search(word, 1) or word[0] == "/")
        and bool(_STRONG.match(word))
    )


def is_name(token: str, place: int) -> bool:
    """Whether a word, the ``place``-th of its sentence, names something of its own.

    >>> is_name("Git", 0), is_name("Git", 1), is_name("SQLite", 0), is_name("header", 3)
    (False, True, True, False)
    """
    if token[0] in _NO_NAMES_BEGIN:  # quoted, or an option
        return False
    word = token.strip(AROUND)
    if len(word) < _LEAST_NAME or word in _NO_NAMES:
        return False
    if not ((place > 0 and word[0].isupper()) or is_strong(word)):
        return False
    return len(word) > _LONGEST_LETTERS or not _LETTERS_ONLY.fullmatch(word)


def has_name(tokens: list[str]) -> bool:
    """Whether there is a name behind the first word."""
    return any(is_name(token, place) for place, token in enumerate(tokens) if place)


def first_verb(words: list[str]) -> int:
    """Where the verb of a sentence stands, or where its subject must have ended."""
    for at, word in enumerate(words[1:LATEST_VERB], 1):
        if word in SURE_VERBS or (
            word in _ENGLISH.verbs
            and words[at - 1] not in _BEFORE_VERBLESS
            and SURE_VERBS.isdisjoint(words[at + 1 : at + 2])  # "upgrades can be"
            and not _is_plural(words, at)
            and (word not in _ENGLISH.bases or words[at - 1].endswith("s"))
        ):
            return at
    return min(LATEST_VERB, len(words))


def _is_plural(words: list[str], at: int) -> bool:
    """Whether a word in "s" has its verb behind it: "Crash tests run in a loop"."""
    return (
        words[at].endswith("s")
        and not _ENGLISH.bases.isdisjoint(words[at + 1 : at + 2])
        and not _WHERE.isdisjoint(words[at + 2 : at + 3])
    )


def names_unsaid(tokens: list[str], words: list[str]) -> bool:
    """Whether it speaks of "the header" and says nowhere of what.

    Where the subject is named, "the header in it" behind the verb is taken to be its own.
    """
    places = [at for at, word in enumerate(words, 1) if word == "the"]
    if not places:
        return False
    verb = first_verb(words)
    is_named = has_name(tokens[:verb]) or is_name(tokens[0], 0)
    if places[0] == 1 and verb == _SECOND and words[1] in _OF_SOME:
        return True
    return any(_is_unsaid(tokens, words, at, is_own=is_named and at > verb) for at in places)


def _is_unsaid(tokens: list[str], words: list[str], start: int, *, is_own: bool) -> bool:
    """Whether what begins at ``start``, behind "the", was spoken of before, or is not told."""
    word = words[start] if start < len(words) else ""
    if word in _FOUND_BEFORE or word in _ALL_OF:
        after = words[start + 1 : start + 2]
        return word in _FOUND_BEFORE or (after != ["of"] and _KNOWN.isdisjoint(after))
    if word in _SUPERLATIVES and not _AMONG.isdisjoint(words[start + 2 : start + _LONGEST_THING]):
        return False
    return _is_untold(tokens, words, start, is_own=is_own)


def _is_untold(tokens: list[str], words: list[str], start: int, *, is_own: bool) -> bool:
    """Whether what begins at ``start``, behind "the", is neither named nor described."""
    end = start
    for end in range(start, min(start + _LONGEST_THING, len(words))):
        word = words[end]
        if word in _SAYS_WHICH or (is_own and end > start and word in _WHERE):
            return False
        if (end > start and (word in _ENDS or _ends_thing(word))) or not word:
            break
        if is_name(tokens[end], end) or word in _KNOWN:
            return False
        if end > start and word.endswith("ing"):
            return False
        if end > start and word.endswith("ed") and words[end + 1 : end + 2]:
            return words[end + 1] not in _DONE_BY
        if tokens[end][-1] in ",.;:?!)":
            end += 1  # noqa: PLW2901 - the end of the thing
            break
    else:
        end += 1
    if tuple(words[start : start + 2]) in _COMMAND_LINE or _is_of_a_sort(words[start:end]):
        return False
    return not _is_introduced(words, start, end)


def _ends_thing(word: str) -> bool:
    """Whether a verb or an adverb says that the thing is over: "the bee sends", "the bee only"."""
    return word in _ADVERBS or (
        word in _ENGLISH.verbs and word.endswith("s") and word[:-1] not in _ENGLISH.bases
    )


def _is_of_a_sort(thing: list[str]) -> bool:
    """Whether it is named by a word in small letters: "the locate command"."""
    return any(
        word in _SORTS and before not in _WEAK and not before.endswith(("ed", "ing"))
        for before, word in pairwise(thing)
    )


def _is_introduced(words: list[str], start: int, end: int) -> bool:
    """Whether the thing was spoken of in the sentence: "a hive and the bees of the hive"."""
    if end <= start:
        return False
    head = words[end - 1]
    before = words[: start - 1]
    return any(
        head in (word, f"{word}s", f"{word}es") and before[max(0, at - 3) : at].count("the") == 0
        for at, word in enumerate(before)
    )
