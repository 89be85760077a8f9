"""Jobs as people see them: a table, a display that follows them, lines for logs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.jobs import JobView, progress, sparkline

_LATEST: Final = 8  # events below the table
_BAR: Final = 10  # characters
_WIDE: Final = 130  # columns of a terminal for the whole table
_COLOURS: Final = {
    "succeeded": "green",
    "failed": "red",
    "lost": "red",
    "cancelled": "yellow",
    "paused": "yellow",
}


def clock_time(seconds: float) -> str:
    """Unix seconds as date and time in UTC, ``-`` for none.

    >>> clock_time(1_700_000_000), clock_time(0)
    ('2023-11-14 22:13', '-')
    """
    if not seconds:
        return "-"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def bar(share: float | None) -> str:
    """A share as a bar.

    >>> bar(0.5), bar(None)
    ('█████░░░░░  50%', '')
    """
    if share is None:
        return ""
    full = round(share * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)} {share:4.0%}"


def loss(view: JobView) -> str:
    """The loss: its way as a line, and where it has come to."""
    train = [point.loss for point in view.points if point.loss is not None]
    held = [point.validation for point in view.points if point.validation is not None]
    if not train:
        return ""
    said = f"{sparkline(train, 12)} {train[0]:.3g} → {train[-1]:.3g}"
    return f"{said} (validation {held[-1]:.3g})" if held else said


def table(views: Iterable[JobView], width: int) -> Table:
    """One line a job; in a narrow terminal without what its receipt says."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    is_wide = width >= _WIDE
    for name in ("job", *(("dataset", "target") if is_wide else ()), "status"):
        shown.add_column(name, overflow="fold")
    for name in (*(("began",) if is_wide else ()), "how far", "loss"):
        shown.add_column(name, no_wrap=True)
    shown.add_column("model", overflow="fold")
    for view in views:
        cells = [Text(view.id)]
        if is_wide:
            cells += [Text(view.dataset or "-"), Text(view.target)]
        cells.append(Text(view.status or view.outcome, style=_COLOURS.get(view.outcome, "")))
        if is_wide:
            cells.append(Text(clock_time(view.created)))
        ends = f"until {clock_time(view.estimated)}" if view.estimated else "-"
        cells += [Text(bar(progress(view)) or ends), Text(loss(view) or "-")]
        shown.add_row(*cells, Text(view.model or view.base_model or "-"))
    return shown


def troubles(views: Iterable[JobView]) -> list[str]:
    """What hinders jobs, or ended them, a sentence each."""
    said = []
    for view in views:
        if view.trouble:
            said.append(f"{view.id}: {view.trouble}")
        elif view.error:
            said.append(f"{view.id} {view.status}: {view.error}")
        elif view.outcome == "paused":
            said.append(f"{view.id} is paused: scrapy jobs --resume {view.id}")
    return said


def ending(view: JobView) -> str:
    """What became of a job, and what to do with it."""
    if view.outcome == "succeeded":
        trying = f"; scrapy try --job {view.id}" if view.receipt else ""
        return f"{view.id} succeeded: {view.model}{trying}"
    why = view.trouble or view.error
    return f"{view.id} {view.status or view.outcome}{': ' if why else ''}{why}"


def display(views: Sequence[JobView], width: int) -> RenderableType:
    """Table, troubles, and the latest events of all."""
    events = sorted(
        ((event.at, view.id, event.message) for view in views for event in view.events),
        reverse=True,
    )[:_LATEST]
    lines = [Text(said, style="yellow") for said in troubles(views)]
    for at, identity, message in reversed(events):
        lines.append(Text(f"{clock_time(at)}  {identity}  {message}", style="dim"))
    return Group(table(views, width), Text(""), *lines)


class Lines:
    """What is new of jobs as lines, for logs and for terminals that are none."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[str, set[str]] = {}

    def show(self, view: JobView) -> None:
        """Say what was not said before."""
        said = self._said.setdefault(view.id, set())
        news = {f"status {view.status}": f"is {view.status}"} if view.status else {}
        news |= {event.id: event.message for event in view.events}
        if view.trouble:
            news[view.trouble] = view.trouble
        for key, line in news.items():
            if key not in said:
                said.add(key)
                self._console.print(Text(f"{view.id} {line}"), soft_wrap=True)
