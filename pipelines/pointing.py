"""Whether an English text points to what is elsewhere on its page, or to who speaks and when. Pure.

For prompts: nearly every such word is one too many. ``pipelines.completions`` is about the others.
"""

# ruff: noqa: RUF001 - apostrophes and dashes of real pages
from __future__ import annotations

import re
from typing import Final

from pipelines.said import Said

# Words that point away whatever stands beside them.
_PLAIN: Final = frozenset(
    "also again anyway anyhow likewise similarly hence therefore thus however nevertheless "
    "nonetheless accordingly consequently furthermore moreover meanwhile otherwise besides "
    "others former latter respective respectively following previous previously preceding "
    "aforementioned mentioned sidebar earlier here now today yesterday tomorrow tonight we our "
    "ours ourselves my me mine myself let's let’s we're we’re we've we’ve we'll we’ll we'd we’d "
    "i'm i’m i've i’ve i'd i’d i'll i’ll ".split()
)
_US: Final = "us"  # in small letters: "US" is a country
_BEFORE_THAT: Final = frozenset(
    "do does did doing done of for with like by about than and but if when because after before "
    "at on to from".split()
)
_AFTER_THAT: Final = frozenset(
    "is are was will would can could may might must should has had particular kind sort type same "
    "point case way time reason".split()
)
# "Bees take care of that chore": which one, unless it was named.
_THAT_ONE: Final = re.compile(
    r"\b(?:of|for|with|in|on|to|at|by|from|do|does|did) that (?!(?:the|an?|it|its|they|he|she|you"
    r"|we|there|this|th[eo]se|is|are|was|were|ha[sd]|have|can|will|would|may|must|which|of|in|each|all"
    r"|any|some|no|every|one|when|if|for|has|most|many|only)\b)([a-z]{3,})\b"
)
_THE_SAME_THAT: Final = frozenset(
    "particular kind sort type same point case way time reason".split()
)
_MARKS: Final = frozenset(".,;:!?)")
_COMPARED: Final = re.compile(
    r"(?<!and )(?<!or )(?<!no )(?<!any )(?<!once )(?<!the )\b(?:more|less|fewer|larger|smaller"
    r"|faster|slower|better|easier|newer|older)\b(?! and )(?! or )(?!.*\bthan\b)"
)
# A version of nothing: no name stands before it, none behind the clause.
_VERSION_OF: Final = re.compile(r"(?<!\S)[^A-Z\s]+ versions? v?\d(?!.*, [A-Z])")
_NUMBERED: Final = re.compile(
    r"\b(?:[Ss]ection|[Ff]igure|[Tt]able|[Cc]hapter|[Ee]xample|[Ss]tep|[Aa]ppendix|[Rr]ule) \d"
)
_THIS: Final = re.compile(r"th(?:is|ese|ose)\b(?! (?:who|that|which|of|whose)\b)")
# A word -> what it is followed by where it points away.
_IF_SO: Final = {
    "instead": re.compile(r"instead\b(?! of\b)"),
    "though": re.compile(r"though[.,;]"),
    "rather": re.compile(r"rather\b(?! than\b)"),
    "too": re.compile(r"too[.,;:)!?]"),
    "well": re.compile(r"as well\b(?! as\b)"),
    "similar": re.compile(r"similar\b(?! to\b)"),
    "there": re.compile(
        r"there\b(?! (?:is|are|was|were|will|would|has|have|had|may|might|can|must|should"
        r"|exists?|be|seems?|appears?)\b)"
    ),
    "other": re.compile(r"\b(?:the|[Aa]ll|any|every) other\b(?!.* than\b)"),
    "same": re.compile(
        r"the same (?:behaviou?r|way|thing|reason|effect|result|problem|manner|idea)\b(?!.* as )"
    ),
    "another": re.compile(r"another\b(?! (?:country|city|person)\b)"),
    "both": re.compile(r"both\b(?! (?:[\w-]+ ){1,6}and )"),
    "either": re.compile(r"either\b(?! (?:\S+ ){1,9}or )"),
    "neither": re.compile(r"neither\b(?! (?:\S+ ){1,9}nor )"),
    "such": re.compile(r"such\b(?! as\b| that\b)"),
    "so": re.compile(r"\bso (?:that is|does|is|do|are)\b"),
    **dict.fromkeys(("this", "these", "those"), _THIS),
    "above": re.compile(r"above\b(?! (?:\d|all))"),
    "below": re.compile(r"below\b(?! \d)"),
    "i": re.compile(r"(?<![\w.])I(?= [a-z])"),
    "see": re.compile(r"\([Ss]ee |see (?:also|above|below|the)\b"),
    "cf": re.compile(r"\(cf\.? "),
    **dict.fromkeys(
        "more less fewer larger smaller faster slower better easier newer older".split(), _COMPARED
    ),
    **dict.fromkeys(("version", "versions"), _VERSION_OF),
    "example": re.compile(r"in (?:the|an|our|my) example\b|[Ee]xample \d"),
    **dict.fromkeys("section figure table chapter step appendix rule".split(), _NUMBERED),
    **dict.fromkeys(
        "when if once unless while until as".split(),
        re.compile(
            r"(?:When|If|Once|Unless|While|Until|As) (?:\w+ed|set|unset|given|run|not|true|false|in"
            r"|on)\b"
        ),
    ),
}
_AT_FIRST: Final = frozenset("when if once unless while until as".split())
_HINTS: Final = frozenset(_IF_SO) - _AT_FIRST
# Variables, and what is to be filled in.
_LETTERS: Final = frozenset(
    [*"bdefghjklmnopqstuvwxyz"]
    + [f"{letter}{digit}" for letter in "abcdefghijklmnopqrstuvwxyz" for digit in "0123456789"]
)
_VARIABLE: Final = re.compile(
    r"(?<![\w'’\"“.(-])(?:[BD-HJ-QS-WYZ]|[A-Z]\d|X(?! (?:[Ss]erver|[Ww]indow)))(?![\w'’(+#.-])"
)
_PATH_OF_LETTERS: Final = re.compile(r"(?<![\w-])[A-Z]-[A-Z](?![\w-])")  # "T-P" of a diagram
_TO_FILL: Final = re.compile(r"<[\w -]+>")
_THIS_DOT: Final = "This."
_ARROWS: Final = ("→", "->", "⇒")
# "Step 3: Populate the tree", "FTS5 - a module", "(2) The constant": parts of lists.
_LABEL: Final = re.compile(r"(?:\S+ ){0,3}\S*(?:[:：]| [-–—])(?: |$)|\((?!.*\?\)?$)|\d+[.)] ")
_VERSION: Final = re.compile(r"(?:The )?(?:[Vv]ersion|[Rr]elease) \d")
_BEGINS: Final = re.compile(r"[\"'“‘„«(¿¡]*[^\W_a-z]|[\"'“‘]?[a-z]+[-_./(\d:]")
# Behind a lead that is no clause, "it" is nothing that was named.
_LEAD: Final = re.compile(
    r"(?:In|At|On|After|Before|During|With|Without|By|For|From|Under|Like|Unlike|Despite|To|As)\b"
    r"[^,]*, (?:it|they|he|she|you then)\b"
)
# "Support for bees is enhanced.": since when, and in what, it does not say.
_NEWS: Final = re.compile(
    r"(?:[^\s,]+ ){1,6}(?:is|are|was|were|has been|have been) (?:now )?[a-z]+ed\.$"
)
# "Since v1.7.9, bees may fly": of what, it does not say.
_SINCE: Final = re.compile(
    r"(?:Beginning|Starting|Since|As of|From|Until|Before|Prior to) (?:with |in |from )?"
    r"(?:[Vv]ersion |[Rr]elease )?v?\d+\.\d(?!.*(?:\b[A-Z][a-z]+|[A-Z]{2}))"
)
# "The size is changed from 1 to 2": news, too, of an unknown day.
_IS_NEWS: Final = re.compile(
    r"(?:[^\s,]+ ){1,9}(?:(?:has|have) been (?:modified|enhanced|changed|added|improved|renamed"
    r"|extended|rewritten|increased|reduced)|(?:is|are) (?:increased|added|changed|renamed)"
    r" (?:from|and))\b"
)
_CHANGED: Final = frozenset("been increased added changed renamed".split())
# "CAUTION A lid?": the heading of a box.
_BOX: Final = re.compile(
    r"(?:[A-Z]{3,} )+[A-Z][a-z].*\?$|(?:[A-Z][A-Z’']{2,} ){2,}(?:HOW|THE|WHY|WHAT)\b"
)
# "If an error occurs, a code is returned": by what? "Only the lid is used", "By contrast".
_IN_CASE: Final = re.compile(
    r"(?:If|When) (?:an?|the|any) (?:\w+ )?(?:error|failure) (?:does )?occurs?\b[^(]*$"
    r"|Only the\b|By contrast\b|(?:In|At|During|On|For|By) the same\b"
    r"|(?:Most|Many|Some|One) of its\b"
)
# "Interpretation (1)", "less than N.", "*pN": of a list, a formula, a declaration.
_OF_LIST: Final = re.compile(
    r"\w \(\d\)(?=[ ,.])|(?<=[a-z] )[A-Z]\.$|(?<!\S)\*[a-z]\w|\bcolumn [\"“]\w[\"”]"
)
_OF_IT: Final = re.compile(r"(?:\S+ ){1,3}of (?:it|them)\b")
_FORMS: Final = (_NEWS, _OF_IT, _LABEL, _VERSION, _LEAD)
# What only sentences with one of these at their beginning can be.
_BEGUN: Final = {
    **dict.fromkeys(
        "beginning starting since as from until before prior".split(),
        _SINCE,
    ),
    **dict.fromkeys("if when only by in at during on for most many some one".split(), _IN_CASE),
}
_PERSONS: Final = frozenset("he she his her hers him himself herself".split())
_MANY: Final = frozenset(("they", "them", "their"))
_SELDOM: Final = _PERSONS | _MANY | _CHANGED
_SOME: Final = frozenset(
    "and people those both many few all some one somebody someone anybody anyone everybody "
    "everyone each every no any person data men women children police team family group company "
    "staff community crew user who whoever nobody candidate reader developer".split()
)
_LONG: Final = 4  # letters: "does" names no more than one
_NOT_MANY: Final = frozenset("always perhaps sometimes towards unless various across".split())
_THEM: Final = frozenset("it its they them their theirs itself themselves".split())
_DATES: Final = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)
_NO_NAMES: Final = frozenset(
    "the a an in on at for from to by with when if while as after before since although because "
    "once until though during but and it they what".split()
)


