"""``scrapy upload``: a dataset to a provider, the Hub, a folder, or training on this machine."""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.commands.crawl import complain, told
from ftcrawler.exits import Exit
from ftcrawler.state import StateError

if TYPE_CHECKING:
    from ftcrawler.uploading import Uploaded
    from pipelines.destinations import Tell
    from pipelines.destinations.targetfile import Target

EXAMPLE = Path(__file__).resolve().parents[2] / "targets.example.toml"
PRICES = Path(__file__).resolve().parents[1] / "prices.toml"


class Command(ScrapyCommand):
    """Upload a dataset."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """A dataset, and where to."""
        return "[DATASET] --to TARGET [options]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Upload a dataset and begin its fine-tuning, at a target of targets.toml"

    def long_desc(self) -> str:
        """The text of ``scrapy upload --help``."""
        return (
            "Examines DATASET (NAME or NAME/VERSION; without one, NIGHTLY_DATASET), says all "
            "that stands against its upload and what it costs, then sends it and begins the job. "
            "A second call, one after a kill, one after a lost answer: nothing goes twice. "
            "Examples: scrapy upload --example > targets.toml; scrapy upload bees --to openai "
            "--dry-run; scrapy upload bees --to openai --wait. Exit codes: 0 sent (with --wait: "
            "the job succeeded), 2 something must be changed first, 3 the provider failed or the "
            "job did, 5 another process sends this, 6 the disk refuses, 7 interrupted; the next "
            "call goes on."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        add = parser.add_argument
        add("--to", default="", metavar="TARGET", help="a table of the target file")
        add("--dry-run", action="store_true", help="examine only: nothing is sent")
        add("--yes", action="store_true", help="also when it costs more than max_cost")
        add("--wait", action="store_true", help="until the job has ended; the exit code says how")
        add("--again", action="store_true", help="another job where the one before failed")
        add("--json", action="store_true", help="for programs: what was found, and the receipt")
        add("--example", action="store_true", help="print a target file to begin with")
        add("--write-configs", default="", metavar="FOLDER",
            help="kind train: write what other trainers take, instead of training")  # fmt: skip

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the options, upload, show."""
        if opts.example:
            print(EXAMPLE.read_text("utf-8"), end="")
            return
        assert self.settings is not None
        to = opts.to or self.settings.get("UPLOAD_TARGET")
        if len(args) > 1 or not to:
            raise UsageError("one dataset, and --to TARGET")
        dataset = args[0] if args else str(self.settings["NIGHTLY_DATASET"])
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        from ftcrawler.jobs import read_targets  # noqa: PLC0415 - half a second
        from pipelines.destinations.targetfile import TargetError  # noqa: PLC0415 - as above

        try:
            target = read_targets(self.settings, to)[to]
            if opts.write_configs:
                self.exitcode = write_configs(data_dir, dataset, target, Path(opts.write_configs))
            else:
                self.exitcode = self._upload(data_dir, dataset, target, opts)
        except TargetError as error:
            complain(error.problems)
            self.exitcode = Exit.CONFIGURATION
        except KeyboardInterrupt:
            self.exitcode = Exit.INTERRUPTED
        except (StateError, OSError, sqlite3.Error) as error:
            self.exitcode = told(error, data_dir)

    def _upload(
        self, data_dir: Path, dataset: str, target: Target, opts: argparse.Namespace
    ) -> Exit:
        from ftcrawler.uploading import Wishes, upload_dataset  # noqa: PLC0415 - as above

        assert self.settings is not None
        wishes = Wishes(
            os.environ,
            PRICES,
            time.time(),
            self.settings.getfloat("UPLOAD_CONSENT_DAYS"),
            opts.yes,
            opts.dry_run,
            opts.again,
        )
        quiet = Console(stderr=True, highlight=False, markup=False)
        with telling(quiet) as tell:
            done = upload_dataset(
                data_dir,
                dataset,
                target,
                wishes,
                tell,
                lambda found: None if opts.json else show_findings(quiet, found),
            )
        if opts.json:
            print(json.dumps(as_record(done), indent=1, ensure_ascii=False))
        complain([one.says for one in done.problems if one.weight == "error"])
        if done.exit or done.receipt is None:
            return done.exit
        if not opts.json:
            show_receipt(Console(highlight=False, markup=False), done)
        return self._wait(data_dir, done, target) if opts.wait else Exit.OK

    def _wait(self, data_dir: Path, done: Uploaded, target: Target) -> Exit:
        """Until the job of a receipt has ended."""
        from ftcrawler.commands.jobs import exit_of  # noqa: PLC0415 - only for --wait
        from ftcrawler.jobs import Book, view_of  # noqa: PLC0415 - as above
        from ftcrawler.jobsshown import Lines, ending  # noqa: PLC0415 - as above
        from pipelines.jobwatch import Watch  # noqa: PLC0415 - as above

        if done.receipt is None or done.receipt.job is None:
            return Exit.OK
        book = Book(data_dir, {target.name: target}, os.environ)
        watch = Watch([view_of(done.receipt)], book.source, time.time, time.sleep)
        lines = Lines(Console(stderr=True, highlight=False, markup=False))
        for view in watch.follow():
            book.note(view)
            lines.show(view)
        views = list(watch.views.values())
        for view in views:
            print(ending(view))
        return exit_of(views)


