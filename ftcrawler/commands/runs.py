"""``scrapy runs``: the last runs with their trends, or one in full."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from ftcrawler.runs import NIGHT, read_runs
from ftcrawler.runsshown import is_part_of_a_night, name_of, show_run, show_runs

LAST = 14
WIDE = 1000


class Command(ScrapyCommand):
    """Show runs."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Which one."""
        return "[options] [RUN]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Show the last runs and how each site did over them"

    def long_desc(self) -> str:
        """The text of ``scrapy runs --help``."""
        return (
            "scrapy runs --last 30: a line for each night and each crawl by hand, and for each "
            "site its pages, news, pairs and failures as little pictures; an arrow says whether "
            "the last number is above or below the usual. scrapy runs 20261124T02: that one in "
            "full; the beginning of its name is enough. Records that cannot be read are named. "
            "Exit codes: 0 good, 2 no such run, 6 records that cannot be read."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        add = parser.add_argument
        add("--last", type=int, default=LAST, metavar="N", help=f"so many (default {LAST})")
        add("--nights", action="store_true", help="only nights")
        add("--json", action="store_true", help="the records, for programs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read and show them."""
        if len(args) > 1:
            raise UsageError
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        if opts.last < 1:
            complain([f"--last {opts.last}: a number from 1 on"])
            self.exitcode = Exit.CONFIGURATION
            return
        found, faults = _runs(data_dir, args[0] if args else "", opts)
        complain(faults)
        if faults:
            self.exitcode = Exit.STORAGE
        if not found:
            what = f"no run begins with {args[0]!r}" if args else "no run was recorded so far"
            complain([f"{data_dir}: {what}: scrapy runs lists them, scrapy nightly makes one"])
            self.exitcode = Exit.CONFIGURATION
            return
        if opts.json:
            print(json.dumps(found[-1] if args else found, indent=1, ensure_ascii=False))
            return
        # A file, a pipe or a mail has room for whole lines; COLUMNS may still say otherwise.
        narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
        console = Console(width=None if narrow else WIDE, highlight=False, markup=False)
        if args:
            show_run(console, found[-1])
        else:
            show_runs(console, found)


def _runs(
    data_dir: Path, name: str, opts: argparse.Namespace
) -> tuple[list[dict[str, Any]], list[str]]:
    """The runs that are meant, oldest first: crawls of a night are told of in its record."""
    if name:
        found, faults = read_runs(data_dir)
        named = [run for run in found if name_of(run).startswith(name)]
        return [run for run in named if run.get("kind") == NIGHT] or named, faults
    # A night has at least one crawl beside it; more of them come from crashes.
    found, faults = read_runs(data_dir, 0 if opts.nights else 3 * opts.last, nights=opts.nights)
    nights = {str(run["id"]) for run in found if run.get("kind") == NIGHT}
    shown = [run for run in found if not is_part_of_a_night(run, nights)]
    return shown[-opts.last :], faults