def points_away(sentence: Said) -> bool:
    """Whether a sentence has a word that needs its page, its writer or its day.

    >>> from pipelines.said import said
    >>> points_away(said("Bees also sleep.")), points_away(said("Bees sleep."))
    (True, False)
    """
    text, _, tokens, words = sentence
    if not _PLAIN.isdisjoint(words) or _US in tokens:
        return True
    if _has_pointer(text, words) or _has_variable(text, words):
        return True
    if any(form.match(text) for form in _FORMS) or _is_of_list(text):
        return True
    begun = _BEGUN.get(words[0])
    if begun and begun.match(text):
        return True
    if tokens[0].isupper() and len(tokens[0]) > 1 and _BOX.match(text):
        return True
    if _SELDOM.isdisjoint(words):
        return False
    if not _CHANGED.isdisjoint(words) and _IS_NEWS.match(text):
        return True
    if not _MANY.isdisjoint(words) and not _are_named(words):
        return True
    return not _PERSONS.isdisjoint(words) and not _is_named(
        words, tokens, next(at for at, word in enumerate(words) if word in _PERSONS)
    )


def _has_pointer(text: str, words: list[str]) -> bool:
    """Whether a word points away by what follows it."""
    if words[0] in _AT_FIRST and _IF_SO[words[0]].match(text):
        return True
    if "that" in words and _points_with_that(text, words):
        return True
    return any(_IF_SO[word].search(text) for word in _HINTS.intersection(words))


