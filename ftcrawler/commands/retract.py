"""``scrapy retract``: takes pages back by hand, and keeps them out."""

from __future__ import annotations

import argparse
import re
import sqlite3
import time
from pathlib import Path

from rich.console import Console
from scrapy.commands import ScrapyCommand

from ftcrawler import retractions
from ftcrawler.clock import iso
from ftcrawler.commands.crawl import complain, told
from ftcrawler.exits import Exit
from ftcrawler.opening import open_store
from ftcrawler.retractions import Kind
from ftcrawler.site import Site, SiteError
from ftcrawler.state import StateError
from ftcrawler.store import SiteStore
from ftcrawler.urls import canonical


class Command(ScrapyCommand):
    """Take pages back."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """URLs, a pattern, or a site."""
        return '[URL ...] [--match REGEX] [--site NAME] --reason "..."'

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Take pages back from the data and keep them out of later crawls"

    def long_desc(self) -> str:
        """The text of ``scrapy retract --help``."""
        return (
            "Every document of the URLs, of the URLs that --match finds, or of the whole --site "
            "gets a tombstone with the reason, and no crawl asks for them again until --lift "
            "ends the retraction. --list shows what is taken back. With --site, URLs and "
            "--match speak of that site only. Exit codes: 0 good, 2 nothing is known of it, "
            "5 locked by a crawl, 6 storage."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--site", default="", help="only in this site; alone: all of it")
        parser.add_argument("--match", metavar="REGEX", default="", help="URLs that it finds")
        parser.add_argument("--reason", default="", help="why, for the tombstones")
        parser.add_argument("--dry-run", action="store_true", help="only say what it would be")
        parser.add_argument("--list", action="store_true", help="what is taken back")
        parser.add_argument(
            "--lift", metavar="N", type=int, help="end retraction N of --site: crawl it again"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check what was asked, then each site in turn."""
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        known = sorted(path.parent.name for path in data_dir.glob("sites/*/state.db"))
        if problems := _problems(args, opts, known, data_dir):
            complain(problems)
            self.exitcode = Exit.CONFIGURATION
            return
        try:
            self._run([opts.site] if opts.site else known, args, opts, data_dir)
        except (SiteError, StateError, OSError, sqlite3.Error) as error:
            self.exitcode = told(error, data_dir)

    def _run(
        self, sites: list[str], args: list[str], opts: argparse.Namespace, data_dir: Path
    ) -> None:
        assert self.settings is not None
        console = Console(highlight=False, markup=False)
        matched = set()
        for name in sites:
            site = Site(name=name, start_urls=["https://site.invalid/"])
            store = open_store(site, self.settings, data_dir, time.time)
            try:
                if opts.list:
                    _list(console, store)
                elif opts.lift is not None:
                    self._lift(store, opts.lift)
                else:
                    matched |= _retract(console, store, args, opts)
            finally:
                store.close()
        if opts.list or opts.lift is not None:
            return
        if missing := [what for what in _asked(args, opts) if what not in matched]:
            where = opts.site or "no site"
            knows = "knows no such URL" if opts.site else "knows such a URL"
            complain([f"{pattern}: {where} {knows}" for _, pattern in missing])
            self.exitcode = Exit.CONFIGURATION

    def _lift(self, store: SiteStore, number: int) -> None:
        if not retractions.lift(store.state, number, store.clock()):
            complain([f"{store.site}: no retraction {number} stands; see scrapy retract --list"])
            self.exitcode = Exit.CONFIGURATION


def _problems(
    args: list[str], opts: argparse.Namespace, known: list[str], data_dir: Path
) -> list[str]:
    """What is wrong with the options, a sentence each."""
    found = []
    if opts.site and opts.site not in known:
        found.append(
            f"{opts.site}: nothing of it in {data_dir}; known: {', '.join(known) or 'none'}"
        )
    found += [
        f"{url}: not an absolute http:// or https:// URL" for url in args if not canonical(url)
    ]
    try:
        re.compile(opts.match)
    except re.error as error:
        found.append(f"--match {opts.match}: not a regular expression: {error}")
    if opts.lift is not None and not opts.site:
        found.append("--lift: name the --site whose retraction ends")
    if opts.list or opts.lift is not None:
        return found
    if not (args or opts.match or opts.site):
        found.append("name URLs, --match REGEX or --site NAME")
    if not opts.reason.strip():
        found.append('--reason is missing: say why, as in --reason "asked by its author on 3 May"')
    return found


def _asked(args: list[str], opts: argparse.Namespace) -> list[tuple[Kind, str]]:
    asked: list[tuple[Kind, str]] = [("url", canonical(url)) for url in args]
    if opts.match:
        asked.append(("match", opts.match))
    return asked or [("site", opts.site)]


def _retract(
    console: Console, store: SiteStore, args: list[str], opts: argparse.Namespace
) -> set[tuple[Kind, str]]:
    """Take back what is known in one site; which of the things asked for it knows."""
    matched = set()
    for kind, pattern in _asked(args, opts):
        urls = store.retractable(kind, pattern)
        if not urls and kind == "url":
            continue
        if not urls and not opts.site:
            continue
        matched.add((kind, pattern))
        if opts.dry_run:
            console.print(f"{store.site}: {pattern}: {len(urls):,} URLs would be taken back")
            continue
        documents = store.retract(kind, pattern, urls, opts.reason.strip())
        console.print(
            f"{store.site}: {pattern}: {len(urls):,} URLs, {documents:,} documents taken back",
            soft_wrap=True,
        )
    return matched


def _list(console: Console, store: SiteStore) -> None:
    for one in store.retractions():
        console.print(
            f"{store.site} {one.id}: {one.kind} {one.pattern} since {iso(one.at)}: {one.reason}",
            soft_wrap=True,
        )
