"""``scrapy nightly``: what is due is crawled, built, checked, uploaded, and told of."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import shlex
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import SETTINGS_PRIORITIES

from ftcrawler.clock import shifted
from ftcrawler.commands.crawl import complain, told
from ftcrawler.exits import Exit
from ftcrawler.extensions import extension
from ftcrawler.jsonlog import formatter_of
from ftcrawler.nightfaults import faults, listed
from ftcrawler.nightorder import Order
from ftcrawler.nightparts import morning
from ftcrawler.state import LockedError
from ftcrawler.watch import Choice, Watch, is_alive, look

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

logger = logging.getLogger("ftcrawler.nightly")


@dataclass
class Signals:
    """How often this process was told to end; the second time is meant."""

    times: int = 0

    def listen(self) -> None:
        """From now on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._heard)

    def _heard(self, *_: object) -> None:
        self.times += 1
        if self.times > 1:
            raise KeyboardInterrupt

    def leaving(self) -> bool:
        """Whether to end."""
        return self.times > 0


class Command(ScrapyCommand):
    """Run a night."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - as Scrapy has it; what it starts logs

    def syntax(self) -> str:
        """No arguments."""
        return "[options]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Crawl the sites that are due, then build, check, upload, and tell"

    def long_desc(self) -> str:
        """The text of ``scrapy nightly --help``."""
        return (
            "Meant to be started by a timer (scrapy schedule export writes one), or with --daemon "
            "by itself. Sites say in [schedule] when they are due; a missed night is made up for "
            "once. scrapy nightly --dry-run tells what would be done; --at 2026-12-01T03:00 does "
            "it as if it were that time (try it with -s DATA_DIR=trial); --now does not wait. "
            "Exit codes: 0 all good, 2 configuration, 3 every site failed or the check did, 4 "
            "some sites failed, 5 another night runs, 6 storage, 7 interrupted (the next call "
            "goes on), 8 nothing due, 9 alarm."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        add = parser.add_argument
        add("--sites", default="", metavar="A,B", help="only these; disabled ones, too")
        add("--now", action="store_true", help="whether they are due or not")
        add("--at", default="", metavar="TIME", help="as if it were then (ISO 8601, UTC)")
        add("--dry-run", action="store_true", help="tell what is due, and do nothing")
        add("--daemon", action="store_true", help="go on night after night, until SIGTERM")
        add("--alive", action="store_true", help="ask whether a daemon works here: code 0 or 3")
        add("--minutes", type=float, default=None, metavar="N", help="of crawling, at most")
        add("--pages", type=int, default=None, metavar="N", help="over all sites, at most")
        add("--no-build", action="store_true", help="only crawl")
        add("--upload", default=None, metavar="TARGET", help="where to (default: UPLOAD_TARGET)")
        add("--restored", default="", metavar="A,B", help="go on from an older memory of these")
        add("--idle-ok", action="store_true", help="nothing due is exit code 0, not 8")
        add("--json", action="store_true", help="the night's record to standard output")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Look what is due, and do it."""
        if args:
            raise UsageError
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        if opts.alive:
            alive, says = is_alive(data_dir, time.time())
            print(says)
            self.exitcode = Exit.OK if alive else Exit.FAILED
            return
        problems, at = faults(opts, self.settings)
        if problems:
            complain(problems)
            self.exitcode = Exit.CONFIGURATION
            return
        ahead = at.timestamp() - time.time() if at else 0.0
        choice, order = _choice(opts, self.settings), _order(opts, self.settings, data_dir)
        clock = shifted(time.time, ahead)
        if opts.dry_run:
            now = datetime.fromtimestamp(clock(), UTC)
            self.exitcode = _show_due(choice, data_dir, now, opts)
            return
        self._watch(opts, choice, order, ahead)

    def _watch(self, opts: argparse.Namespace, choice: Choice, order: Order, ahead: float) -> None:
        assert self.settings is not None
        signals = Signals()
        signals.listen()
        watch = Watch(
            choice,
            order,
            _passed_on(self.settings, order.data_dir, choice.folder, ahead),
            shifted(time.time, ahead),
            self.settings,
            leaving=signals.leaving,
            tell=lambda line: logger.info("%s", line, extra={"run": watch.run_id}),
        )
        _begin_log(self.settings)
        try:
            if opts.daemon:
                with _metrics(self.settings, order.data_dir):
                    watch.forever(lambda code: _told(watch, code, opts))
                return
            code = watch.once()
        except KeyboardInterrupt:
            self.exitcode = Exit.INTERRUPTED
        except (LockedError, OSError) as error:
            self.exitcode = told(error, order.data_dir)
        else:
            self.exitcode = _told(watch, code, opts)
            if signals.leaving() and not code:
                self.exitcode = Exit.INTERRUPTED


