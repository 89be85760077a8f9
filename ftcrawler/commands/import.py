"""``scrapy import``: hand-made pairs from a table into a site's data.

Scrapy loads commands by their module's name, so that the keyword does no harm here.
"""

# ruff: noqa: N999 - the command is called import, and Scrapy calls it after its module

from __future__ import annotations

import argparse
import sqlite3
import time
from functools import partial
from pathlib import Path

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.commands.crawl import complain, told
from ftcrawler.exits import Exit
from ftcrawler.importing import Imported, Survey, import_file, survey
from ftcrawler.opening import open_store
from ftcrawler.site import SITE_NAME, Site, SiteError
from ftcrawler.sitefiles import load_sites
from ftcrawler.state import StateError
from ftcrawler.steps import Steps, shown
from pipelines.cells import TableError
from pipelines.handmade import SUFFIXES

_NOWHERE = "https://site.invalid/"


class Command(ScrapyCommand):
    """Import hand-made pairs."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Files and a site."""
        return "FILE ... --site NAME"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Take hand-made pairs from a table (Excel, CSV, TSV, JSON, JSONL) into a site's data"

    def long_desc(self) -> str:
        """The text of ``scrapy import --help``."""
        return (
            f"Reads {', '.join(SUFFIXES)} with the columns prompt and completion, or prompts and "
            "completions, in any case, and adds the pairs that are new to the site, marked as "
            "handmade. Every fault is named by row and column, and then nothing is imported, "
            "unless --skip-bad leaves those rows out. A second import adds nothing. Exit codes: "
            "0 good, 2 a file or the site is wrong, 5 locked by a crawl, 6 storage."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--site", default="", help="the site that gets the pairs")
        parser.add_argument("--sheet", default="", help="the sheet of an Excel file (the first)")
        parser.add_argument("--skip-bad", action="store_true", help="import the good rows only")
        parser.add_argument("--dry-run", action="store_true", help="only look whether all is good")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Look at every file, then import them all."""
        if not args:
            raise UsageError
        assert self.settings is not None
        console = Console(highlight=False, markup=False)
        paths = [Path(name) for name in args]
        try:
            site = self._site(opts.site)
            found = {}
            for path in paths:
                found[path] = _looked_at(path, opts.sheet)
                _tell(path, found[path])
        except (SiteError, TableError) as error:
            complain(getattr(error, "problems", None) or [str(error)])
            self.exitcode = Exit.CONFIGURATION
            return
        for path, one in found.items():
            if opts.dry_run:
                rows = f"{path}: {one.rows:,} good rows, {one.bad:,} bad ones"
                console.print(rows, soft_wrap=True)
        if any(one.bad for one in found.values()) and not opts.skip_bad:
            self.exitcode = Exit.CONFIGURATION
        elif not opts.dry_run:
            self._import(console, found, site, opts.sheet)

    def _site(self, name: str) -> Site:
        """The site by its file, or one of its own for pairs that belong to no crawled one."""
        assert self.settings is not None
        folder = Path(self.settings["SITES_DIR"])
        if not name:
            raise TableError("--site is missing: which site gets the pairs?")
        if (folder / f"{name}.toml").exists():
            return load_sites(folder, [name])[0]
        if not SITE_NAME.match(name):
            raise TableError(f"--site {name}: use lower-case letters, digits, - and _")
        return Site(name=name, start_urls=[_NOWHERE])

    def _import(self, console: Console, found: dict[Path, Survey], site: Site, sheet: str) -> None:
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        try:
            store = open_store(site, self.settings, data_dir, time.time)
            try:
                for path, one in found.items():
                    with shown(Console(stderr=True)) as step:
                        tell = partial(_step, step, f"importing {path.name}", one.rows)
                        result = import_file(store, path, site.pair_rules, sheet, tell)
                    _show(console, path, result)
            finally:
                store.close()
        except TableError as error:  # it was changed since it was looked at
            complain([str(error)])
            self.exitcode = Exit.CONFIGURATION
        except (StateError, OSError, sqlite3.Error) as error:
            self.exitcode = told(error, data_dir)


def _looked_at(path: Path, sheet: str) -> Survey:
    """What a file holds. Raises :class:`TableError` for one that cannot be read."""
    try:
        with shown(Console(stderr=True)) as step:
            return survey(path, sheet, partial(_step, step, f"reading {path.name}", 0))
    except (TableError, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise TableError(f"{path}: {said}") from None


def _step(step: Steps, what: str, total: int, done: int) -> None:
    step(what, done, total)


def _tell(path: Path, found: Survey) -> None:
    complain([f"{path}: {problem}" for problem in found.problems])
    if found.bad:
        complain([f"{path}: {found.bad:,} bad rows; mend them, or leave them out by --skip-bad"])


def _show(console: Console, path: Path, result: Imported) -> None:
    masked = f", personal data masked in {result.masked:,}" if result.masked else ""
    console.print(
        f"{path}: {result.new:,} new pairs{masked}; {result.known:,} were known", soft_wrap=True
    )
    for reason, count in result.left_out.most_common():
        rows = result.places[reason]
        shown = ", ".join(map(str, rows)) + (", ..." if count > len(rows) else "")
        console.print(f"  left out: {reason}: {count:,} (rows {shown})", soft_wrap=True)
