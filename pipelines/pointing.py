"""Whether an English text points to what is elsewhere on its page, or to who speaks and when. Pure.

For prompts nearly every such word is one too many; of completions, only what sends the reader to
another place is told.
"""

# ruff: noqa: RUF001 - apostrophes and dashes of real pages
from __future__ import annotations

import re
from typing import Final

# In small letters: what begins a sentence is looked at by pipelines.standing, "US" is a country.
_AWAY: Final = re.compile(
    r"(?<![\w'’-])(?:"
    # What goes on from what was said.
    r"also|again|anyway|anyhow|likewise|similarly|instead(?! of)|hence|therefore|thus|however"
    r"|nevertheless|nonetheless|accordingly|consequently|furthermore|moreover|meanwhile|otherwise"
    r"|besides|though(?=[.,;])|rather(?! than)|too(?=[.,;:)!?])|as well(?! as)"
    r"|similar(?! to)|there(?! (?:is|are|was|were|will|would|has|have|had|may|might|can|must|should"
    r"|exists?|be|seems?|appears?)\b)"
    r"|others|the other|another(?! (?:country|city|person))|former|latter|respective(?:ly)?"
    r"|both(?! (?:[\w-]+ ){1,6}and )|n?either(?! (?:\S+ ){1,9}n?or )"
    r"|such(?! as| that)|so(?= that is| does| is| do| are)"
    r"|(?:do|does|did|doing|done|of|for|with|like|by|about|than|and|but|if|when|because|after"
    r"|before|at|on|to|from) that (?:is|are|was|will|would|can|could|may|might|must|should|ha[sd])"
    r"|that(?=[.,;:!?)])|that (?:particular|kind|sort|type|same|point|case|way|time|reason)"
    r"|(?:this|these|those)(?! (?:who|that|which|of|whose))"
    # Where and when it was said, and by whom.
    r"|above(?! (?:\d|all))|below(?! \d)|following|previous(?:ly)?|preceding|aforementioned"
    r"|mentioned|earlier|here|now(?!adays)|today|yesterday|tomorrow|tonight"
    r"|we|us|ours?|ourselves|my|me|mine|myself|let's|let’s"
    r"|in (?:the|an|our|my) example|e\.g\. see|see (?:also|above|below|the)"
    r")(?![\w'’-]|\.\w)"
    r"|(?<![\w.])I(?:['’](?:m|ve|d|ll))?(?= [a-z])"
    r"|(?<![\w'’-])(?:we|I)['’]"
    r"|\((?:[Ss]ee|cf\.?) "
    # What is compared with nothing, and a version of nothing.
    r"|(?<!and )(?<!or )(?<!no )(?<!any )(?<!once )(?<!the )\b(?:more|less|fewer|larger|smaller"
    r"|faster|slower|better|easier|newer|older)\b(?! and )(?! or )(?!.*\bthan\b)"
    r"|(?<![A-Z]\w)(?<![A-Z]\w\w)(?<![A-Z]\w{3})(?<![A-Z]\w{4})(?<![A-Z]\w{5})(?<![A-Z]\w{6})"
    r" versions? v?\d(?!.*, [A-Z])"
    # Variables and what is to be filled in.
    r"|(?<![\w'’\"“.(-])(?:[BD-HJ-QS-WYZ]|[A-Z]\d|X(?! (?:[Ss]erver|[Ww]indow)))(?![\w'’(+#.-])"
    r"|<[\w -]+>|→|->|⇒"
    r"|^(?:When|If|Once|Unless|While|Until|As) (?:\w+ed|set|unset|given|run|not|true|false|in|on)\b"
    r"|\b(?:[Ss]ection|[Ff]igure|[Tt]able|[Cc]hapter|[Ee]xample|[Ss]tep|[Aa]ppendix|[Rr]ule) \d"
)
# "Step 3: Populate the tree", "FTS5 - a module", "(2) The constant": parts of lists.
_LABEL: Final = re.compile(r"(?:\S+ ){0,3}\S*(?:[:：]| [-–—])(?: |$)|\((?!.*\?\)?$)|\d+[.)] ")
_VERSION: Final = re.compile(r"(?:The )?(?:[Vv]ersion|[Rr]elease) \d")
_BEGINS: Final = re.compile(r"[\"'“‘„«(¿¡]*[^\W_a-z]|[\"'“‘]?[a-z]+[-_./(\d:]")
# Behind a lead that is no clause, "it" is nothing that was named.
_LEAD: Final = re.compile(
    r"(?:In|At|On|After|Before|During|With|Without|By|For|From|Under|Like|Unlike|Despite|To|As)\b"
    r"[^,]*, (?:it|they|he|she|you then)\b"
)
_FORMS: Final = (_LABEL, _VERSION, _LEAD)
_PERSONS: Final = frozenset("he she his her hers him himself herself".split())
_THEM: Final = frozenset("it its they them their theirs itself themselves".split())
_DATES: Final = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)
_NO_NAMES: Final = frozenset(
    "the a an in on at for from to by with when if while as after before since although because "
    "once until though during but and it they what".split()
)

