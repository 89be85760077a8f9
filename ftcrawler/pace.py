"""How fast a site is asked: never faster than it permits, slower when it slows down. Pure."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

DAY = 86_400
BUSY_STATUSES = (429, 503)
MOST_DELAY = 60.0  # seconds that backing off may reach by itself
LEAST_BUSY_DELAY = 1.0  # seconds between requests to a server that says it is busy
MAX_WAIT = 60.0  # a longer Retry-After is the next run's to keep
MAX_CRAWL_DELAY = 600.0  # a site that asks for more is left alone
_SLOW = 0.5  # seconds; an answer that is faster is never called slow
_SLOWER = 2.0  # times what is usual
_LEARNING = 0.05  # the weight of one answer in what is usual
_SNAP = 0.01  # seconds from the floor that count as the floor


class Pace:
    """The delay between two requests to one site, in seconds.

    ``floor`` is what site file and robots.txt ask for. An answer that takes twice as long as
    usual stretches the delay to its own time, so that about one request is under way; 429, 503
    and timeouts double it. Quick answers bring it back by halves.
    """

    def __init__(self, floor: float) -> None:
        self.floor = floor
        self.delay = floor
        self._usual: float | None = None

    def raise_floor(self, seconds: float) -> None:
        """The site asks for more time between requests."""
        self.floor = max(self.floor, seconds)
        self.delay = max(self.delay, self.floor)

    def answered(self, latency: float, status: int) -> None:
        """Learn from an answer that took ``latency`` seconds.

        >>> pace = Pace(0.1)
        >>> for latency in (0.2, 0.2, 3.0): pace.answered(latency, 200)
        >>> pace.delay
        3.0
        """
        if status in BUSY_STATUSES:
            self.busy()
            return
        usual = latency if self._usual is None else self._usual
        self._usual = usual + _LEARNING * (latency - usual)
        if latency > max(_SLOW, _SLOWER * usual):
            self._set(max(latency, (self.delay + latency) / 2))
        else:
            self._set((self.delay + self.floor) / 2)

    def busy(self) -> None:
        """The server had no time for a request."""
        self._set(max(2 * self.delay, LEAST_BUSY_DELAY))

    def _set(self, delay: float) -> None:
        delay = min(delay, max(MOST_DELAY, self.floor))
        self.delay = delay if delay > self.floor + _SNAP else self.floor


def retry_after(value: str, now: float) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 10.2.3), None when unreadable.

    >>> retry_after("120", 0.0), retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 15.0)
    (120.0, 45.0)
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None


def is_open(window: tuple[int, int] | None, now: float) -> bool:
    """Whether a Visit-time window (minutes of the UTC day) is open.

    >>> is_open((1320, 360), 23 * 3600.0), is_open((360, 525), 0.0), is_open(None, 0.0)
    (True, False, True)
    """
    if window is None or window[0] == window[1]:
        return True
    minute = now % DAY // 60
    start, end = window
    return start <= minute < end if start < end else minute >= start or minute < end


def opening(window: tuple[int, int], now: float) -> float:
    """When a window opens next, in seconds since 1970."""
    start = now - now % DAY + window[0] * 60
    return start if start > now else start + DAY
