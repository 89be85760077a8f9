"""What a command does at the moment, and how much of it is done: for people, while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

Steps = Callable[[str, int, int], None]


@contextmanager
def shown(console: Console) -> Iterator[Steps]:
    """Takes what is done, how much of it, and of how much (0: not known). Programs see nothing."""
    if not console.is_terminal:
        yield lambda *_: None
        return
    from rich.progress import (  # noqa: PLC0415 - only then
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as display:
        task = display.add_task("", total=None)

        def step(what: str, done: int, total: int) -> None:
            display.update(task, description=what, completed=done, total=total or None)

        yield step
