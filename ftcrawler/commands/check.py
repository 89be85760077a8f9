"""``scrapy check``: training data against what its target takes, before it is uploaded."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.checking import CheckError, Cost, check, cost_of, load_price, sources_of
from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from pipelines.targets import TARGETS
from pipelines.tokens import ENCODINGS, counter
from pipelines.validate import Checker, Report

if TYPE_CHECKING:
    from ftcrawler.checking import Price, Source

PRICES = Path(__file__).resolve().parent.parent / "prices.toml"


class Command(ScrapyCommand):
    """Check training data."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Files, folders or datasets."""
        return "FILE|DATASET ... [--target NAME]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Check files of training data against what a trainer or provider takes"

    def long_desc(self) -> str:
        """The text of ``scrapy check --help``."""
        return (
            "Reads JSON lines (also .gz), Parquet and tables (.csv, .tsv, .xlsx), line by line, at "
            "any size: form, texts, limits of the target, repetitions, leaks between training and "
            "validation, tokens. "
            "Files whose names begin with validation, val, test, eval or dev are held out. Rows "
            "of ours (Parquet, tables) are checked as they are rendered for the target. Targets: "
            f"{', '.join(TARGETS)}. Exit codes: 0 no error, 2 configuration, 3 errors were found "
            "(with --strict, or warnings), 6 a file cannot be read."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--target", default="rows", help="who trains (default: rows)")
        parser.add_argument(
            "--validation",
            metavar="FILE",
            action="append",
            default=[],
            help="held out, whatever its name",
        )
        parser.add_argument("--json", action="store_true", help="the report as JSON")
        parser.add_argument("--strict", action="store_true", help="warnings are errors, too")
        parser.add_argument("--no-tokens", action="store_true", help="count no tokens")
        parser.add_argument(
            "--similar", action="store_true", help="look for examples that hardly differ, too"
        )
        parser.add_argument("--encoding", default=ENCODINGS[0], choices=ENCODINGS)
        parser.add_argument("--max-tokens", type=int, default=0, help="most tokens of an example")
        parser.add_argument("--price", default="", help="reckon the cost by this entry of --prices")
        parser.add_argument("--prices", default=str(PRICES), help="a price table in TOML")
        parser.add_argument("--epochs", type=int, default=0, help="how often it is trained on")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find the files, check them, say what was found."""
        if not args:
            raise UsageError
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        try:
            price = _asked(opts)
            sources = sources_of(args, opts.validation, data_dir)
            report = self._check(sources, opts)
        except CheckError as error:
            complain(error.problems)
            self.exitcode = Exit.CONFIGURATION
            return
        except OSError as error:
            complain([str(error)])
            self.exitcode = Exit.STORAGE
            return
        tokens = report.sums("train")[2]
        cost = cost_of(opts.price, price, tokens, opts.epochs) if price else None
        if opts.json:
            said = report.as_dict() | ({"cost": asdict(cost)} if cost else {})
            print(json.dumps(said, indent=2))
        else:
            show(Console(highlight=False, markup=False), report, cost)
        if report.errors or (opts.strict and report.warnings):
            self.exitcode = Exit.FAILED

    def _check(self, sources: list[Source], opts: argparse.Namespace) -> Report:
        count = None if opts.no_tokens else counter(opts.encoding)
        checker = Checker(
            TARGETS[opts.target],
            count,
            encoding=opts.encoding,
            most_tokens=opts.max_tokens,
            finds_similar=opts.similar,
        )
        console = Console(stderr=True)
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ) as progress:
            task = progress.add_task("")

            def told(path: Path, number: int) -> None:
                progress.update(task, description=f"{path.name}: {number:,}")

            return check(sources, checker, told)


def _asked(opts: argparse.Namespace) -> Price | None:
    """The price that was asked for. Raises :class:`CheckError` for options that cannot be."""
    problems = []
    if opts.target not in TARGETS:
        problems.append(f"--target {opts.target}: known targets are {', '.join(TARGETS)}")
    if opts.max_tokens < 0 or opts.epochs < 0:
        problems.append("--max-tokens, --epochs: a number from 1 on")
    if opts.no_tokens and (opts.price or opts.max_tokens):
        problems.append("--no-tokens: --price and --max-tokens want tokens")
    if problems:
        raise CheckError(problems)
    return load_price(Path(opts.prices), opts.price) if opts.price else None


def show(console: Console, report: Report, cost: Cost | None) -> None:
    """Print a report for people."""
    console.print(_files_table(report))
    if spread := report.tokens:
        console.print(
            f"\nTokens ({report.encoding}): {spread['total']:,} in all; an example has "
            f"{spread['median']:,} in the median, {spread['p95']:,} at 95%, "
            f"{spread['largest']:,} at most"
        )
    if cost:
        console.print(
            f"Cost by {cost.name}: {cost.per_epoch:,.2f} {cost.currency} an epoch of "
            f"{cost.tokens:,} tokens, {cost.total:,.2f} for {cost.epochs}"
        )
    for finding in report.findings:
        console.print(
            f"\n{finding.weight.upper()} {finding.name}: {finding.says} "
            f"({finding.count:,}); {finding.remedy}",
            soft_wrap=True,
        )
        for place in finding.places:
            line = f", line {place.line:,}" if place.line else ""
            detail = f": {place.detail}" if place.detail else ""
            console.print(f"  {place.file}{line}{detail}", soft_wrap=True)
    verdict = "is fit for" if not report.errors else "is not fit for"
    console.print(
        f"\n{report.errors:,} errors, {report.warnings:,} warnings: {verdict} {report.target} "
        f"({report.source})",
        soft_wrap=True,
    )


def _files_table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("file", overflow="fold")
    for name in ("split", "examples", "bytes", "tokens", "format"):
        justify: Literal["left", "right"] = "left" if name in ("split", "format") else "right"
        table.add_column(name, justify=justify, no_wrap=True)
    for file in report.files:
        table.add_row(
            file.file,
            file.split,
            f"{file.examples:,}",
            f"{file.bytes:,}",
            f"{file.tokens:,}" if report.encoding else "-",
            ", ".join(file.shapes) or "rows",
        )
    return table
