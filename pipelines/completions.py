"""Whether an English completion answers its prompt: it begins by itself, and says something. Pure.

Of texts under a heading or behind a sentence; a whole page begins nearly as its writer likes.
"""

# ruff: noqa: RUF001 - apostrophes and quotation marks of real pages
from __future__ import annotations

import re
from typing import Final

# "They are", "As an alternative" and the like go on from what stood before the heading.
_GOES_ON: Final = re.compile(
    r"(?:They|Them|Their|Theirs|Its|He|She|His|Hers?|Those|And|But|Or|Also|However|Therefore|Thus"
    r"|Hence|Moreover|Furthermore|Similarly|Likewise|Otherwise|Nevertheless|Instead(?! of\b)"
    r"|Alternatively|As an alternative|As a result"
    r"|Another|This is (?:another|also)|This one|A bit later|Later|Afterwards?"
    r"|(?:All|Each|Some|Many|Most|Both|None|One|Any) of (?:these|those|them|this|that|the above)\b"
    r"|All these|Such|So far|At this (?:point|stage|time)|Now|Next|Finally|Then|Lastly"
    r"|Besides the [^.]* already|In addition to (?:this|that|these|those)|For the same reason"
    r"|Unlike the other|Given all|Upon such|The other (?:way|option|method|possibility)"
    r"|The (?:next|second|third|fourth|last|final) (?:step|question|way|thing|point|reason|part"
    r"|interface|problem|advantage|source)"
    r"|This (?:flexibility|complexity|similarity|possibility|difficulty|problem|approach)"
    r"|These (?:changes|improvements|developments|problems)"
    r"|It (?:also|uses|works|allows|provides|supports|contains))\b"
)
# Even a whole page does not begin so, if its first words are not lost.
_OF_IT: Final = re.compile(
    r"(?:Its\b|(?:All|Each|Some|Many|Most|Both|None) of th(?:ese|ose)\b"
    r"|In addition to th(?:ese|ose|is|at)\b|Now that\b|Besides the [^.]* already\b"
    r"|For the same reason\b|The (?:second|third|fourth|next) (?:question|step|way|reason)\b"
    r"|It is (?:probably|already|used|now|available|designed|implemented|based)\b)"
)
# In its first sentence, what stood before: "the example above", "As already mentioned".
_LOOKS_BACK: Final = re.compile(
    r"(?:\b(?:[Tt]he|[Aa]ll|[Ff]rom|[Ss]uch as the) above\b|[\w\"”] above(?:[,;)]|$"
    r"| (?!(?:the|a|an|all|any|zero|ground|sea|average|which|its|their|and beyond|\d)\b))"
    r"|\b(?:[Tt]he|[Oo]ur) (?:previous|preceding|last) (?:section|example|paragraph|chapter|quer"
    r"|discussion|article|part|step|post|lesson|page|tutorial)"
    r"|^As (?:already|previously|(?:pointed out|mentioned|noted|described|explained|discussed"
    r"|shown|stated)(?: (?:in the|in our|before|earlier)|,)|we|you) "
    r"|^We (?:already )?(?:saw|have already seen)\b|^Earlier,)"
)
_BACK: Final = ("above", "previous", "preceding", "last ")  # without them, or
_BACK_AT_FIRST: Final = ("As ", "We ", "Earlier,")  # one of these, it does not look back
_FIRST: Final = re.compile(r"(?:[^.!?\n]|\.(?=\S))*")
_LONGEST_FIRST: Final = 200
# Behind a sentence, the writer's voice or the next step of a list is no answer.
_OF_WRITER: Final = re.compile(
    r"(?:We|Our|Ours|My|I|Us|Let us|Let['’]s|In our|In the example|The (?:last|next|final) step"
    r"|Finally|Lastly|Secondly|Thirdly|(?:Second|Third|Fourth),? the"
    r"|(?:Set|Enable) th(?:is|ese) (?:to|if)"
    r"|Now,|Here)\b"
)
# A question, or a colon, that ends it begins what follows: "(11) What is wax?", "Examples:".
_ASKS_NEXT: Final = re.compile(r"\n[^\n.!?]*\?\Z|:\.?\Z")
# "This option": it must be one that was named.
_THIS_THING: Final = re.compile(
    r"\b[Tt]h(?:is|ese) (?:[a-z-]+ )?(option|setting|variable|flag|parameter|argument|directive"
    r"|attribute|key|column|table|page|section|chapter|example|list|field|article|post|book"
    r"|document|image|photo|chart|map|graph|diagram|figure|hook|capability|property"
    r"|callback|function|routine|method)s?\b"
    r"(?! (?:that|which|corresponding)\b)"
)
_CALLED: Final = frozenset(("function", "routine", "method"))
_CALL: Final = "("
_LOOKED_AT: Final = 300  # characters
_NEXT_SENTENCE: Final = re.compile(r"[.!?]['\"”’)\]]*\s+\S")
_LEAST_WORDS: Final = 8  # of a sentence that is all, and begins so
_BARELY: Final = re.compile(r"(?:This|That|These|Those|It|They|In practice|By default|New|All)\b")
_ANNOUNCES: Final = re.compile(
    r"\b(?:a (?:few|couple of|number of)|several|two|three|some) (?:things|ways|points|reasons"
    r"|possibilities|options)\.$"
)
_ASKS: Final = re.compile(
    r"(?:Please|Set|Use this|Use these|Refer|Send|Visit|Upgrade|Contact|Call|Subscribe|Click)\b"
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
    r"|\b[Tt]his (?:section|chapter|document|page|article|tutorial|book|guide|manual|appendix)\b"
    r"|\b(?:[Ss]ee|cf\.?|[Rr]efer to|[Ss]ee also)(?: the)?(?: \w+)? (?:sidebar|section|[Ss]ection"
    r"|chapter|[Cc]hapter|[Ff]igure|[Tt]able|[Aa]ppendix|description of|discussion|example)\b"
    r"|\b(?:[Ii]n|[Ff]or) (?:our|the|this) example\b|\blike (?:this|so)[.:]"
    r"|\b(?:list|table|example|code|figure|graph|diagram)s? (?:below|above)\b"
    r"|\b(?:seen|found|read|available|downloaded) here[.)]|\([Ss]ee sidebar"
    r"|\b(?:[Ii]n|to|under) (?:[Ss]ection|[Cc]hapter|[Aa]ppendix) \d"
    r"|\b(?:[Ff]igure|[Tt]able) \d|\b(?:commits?|merges?|nodes?|branch|paths?|points?)"
    r" [A-Z](?:,? (?:and|or) [A-Z])?\b(?![-./'’])"
)
# A figure that was beside the text is not in it.
_FIGURE: Final = re.compile(
    r"\b(?:diagram|figure|picture|image|graph|chart|screenshot|illustration|photo|map)s? "
    r"(?:(?:at|on|to) the (?:right|left)|above|below|opposite)\b"
)
_BESIDE: Final = (" the right", " the left", " above", " below", " opposite")
_LONGEST_LOOKED_AT: Final = 3_000  # characters: a longer text is about more than a figure
_SENDS_FIRST: Final = re.compile(
    r"(?:[Ss]ee also\b|[Ss]ee [^,]{1,60}[.:] |For [^.]*\bsee\b|\(Details)"
)
_SENDS: Final = re.compile(
    r"(?:[Ss]ee|[Rr]efer to|[Cc]onsult|[Rr]ead|[Ff]or (?:more|further|details))\b[^.!?]*"
    r"(?:[.:]\w[^.!?]*)*[.!?)\]]*"
)

