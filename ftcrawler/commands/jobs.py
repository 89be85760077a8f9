"""``scrapy jobs``: how far trainings are, at providers and on this machine."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ftcrawler.jobs import Book
    from pipelines.jobs import JobView
    from pipelines.jobwatch import Watch

CHANGES = ("cancel", "pause", "resume")
_A_DAY = 86_400


def exit_of(views: Iterable[JobView]) -> Exit:
    """What the outcomes of jobs are for the shell."""
    outcomes = [view.outcome == "succeeded" for view in views]
    if all(outcomes):
        return Exit.OK
    return Exit.PARTLY if any(outcomes) else Exit.FAILED


class Command(ScrapyCommand):
    """Follow jobs."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Jobs by the beginning of their ID, of their receipt or dataset; all without any."""
        return "[JOB ...] [--watch | --wait] [--to TARGET]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Show, follow and steer jobs of fine-tuning"

    def long_desc(self) -> str:
        """The text of ``scrapy jobs --help``."""
        return (
            "Shows the jobs that uploads began: status, how far, loss, model; with --to also "
            "those that the target's provider knows besides. --watch follows jobs until they are "
            "over, --wait does so in lines, for scripts; both go on through lost networks and "
            "broken providers. Examples: scrapy jobs; scrapy jobs --watch; scrapy jobs bees "
            "--wait && scrapy try --job bees; scrapy jobs --cancel ftjob-abc. Exit codes: 0 "
            "shown, or all succeeded, 2 no such job or target, 3 what was followed or steered "
            "failed, 4 part of it, or a provider could not be asked, 6 a receipt cannot be read, "
            "7 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--to", metavar="TARGET", default="", help="the jobs of this target")
        parser.add_argument("--watch", action="store_true", help="follow them to their end")
        parser.add_argument("--wait", action="store_true", help="the same, in lines")
        for what in CHANGES:
            parser.add_argument(
                f"--{what}", metavar="JOB", action="append", default=[], help=f"{what} a job"
            )
        parser.add_argument("--every", type=float, default=10.0, help="seconds between two looks")
        parser.add_argument("--json", action="store_true", help="for programs: all that is known")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Choose the jobs, change, follow or show them."""
        from ftcrawler.jobs import Book, read_targets  # noqa: PLC0415 - half a second less --help
        from pipelines.destinations.targetfile import TargetError  # noqa: PLC0415 - the same

        if not 0 < opts.every <= _A_DAY:
            raise UsageError(f"--every: more than 0 seconds, {_A_DAY} at most")
        assert self.settings is not None
        try:
            targets = read_targets(self.settings, opts.to)
            book = Book(Path(self.settings["DATA_DIR"]).absolute(), targets, os.environ)
            self.exitcode = self._run(args, opts, book)
            complain(book.damaged)
            if book.damaged:
                self.exitcode = self.exitcode or Exit.STORAGE
        except TargetError as error:
            complain(error.problems)
            self.exitcode = Exit.CONFIGURATION
        except KeyboardInterrupt:
            self.exitcode = Exit.INTERRUPTED
        except OSError as error:
            complain([f"the receipts cannot be used: {error}"])
            self.exitcode = Exit.STORAGE

    def _run(self, args: list[str], opts: argparse.Namespace, book: Book) -> Exit:
        from ftcrawler.jobs import chosen  # noqa: PLC0415 - as above
        from pipelines.jobwatch import Watch  # noqa: PLC0415 - as above

        changes = [(what, name) for what in CHANGES for name in getattr(opts, what)]
        names = [*args, *(name for _, name in changes)]
        views, problems = _listed(book, opts.to)
        found, unknown = chosen(views, names)
        complain([*problems, *unknown])
        if unknown:
            return Exit.CONFIGURATION
        if changes:
            ended = _changed(book, [(what, chosen(views, [name])[0][0]) for what, name in changes])
            if ended or not (opts.watch or opts.wait):
                return ended
        if not views:
            complain(["there is no job so far: scrapy upload DATASET --to TARGET begins one"])
        is_followed = opts.watch or opts.wait
        kept = found or [view for view in views if not (is_followed and view.is_over)]
        watch = Watch(kept, book.source, time.time, time.sleep, opts.every, anew=bool(found))
        if is_followed:
            return _follow(watch, book, opts)
        ended = _show(watch, book, opts, whole=bool(found))
        return Exit.PARTLY if problems else ended


def _listed(book: Book, target: str) -> tuple[list[JobView], list[str]]:
    """The jobs to choose from, and why it may not be all."""
    from pipelines.destinations import RefusedError  # noqa: PLC0415 - as above
    from pipelines.jobsource import Trouble  # noqa: PLC0415 - as above

    if not target:
        return book.views(), []
    try:
        return book.with_others(target), []
    except (RefusedError, Trouble) as error:
        return book.views(target), [str(error)]


def _changed(book: Book, changes: Iterable[tuple[str, JobView]]) -> Exit:
    """Cancel, pause, resume; the jobs as they are then."""
    from ftcrawler.jobs import LOCAL  # noqa: PLC0415 - as above
    from pipelines.destinations import RefusedError  # noqa: PLC0415 - as above
    from pipelines.jobs import seen  # noqa: PLC0415 - as above
    from pipelines.jobsource import Trouble  # noqa: PLC0415 - as above

    ended = Exit.OK
    for what, view in changes:
        try:
            if view.kind == LOCAL:
                raise RefusedError(  # noqa: TRY301 - told as the others are
                    f"{view.id} is trained by a process on this machine: end that with Ctrl-C; "
                    f"scrapy upload goes on with it"
                )
            now = seen(view, book.provider_of(view).change(what, view.id))
        except (RefusedError, Trouble) as error:
            complain([str(error)])
            ended = Exit.FAILED
        else:
            book.note(now)
            print(f"{now.id} is {now.status}")
    return ended


def _show(watch: Watch, book: Book, opts: argparse.Namespace, *, whole: bool) -> Exit:
    """Jobs as they are; ``whole``: with their events."""
    from ftcrawler.jobsshown import display, table, troubles  # noqa: PLC0415 - as above

    views = watch.once()
    for view in views:
        book.note(view)
    if opts.json:
        print(json.dumps([view.as_dict() for view in views], indent=1, ensure_ascii=False))
    elif views:
        console = Console(highlight=False, markup=False)
        console.print((display if whole else table)(views, console.width))
        complain([] if whole else troubles(views))
    return Exit.PARTLY if any(view.trouble for view in views) else Exit.OK


def _follow(watch: Watch, book: Book, opts: argparse.Namespace) -> Exit:
    from ftcrawler.jobsshown import Lines, display, ending  # noqa: PLC0415 - as above

    console = Console(stderr=True, highlight=False, markup=False)

    def drawn() -> RenderableType:
        return display([*watch.views.values()], console.width)

    if opts.watch and console.is_terminal and not opts.json:
        with Live(console=console, auto_refresh=False, transient=False) as live:
            _each(watch, book, lambda _: live.update(drawn(), refresh=True))
    else:
        _each(watch, book, Lines(console).show)
    views = list(watch.views.values())
    if opts.json:
        print(json.dumps([view.as_dict() for view in views], indent=1, ensure_ascii=False))
    else:
        for view in views:
            print(ending(view))
    return exit_of(views)


def _each(watch: Watch, book: Book, shown: Callable[[JobView], None]) -> None:
    for view in watch.follow():
        book.note(view)
        shown(view)
