"""Text as it stands in a page -> text as it stands in a block. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import ftfy

from pipelines.decode import without_controls
from pipelines.records import BlockKind

CELLS_JOINED_BY: Final = " | "
# Two non-characters, which no text has, mark what cleaning must know; it removes them.
CELL: Final = "\ufdd0"
LITERAL_BRACKET: Final = "\ufdd1"

_INVISIBLE: Final = re.compile("[\u00ad\u200b\u2060\ufeff]")
_LIGATURE: Final = re.compile("[\ufb00-\ufb06]")
# What UTF-8 looks like as Windows-1252 or Windows-1251; ftfy then looks closely.
_MOJIBAKE: Final = re.compile(
    "[\u00c2\u00c3\u00c5\u00e2][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]"
    "|[\u0420\u0421][\u0080-\u00bf\u0402-\u040f\u0452-\u0491\u2013-\u2122]"
)
_MOJIBAKE_LEADS: Final = "\u00c2\u00c3\u00c5\u00e2\u0420\u0421"
# Patterns that begin with one letter are looked for several times as fast as others, so what
# may stand before is looked at afterwards.
_GONE: Final = "\0"
_CITATION: Final = re.compile(
    r"\[\s*(?:"
    r"\d{1,3}(?:\s*[,\u2013-]\s*\d{1,3})*"
    r"|(?:note|nb|n)\s?\d{1,3}"
    r"|(?:citation|clarification|verification|page|year|additional citation)s? needed"
    r"|(?:when|who|by whom|which|where|why|according to whom)\?|dubious.{0,3} discuss"
    r")\s*\](?!\()",
    re.IGNORECASE,
)
_NOTE_LETTER: Final = re.compile(r"\[(?<=[\w.,;:!?)\]\u201d\u2019%]\[)[a-z]\](?!\w)")
_EDIT_LINK: Final = re.compile(
    r"\[\s*(?:edit|bearbeiten|modifier|editar|modifica|bewerken|redigera|edytuj|править)"
    r"(?:\s*\|[^\]]{0,40})?\s*\]",
    re.IGNORECASE,
)


def clean_text(raw: str) -> str:
    r"""One line: white space collapsed, citation marks and edit links removed.

    >>> clean_text(" As shown[1][2,3], and\n later[a].")
    'As shown, and later.'
    """
    # Space is the one white space that passes; no soft hyphen, no control, nothing without width.
    is_printable = raw.isprintable()
    if is_printable and "  " not in raw:
        text = raw.strip()
    else:
        text = " ".join(raw.split())
        is_printable = is_printable or text.isprintable()
    if not is_printable:
        text = " ".join(_INVISIBLE.sub("", without_controls(text)).split())
    if "[" in text:
        text = _without(_EDIT_LINK, _NOTE_LETTER.sub("", _without(_CITATION, text))).strip()
    if not is_printable:
        text = text.replace(LITERAL_BRACKET, "[").replace(CELL, "").strip()
    return text if text.isascii() else _repaired(text)


def _without(pattern: re.Pattern[str], text: str) -> str:
    """The text without what the pattern matches and without the space before it."""
    marked = pattern.sub(_GONE, text)
    return marked.replace(f" {_GONE}", "").replace(_GONE, "") if _GONE in marked else text


def _repaired(text: str) -> str:
    """Without ligatures, and read again where it was decoded with the wrong charset.

    >>> _repaired("eﬃcient"), _repaired("lÃ©ger")
    ('efficient', 'léger')
    """
    if _LIGATURE.search(text):
        text = _LIGATURE.sub(lambda one: unicodedata.normalize("NFKC", one[0]), text)
    if any(lead in text for lead in _MOJIBAKE_LEADS) and _MOJIBAKE.search(text):
        return str(ftfy.fix_encoding(text))
    return text


def cleaned(kind: BlockKind, raw: str) -> str:
    """The text of a block as it was found, cells joined, the lines of code kept."""
    if kind == "code":
        return _clean_code(raw.replace(CELL, " ").replace(LITERAL_BRACKET, "["))
    if CELL not in raw:
        return clean_text(raw)
    return CELLS_JOINED_BY.join(filter(None, map(clean_text, raw.split(CELL))))


def _clean_code(raw: str) -> str:
    lines = without_controls(raw.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")
