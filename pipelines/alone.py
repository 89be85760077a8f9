"""Whether an English sentence stands alone: what it is about is said in it. Pure.

``pipelines.standing`` tells sentences by the words that point away from them; here they are told
by what they lack. A sentence that says "the header" must say of what; one that gives an order, or
begins with a condition or with "some" and "each", must name something. Other languages are passed.
"""

# ruff: noqa: RUF001 - apostrophes and quotation marks of real pages
from __future__ import annotations

import re
from typing import Final

from pipelines.naming import (
    LATEST_VERB,
    SURE_VERBS,
    first_verb,
    has_name,
    is_name,
    names_unsaid,
)
from pipelines.said import said
from pipelines.wordlists import WORDS

_ENGLISH: Final = WORDS["en"]
# Parts of something: that which has them must be named.
_PARTS: Final = frozenset(
    "options names arguments values rows columns files errors parameters fields entries functions "
    "methods objects records blocks lines pages tests measurements changes updates features "
    "messages commands events flags keys labels headers sections items elements types versions "
    "releases settings results requests responses bytes bits characters strings numbers cells "
    "nodes leaves links marks patterns rules tokens words terms queries transactions operations "
    "tables indexes constraints variables attributes directories branches commits tags refs hooks "
    "clients servers processes threads packages modules steps restrictions improvements "
    "enhancements optimizations fixes details notes examples cases problems issues installations "
    "frontends applications programs instructions routines filenames paths comments callers "
    "option name argument value row column file error parameter field entry function method object "
    "record block line page test change update feature message command event flag key label header "
    "section item element type version release setting result request response byte bit character "
    "string number cell node leaf link mark pattern rule token word term query operation "
    "constraint variable attribute directory hook step restriction detail note example case "
    "problem issue path comment caller suffix prefix main".split()
)
# Begun with one of these, a sentence is about what was spoken of, unless it names something.
_NEEDS_NAME: Final = frozenset(
    "each every any some many most several all certain various few one additional further extra "
    "special specific modified added changed improved new other others no numerous two three "
    "optional default remaining existing specified matching possible valid individual "
    "subsequent different multiple older newer new only everything everybody everyone nothing "
    "something anything".split()
)
_LEADS: Final = frozenset(
    "if when whenever once while unless until after before since because although though given "
    "for in on at by with without from during under through unlike like despite depending as to "
    "using within upon whether where even usually often normally generally".split()
)
_LEAD: Final = re.compile(
    r"(?:If|When|Whenever|Once|Unless|After|Before|To|For|In|On|At|By|With|While|As)\b[^,]*, "
)
# "You can", "Shown when", "What it does is": of whom, where, what.
_NO_BEGINNING: Final = frozenset(
    "you your one's version release shown written known seen made set done taken meant what which "
    "who whose where how why".split()
)
_NO_SUBJECT: Final = frozenset(("the", "except"))
_BEING: Final = frozenset(("is", "are", "was", "were"))
_HOW: Final = frozenset("not often usually always just simply only normally typically".split())
_ONE: Final = frozenset("a an one called known".split())
_BY_DEFAULT: Final = ["by", "default"]
_EARLY: Final = 4
_SECOND: Final = 2
_MUSTS: Final = (["MUST"], ["SHOULD"], ["SHALL"], ["MAY"])
_SHORT_NAME: Final = re.compile(r"[A-Z]{2,4}(?:-[A-Z]+)?")
_SHORT_LEAD: Final = 3  # words before a comma
_LONGEST_LEAD: Final = 40
_HAS: Final = ("has", "have", "had")
_INDEFINITE: Final = ("a", "an")
# "Removals occur": of what, it does not say.
_ACTIONS: Final = tuple("ion ions al als ment ments ance ence ances ences ity ness".split())
_LONG: Final = 5  # letters: "bring" is no "bringing"
_ORDERS: Final = frozenset("do don't don’t never always please be".split())
_CLAUSE: Final = frozenset(
    "that which who whose if when how what whether where because so as unless and but or than "
    "while until".split()
)
_THINGS: Final = frozenset(
    "a an the all any each every one no you your its their it them to whether what how only more "
    "this that these those some both at out up".split()
)


def _begins_with_order(words: list[str]) -> bool:
    """Whether a sentence, by its words in small letters, tells the reader to do something."""
    first = words[0]
    if first.endswith("ly") and words[1:2]:
        words = words[1:]
        first = words[0]
    if first in _ORDERS:
        return True
    if "/" in first and _ENGLISH.bases.issuperset(first.split("/")):
        return True
    if first not in _ENGLISH.bases:
        return False
    if words[1:2] and words[1] in _THINGS:
        return True
    for word in words[1:]:
        if word in SURE_VERBS:
            return False
        if word in _CLAUSE:
            return True
    return True


