"""The robots meta element and ``X-Robots-Tag``: pairs in, statements out. Pure.

Sources: both as search engines document them, with DeviantArt's noai and noimageai, and noml.
What names another robot is not for us. A date that cannot be read denies (docs/consent.md,
rule 4).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ftcrawler.consent.decision import Statement
from ftcrawler.consent.robots import OUR_TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
_SPEC = "robots meta element and X-Robots-Tag"
_AI_SPEC = "noai, noimageai and noml (DeviantArt's convention)"
_AI_WORDS = {"noai", "noml", "noimageai"}


def robots_meta_statements(
    headers: Iterable[tuple[str, str]],
    metas: Iterable[tuple[str, str]],
    now_iso: str,
    tokens: Sequence[str] = OUR_TOKENS,
) -> list[Statement]:
    """Every rule that is meant for us, headers first.

    ``headers`` and ``metas`` are (name, value) and (name, content) pairs, repeated ones
    included, names in lower case; ``now_iso`` is ISO 8601 (``2026-11-24T02:00:00Z``).

    >>> robots_meta_statements([("x-robots-tag", "googlebot: noai")], [], "2026-11-24T02:00:00Z")
    []
    """
    ours = {token.lower() for token in tokens}
    found: list[Statement] = []
    for name, value in headers:
        if name == "x-robots-tag":
            found += _robots_rules(value, "x-robots-tag", "X-Robots-Tag header", ours, now_iso)
    for name, value in metas:
        if name in {"robots", "x-robots-tag"} or name in ours:
            found += _robots_rules(value, "meta robots", f"meta {name}", ours, now_iso)
    return found


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
            spec = _AI_SPEC if word in _AI_WORDS else _SPEC
            if word in _DENYING:
                yield Statement(signal, source, text, "deny", f"{word}: {_DENYING[word]}", spec)
            if word in _NOFOLLOW:
                reason = f"{word}: links not followed"
                yield Statement(signal, source, text, "nofollow", reason, spec)
            if word in _NOTES:
                yield Statement(signal, source, text, "note", f"{word}: {_NOTES[word]}", spec)


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
        reason = "unavailable_after: unreadable date"
        return Statement(signal, source, item, "deny", reason, _SPEC)
    if expires <= now:
        reason = "unavailable_after: the date has passed"
        return Statement(signal, source, item, "deny", reason, _SPEC)
    reason = f"unavailable_after: {expires.isoformat()}"
    return Statement(signal, source, item, "note", reason, _SPEC)


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