_PLACE: Final = re.compile(r"[Ss]ections?\b|[Cc]hapter|[Mm]anual|page\b|\w\(\d|://|[\w-]\.\w|/\w")


def goes_on(text: str, *, is_page: bool = False) -> bool:
    """Whether the text under a heading, or of a page, goes on from what stood before it.

    >>> goes_on("They fly."), goes_on("They fly.", is_page=True), goes_on("Bees fly.")
    (True, False, False)
    """
    if _OF_IT.match(text) or (not is_page and _GOES_ON.match(text)):
        return True
    start = text[:_LONGEST_FIRST]
    if not (start.startswith(_BACK_AT_FIRST) or any(word in start for word in _BACK)):
        return False
    first = _FIRST.match(start)
    return bool(first and _LOOKS_BACK.search(first[0]))


def speaks_of_other(prompt: str, text: str) -> bool:
    """Whether what follows a sentence is its writer's, or about a thing that was not named.

    >>> speaks_of_other("Bees fly.", "This option stops them."), speaks_of_other("A.", "Wax melts.")
    (True, False)
    """
    if _OF_WRITER.match(text) or _ASKS_NEXT.search(text):
        return True
    start = text[:_LOOKED_AT]
    if "his " not in start and "hese " not in start:
        return False
    for found in _THIS_THING.finditer(start):
        named = f"{prompt} {start[: found.start()]}".lower()
        is_call = found[1] in _CALLED and _CALL in named
        if not is_call and not re.search(rf"\b{found[1]}", named):
            return True
    return False


def says_little(text: str) -> bool:
    """Whether a text is one sentence that adds next to nothing, asks, or stands in brackets.

    >>> says_little("These errors are fatal."), says_little("Please read it first of all.")
    (True, True)
    """
    if text.startswith("(") and text.endswith((")", ").")) and text.count("(") == 1:
        return True
    if "\n" in text or _NEXT_SENTENCE.search(text):
        return False
    if _ASKS.match(text) or _ANNOUNCES.search(text):
        return True
    return bool(_BARELY.match(text)) and len(text.split()) < _LEAST_WORDS


def sends_elsewhere(text: str) -> bool:
    """Whether a completion sends the reader elsewhere, or speaks of what stands elsewhere.

    >>> sends_elsewhere("See git-log(1)."), sends_elsewhere("It is as shown below.")
    (True, True)
    """
    return bool(_ELSEWHERE.search(text) or _SENDS_FIRST.match(text) or _SENDS.fullmatch(text))


def only_sends(text: str) -> bool:
    """Whether the text of a heading does nothing but send the reader elsewhere."""
    return bool(_SENDS.fullmatch(text) and _PLACE.search(text))


def shows_figure(text: str) -> bool:
    """Whether a text that is not long speaks of a figure that stood beside it.

    >>> shows_figure("The diagram at the right has bees."), shows_figure("A diagram has bees.")
    (True, False)
    """
    if len(text) >= _LONGEST_LOOKED_AT or not any(word in text for word in _BESIDE):
        return False
    return bool(_FIGURE.search(text))
