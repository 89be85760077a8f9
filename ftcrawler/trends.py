"""Numbers of the last nights as a little picture and an arrow. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

BARS: Final = "▁▂▃▄▅▆▇█"
GAP: Final = "·"  # a night without a number
MARKED: Final = 0.25  # of the usual: a lesser change is none
_LEAST: Final = 2  # numbers before an arrow says anything


def sparkline(numbers: Sequence[float | None]) -> str:
    """A bar for each number, from nothing to the highest.

    >>> sparkline([0, 5, None, 10])
    '▁▅·█'
    """
    highest = max((n for n in numbers if n is not None), default=0)
    return "".join(_bar(number, highest) for number in numbers)


def _bar(number: float | None, highest: float) -> str:
    if number is None:
        return GAP
    return BARS[round(number / highest * (len(BARS) - 1))] if highest > 0 else BARS[0]


def arrow(numbers: Sequence[float | None]) -> str:
    """Whether the last number is above, below or about the median of those before.

    >>> arrow([10, 12, 11, 40]), arrow([10, 12, 11, 1]), arrow([10, 12, 11, 11]), arrow([3])
    ('↑', '↓', '→', '')
    """
    known = [number for number in numbers[:-1] if number is not None]
    last = numbers[-1] if numbers else None
    if last is None or len(known) < _LEAST:
        return ""
    usual = median(known)
    if abs(last - usual) <= MARKED * usual:
        return "→"
    return "↑" if last > usual else "↓"
