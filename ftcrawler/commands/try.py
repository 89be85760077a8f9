"""``scrapy try``: a finished model beside its base, on prompts that neither was trained with.

Scrapy loads commands by their module's name, so that the keyword does no harm here.
"""

# ruff: noqa: N999 - the command is called try, and Scrapy calls it after its module

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit

if TYPE_CHECKING:
    from ftcrawler.jobs import Book
    from pipelines.jobs import JobView
    from pipelines.receipts import Receipt
    from pipelines.trying import Answer, Row, Tried

_SHOWN: Final = 600  # characters of a text in the terminal
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Command(ScrapyCommand):
    """Try a model."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """The job by the beginning of its ID, receipt or dataset."""
        return "[--job JOB] [--prompts N] [--to TARGET]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Put validation prompts to a fine-tuned model and to its base, side by side"

    def long_desc(self) -> str:
        """The text of ``scrapy try --help``."""
        return (
            "Draws prompts of the validation data of the job's dataset, the same each time, asks "
            "the base and the fine-tuned model, and shows both beside what the page says, with "
            "how many words they share. Without --job, the latest that succeeded. Works for "
            "providers that speak OpenAI's protocol and for models trained on this machine. "
            "Examples: scrapy try; scrapy try --job ftjob-abc --prompts 20 --json. Exit codes: 0 "
            "tried, 2 no such job, model or dataset, 3 the fine-tuned model answered nothing, 4 "
            "some answers are missing, 7 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--job", default="", help="which job (default: the latest success)")
        parser.add_argument("--to", metavar="TARGET", default="", help="of the jobs of this target")
        parser.add_argument("--prompts", type=int, default=5, help="how many (default: 5)")
        parser.add_argument("--seed", type=int, default=0, help="of the lot (default: 0)")
        parser.add_argument(
            "--max-tokens", type=int, default=256, help="most tokens of an answer (default: 256)"
        )
        parser.add_argument("--json", action="store_true", help="for programs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find the job, ask, show."""
        from ftcrawler.jobs import Book, read_targets  # noqa: PLC0415 - half a second less --help
        from pipelines.destinations import RefusedError  # noqa: PLC0415 - the same
        from pipelines.destinations.targetfile import TargetError  # noqa: PLC0415 - the same

        if args or opts.prompts < 1 or opts.max_tokens < 1:
            raise UsageError
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        try:
            targets = read_targets(self.settings, opts.to)
            book = Book(data_dir, targets, os.environ)
            view, receipt = _finished(book, opts.job, opts.to)
            rows = _rows(data_dir, receipt, opts)
            tried = _try(book, view, receipt, rows, opts.max_tokens)
        except TargetError as error:
            complain(error.problems)
            self.exitcode = Exit.CONFIGURATION
        except RefusedError as error:
            complain([str(error)])
            self.exitcode = Exit.CONFIGURATION
        except KeyboardInterrupt:
            self.exitcode = Exit.INTERRUPTED
        except OSError as error:
            complain([f"the receipts or the dataset cannot be read: {error}"])
            self.exitcode = Exit.STORAGE
        else:
            self.exitcode = _show(view, tried, as_json=opts.json)


def _finished(book: Book, name: str, target: str) -> tuple[JobView, Receipt]:
    """The job to try, as it is now. Raises :class:`RefusedError`."""
    from ftcrawler.jobs import chosen  # noqa: PLC0415 - as above
    from pipelines.destinations import RefusedError  # noqa: PLC0415 - as above
    from pipelines.jobsource import Trouble  # noqa: PLC0415 - as above
    from pipelines.jobwatch import look  # noqa: PLC0415 - as above

    views = book.views(target)
    found, problems = chosen(views, [name] if name else [])
    if not name:
        found = [view for view in views if view.outcome == "succeeded"][-1:]
    if not found:
        raise RefusedError(
            problems[0]
            if problems
            else "no job has succeeded so far: scrapy jobs shows them, --job names one"
        )
    (view,) = found
    if view.outcome != "succeeded":
        try:
            view = look(view, book.source(view))
        except Trouble as error:
            raise RefusedError(str(error)) from error
        book.note(view)
    receipt = book.receipts.read(view.receipt)
    if view.outcome != "succeeded" or receipt is None or not view.model:
        raise RefusedError(
            f"{view.id} has no model to try: it is {view.status}; scrapy jobs {view.id} --wait"
        )
    return view, receipt


