"""Jobs of fine-tuning as providers tell of them: what became of one, its events, its loss. Pure.

Whatever a provider leaves out or calls otherwise is borne: a status that is not known here is
shown as it is, and the job goes on until its end can be told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

# ``lost``: the provider says that it cannot be asked for.
Outcome = Literal["going", "paused", "succeeded", "failed", "cancelled", "lost"]

_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "error": "failed",
    "expired": "failed",
    "interrupted": "failed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "paused": "paused",
}
OVER: Final = ("succeeded", "failed", "cancelled", "lost")
# "Step 20/100: training loss=1.23, validation loss=1.31", for providers without metrics.
_STEP: Final = re.compile(
    r"\bstep (?P<step>\d+)(?:/(?P<total>\d+))?\b"
    r"(?:.*?\btrain(?:ing)?[ _]loss[ =:]+(?P<loss>[\d.]+))?"
    r"(?:.*?\bvalid(?:ation)?[ _]loss[ =:]+(?P<validation>[\d.]+))?",
    re.IGNORECASE,
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_LONGEST: Final = 500  # characters of a message
_BARS: Final = "▁▂▃▄▅▆▇█"


class Point(NamedTuple):
    """The loss at a step, of so many steps (0 when that is not said)."""

    step: int
    total: int
    loss: float | None
    validation: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; ``at`` in Unix seconds, ``data`` are metrics."""

    id: str
    at: float
    level: str
    message: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it was last seen. Times are Unix seconds, 0 when they are not known.

    ``receipt`` is the ID of the upload that began it, ``trouble`` why nothing is heard of it.
    """

    id: str
    target: str
    kind: str = ""
    receipt: str = ""
    dataset: str = ""
    status: str = ""
    outcome: Outcome = "going"
    base_model: str = ""
    model: str = ""
    created: float = 0
    finished: float = 0
    estimated: float = 0
    tokens: int = 0
    error: str = ""
    trouble: str = ""
    events: tuple[Event, ...] = ()
    points: tuple[Point, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.outcome in OVER

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        events = [
            {"id": one.id, "at": one.at, "level": one.level, "message": one.message}
            for one in self.events
        ]
        return named | {"events": events, "points": [point._asdict() for point in self.points]}


def outcome_of(status: str, finished: float, model: str) -> Outcome:
    """What became of a job; one with an unknown status is over when it has finished.

    >>> outcome_of("running", 0, ""), outcome_of("pausing", 0, ""), outcome_of("Succeeded", 1, "m")
    ('going', 'going', 'succeeded')
    >>> outcome_of("deployed", 1, "ft:m"), outcome_of("exploded", 1, "")
    ('succeeded', 'failed')
    """
    known = _OUTCOMES.get(status.lower())
    if known is None and finished:
        return "succeeded" if model else "failed"
    return known or "going"


def seen(view: JobView, said: Any) -> JobView:
    """A job with what the provider says of it now; ``said`` is the client's object."""
    error = getattr(said, "error", None)
    status = plain(getattr(said, "status", "")) or view.status
    model = plain(getattr(said, "fine_tuned_model", "")) or view.model
    finished = number(getattr(said, "finished_at", 0))
    return replace(
        view,
        status=status,
        outcome=outcome_of(status, finished, model),
        base_model=plain(getattr(said, "model", "")) or view.base_model,
        model=model,
        created=number(getattr(said, "created_at", 0)) or view.created,
        finished=finished or view.finished,
        estimated=number(getattr(said, "estimated_finish", 0)),
        tokens=int(number(getattr(said, "trained_tokens", 0))) or view.tokens,
        error=plain(getattr(error, "message", "")),
        trouble="",
    )


def heard(view: JobView, events: Iterable[Event]) -> JobView:
    """A job with new events, in the order in which they happened."""
    known = {event.id for event in view.events}
    new = {event.id: event for event in events if event.id not in known}
    listed = sorted((*view.events, *new.values()), key=lambda event: event.at)
    points = {point.step: point for event in listed if (point := point_of(event))}
    return replace(
        view, events=tuple(listed), points=tuple(points[step] for step in sorted(points))
    )


def event_of(said: Any) -> Event:
    """An event of the client's."""
    data = getattr(said, "data", None)
    message = plain(getattr(said, "message", ""))
    at = number(getattr(said, "created_at", 0))
    return Event(
        id=str(getattr(said, "id", "") or f"{at}-{message}"),
        at=at,
        level=plain(getattr(said, "level", "")) or "info",
        message=message,
        data=data if isinstance(data, Mapping) else {},
    )


def point_of(event: Event) -> Point | None:
    """The loss that an event tells, by its metrics or its words.

    >>> point_of(Event("1", 0, "info", "Step 2/8: training loss=1.50", {}))
    Point(step=2, total=8, loss=1.5, validation=None)
    >>> point_of(Event("2", 0, "info", "", {"step": 3, "train_loss": 1.25, "total_steps": 8}))
    Point(step=3, total=8, loss=1.25, validation=None)
    >>> point_of(Event("3", 0, "info", "Step by step", {}))
    """
    data, words = event.data, _STEP.search(event.message)
    found = words.groupdict() if words else {}
    step = data.get("step", found.get("step"))
    if step is None:
        return None
    loss = measured(data.get("train_loss", found.get("loss")))
    by_name = next((data[name] for name in ("valid_loss", "full_valid_loss") if data.get(name)), 0)
    validation = measured(by_name or found.get("validation"))
    total = int(number(data.get("total_steps") or found.get("total")))
    return Point(int(number(step)), total, loss, validation)


def plain(value: Any) -> str:
    r"""A provider's text on one line, without what would change the terminal.

    >>> plain("Step\x1b[2J 1\n done"), plain(None)
    ('Step [2J 1 done', '')
    """
    return " ".join(_CONTROL.sub(" ", str(value or "")).split())[:_LONGEST]


def measured(value: Any) -> float | None:
    """A number that can be drawn, or None."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def number(value: Any) -> float:
    """A number, 0 for none."""
    return measured(value) or 0.0


def sparkline(values: Sequence[float], width: int = 24) -> str:
    """Values as bars, the lowest and the highest of them as the lowest and the highest bar.

    Of more values than there is room for, each bar is the mean of its share.

    >>> sparkline([4, 3, 2, 1]), sparkline([2, 2]), sparkline([1, 1, 3, 3], width=2)
    ('█▆▃▁', '▁▁', '▁█')
    """
    if len(values) > width:
        edges = [len(values) * place // width for place in range(width + 1)]
        values = [sum(values[begin:end]) / (end - begin) for begin, end in pairwise(edges)]
    if not values:
        return ""
    low, high = min(values), max(values)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0
    return "".join(_BARS[round((value - low) * scale)] for value in values)


def progress(view: JobView) -> float | None:
    """How much of a job is done, 0 to 1, or None when that is not said."""
    if view.outcome == "succeeded":
        return 1.0
    last = view.points[-1] if view.points else None
    return min(1.0, last.step / last.total) if last and last.total else None
