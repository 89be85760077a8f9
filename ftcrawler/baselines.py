"""What past nights explain: robust bounds for counts and for shares. Pure.

A count is held against the median of past nights with the larger of three spreads: what chance
alone gives (Poisson), what the nights differed by (median absolute deviation), and a tenth of the
median. A share is held against the least of past nights, one in ten of these aside. Both ask
besides that the change is large, so that much data does not make a little change an alarm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

CHANCE: Final = 1e-5  # of an alarm in a night like those before
_MAD_TO_SIGMA: Final = 1.4826  # of a normal distribution
_SURPLUS: Final = 1.2  # real counts spread more than Poisson's
_TENTH: Final = 0.1
_DEVIATIONS: Final = 4.0
_WINDOWS: Final = (1, 2, 4, 7)  # nights that are summed, for sites with few pages a night
_EDGE: Final = 0.02  # no share is taken for certain
_FEW: Final = 8  # documents that show a share at least roughly
_EVER: Final = 10  # one past night in so many may be an accident


def spread(counts: Sequence[float]) -> float:
    """How far nightly counts differ, about their median, as a standard deviation.

    >>> spread([100, 104, 98, 101, 97, 102, 100])
    12.0
    """
    middle = median(counts)
    mad = median(abs(count - middle) for count in counts) * _MAD_TO_SIGMA
    return max(mad, math.sqrt(middle) * _SURPLUS, middle * _TENTH)


def fell(past: Sequence[int], recent: Sequence[int], share: float) -> int:
    """Over how many of the last nights a count is lower than the past explains; 0 for none.

    ``recent`` ends with tonight. Lower means: less than chance gives about the median, and below
    ``share`` of the lowest that as many nights in a row had.

    >>> fell([100] * 10, [20], 0.5), fell([100] * 10, [70], 0.5)
    (1, 0)
    >>> fell([50, 50, 50, 50, 50, 4, 3] * 3, [2], 0.5), fell([5, 6, 4, 5] * 5, [0] * 4, 0.5)
    (0, 4)
    """
    middle = median(past)
    surplus = spread(past) ** 2 / middle if middle else 1.0
    for nights in _WINDOWS:
        if nights > len(recent) or nights * 2 > len(past):
            break
        seen = sum(recent[-nights:])
        lowest = low([float(sum(past[n : n + nights])) for n in range(len(past) - nights + 1)])
        rare = rarely(seen / surplus, nights * middle / surplus) < CHANCE
        if rare and seen < share * lowest:
            return nights
    return 0


def rose(past: Sequence[int], tonight: int, times: float, least: int) -> bool:
    """Whether a count is ``least`` or more, and ``times`` what past nights had at most.

    >>> rose([100] * 10, 900, 5, 50), rose([0, 0, 120, 0, 0, 0, 0, 0], 200, 5, 50)
    (True, False)
    """
    usual = median(past) + _DEVIATIONS * spread(past)
    return tonight >= least and tonight > usual and tonight > times * max(past)


def share_fell(past: Sequence[tuple[int, int]], seen: int, of: int, by: float) -> bool:
    """Whether ``seen`` of ``of`` is less than the past explains, by ``by`` (0 to 1) or more.

    ``past`` holds such pairs of numbers, one a night.

    >>> share_fell([(9, 10)] * 8, 0, 6, 0.3), share_fell([(9, 10)] * 8, 5, 6, 0.3)
    (True, False)
    """
    usual = least_share(past)
    if usual is None or not of or usual - seen / of < by:
        return False
    return at_most(seen, of, min(max(usual, _EDGE), 1 - _EDGE)) < CHANCE


def least_share(past: Sequence[tuple[int, int]]) -> float | None:
    """The share that nearly every past night had at least; None when nothing was seen.

    Nights in which little was seen are taken together, so that one page is no night.

    >>> least_share([(3, 4), (1, 4), (9, 10)]), least_share([(0, 0)])
    (0.5, None)
    """
    total = sum(of for _, of in past)
    if not total:
        return None
    wanted = min(_FEW, total / 2)
    shares, seen, of = [], 0, 0
    for one, out_of in past:
        seen, of = seen + one, of + out_of
        if of >= wanted:
            shares.append(seen / of)
            seen = of = 0
    return low(shares) if shares else seen / of


def low(values: Sequence[float]) -> float:
    """The lowest, one in ten aside.

    >>> low([1, 2, 3]), low([0, *[5] * 19])
    (1, 5)
    """
    return sorted(values)[len(values) // _EVER]


def at_most(seen: int, of: int, share: float) -> float:
    """The chance that of so many no more are so, when each is with a probability.

    >>> round(at_most(1, 3, 0.5), 6)
    0.5
    """
    logs = [
        math.lgamma(of + 1)
        - math.lgamma(k + 1)
        - math.lgamma(of - k + 1)
        + k * math.log(share)
        + (of - k) * math.log1p(-share)
        for k in range(seen + 1)
    ]
    return min(math.fsum(map(math.exp, logs)), 1.0)


def rarely(seen: float, usual: float) -> float:
    """The chance of so few, when ``usual`` are usual (Poisson).

    >>> round(rarely(0, 3), 4), rarely(5, 0)
    (0.0498, 1.0)
    """
    if usual <= 0:
        return 1.0
    logs = (k * math.log(usual) - usual - math.lgamma(k + 1) for k in range(int(seen) + 1))
    return min(math.fsum(map(math.exp, logs)), 1.0)
