"""Programs that a night starts: each in a process group of its own, ended when the night is."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parent.parent
AT_ONCE: Final = 4
GRACE: Final = 20.0  # seconds in which one that was told to end may do so
MOST_OUTPUT: Final = 16 << 20  # bytes that are read of what one printed
_LOOK: Final = 0.05


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: exit code, negative for a signal; what it printed; seconds."""

    code: int
    out: str
    seconds: float


class Children:
    """Runs ``scrapy`` commands. ``leaving`` says when to end, ``note`` gets each group."""

    def __init__(
        self,
        options: Sequence[str],
        *,
        leaving: Callable[[], bool],
        note: Callable[..., None] = lambda *_args, **_more: None,
    ) -> None:
        self._options = list(options)
        self._leaving = leaving
        self._note = note

    def run(self, *args: str, until: float | None = None, keep: bool = False) -> Ended:
        """One command to its end; after ``until`` (``time.monotonic``) it is told to end.

        With ``keep``, what it prints is returned; otherwise it is thrown away.
        """
        return self.run_all([args], until=until, keep=keep)[0]

    def run_all(
        self, commands: Sequence[Sequence[str]], *, until: float | None = None, keep: bool = False
    ) -> list[Ended]:
        """Several commands, some at once. Those that were not begun have ended by SIGTERM."""
        results = {n: Ended(-signal.SIGTERM, "", 0.0) for n in range(len(commands))}
        waiting = list(enumerate(commands))
        running: dict[int, _Child] = {}
        try:
            while waiting or running:
                late = until is not None and time.monotonic() >= until
                if self._leaving() or late:
                    waiting.clear()
                    for child in running.values():
                        child.end()
                while waiting and len(running) < AT_ONCE:
                    number, args = waiting.pop(0)
                    running[number] = _Child([*args, *self._options], keep=keep)
                    self._note(running[number].group)
                for number, child in list(running.items()):
                    if (ended := child.poll()) is not None:
                        results[number] = ended
                        self._note(child.group, ended=True)
                        del running[number]
                time.sleep(_LOOK)
        finally:
            for child in running.values():
                child.kill()
        return list(results.values())


class _Child:
    """One running program."""

    def __init__(self, args: Sequence[str], *, keep: bool) -> None:
        self._out: IO[bytes] | None = tempfile.TemporaryFile() if keep else None  # noqa: SIM115 - closed when it has ended
        self._begun = time.monotonic()
        self._told = 0.0
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "scrapy", *args],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._out or subprocess.DEVNULL,
            start_new_session=True,
        )
        self.group = self._process.pid

    def poll(self) -> Ended | None:
        """How it ended, if it has."""
        code = self._process.poll()
        if self._told and time.monotonic() > self._told + GRACE:
            self.kill()
        if code is None:
            return None
        self._signal(signal.SIGKILL)  # processes that it may have left
        out = ""
        if self._out:
            self._out.seek(0)
            out = self._out.read(MOST_OUTPUT).decode("utf-8", "replace")
            self._out.close()
        return Ended(code, out, time.monotonic() - self._begun)

    def end(self) -> None:
        """Tell it to end, once."""
        if not self._told:
            self._told = time.monotonic()
            self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, with all that it started."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, number)
