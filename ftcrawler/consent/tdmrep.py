"""TDM Reservation Protocol: the file, headers and meta elements, and their precedence. Pure.

Source: W3C Community Group Final Report "TDM Reservation Protocol". ``1`` reserves the rights,
``0`` does not, any other value counts as not set. The response header supersedes the file
``/.well-known/tdmrep.json``, the meta element supersedes both; a value that counts as not set
supersedes nothing. In the file the first rule whose location matches decides.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from ftcrawler.consent.decision import Statement
from ftcrawler.consent.patterns import compile_pattern, url_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SIGNAL = "tdm-reservation"
POLICY_SIGNAL = "tdm-policy"
FILE = "/.well-known/tdmrep.json"
SPEC = "TDM Reservation Protocol (W3C Community Group)"
_RANK = {"tdm-reservation header": 1, "tdm-reservation meta": 2}  # the file is 0
_MENTION = re.compile(r"tdm[-_ ]?reserv", re.IGNORECASE)
_AUTHORITY = re.compile(r"https?://[^/]*", re.IGNORECASE)
_EFFECTS: dict[str, tuple[Literal["deny", "allow", "note"], str]] = {
    "1": ("deny", "text and data mining rights are reserved"),
    "0": ("allow", "text and data mining rights are not reserved"),
    "": ("note", "neither 0 nor 1: counts as not set"),
}


def tdm_statements(
    headers: Sequence[tuple[str, str]], metas: Sequence[tuple[str, str]]
) -> list[Statement]:
    """What a page's headers and meta elements say; names in lower case, not yet resolved.

    Of several values in one place the most restrictive counts.

    >>> [s.effect for s in tdm_statements([("tdm-reservation", "1")], [])]
    ['deny']
    """
    found: list[Statement] = []
    for where, pairs in (("meta", metas), ("header", headers)):
        for name, value in pairs:
            if name == SIGNAL:
                effect, reason = _EFFECTS[_read(value)]
                found.append(Statement(SIGNAL, f"{SIGNAL} {where}", value, effect, reason, SPEC))
            elif name == POLICY_SIGNAL:
                found.append(_policy(f"{POLICY_SIGNAL} {where}", value))
    return found


def tdm_file_statements(text: str, url: str) -> list[Statement]:
    """What the text of the file says about a URL; a file that cannot be read but mentions a
    reservation denies.

    >>> rules = '[{"location": "/a/*", "tdm-reservation": 1}, {"location": "/", "tdm-policy": "p"}]'
    >>> [s.effect for s in tdm_file_statements(rules, "https://host/a/b")]
    ['deny']
    """  # noqa: D205 - one sentence
    rules = _rules(text)
    if rules is None:
        return [unreadable_file(text)] if _MENTION.search(text) else []
    paths = url_paths(url)
    for number, rule in enumerate(rules, start=1):
        if any(_matches(location, paths) for location in _locations(rule.get("location"))):
            return _rule_statements(rule, f"{FILE} rule {number}")
    return []


def unreadable_file(text: str) -> Statement:
    """The denial of a file that mentions a reservation and cannot be read."""
    return Statement(SIGNAL, FILE, text, "deny", "unreadable, and mentions a reservation", SPEC)


def mentions_reservation(text: str) -> bool:
    """Whether the text says anything like ``tdm-reservation``."""
    return bool(_MENTION.search(text))


def resolved(statements: Iterable[Statement]) -> list[Statement]:
    """The same statements, with those of TDMRep that a later place supersedes as notes."""
    said = list(statements)
    decided = max(
        (_rank(s) for s in said if s.signal == SIGNAL and s.effect in {"deny", "allow"}), default=0
    )
    return [
        replace(s, effect="note", reason=f"superseded by a later place: {s.reason}")
        if s.signal == SIGNAL and s.effect != "note" and _rank(s) < decided
        else s
        for s in said
    ]


def _rank(statement: Statement) -> int:
    return _RANK.get(statement.source, 0)


def _read(value: object) -> str:
    """``"1"``, ``"0"`` or ``""``; of several values in one the most restrictive."""
    if isinstance(value, bool | int | float):
        return "1" if value == 1 else "0" if value == 0 else ""
    if not isinstance(value, str):
        return ""
    read = {part.strip(" \t\r\n\"'") for part in value.split(",")} & {"0", "1"}
    return max(read, default="")


@lru_cache(maxsize=32)  # one file is asked about every page of its origin
def _rules(text: str) -> list[dict[str, Any]] | None:
    """The file's rules with keys in normal form; None when it holds no readable rule."""
    try:
        parsed = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    rows = parsed if isinstance(parsed, list) else [parsed]
    rules = [
        {key.strip().lower().replace("_", "-"): value for key, value in row.items()}
        for row in rows
        if isinstance(row, dict)
    ]
    known = {"location", SIGNAL, POLICY_SIGNAL}
    return rules if rules and all(known & rule.keys() for rule in rules) else None


def _locations(location: object) -> list[str]:
    """The path patterns of a rule; a location that says no path means every page."""
    values = location if isinstance(location, list) else [location]
    return [value if isinstance(value, str) and value.strip() else "/" for value in values]


def _matches(location: str, paths: tuple[bytes, ...]) -> bool:
    path = _AUTHORITY.sub("", location.strip(), count=1)
    pattern = compile_pattern(path if path.startswith(("/", "*")) else f"/{path}")
    return any(pattern.matches(spelling) for spelling in paths)


def _rule_statements(rule: dict[str, Any], source: str) -> list[Statement]:
    raw = json.dumps(rule, ensure_ascii=False)
    found = []
    if SIGNAL in rule:
        effect, reason = _EFFECTS[_read(rule[SIGNAL])]
        found.append(Statement(SIGNAL, source, raw, effect, reason, SPEC))
    if isinstance(rule.get(POLICY_SIGNAL), str):
        found.append(_policy(source, rule[POLICY_SIGNAL]))
    return found


def _policy(source: str, value: str) -> Statement:
    return Statement(POLICY_SIGNAL, source, value, "note", "a licensing policy is offered", SPEC)
