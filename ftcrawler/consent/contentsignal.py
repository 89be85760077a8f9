"""Content-Signal (``search=yes,ai-train=no``): text in, a statement on training out. Pure.

Source: Cloudflare's Content Signals Policy (contentsignals.org). It stands in groups of
robots.txt, here also with a path, in a response header and in the wild in a meta element.
``ai-train`` is to train or fine-tune; a value that does not mention it says nothing to us.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ftcrawler.consent.decision import Statement
from ftcrawler.consent.pathrecords import matching
from ftcrawler.consent.robots import OUR_TOKENS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ftcrawler.consent.robots import Robots

SIGNAL = "content-signal"
_SPEC = "Content Signals Policy (Cloudflare)"
_PERMITTING = {"yes", "allow"}  # docs/consent.md: anything else under ai-train denies
_PAIR_END = re.compile(r"[,;\s]+")


def content_signal(text: str, source: str) -> Statement | None:
    """What a Content-Signal says on ``ai-train``; keys and values in any case.

    >>> content_signal("search=yes, ai-train=no", "header").effect
    'deny'
    """
    spaced = "=".join(piece.strip() for piece in re.split("[=:]", text))
    pairs = [
        (key.strip("\"'").lower().replace("_", "-"), value.strip("\"'").lower())
        for key, _, value in (item.partition("=") for item in _PAIR_END.split(spaced))
    ]
    said = [(key, value) for key, value in pairs if "ai-train" in key or "ai-train" in value]
    if not said:
        return None
    if all(key == "ai-train" and value in _PERMITTING for key, value in said):
        return Statement(SIGNAL, source, text, "allow", "ai-train is permitted", _SPEC)
    return Statement(SIGNAL, source, text, "deny", "ai-train is not permitted", _SPEC)


def robots_content_signals(
    robots: Robots, url: str, tokens: Sequence[str] = OUR_TOKENS
) -> list[Statement]:
    """What our group's Content-Signal records say: every one whose path matches counts."""
    found = []
    for record, text, _ in matching(robots.records(SIGNAL, tokens), url):
        statement = content_signal(text, f"robots.txt line {record.line}")
        if statement:
            found.append(replace(statement, raw=record.value))
    return found
