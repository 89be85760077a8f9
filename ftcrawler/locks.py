"""One night at a time: a lock with a heartbeat that a dead one's successor takes over.

The file says who holds it: process, its start, machine, boot, and when it was last alive. On the
same machine the process itself is looked at; of another one (a folder that containers share),
only the heartbeat can tell.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ftcrawler.clock import iso
from ftcrawler.state import LockedError
from ftcrawler.writing import write_text

FILE: Final = "night.lock"
BEAT: Final = 15.0  # seconds between two heartbeats
STALE: Final = 180.0  # seconds after which one that cannot be looked at counts as dead
ENDING: Final = 20.0  # seconds in which what a dead night started may end by itself


def started(pid: int) -> str:
    """When a process was started, in the kernel's ticks; ``""`` when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "" if Path("/proc/self/stat").exists() else _alive(pid)
    return "" if stat[0] in "ZX" else stat[19]


def _alive(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "?"


def _first_line(*paths: str) -> str:
    for path in paths:
        with contextlib.suppress(OSError):
            return Path(path).read_text("utf-8").strip()
    return ""


def whereabouts() -> dict[str, str]:
    """What tells this machine, its boot and its view of processes from others."""
    try:
        view = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        view = ""
    return {
        "host": platform.node(),
        "machine": _first_line("/etc/machine-id", "/var/lib/dbus/machine-id"),
        "boot": _first_line("/proc/sys/kernel/random/boot_id"),
        "view": view,
    }


def is_dead(holder: dict[str, Any], here: dict[str, str], now: float) -> bool:
    """Whether the one who wrote a lock has ended without taking it away."""
    same_boot = all(holder.get(key) == here[key] for key in ("host", "boot", "view"))
    if same_boot:
        return started(int(holder["pid"])) != str(holder["started"])
    rebooted = here["machine"] and holder.get("machine") == here["machine"]
    if rebooted and holder.get("host") == here["host"] and holder.get("boot") != here["boot"]:
        return True
    return abs(now - float(holder["beat"])) > STALE


class NightLock:
    """The lock while it is held; a thread keeps it alive."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.taken = False  # by another night, while this one seemed dead
        self.broken_by: dict[str, Any] = {}  # whom it was taken over from
        self._clock = clock
        self._groups: dict[int, str] = {}
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._me: dict[str, Any] = {
            "token": uuid.uuid4().hex,
            "pid": os.getpid(),
            "started": started(os.getpid()),
            **whereabouts(),
        }
        self._thread = threading.Thread(target=self._beat_on, daemon=True)

    def acquire(self) -> None:
        """Hold it. Raises :class:`LockedError` when a living night does, :class:`OSError`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            if holder := self._holder():
                if not is_dead(holder, whereabouts(), self._clock()):
                    raise LockedError(
                        f"{self.path}: another night runs (pid {holder['pid']} on "
                        f"{holder['host']}, alive at {iso(float(holder['beat']))}); "
                        f"wait until it ends, or end it"
                    )
                end_groups(holder)
                self.broken_by = holder
            self._write()
        self._thread.start()

    def release(self) -> None:
        """Let go of it, when it is still ours."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(BEAT)
        with contextlib.suppress(OSError), self._alone():
            if self._holder().get("token") == self._me["token"]:
                self.path.unlink()

    def note_group(self, group: int, *, ended: bool = False) -> None:
        """What is to be ended with this night: process groups that it started."""
        with self._guard:
            if ended:
                self._groups.pop(group, None)
            else:
                self._groups[group] = started(group)
        self._beat()

    def _beat_on(self) -> None:
        while not self._ended.wait(BEAT):
            self._beat()

    def _beat(self) -> None:
        with contextlib.suppress(OSError), self._alone():
            if self._holder().get("token") == self._me["token"]:
                self._write()
            else:
                self.taken = True

    def _write(self) -> None:
        with self._guard:
            entry = {**self._me, "beat": self._clock(), "groups": list(self._groups.items())}
            if fault := write_text(self.path, json.dumps(entry)):
                raise OSError(f"{self.path}: {fault}")

    def _holder(self) -> dict[str, Any]:
        try:
            entry = json.loads(self.path.read_text("utf-8"))
            return dict(entry) if {"pid", "started", "beat", "host"} <= entry.keys() else {}
        except (OSError, ValueError, AttributeError):
            return {}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process looks at the lock or changes it."""
        with self.path.with_name(f".{self.path.name}.guard").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def end_groups(holder: dict[str, Any]) -> None:
    """End what a dead night left running on this machine: it would keep its sites locked."""
    here = whereabouts()
    if any(holder.get(key) != here[key] for key in ("host", "boot", "view")):
        return
    for group, since in holder.get("groups", ()):
        if since and started(int(group)) == since:
            _end(int(group), since)


def _end(group: int, since: str) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
        until = time.monotonic() + ENDING
        while started(group) == since and time.monotonic() < until:
            time.sleep(0.05)