def _begin_log(settings: BaseSettings) -> None:
    """What the night itself says goes to standard error, in the form of a crawl's log."""
    usual = logging.Formatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"])
    handler = logging.StreamHandler()
    handler.setFormatter(formatter_of(settings) or usual)
    logging.root.addHandler(handler)
    logging.root.setLevel(str(settings["LOG_LEVEL"]).upper())


@contextlib.contextmanager
def _metrics(settings: BaseSettings, data_dir: Path) -> Iterator[None]:
    """The daemon's page of metrics, when a port is set. Raises :class:`OSError`."""
    serve = extension("ftcrawler.metrics", "serve_metrics")
    port = settings.getint("METRICS_PORT")
    server = serve(port, data_dir, settings["METRICS_HOST"]) if serve and port else None
    try:
        yield
    finally:
        if server:
            server.close()


def _told(watch: Watch, code: Exit, opts: argparse.Namespace) -> Exit:
    """Say how it went; the exit code."""
    for record in watch.records:
        print(json.dumps(record, ensure_ascii=False) if opts.json else morning(record), flush=True)
        complain(record["told"])
    complain(watch.problems)
    if code is Exit.NOTHING_DUE:
        soon = f"{watch.next:%Y-%m-%dT%H:%M:%SZ}" if watch.next else "never"
        logger.info("nothing is due; next: %s", soon)
        return Exit.OK if opts.idle_ok else code
    return code


def _choice(opts: argparse.Namespace, settings: BaseSettings) -> Choice:
    forced = None if opts.now else frozenset(listed(opts.restored))
    return Choice(
        Path(settings["SITES_DIR"]).absolute(),
        settings["NIGHTLY_CRON"],
        settings["NIGHTLY_TIMEZONE"],
        listed(opts.sites),
        forced,
    )


def _order(opts: argparse.Namespace, settings: BaseSettings, data_dir: Path) -> Order:
    target = opts.upload if opts.upload is not None else settings.get("UPLOAD_TARGET")
    return Order(
        data_dir,
        settings["NIGHTLY_DATASET"],
        not opts.no_build,
        _words(settings["NIGHTLY_BUILD_OPTIONS"]),
        target or "",
        opts.minutes or 0.0,
        opts.pages or 0,
        frozenset(listed(opts.restored)),
        bool(opts.at),
    )


def _words(options: Any) -> tuple[str, ...]:
    """A list of options, or the words of a text: ``-s`` gives one."""
    return tuple(shlex.split(options) if isinstance(options, str) else options)


def _passed_on(settings: BaseSettings, data_dir: Path, folder: Path, ahead: float) -> list[str]:
    """The settings that what a night starts is to have, too: those of this command line."""
    given = {
        name: settings[name]
        for name in settings
        if settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]
    }
    given |= {"DATA_DIR": str(data_dir), "SITES_DIR": str(folder), "PROGRESS": "plain"}
    if ahead:
        given["CLOCK_OFFSET"] = ahead
    return [part for name, value in given.items() for part in ("-s", f"{name}={value}")]


def _show_due(choice: Choice, data_dir: Path, now: datetime, opts: argparse.Namespace) -> Exit:
    """What a night would do now."""
    seen = look(choice, data_dir, now)
    complain([*seen.says, *seen.due.broken])
    if opts.json:
        print(json.dumps({name: seen.due.slot(name) for name in seen.due.sites}))
    else:
        for name in seen.due.sites:
            print(f"{name} is due since {seen.due.slot(name)}")
    if seen.goes_on:
        print("a night broke off: it would go on")
    if seen.due.broken:
        return Exit.CONFIGURATION
    return Exit.NOTHING_DUE if seen.idle and not opts.idle_ok else Exit.OK
