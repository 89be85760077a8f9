"""``scrapy crawl articles``: Scrapy's command, with checks before and honest exit codes."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from scrapy.commands.crawl import Command as ScrapyCrawl

from ftcrawler import demo
from ftcrawler.clock import iso
from ftcrawler.crawlend import faults, finish, wanted
from ftcrawler.display import HOWS
from ftcrawler.exits import Exit
from ftcrawler.jsonlog import KINDS
from ftcrawler.profiling import profiled, show_profile
from ftcrawler.site import SiteError
from ftcrawler.sitefiles import load_sites
from ftcrawler.state import LockedError, StateError
from ftcrawler.summary import exit_code, record, show, warnings, write_record

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

PORT_VARIABLE = "DEMO_PORT"
_NUMBERS = {  # settings and the least that each may be
    "EXTRACT_PROCESSES": 0,
    "EXTRACT_PAGES": 1,
    "EXTRACT_SECONDS": 1,
    "PROGRESS_SECONDS": 0,
    "RUN_PAGES": 0,
    "RUN_SECONDS": 0,
}


def complain(lines: list[str]) -> None:
    """Each line to standard error."""
    for line in lines:
        print(f"ftcrawler: {line}", file=sys.stderr)


def quiet_scrapy(level: str) -> None:
    """At INFO, only the progress line of Scrapy's own chatter; all of it at DEBUG."""
    if level.upper() != "DEBUG":
        logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # the outcome says it
        for name in ("utils.log", "addons", "middleware", "crawler", "core.engine"):
            logging.getLogger(f"scrapy.{name}").setLevel(logging.WARNING)


def told(error: BaseException, data_dir: Path) -> Exit:
    """Say what stopped a command, and return its exit code."""
    codes: tuple[tuple[type[BaseException], Exit], ...] = (
        (SiteError, Exit.CONFIGURATION),
        (LockedError, Exit.LOCKED),
        (StateError, Exit.STORAGE),
        (OSError, Exit.STORAGE),
        (sqlite3.Error, Exit.STORAGE),
    )
    lines = str(error).splitlines() or [type(error).__name__]
    if isinstance(error, OSError):
        lines = [f"DATA_DIR {data_dir} cannot be used: {error}"]
    complain(lines)
    return next((code for kind, code in codes if isinstance(error, kind)), Exit.INTERNAL)


def demo_server(data_dir: Path) -> contextlib.AbstractContextManager[Any]:
    """The demo site on the port that its state remembers, or on a free one."""
    memory = data_dir / "sites" / "demo" / "port"
    kept = memory.read_text() if memory.exists() else ""
    port = int(kept) if kept.isdecimal() else 0
    try:
        server = demo.serve(port=port)
    except OSError:
        complain([f"port {port} is taken, so the demo moves: its pages count as new documents"])
        server = demo.serve()
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(str(server.port))
    os.environ[PORT_VARIABLE] = str(server.port)
    return server


def settings_problems(settings: BaseSettings) -> list[str]:
    """What is wrong with the project's own settings, one sentence each."""
    problems = []
    for name in ("SHARD_ROWS", "SHARD_BYTES", "COMMIT_BATCH", "WARC_BYTES"):
        try:
            good = settings.getint(name) >= 1
        except (TypeError, ValueError):
            good = False
        if not good:
            problems.append(f"{name}: a whole number from 1 on (found {settings[name]!r})")
    for name, least in _NUMBERS.items():
        try:
            good = settings.getfloat(name) >= least
        except (TypeError, ValueError):
            good = False
        if not good:
            problems.append(f"{name}: a number from {least} on (found {settings[name]!r})")
    if settings["PROGRESS"] not in HOWS:
        problems.append(f"PROGRESS: one of {', '.join(HOWS)} (found {settings['PROGRESS']!r})")
    if settings["LOG_AS"] not in KINDS:
        problems.append(f"LOG_AS: one of {', '.join(KINDS)} (found {settings['LOG_AS']!r})")
    formats = settings.getlist("SHARD_FORMATS")
    if not formats or set(formats) - {"parquet", "jsonl"}:
        problems.append(f"SHARD_FORMATS: parquet, jsonl or both (found {formats!r})")
    return problems


def _profile_folder(data_dir: Path, started: float) -> Path:
    """Where the profiles of a run are kept, beside its record."""
    return data_dir / "runs" / f"{iso(started).replace(':', '').replace('-', '')}.profile"