def needs_name(tokens: list[str], words: list[str]) -> bool:
    """Whether something must be named for it to be understood, and is not soon."""
    if tokens[-1].endswith("?"):
        return False
    first = words[0]
    if first in _NO_BEGINNING or (first.endswith("ed") and first.isalpha()):
        return True
    if words[:_SECOND] == _BY_DEFAULT and all(token.isupper() for token in _names(tokens)):
        return True  # "By default, DMARC mail": of whom?
    if first in _LEADS or (first.endswith("ly") and tokens[0].endswith(",")):
        return not _names_behind_lead(tokens, words)
    verb = first_verb(words)
    if first.endswith("ing") and _acts_on_known(tokens[1:verb]):
        return True
    if first == "the" and verb == _SECOND and _is_only_called(tokens):
        return True
    if has_name(tokens[:verb]) or is_name(tokens[0], 0):
        return False
    if first in _NEEDS_NAME or first in _NO_SUBJECT or first.endswith("ing"):
        return True
    return not _tells_what(words, verb)


def _acts_on_known(tokens: list[str]) -> bool:
    """Whether "Running" or "Browsing" is followed by a file, or by "the Gallery" of something."""
    if any(token[0] == "/" for token in tokens):
        return True
    return tokens[:1] == ["the"] and not any(is_name(token, 0) for token in tokens)


def _is_only_called(tokens: list[str]) -> bool:
    """Whether "The LV is" or "The Length MUST be" is all that is said of what it is."""
    return bool(_SHORT_NAME.fullmatch(tokens[1]) or tokens[2:3] in _MUSTS)


def _names(tokens: list[str]) -> list[str]:
    return [token for at, token in enumerate(tokens) if at and is_name(token, at)]


def _names_behind_lead(tokens: list[str], words: list[str]) -> bool:
    """Whether the subject behind a lead is named, or the lead is "In SQLite"."""
    comma = next((at for at, token in enumerate(tokens[:_LONGEST_LEAD]) if token[-1] == ","), -1)
    if comma < 0:
        return has_name(tokens[:LATEST_VERB])
    if comma <= _SHORT_LEAD and has_name(tokens[: comma + 1]):
        return True
    main = comma + 1
    if words[main : main + 1] == ["then"]:
        main += 1
    verb = main + first_verb(words[main:])
    return any(is_name(token, 1) for token in tokens[main:verb])


def _tells_what(words: list[str], verb: int) -> bool:
    """Whether it tells what something is, has or does: "Hives are", not "Hives can be moved"."""
    head = words[verb - 1]
    word = words[verb] if verb < len(words) else ""
    after = next((w for w in words[verb + 1 :] if w not in _HOW), "")
    if word in _BEING:
        is_one = verb == 1 and not head.endswith("s")
        return (is_one or after in _ONE) and head not in _PARTS
    if word == "does":
        return verb == 1 and head not in _PARTS
    if word in SURE_VERBS and word not in _HAS:
        return False
    if word in _HAS and after == "been":
        return False
    if words[0] in _INDEFINITE and word not in _HAS:
        return False
    subject = words[:verb]
    is_action = any(word.endswith(_ACTIONS) for word in subject)
    return bool(word) and verb <= _EARLY and not is_action and _PARTS.isdisjoint(subject)


def gives_order(sentence: str, language: str) -> bool:
    """Whether an English sentence tells the reader to do something.

    >>> gives_order("Remove the bees.", "en"), gives_order("Bees remove wax.", "en")
    (True, False)
    """
    words = said(sentence).words if language == "en" else []
    return bool(words) and (_begins_with_order(words) or _orders_late(sentence))


def is_unnamed(sentence: str, language: str) -> bool:
    """Whether an English sentence does not say what it is about.

    >>> is_unnamed("The lid is open.", "en"), is_unnamed("Bees make wax.", "en")
    (True, False)
    """
    if language != "en":
        return False
    _, _, tokens, words = said(sentence)
    return bool(words) and (names_unsaid(tokens, words) or needs_name(tokens, words))


def _orders_late(sentence: str) -> bool:
    """Whether an order stands behind a lead: "To see bees, open the lid"."""
    found = _LEAD.match(sentence)
    if not found:
        return sentence.startswith("To ") and SURE_VERBS.isdisjoint(sentence.split())
    words = sentence[found.end() :].lower().split()
    return bool(words) and words[0] in _ENGLISH.bases | _ORDERS