def _points_with_that(text: str, words: list[str]) -> bool:
    """Whether "that" stands for something: "to do that is", "like that.", "that case"."""
    if any(f"that{mark}" in text for mark in _MARKS):
        return True
    found = _THAT_ONE.search(text)
    if found and found[1] not in text[: found.start()]:
        return True
    return any(
        word == "that"
        and after in _AFTER_THAT
        and (before in _BEFORE_THAT or after in _THE_SAME_THAT)
        for before, word, after in zip(words, words[1:], words[2:], strict=False)
    )


def _has_variable(text: str, words: list[str]) -> bool:
    """Whether it speaks of X or T1, of ``<path>``, or of what becomes of what."""
    if not _LETTERS.isdisjoint(words) and _VARIABLE.search(text):
        return True
    if "-" in text and _PATH_OF_LETTERS.search(text):
        return True
    if "<" in text and _TO_FILL.search(text):
        return True
    return _THIS_DOT in text or any(arrow in text for arrow in _ARROWS)


def _is_of_list(text: str) -> bool:
    """Whether it speaks of one of a list, of a formula's letter or of a declaration."""
    may_be = "(" in text or "*" in text or "column " in text or text[-2:-1].isupper()
    return may_be and bool(_OF_LIST.search(text))


def _are_named(words: list[str]) -> bool:
    """Whether more than one, or somebody, stands before "them": "hives and their bees"."""
    end = next(at for at, word in enumerate(words) if word in _MANY)
    return any(
        (word.endswith("s") and len(word) > _LONG and word not in _NOT_MANY)
        or word in _SOME
        or "-" in word
        for word in words[:end]
    )


def _is_named(words: list[str], tokens: list[str], end: int) -> bool:
    """Whether somebody is named before a word: "Smith and his bees"."""
    return any(
        token.lstrip("\"'“‘(")[:1].isupper()
        and words[at] not in _DATES
        and (at or words[0] not in _NO_NAMES)
        for at, token in enumerate(tokens[:end])
    )


def begins_small(sentence: str) -> bool:
    """Whether it begins with neither a capital nor a name such as ``git-log``."""
    return not _BEGINS.match(sentence) and not sentence[:1].isdigit()
