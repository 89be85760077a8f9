"""``scrapy state``: what the memory of the sites holds, and whether the files agree with it."""

from __future__ import annotations

import argparse
import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from scrapy.commands import ScrapyCommand

from ftcrawler.census import Census, check, take
from ftcrawler.clock import iso
from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from ftcrawler.state import LockedError, State, StateError
from ftcrawler.summary import human_size


def show(console: Console, census: Census) -> None:
    """Print a site's census for people."""
    console.rule(f"[bold]{census.site}[/]")
    run = census.last_run
    if run:
        ended = (
            f"ended {iso(run['ended_at'])}" if run["ended_at"] else "not ended: the next goes on"
        )
        console.print(f"last run     {iso(run['started_at'])}, {ended} {run['reason']}".rstrip())
    console.print("[bold]URLs[/]")
    for name, number in census.urls.items():
        console.print(f"{number:>9,}  {name}")
    console.print(f"{census.pending:>9,}  of these pending")
    if census.next_due is not None:
        console.print(f"next due     {iso(census.next_due)}")
    console.print("[bold]Rows[/]")
    console.print(f"{census.documents:>9,}  documents, {census.retracted:,} retracted")
    console.print(f"{census.fingerprints:>9,}  pairs known")
    console.print(f"{census.waiting_rows:>9,}  rows waiting for their shard")
    if census.captures:
        console.print(f"{census.captures:>9,}  archived pages")
    console.print("[bold]Shards[/]")
    for stream, total in census.shards.items():
        files, size = total["files"], human_size(total["bytes"])
        console.print(f"{files:>9,}  {stream} files, {total['rows']:,} rows over them, {size}")
    disk = ", ".join(f"{name} {human_size(size)}" for name, size in census.disk.items())
    console.print(f"disk         {disk}\n", soft_wrap=True)


class Command(ScrapyCommand):
    """Look at the memory of the sites."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Site names, all of them when there is none."""
        return "[options] [site ...]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Show what the memory of the sites holds; --check holds the files against it"

    def long_desc(self) -> str:
        """The text of ``scrapy state --help``."""
        return (
            "Shows URLs by outcome, the last run, what is pending, documents, pairs, shards and "
            "disk space. --check verifies size, SHA-256 and rows of every recorded file, removes "
            "orphans, and writes a damaged shard again from its twin in the other format. "
            "Exit codes: 0 good or repaired, 2 no such site, 5 locked, 6 something is damaged."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--check", action="store_true", help="verify files, repair or name")
        parser.add_argument("--json", action="store_true", help="for programs: one object")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Each site in turn; one that cannot be read does not hide the others."""
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        known = sorted(path.parent.name for path in data_dir.glob("sites/*/state.db"))
        if unknown := [name for name in args if name not in known]:
            complain([f"{n}: no state in {data_dir}; known: {', '.join(known)}" for n in unknown])
            self.exitcode = Exit.CONFIGURATION
            return
        if not known:
            complain([f"{data_dir}: nothing was crawled so far"])
        console = Console(highlight=False)
        everything = {}
        for name in args or known:
            try:
                census = take(data_dir, name)
                everything[name] = asdict(census)
                if not opts.json:
                    show(console, census)
                if opts.check:
                    everything[name]["findings"] = self._check(console, name, data_dir, opts)
            except LockedError as error:
                complain([str(error)])
                self.exitcode = self.exitcode or Exit.LOCKED
            except (StateError, sqlite3.Error, OSError) as error:
                complain([f"{name}: {error}"])
                self.exitcode = Exit.STORAGE
        if opts.json:
            print(json.dumps(everything, indent=1))

    def _check(
        self, console: Console, name: str, data_dir: Path, opts: argparse.Namespace
    ) -> list[dict[str, object]]:
        state = State.open(data_dir / "sites" / name / "state.db", name)
        findings = []
        try:
            for finding in check(state, name, data_dir):
                findings.append(asdict(finding))
                mark = "repaired" if finding.repaired else "DAMAGED"
                if not opts.json:
                    console.print(f"{mark}: {finding.file}: {finding.fault}", soft_wrap=True)
                if not finding.repaired:
                    self.exitcode = Exit.STORAGE
        finally:
            state.close()
        if not findings and not opts.json:
            console.print(f"{name}: every recorded file is as it was written\n")
        return findings
