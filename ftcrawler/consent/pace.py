"""The values of Crawl-delay, Request-rate and Visit-time: text in, numbers out. Pure.

None is in RFC 9309; the syntax is that of docs/consent.md. All times are UTC.
"""

from __future__ import annotations

import re

DAY_MINUTES = 24 * 60

_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DELAY = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?|[.,]\d{1,9}) ?(ms|[smhd]?)", re.ASCII)
_RATE = re.compile(r"(\d{1,9}) ?/ ?(\d{0,9}) ?([smhd]?)", re.ASCII)
_WINDOW = re.compile(r"([0-2]\d):?([0-5]\d) ?- ?([0-2]\d):?([0-5]\d)", re.ASCII)


def delay_seconds(text: str) -> float | None:
    """Seconds between requests; ``None`` when unreadable.

    >>> delay_seconds("10"), delay_seconds("0.5"), delay_seconds("soon")
    (10.0, 0.5, None)
    """
    match = _DELAY.match(text.lower())
    return match and float(match[1].replace(",", ".")) * _SECONDS[match[2]]


def rate_seconds(text: str) -> float | None:
    """Seconds per request of ``requests/time``; ``None`` when unreadable.

    >>> rate_seconds("1/10m 0600-0845"), rate_seconds("2/5")
    (600.0, 2.5)
    """
    match = _RATE.match(text.lower())
    if match is None or not int(match[1]):
        return None
    return int(match[2] or 1) * _SECONDS[match[3]] / int(match[1])


def window_minutes(text: str) -> tuple[int, int] | None:
    """Start and end in minutes of the day; ``None`` when unreadable.

    >>> window_minutes("0600-0845")
    (360, 525)
    """
    match = _WINDOW.match(text)
    if match is None:
        return None
    start, end = (int(match[i]) * 60 + int(match[i + 1]) for i in (1, 3))
    return (start, end) if max(start, end) <= DAY_MINUTES else None
