"""How far a run is: numbers of each site, and how late the event loop is. Pure."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

WINDOW = 60.0  # seconds over which a rate is taken
_BINS = 64  # of the lags, each an eighth of a doubling from a millisecond on


@dataclass(frozen=True, slots=True)
class SiteProgress:
    """One site's numbers: pages by outcome, pairs written, URLs known and not visited.

    ``rate`` is in pages a second over the last minute; ``left`` are the seconds that the known
    URLs take at that rate, None when nothing can be said; ``state`` is what the site does.
    """

    site: str
    pages: int = 0
    documents: int = 0
    pairs: int = 0
    pending: int = 0
    errors: int = 0
    rate: float = 0.0
    left: float | None = None
    state: str = "crawling"


@dataclass
class Meter:
    """Counts what one site gave, and how fast.

    >>> meter = Meter()
    >>> for second in range(5): meter.add("document", second)
    >>> meter.rate(4)
    1.0
    """

    pages: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    began: float | None = None
    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def add(self, outcome: str, now: float) -> None:
        """One page had an outcome at ``now`` seconds."""
        self.began = now if self.began is None else self.began
        self.pages += 1
        self.outcomes[outcome] += 1
        if self._seen and now - self._seen[-1][0] < 1.0:
            return
        self._seen.append((now, self.pages))

    def rate(self, now: float) -> float:
        """Pages a second over the last minute, or since the last page but one if that is longer."""
        while len(self._seen) > 2 and self._seen[0][0] < now - WINDOW:  # noqa: PLR2004 - two ends
            self._seen.popleft()
        if not self._seen:
            return 0.0
        since, pages = self._seen[0]
        return (self.pages - pages) / max(now - since, 1.0)


def left(pending: int, rate: float) -> float | None:
    """Seconds until ``pending`` URLs are visited, at least: pages name new ones.

    >>> left(100, 4.0), left(100, 0.0), left(0, 0.0)
    (25.0, None, 0.0)
    """
    if not pending:
        return 0.0
    return pending / rate if rate else None


def total(sites: Iterable[SiteProgress]) -> SiteProgress:
    """The numbers of all sites together; what is left is that of the slowest one."""
    sites = list(sites)
    waits = [s.left for s in sites if s.state == "crawling"]
    known = [wait for wait in waits if wait is not None]
    return SiteProgress(
        "total",
        pages=sum(s.pages for s in sites),
        documents=sum(s.documents for s in sites),
        pairs=sum(s.pairs for s in sites),
        pending=sum(s.pending for s in sites),
        errors=sum(s.errors for s in sites),
        rate=sum(s.rate for s in sites),
        left=max(known, default=0.0) if len(known) == len(waits) else None,
        state="crawling" if waits else "done",
    )


def duration(seconds: float | None) -> str:
    """Seconds for people; what is left is never less.

    >>> duration(5), duration(90), duration(7300), duration(200_000), duration(None)
    ('5 s', '2 min', '2 h 2 min', '2 d 7 h', '')
    """
    if seconds is None:
        return ""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.0f} s"
    minutes = math.ceil(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@dataclass
class Lags:
    """How late the event loop was, as a histogram: it costs the same however long a run is."""

    _bins: list[int] = field(default_factory=lambda: [0] * (_BINS * 2))
    most: float = 0.0

    def add(self, seconds: float) -> None:
        """The loop came so many seconds late."""
        self.most = max(self.most, seconds)
        place = int(8 * math.log2(max(seconds, 0.001) * 1000))
        self._bins[min(place, len(self._bins) - 1)] += 1

    def quantile(self, share: float) -> float:
        """The lag in seconds that a share of all looks did not pass, within nine per cent.

        >>> lags = Lags()
        >>> for _ in range(99): lags.add(0.002)
        >>> lags.add(0.5)
        >>> round(lags.quantile(0.5), 3), lags.quantile(1.0) >= 0.5
        (0.002, True)
        """
        wanted = share * sum(self._bins)
        reached = 0
        for place, count in enumerate(self._bins):
            reached += count
            if count and reached >= wanted:
                return float(2 ** ((place + 1) / 8) / 1000)
        return 0.0

    def told(self) -> dict[str, float]:
        """Milliseconds, as they go into a run's record."""
        shares = {"p50": 0.5, "p99": 0.99}
        found = {name: round(1000 * self.quantile(share), 1) for name, share in shares.items()}
        return {**found, "max": round(1000 * self.most, 1)}
