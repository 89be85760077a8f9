"""What a run's processes hold and use while it goes on, read from /proc."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
LOOK = 0.5  # seconds between two looks, which cost some milliseconds each


@dataclass
class Sample:
    """At a time (seconds since the start): resident MiB and CPU seconds of all processes.

    ``mib`` is what they hold together: a page of a library that three of them use counts once.
    ``summed`` counts it three times.
    """

    at: float
    mib: float
    summed: float
    cpu: float
    processes: int


@dataclass
class Watch:
    """Looks at a process and all below it until it ends; SIGINT after ``stop_after`` seconds."""

    run: subprocess.Popen[bytes]
    stop_after: float = float("inf")
    samples: list[Sample] = field(default_factory=list)
    seconds: float = 0.0
    since: float = field(default_factory=time.time)  # seconds since 1970
    _ended: dict[int, float] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        """CPU seconds of all processes, those that ended included."""
        return sum(self._ended.values())

    @property
    def own(self) -> float:
        """CPU seconds of the process itself, without those that it started."""
        return self._ended.get(self.run.pid, 0.0)

    @property
    def most_mib(self) -> float:
        """Resident memory of all processes together, at most."""
        return max(sample.mib for sample in self.samples)

    @property
    def most_summed(self) -> float:
        """The same with what processes share counted for each of them."""
        return max(sample.summed for sample in self.samples)

    def busy(self, first: float, last: float) -> float:
        """How many cores all processes kept busy between two times, in seconds since 1970."""
        within = [each for each in self.samples if first <= self.since + each.at <= last]
        return (within[-1].cpu - within[0].cpu) / (within[-1].at - within[0].at)

    def until_it_ends(self) -> Watch:
        """Look until the run is over."""
        began = time.monotonic()
        stopped = False
        while self.run.poll() is None:
            now = time.monotonic() - began
            if now > self.stop_after and not stopped:
                self.run.send_signal(signal.SIGINT)
                stopped = True
            self._look(now)
            time.sleep(LOOK)
        self.seconds = time.monotonic() - began
        return self

    def _look(self, now: float) -> None:
        pids, mib, summed = [self.run.pid], 0.0, 0.0
        for pid in pids:
            try:
                stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            except OSError:
                continue
            pids += map(int, children)
            self._ended[pid] = (int(stat[11]) + int(stat[12])) / _TICK
            rss = int(stat[21]) * _PAGE / 2**20
            summed += rss
            mib += _shared_out(pid, rss)
        self.samples.append(Sample(now, mib, summed, self.cpu, len(pids)))


def _shared_out(pid: int, rss: float) -> float:
    """A process' part of the resident memory in MiB, ``Pss`` of the kernel; else all of it."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it ended, or belongs to somebody else
        return rss
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found[1]) / 1024 if found else rss