def _rows(data_dir: Path, receipt: Receipt, opts: argparse.Namespace) -> Sequence[Row]:
    from pipelines.destinations import RefusedError  # noqa: PLC0415 - as above
    from pipelines.trying import draw  # noqa: PLC0415 - as above
    from pipelines.versions import find  # noqa: PLC0415 - as above

    version = find(data_dir, receipt.dataset)
    if version is None:
        raise RefusedError(
            f"{receipt.dataset}: no such dataset any more in {data_dir}: put it back"
        )
    rows = draw(version.folder, opts.prompts, opts.seed)
    if not rows:
        raise RefusedError(
            f"{receipt.dataset} has no validation data to ask: build with --validation 0.05"
        )
    return rows


def _try(
    book: Book, view: JobView, receipt: Receipt, rows: Sequence[Row], most_tokens: int
) -> list[Tried]:
    from ftcrawler.jobs import LOCAL  # noqa: PLC0415 - as above
    from pipelines import trying  # noqa: PLC0415 - as above

    if view.kind == LOCAL:
        there = book.local(view.target)
        base, tuned = (
            trying.local_answers(there, receipt, rows, tuned=tuned) for tuned in (False, True)
        )
        return trying.beside(rows, base, tuned)
    target, client = book.client(view.target)
    base, tuned = (
        trying.Asked(target, client, model, most_tokens).answers(rows, receipt.format)
        for model in (view.base_model, view.model)
    )
    return trying.beside(rows, base, tuned)


def _show(view: JobView, tried: list[Tried], *, as_json: bool) -> Exit:
    from pipelines.trying import alike, mean_alike  # noqa: PLC0415 - as above

    means = {"base": mean_alike(tried, tuned=False), "tuned": mean_alike(tried, tuned=True)}
    if as_json:
        listed = [
            asdict(one)
            | {"alike": {"base": alike(one.base.text, one.expected),
                         "tuned": alike(one.tuned.text, one.expected)}}
            for one in tried
        ]  # fmt: skip
        said = {"job": view.id, "base_model": view.base_model, "model": view.model}
        print(json.dumps({**said, "alike": means, "tried": listed}, indent=1, ensure_ascii=False))
    else:
        console = Console(highlight=False, markup=False)
        console.print(_table(view, tried))
        for name, mean in means.items():
            if mean is not None:
                console.print(f"{name}: {mean:.0%} of the words as on the page, in the mean")
    answers = [(one.base, one.tuned) for one in tried]
    complain(list(dict.fromkeys(each.trouble for both in answers for each in both if each.trouble)))
    if all(tuned.trouble for _, tuned in answers):
        return Exit.FAILED
    return Exit.PARTLY if any(each.trouble for both in answers for each in both) else Exit.OK


def _table(view: JobView, tried: list[Tried]) -> Table:
    shown = Table(show_lines=True, expand=True)
    shown.add_column("prompt", ratio=2)
    shown.add_column("as on the page", ratio=3)
    shown.add_column(Text(f"base: {view.base_model}"), ratio=3)
    shown.add_column(Text(f"tuned: {view.model}"), ratio=3)
    for one in tried:
        shown.add_row(_cell(one.prompt), _cell(one.expected), _said(one.base), _said(one.tuned))
    return shown


def _said(answer: Answer) -> Text:
    if answer.trouble:
        return Text("no answer, see below", style="yellow")
    return _cell(answer.text or "(nothing)")


def _cell(text: str) -> Text:
    """A text that cannot change the terminal."""
    clean = _CONTROL.sub(" ", text)
    return Text(clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]} ...", overflow="fold")
