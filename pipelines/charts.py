"""Numbers -> plots as SVG that stretch to any width while their letters keep their size. Pure.

Places are in per cent of the width, heights in pixels. Every plot has a text that says what it
shows; its numbers stand in a table beside it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pipelines.markup import Html, text

PLOT: Final = 96  # pixels that the highest bar has
_ROOM: Final = 20  # for the letters below
_GAP: Final = 0.12  # of a bar's place
_HAIR: Final = 1.0  # what is there is seen, though it be little
# Each edge is about 1.2 times the one before it; small ones are whole numbers in a row.
EDGES: Final = tuple(sorted({round(2 ** (step / 4)) for step in range(97)}))


class Bar(NamedTuple):
    """One bar: what it says, how high it is, what stands below it."""

    says: str
    value: int
    tick: str = ""


def percent(share: float) -> str:
    """A share as a length.

    >>> percent(1 / 3)
    '33.33%'
    """
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


def octaves(
    counts: Mapping[int, int], within: Mapping[int, int] | None = None
) -> list[tuple[int, int, int]]:
    """Counts by size as (from, to, count) of quarter octaves, from the first to the last with any.

    ``within`` are other counts, whose first and last it is then.

    >>> octaves({5: 2, 6: 1, 9: 4})
    [(5, 5, 2), (6, 6, 1), (7, 7, 0), (8, 9, 4)]
    """
    found: Counter[int] = Counter()
    for size, count in counts.items():
        found[_place(size)] += count
    places = [_place(size) for size in (counts if within is None else within)]
    if not places:
        return []
    return [
        (EDGES[place], EDGES[place + 1] - 1, found[place])
        for place in range(min(places), max(places) + 1)
    ]


def _place(size: int) -> int:
    """The quarter octave that a size is in."""
    return max(bisect_right(EDGES, size, hi=len(EDGES) - 1) - 1, 0)


def columns(bars: Sequence[Bar], says: str, colour: str = "bar") -> Html:
    """Bars side by side; ``says`` is the plot in words."""
    highest = max((bar.value for bar in bars), default=0) or 1
    slot = 1 / max(len(bars), 1)
    parts = []
    for place, bar in enumerate(bars):
        left = place * slot
        if bar.value:
            height = max(_HAIR, PLOT * bar.value / highest)
            parts.append(
                f'<rect class="{colour}" x="{percent(left + slot * _GAP / 2)}" '
                f'y="{PLOT - height:.1f}" width="{percent(slot * (1 - _GAP))}" '
                f'height="{height:.1f}"><title>{text(bar.says)}</title></rect>'
            )
        if bar.tick:
            parts.append(_tick(bar.tick, left, slot))
    axis = f'<line class="axis" x1="0" y1="{PLOT + 0.5}" x2="100%" y2="{PLOT + 0.5}"/>'
    return Html(
        f'<svg class="plot" role="img" aria-label="{text(says)}" width="100%" '
        f'height="{PLOT + _ROOM}">{"".join(parts)}{axis}</svg>'
    )


def _tick(said: str, left: float, slot: float) -> str:
    """Letters below a bar, which do not stand out on either side."""
    middle = left + slot / 2
    anchor, place = "middle", middle
    if middle < _EDGE:
        anchor, place = "start", left
    elif middle > 1 - _EDGE:
        anchor, place = "end", left + slot
    return (
        f'<text x="{percent(place)}" y="{PLOT + _ROOM - 5}" text-anchor="{anchor}">'
        f"{text(said)}</text>"
    )


_EDGE: Final = 0.06


def share(begin: float, end: float, colour: str) -> Html:
    """A bar in a cell, from one share of the width to another."""
    if end <= begin:
        return Html("")
    # As wide as a hair at least, and within the cell.
    width = max(end - begin, 0.004)
    return Html(
        f'<svg class="share" aria-hidden="true" width="100%" height="10">'
        f'<rect class="{colour}" x="{percent(min(begin, 1 - width))}" width="{percent(width)}" '
        f'height="10"/></svg>'
    )


def every(count: int, most: int) -> int:
    """Of so many bars each how-manieth may have a tick.

    >>> every(30, 8)
    4
    """
    return -(-count // most) if count else 1


def quantile(counts: Mapping[int, int], share_below: float) -> int:
    """The smallest size that so large a share is not above.

    >>> quantile({1: 5, 10: 5}, 0.5), quantile({1: 5, 10: 5}, 0.95)
    (1, 10)
    """
    wanted = share_below * sum(counts.values())
    seen = 0
    for size in sorted(counts):
        seen += counts[size]
        if seen >= wanted:
            return size
    return 0