class Command(ScrapyCrawl):
    """Crawl the configured sites."""

    samples = False
    profile: str | None = None

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Crawl the configured sites and write prompt/completion shards"

    def long_desc(self) -> str:
        """The text of ``scrapy crawl --help``."""
        return (
            "scrapy crawl articles: crawls every enabled site of SITES_DIR; "
            "-a site=a,b crawls some, also disabled ones; --full reads every page anew. "
            "Exit codes: 0 good, 2 configuration, 3 every request failed, 4 some sites failed, "
            "5 locked, 6 storage, 7 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument(
            "--full", action="store_true", help="read every page anew, whether it changed or not"
        )
        parser.add_argument(
            "--json-progress",
            action="store_true",
            help="JSON lines to standard output: how far it is each second, at the end the summary",
        )
        parser.add_argument(
            "--profile",
            nargs="?",
            const="",
            default=None,
            metavar="FOLDER",
            help="tell where the time went, in the crawl and in its processes; the profiles go to "
            "FOLDER (default: beside the run's record)",
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Keep ``--profile`` from Scrapy, which would profile this process alone."""
        self.profile, opts.profile = opts.profile, None
        super().process_options(args, opts)
        assert self.settings is not None
        if self.settings["LOG_AS"] == "json":  # said before the log can be dressed
            logging.getLogger("scrapy.utils.log").addFilter(lambda _: False)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the configuration, crawl, summarise, set the exit code."""
        if args != ["articles"]:
            self._run_other(args, opts)
            return
        assert self.settings is not None
        if opts.full:
            opts.spargs["full"] = "1"
        if opts.json_progress:
            self.settings.set("PROGRESS", "json", priority="cmdline")
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        names = [n.strip() for n in opts.spargs.get("site", "").split(",") if n.strip()] or None
        problems = settings_problems(self.settings)
        if type(self) is Command:
            problems += faults(self.settings)
        if problems:
            complain(problems)
            self.exitcode = Exit.CONFIGURATION
            return
        try:
            with contextlib.ExitStack() as stack:
                if "demo" in (names or ()) and PORT_VARIABLE not in os.environ:
                    stack.enter_context(demo_server(data_dir))
                load_sites(Path(self.settings["SITES_DIR"]), names)
                self._crawl(opts, data_dir)
            self._finish()
        except SiteError as error:
            complain(error.problems)
            self.exitcode = Exit.CONFIGURATION
        except OSError as error:
            complain([f"DATA_DIR {data_dir} cannot be used: {error}"])
            self.exitcode = Exit.STORAGE

    def _finish(self) -> None:
        """The upload that a crawl may end with; commands that only crawl as this one have none."""
        assert self.settings is not None
        if type(self) is Command and not self.exitcode and wanted(self.settings):
            self.exitcode = finish(self.settings, lambda line: print(line, file=sys.stderr))

    def _run_other(self, args: list[str], opts: argparse.Namespace) -> None:
        """Another spider, by Scrapy's own command."""
        try:
            super().run(args, opts)
        except KeyError as error:
            complain([f"{error.args[0]}: the spider of this project is 'articles'"])
            self.exitcode = Exit.CONFIGURATION

    def _crawl(self, opts: argparse.Namespace, data_dir: Path) -> None:
        assert self.crawler_process is not None
        quiet_scrapy(str(self.crawler_process.settings["LOG_LEVEL"]))
        started = time.time()
        folder = None
        if self.profile is not None:
            folder = Path(self.profile or _profile_folder(data_dir, started)).absolute()
        if folder:
            opts.spargs["profile"] = str(folder)
        crawler = self._create_crawler("articles")
        with profiled(folder):
            task = self.crawler_process.crawl(crawler, **opts.spargs)
            self.crawler_process.start()
        error = task.exception() if task.done() and not task.cancelled() else None  # type: ignore[attr-defined] # an asyncio.Task with the asyncio reactor
        if error is not None:
            self.exitcode = told(error, data_dir)
            return
        self._report(crawler, started, data_dir, folder)

    def _report(
        self, crawler: Crawler, started: float, data_dir: Path, profile: Path | None
    ) -> None:
        spider: Any = crawler.spider
        reason = str(crawler.stats.get_value("finish_reason", "unknown"))
        code = exit_code(spider.results.values(), reason, spider.locked, spider.broken)
        as_json = crawler.settings["PROGRESS"] == "json"
        console = Console(highlight=False, stderr=as_json)
        if not as_json:
            for result in spider.results.values():
                show(console, result, data_dir, with_samples=self.samples)
        if profile:
            pages = sum(result.fetched for result in spider.results.values())
            show_profile(console, profile, pages)
        ahead = crawler.settings.getfloat("CLOCK_OFFSET")
        ended = time.time() + ahead
        entry = record(spider.results, iso(started + ahead), iso(ended), reason, code)
        if night := crawler.settings["RUN_ID"]:
            entry["night"] = night
        if spider.progress:
            entry["event_loop_lag_ms"] = spider.progress.lags.told()
        if as_json:
            sys.stdout.write(f"{json.dumps({'type': 'summary', **entry})}\n")
        try:
            console.print(f"Run record: {write_record(data_dir, entry)}", soft_wrap=True)
        except OSError as error:
            complain([f"the run's record cannot be written: {error}"])
            code = code or Exit.STORAGE
        complain([f"storage: {line}" for line in spider.broken[:1]])
        for result in spider.results.values():
            lines = warnings(result, data_dir)
            complain(lines)
            if any(line.endswith("--check") for line in lines):
                code = code or Exit.STORAGE
        self.exitcode = code
