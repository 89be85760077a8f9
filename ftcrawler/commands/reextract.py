"""``scrapy reextract``: other rules over the archived pages, without a request."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from ftcrawler.opening import open_store
from ftcrawler.reextract import captures, replay, reread
from ftcrawler.site import Site, SiteError
from ftcrawler.sitefiles import load_sites
from ftcrawler.state import LockedError, State, StateError
from ftcrawler.summary import gather, show
from pipelines.archive import ArchiveError


class Command(ScrapyCommand):
    """Read archived pages again."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Options only."""
        return "[options]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Apply the site files' rules to the archived pages, without a request"

    def long_desc(self) -> str:
        """The text of ``scrapy reextract --help``."""
        return (
            "Reads the pages that [archive] warc = true kept and extracts them with the rules of "
            "today. Rows that are new are added; with unchanged rules nothing is. --into DIR "
            "writes all rows into an empty folder instead, as one crawl with these rules would "
            "have. Exit codes: 0 good, 2 configuration, 5 locked, 6 storage."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--site", default="", help="only these sites: NAME,NAME")
        parser.add_argument("--into", metavar="DIR", help="write all rows into this empty folder")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read each site's archive; the first problem ends the command."""
        if args:
            raise UsageError
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        if opts.into and Path(opts.into).exists() and any(Path(opts.into).iterdir()):
            complain([f"--into {opts.into}: not an empty folder: name one that is, or a new one"])
            self.exitcode = Exit.CONFIGURATION
            return
        names = [name for name in opts.site.split(",") if name] or None
        try:
            for site in load_sites(Path(self.settings["SITES_DIR"]), names):
                self._site(site, data_dir, Path(opts.into).absolute() if opts.into else None)
        except SiteError as error:
            complain(error.problems)
            self.exitcode = Exit.CONFIGURATION
        except LockedError as error:
            complain([str(error)])
            self.exitcode = Exit.LOCKED
        except (StateError, ArchiveError, OSError) as error:
            complain([str(error)])
            self.exitcode = Exit.STORAGE

    def _site(self, site: Site, data_dir: Path, into: Path | None) -> None:
        assert self.settings is not None
        path = data_dir / "sites" / site.name / "state.db"
        if not path.exists():
            complain([f"{site.name}: nothing was crawled so far"])
            return
        if into is None:
            store = open_store(site, self.settings, data_dir, time.time)
            source = store.state
        else:
            source = State.open(path, site.name)
            store = open_store(site, self.settings, into, time.time)
        total = captures(source)
        if not total:
            complain([f"{site.name}: no archive; [archive] warc = true keeps one from now on"])
        with Progress(
            TextColumn(site.name),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        ) as progress:
            task = progress.add_task("", total=total)

            def told(number: int) -> None:
                progress.update(task, completed=number)

            try:
                if into is None:
                    reread(store, site, told)
                else:
                    replay(source, store, site, data_dir, told)
                result = gather(store)
            finally:
                store.close()
                if into is not None:
                    source.close()
        show(Console(highlight=False), result, into or data_dir, with_samples=False)
