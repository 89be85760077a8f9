"""``scrapy report``: the page of a dataset, made again."""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.commands.build import NAME
from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from pipelines.report import REPORT, write_report
from pipelines.versions import Version, find, unknown

_MEMORY = "512MiB"


class Command(ScrapyCommand):
    """Write a dataset's report."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """A version, the latest one of the dataset "all" when there is none."""
        return "[options] [NAME[/VERSION]]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Write the report of a dataset: one page for the browser"

    def long_desc(self) -> str:
        """The text of ``scrapy report --help``."""
        return (
            "Makes report.html of a version again: what became of every address, document and "
            "pair, lengths, duplicates side by side, languages, licences, consent, growth, and a "
            "sample to search. It needs no network. Exit codes: 0 good, 2 no such version, 6 its "
            "files cannot be read, or the disk refuses."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help=f"instead of {REPORT} in the version's folder"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find the version, make its page."""
        if len(args) > 1:
            raise UsageError
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        name = args[0] if args else NAME
        version = find(data_dir, name)
        if version is None:
            complain([unknown(data_dir, name)])
            self.exitcode = Exit.CONFIGURATION
            return
        path = (opts.out or version.folder / REPORT).absolute()
        try:
            _write(version, data_dir, path)
        except (OSError, duckdb.Error) as error:
            complain([f"{version.name}: no report: {error}"])
            self.exitcode = Exit.STORAGE
        else:
            print(path)


def _write(version: Version, data_dir: Path, path: Path) -> None:
    spill = str(data_dir / "datasets" / ".spill-report")
    with duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": spill}) as db:
        write_report(version, data_dir, db, path)
