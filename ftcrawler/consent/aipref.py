"""Content-Usage (``train-ai=n, search=y``): text in, a statement on training out. Pure.

Sources: draft-ietf-aipref-vocab for the labels, those of its older versions included, and
draft-ietf-aipref-attach for where it stands: in groups of robots.txt, with an optional path, and
in a response header. The value is an RFC 9651 dictionary: case-sensitive, the last of equal keys
wins, one that does not parse says nothing, unless it mentions training (docs/consent.md, rule 4).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import http_sf

from ftcrawler.consent.decision import Statement
from ftcrawler.consent.pathrecords import matching
from ftcrawler.consent.robots import OUR_TOKENS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ftcrawler.consent.robots import Robots

SIGNAL = "content-usage"
_SPEC = "AIPREF (draft-ietf-aipref-vocab, draft-ietf-aipref-attach)"
_LABELS = ("train-ai", "train-genai", "genai", "ai", "tdm", "all", "bots")
_MENTION = re.compile(  # what an unreadable value must not be let off with
    r"(?<![\w-])(?:train[-_]?(?:gen)?ai(?![\w-])|(?:genai|ai|tdm|all|bots)\s?=)", re.IGNORECASE
)
_MAX_CHARACTERS = 16_384  # a longer value is taken as one that does not parse


def content_usage(text: str, source: str) -> Statement | None:
    """What a Content-Usage says on training: the most restrictive of its labels.

    >>> content_usage("search=y, train-ai=n", "header").effect
    'deny'
    """
    members = _dictionary(text)
    said = [label for label in _LABELS if label in members]
    if not said and _MENTION.search(text):
        reason = "unreadable, and mentions training"
        return Statement(SIGNAL, source, text, "deny", reason, _SPEC)
    if not said:
        return None
    refused = [label for label in said if not members[label]]
    if refused:
        reason = f"{', '.join(refused)} is not permitted"
        return Statement(SIGNAL, source, text, "deny", reason, _SPEC)
    return Statement(SIGNAL, source, text, "allow", f"{', '.join(said)} is permitted", _SPEC)


def robots_content_usage(
    robots: Robots, url: str, tokens: Sequence[str] = OUR_TOKENS
) -> list[Statement]:
    """What our group's Content-Usage records say.

    Of those that speak about training, the ones with the longest matching path count
    (draft-ietf-aipref-attach 3.1); a record on something else takes nothing back.
    """
    ranked: list[tuple[int, Statement]] = []
    for record, text, octets in matching(robots.records(SIGNAL, tokens), url):
        statement = content_usage(text, f"robots.txt line {record.line}")
        if statement:
            ranked.append((octets, replace(statement, raw=record.value)))
    longest = max((octets for octets, _ in ranked), default=0)
    return [statement for octets, statement in ranked if octets == longest]


def _dictionary(text: str) -> dict[str, bool]:
    """Keys to whether their value is the token ``y``; empty when the text does not parse."""
    if len(text) > _MAX_CHARACTERS:
        return {}
    try:
        members = http_sf.parse(text.strip(" \t").encode("ascii"), tltype="dictionary")
    except (ValueError, OverflowError, ArithmeticError):
        return {}
    return {key: _is_yes(member) for key, member in members.items()}  # type: ignore[union-attr] # a dictionary was asked for


def _is_yes(member: object) -> bool:
    value = member[0] if isinstance(member, tuple) else member
    return isinstance(value, http_sf.Token) and str(value) == "y"