_ELSEWHERE: Final = re.compile(
    r"\b(?:described|shown|mentioned|noted|discussed|listed|given|explained|defined|seen|used"
    r"|as|[Ss]ee|stated|outlined|presented|specified|introduced) (?:above|below|earlier|later)\b"
    r"|\b(?:above|below)[.,;:)]"
    r"|\b(?:[Tt]he|[Tt]his|[Tt]hese) (?:(?:following|preceding|previous|next|above|below|two|code"
    r"|example) ){0,2}(?:examples?|sections?|chapters?|tables?|figures?|listings?|diagrams?|code"
    r"|paragraphs?|subsections?|steps|screenshots?|images?|tutorial|page|document|article|book"
    r"|appendix|sidebar|commands?) (?:above|below|shows?|illustrates?|demonstrates?|describes?"
    r"|explains?|lists?|gives?|contains?|discusses|provides|covers)\b"
    r"|\b[Tt]he (?:above|following|preceding|previous|next) \w+"
    r"|\b(?:[Ii]n|of|[Tt]hroughout) this (?:section|chapter|document|page|article|tutorial|book"
    r"|guide|manual|appendix)\b"
    r"|\b(?:[Ss]ee|cf\.?|[Rr]efer to|[Ss]ee also)(?: the)?(?: \w+)? (?:sidebar|section|[Ss]ection"
    r"|chapter|[Cc]hapter|[Ff]igure|[Tt]able|[Aa]ppendix|description of|discussion|example)\b"
    r"|\b(?:[Ii]n|[Ff]or) (?:our|the|this) example\b|\blike (?:this|so)[.:]"
    r"|\([Ss]ee sidebar"
)
_SENDS: Final = re.compile(
    r"(?:[Ss]ee|[Rr]efer to|[Cc]onsult|[Rr]ead|[Ff]or (?:more|further|details))\b[^.!?]*"
    r"(?:[.:]\w[^.!?]*)*[.!?)\]]*"
)


def points_away(sentence: str, words: list[str], tokens: list[str]) -> bool:
    """Whether a sentence has a word that needs its page, its writer or its day.

    >>> def points(text): return points_away(text, text.lower().split(), text.split())
    >>> points("Bees also sleep."), points("Here bees sleep."), points("Bees sleep.")
    (True, False, False)
    """
    if _AWAY.search(sentence) or any(form.match(sentence) for form in _FORMS):
        return True
    persons = [at for at, word in enumerate(words) if word in _PERSONS]
    return bool(persons) and not _is_named(words, tokens, persons[0])


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


def sends_elsewhere(text: str) -> bool:
    """Whether a completion sends the reader elsewhere, or speaks of what stands elsewhere.

    >>> sends_elsewhere("See git-log(1)."), sends_elsewhere("It is as shown below.")
    (True, True)
    """
    return bool(_ELSEWHERE.search(text) or _SENDS.fullmatch(text))
