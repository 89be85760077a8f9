"""Times as texts. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC.

    >>> iso(1795400000)
    '2026-11-23T02:13:20Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shifted(clock: Callable[[], float], seconds: float) -> Callable[[], float]:
    """A clock that goes so much ahead.

    >>> shifted(lambda: 100.0, 5)()
    105.0
    """
    return (lambda: clock() + seconds) if seconds else clock
