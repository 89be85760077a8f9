"""What headers and meta elements of a page say about its use: text in, statements out. Pure.

Sources: the robots meta element and ``X-Robots-Tag`` as search engines document them, DeviantArt's
noai and noimageai, noml, TDMRep (W3C Community Group), Content Signals (Cloudflare) and AIPREF
(draft-ietf-aipref-vocab, draft-ietf-aipref-attach). Where a value cannot be read but mentions
something that could deny, it denies (docs/consent.md, rule 4).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ftcrawler.consent.decision import Statement
from ftcrawler.consent.preferences import content_signal, content_usage
from ftcrawler.consent.robots import OUR_TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_DENYING = {
    "noindex": "not to be indexed",
    "none": "not to be indexed, links not to be followed",
    "noarchive": "no copies to be kept",
    "nocache": "no copies to be kept",
    "noai": "not for training AI",
    "noml": "not for training machine learning",
}
_NOFOLLOW = {"nofollow", "none"}
_NOTES = {"noimageai": "its images are not for training AI"}
_EXPIRY = re.compile(r"unavailable[_-]?after\s?[:=]?", re.IGNORECASE)
_NOT_FOR_US = {"all", "index", "follow", "nosnippet", "notranslate", "noimageindex", "noodp"}
_NOT_FOR_US |= {"maxsnippet", "maximagepreview", "maxvideopreview", "indexifembedded"}
_KNOWN = _DENYING.keys() | _NOFOLLOW | _NOTES.keys() | _NOT_FOR_US
_BOT = re.compile(r"[A-Za-z*][\w./*-]*")  # a bot's name before a colon
_WORDS = re.compile(r"[\s;|:=\"'.]+")
_DASHES = str.maketrans("", "", "-_")  # "no-ai" is meant as noai
_LONGEST_DATE = 100
_PREFERENCES: dict[str, Callable[[str, str], Statement | None]] = {
    "content-signal": content_signal,
    "content-usage": content_usage,
}


def page_statements(
    headers: Iterable[tuple[str, str]],
    metas: Iterable[tuple[str, str]],
    now_iso: str,
    tokens: Sequence[str] = OUR_TOKENS,
) -> list[Statement]:
    """Every statement about us, headers first.

    ``headers`` and ``metas`` are (name, value) and (name, content) pairs, repeated ones
    included, names in any case; ``now_iso`` is ISO 8601 (``2026-11-24T02:00:00Z``).

    >>> page_statements([("X-Robots-Tag", "googlebot: noai")], [], "2026-11-24T02:00:00Z")
    []
    """
    ours = {token.lower() for token in tokens}
    header_pairs = [(name.strip().lower(), value) for name, value in headers]
    meta_pairs = [(name.strip().lower(), content) for name, content in metas]
    found: list[Statement] = []
    for name, value in header_pairs:
        if name == "x-robots-tag":
            found += _robots_rules(value, "x-robots-tag", "X-Robots-Tag header", ours, now_iso)
    for name, value in meta_pairs:
        if name in {"robots", "x-robots-tag"} or name in ours:
            found += _robots_rules(value, "meta robots", f"meta {name}", ours, now_iso)
    for pairs, where in ((header_pairs, "header"), (meta_pairs, "meta")):
        for name, value in pairs:
            reader = _PREFERENCES.get(name)
            statement = reader and reader(value, f"{name} {where}")
            found += [statement] if statement else []
    return found + _tdm_statements(header_pairs, meta_pairs)


def _robots_rules(
    text: str, signal: str, source: str, ours: set[str], now_iso: str
) -> Iterator[Statement]:
    """Negatives add up; rules for another bot say nothing to us."""
    for bot, item in _scoped_items(text):
        if bot and bot not in ours:
            continue
        expiry = _EXPIRY.match(item)
        if expiry:
            yield _expiry_statement(item, item[expiry.end() :].strip(), signal, source, now_iso)
            continue
        for word in dict.fromkeys(_words(item)):
            if word in _DENYING:
                yield Statement(signal, source, text, "deny", f"{word}: {_DENYING[word]}")
            if word in _NOFOLLOW:
                yield Statement(signal, source, text, "nofollow", f"{word}: links not followed")
            if word in _NOTES:
                yield Statement(signal, source, text, "note", f"{word}: {_NOTES[word]}")


def _scoped_items(text: str) -> list[tuple[str, str]]:
    """(bot, item) for each comma-separated item; bot is ``""`` for everybody.

    A bot's name holds for the items that follow it; a date's own comma does not cut it.

    >>> _scoped_items("unavailable_after: Sat, 1 Jan 2022, googlebot: noindex, noai")
    [('', 'unavailable_after: Sat, 1 Jan 2022'), ('googlebot', 'noindex'), ('googlebot', 'noai')]
    """
    rows: list[tuple[str, str]] = []
    bot = ""
    for part in text.split(","):
        item = part.strip()
        name, colon, rest = (piece.strip() for piece in item.partition(":"))
        if colon and _BOT.fullmatch(name) and not _is_rule(name):
            product = name.lower().partition("/")[0]
            bot, item = ("" if product in {"*", "robots"} else product), rest
        elif rows and _EXPIRY.match(rows[-1][1]) and not _is_rule(item):
            if len(rows[-1][1]) < 2 * _LONGEST_DATE:  # longer is unreadable either way
                rows[-1] = (bot, f"{rows[-1][1]}, {item}")
            continue
        rows.append((bot, item))
    return rows


def _words(item: str) -> list[str]:
    return _WORDS.split(item.lower().translate(_DASHES))


def _is_rule(item: str) -> bool:
    return bool(_EXPIRY.match(item)) or _words(item)[0] in _KNOWN


def _expiry_statement(item: str, date: str, signal: str, source: str, now_iso: str) -> Statement:
    expires, now = _moment(date), _moment(now_iso)
    if expires is None or now is None:
        return Statement(signal, source, item, "deny", "unavailable_after: unreadable date")
    if expires <= now:
        return Statement(signal, source, item, "deny", "unavailable_after: the date has passed")
    return Statement(signal, source, item, "note", f"unavailable_after: {expires.isoformat()}")


def _moment(text: str) -> datetime | None:
    """ISO 8601, RFC 822, RFC 850 or asctime, with or without a time; UTC unless it says.

    >>> _moment("25-Aug-2007 15:00:00 EST").isoformat()
    '2007-08-25T20:00:00+00:00'
    """
    if len(text) > _LONGEST_DATE:
        return None
    readers = (
        datetime.fromisoformat,
        parsedate_to_datetime,
        lambda date: parsedate_to_datetime(f"{date} 00:00:00"),
    )
    for reader in readers:
        try:
            moment = reader(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _tdm_statements(
    headers: list[tuple[str, str]], metas: list[tuple[str, str]]
) -> list[Statement]:
    """TDMRep: HTML supersedes the header; a value other than 0 and 1 is as good as none.

    Of several values in one place the most restrictive counts.
    """
    found: list[Statement] = []
    decided = False
    for where, pairs in (("meta", metas), ("header", headers)):
        values = [value for name, value in pairs if name == "tdm-reservation"]
        read = {part.strip(" \t\"'") for value in values for part in value.split(",")} & {"0", "1"}
        reserved = "1" in read and not decided
        reason = "text and data mining rights are reserved" if reserved else "does not reserve"
        found += [
            Statement(
                "tdm-reservation",
                f"tdm-reservation {where}",
                value,
                "deny" if reserved else "note",
                reason,
            )
            for value in values
        ]
        decided = decided or bool(read)
        found += [
            Statement("tdm-policy", f"tdm-policy {where}", value, "note", "a policy is offered")
            for name, value in pairs
            if name == "tdm-policy"
        ]
    return found