def write_configs(data_dir: Path, dataset: str, target: Target, folder: Path) -> Exit:
    """Write down for other trainers what a target of kind ``train`` would do."""
    from pipelines.destinations import RefusedError  # noqa: PLC0415 - half a second
    from pipelines.destinations.train import Train  # noqa: PLC0415 - as above
    from pipelines.versions import find  # noqa: PLC0415 - as above

    version = find(data_dir, dataset)
    if target.kind != "train" or version is None:
        complain(
            [f"{dataset}: no such dataset; scrapy datasets lists them"]
            if version is None
            else [f"--write-configs: [{target.name}] is of kind {target.kind}, not train"]
        )
        return Exit.CONFIGURATION
    try:
        written = Train(target).write_configs(version, folder.absolute())
    except RefusedError as error:
        complain([str(error)])
        return Exit.CONFIGURATION
    print(*written, sep="\n")
    return Exit.OK


@contextmanager
def telling(console: Console) -> Iterator[Tell]:
    """Progress on a terminal, sentences always."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("", total=None)

        def tell(what: str, done: int, total: int) -> None:
            if done or total:
                progress.update(task, description=what, completed=done, total=total or None)
            else:
                console.print(f"ftcrawler: {what}", soft_wrap=True)

        yield tell


def show_findings(console: Console, found: Uploaded) -> None:
    """What the preflight found, but for the errors, which are complained of at the end."""
    if found.bundle:
        for file in found.bundle.files:
            console.print(f"{file.path.name}: {file.rows:,} rows, {file.bytes:,} bytes")
    if found.cost:
        cost = found.cost
        console.print(
            f"About {cost.total:,.2f} {cost.currency}: {cost.tokens:,} tokens, "
            f"{cost.epochs} times, by {cost.name}"
        )
    for one in found.problems:
        if one.weight == "warning":
            console.print(f"Note: {one.says}", soft_wrap=True)


def show_receipt(console: Console, done: Uploaded) -> None:
    """What is where now."""
    receipt = done.receipt
    assert receipt is not None
    console.print(f"{receipt.dataset} is at {receipt.target} ({receipt.place})", soft_wrap=True)
    for file in receipt.files:
        if file.id and receipt.kind == "openai":
            console.print(f"  {file.split or file.name}: {file.id}", soft_wrap=True)
    if receipt.job:
        console.print(f"  job: {receipt.job.id} ({receipt.job.status})", soft_wrap=True)
    console.print(f"  receipt: {receipt.id}", soft_wrap=True)


def as_record(done: Uploaded) -> dict[str, object]:
    """For programs."""
    return {
        "exit": int(done.exit),
        "problems": [{"weight": one.weight, "says": one.says} for one in done.problems],
        "cost": None if done.cost is None else round(done.cost.total, 4),
        "currency": None if done.cost is None else done.cost.currency,
        "receipt": None if done.receipt is None else done.receipt.model_dump(mode="json"),
    }
