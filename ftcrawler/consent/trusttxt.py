"""trust.txt: text in, statements out. Pure.

Source: JournalList's reference document for trust.txt (April 2024): the variable
``datatrainingallowed=yes|no``. Any other value mentions training and cannot be read: it denies.
"""

from __future__ import annotations

import re

from ftcrawler.consent.decision import Statement

SIGNAL = "trust.txt"
_SPEC = "trust.txt (JournalList, datatrainingallowed)"
_LINE_END = re.compile("\r\n|\r|\n")
_KEY = "datatrainingallowed"
_BLANKS = " \t\ufeff\u00a0\"'"


def trust_txt_statements(text: str, source: str = "/trust.txt") -> list[Statement]:
    r"""A statement for each line that speaks about training; of several any deny counts.

    >>> [s.effect for s in trust_txt_statements("member=https://h/\ndatatrainingallowed=no")]
    ['deny']
    """
    found = []
    for number, line in enumerate(_LINE_END.split(text), start=1):
        written = line.partition("#")[0].strip(_BLANKS)
        key, _, value = re.sub(r"\s*[:=]\s*", "=", written, count=1).partition("=")
        if re.sub(r"[\s_-]", "", key.lower()) != _KEY:
            continue
        where = f"{source} line {number}"
        if value.strip(_BLANKS).lower() == "yes":
            reason = "training on its data is allowed"
            found.append(Statement(SIGNAL, where, written, "allow", reason, _SPEC))
        else:
            reason = "training on its data is not allowed"
            found.append(Statement(SIGNAL, where, written, "deny", reason, _SPEC))
    return found
