"""``scrapy backup``: a copy of all data that is whole, also while a crawl is running."""

from __future__ import annotations

import argparse
import sqlite3
import time
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.backup import prune, take, working_in
from ftcrawler.clock import iso
from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from ftcrawler.summary import human_size

REMEDY = "scrapy state --check mends what it can; the backup holds the rest"


class Command(ScrapyCommand):
    """Back up the data."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Where to."""
        return "[options] FOLDER"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Copy DATA_DIR to a folder, whole, also while a crawl is running"

    def long_desc(self) -> str:
        """The text of ``scrapy backup --help``."""
        return (
            "Writes FOLDER/TIME, a folder like DATA_DIR: every site's memory, the files that it "
            "knows, records and datasets. What the backup before holds already is linked to it "
            "and takes no room. Examples: 'scrapy backup /mnt/backup', 'scrapy backup "
            "/mnt/backup --keep 7'. To restore, copy one into an empty DATA_DIR: "
            "'cp -a /mnt/backup/TIME data', then 'scrapy state --check'. "
            "Exit codes: 0 good, 2 an option is wrong, 6 files are damaged, or the disk refuses."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument(
            "--keep", type=int, default=0, metavar="N", help="remove all but the N newest backups"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the arguments, copy, tell."""
        if len(args) != 1:
            raise UsageError
        assert self.settings is not None
        data_dir, folder = Path(self.settings["DATA_DIR"]).resolve(), Path(args[0]).resolve()
        if faults := problems(data_dir, folder, opts.keep):
            complain(faults)
            self.exitcode = Exit.CONFIGURATION
            return
        name = iso(time.time()).replace("-", "").replace(":", "")
        try:
            with working_in(folder):
                snapshot = take(data_dir, folder, name)
                gone = prune(folder, opts.keep) if opts.keep else []
        except (OSError, sqlite3.Error) as error:
            complain([f"no backup was written to {folder}: {error}"])
            self.exitcode = Exit.STORAGE
            return
        print(
            f"{snapshot.folder}: {snapshot.sites} sites, {snapshot.copied:,} files copied, "
            f"{snapshot.linked:,} linked, {human_size(snapshot.bytes)} more on the disk"
        )
        if gone:
            print(f"{len(gone)} older ones were removed")
        if snapshot.problems:
            complain([*snapshot.problems, REMEDY])
            self.exitcode = Exit.STORAGE


def problems(data_dir: Path, folder: Path, keep: int) -> list[str]:
    """Why nothing can be copied from here to there, a sentence each."""
    found = []
    if not any(data_dir.glob("sites/*/state.db")):
        found.append(f"DATA_DIR {data_dir}: nothing was crawled so far")
    if folder.is_relative_to(data_dir) or data_dir.is_relative_to(folder):
        found.append(f"{folder}: a backup must lie outside DATA_DIR {data_dir}")
    if keep < 0:
        found.append(f"--keep {keep}: 1 or more")
    return found
