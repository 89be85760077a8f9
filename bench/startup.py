"""How long each command takes to start, and which imports take the time.

``python bench/startup.py [COMMAND ...] [--rounds 5] [--top 5]``: the least of the rounds, of a
process from its start to the end of ``scrapy COMMAND --help``: all that the command imports
before it does anything.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL = 1.0  # seconds


def start(command: str, *options: str) -> tuple[float, float, str]:
    """Seconds of wall clock and of CPU that ``scrapy COMMAND --help`` takes, and its complaints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *options, "-m", "scrapy", command, "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, spent, done.stderr


def heaviest(command: str, most: int) -> list[tuple[float, str]]:
    """Imported packages and the milliseconds that each takes, what it imports included."""
    _, _, told = start(command, "-X", "importtime")
    found: dict[str, float] = {}
    for line in told.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if len(parts) == 3 and parts[1].strip().isdecimal():
            package = ".".join(parts[2].strip().split(".")[:2])
            found[package] = max(found.get(package, 0.0), int(parts[1]) / 1000)
    return sorted(((ms, name) for name, ms in found.items()), reverse=True)[:most]


def main() -> None:
    """Print a line for each command, the slowest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--top", type=int, default=0)
    asked = parser.parse_args()
    folder = ROOT / "ftcrawler" / "commands"
    names = asked.commands or sorted(path.stem for path in folder.glob("[a-z]*.py"))
    figures = []
    for name in names:
        rounds = [start(name) for _ in range(asked.rounds)]
        figures.append((min(wall for wall, _, _ in rounds), min(cpu for _, cpu, _ in rounds), name))
    print(f"{'command':14}{'wall s':>8}{'CPU s':>8}")
    for wall, cpu, name in sorted(figures, reverse=True):
        print(f"{name:14}{wall:8.2f}{cpu:8.2f}{'  above the goal' if cpu > GOAL else ''}")
        for ms, package in heaviest(name, asked.top) if asked.top else ():
            print(f"{'':14}{ms:8.0f} ms  {package}")


if __name__ == "__main__":
    main()
