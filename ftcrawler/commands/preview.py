"""``scrapy preview``: what one page gives, block by block and pair by pair, and why not more."""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.boilerplate import boilerplate
from ftcrawler.clock import iso
from ftcrawler.commands.consent import site_of
from ftcrawler.commands.crawl import complain, quiet_scrapy, told
from ftcrawler.exits import Exit
from ftcrawler.headers import HTML_TYPES
from ftcrawler.looking import look
from ftcrawler.previewing import Preview, as_record, preview_of, saved_page
from ftcrawler.previewpage import preview_page
from ftcrawler.previewshown import show
from ftcrawler.site import Site, SiteError
from ftcrawler.sitefiles import load_sites, require_contacts
from ftcrawler.state import StateError, peek
from ftcrawler.trial import described, is_rule, try_rules
from ftcrawler.urls import canonical
from ftcrawler.writing import write_text
from pipelines.records import Harvest, Page

if TYPE_CHECKING:
    from scrapy.crawler import CrawlerProcess

SHOWN_PAIRS = 3
PAGE_ENDINGS = (".html", ".htm", ".xhtml")  # of saved files; others are looked into


class Command(ScrapyCommand):
    """Fetch or read one page and show what comes of it."""

    requires_project = True

    def syntax(self) -> str:
        """One page."""
        return "URL|FILE [options]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Show the blocks and pairs of one page, and what was left out and why"

    def long_desc(self) -> str:
        """The text of ``scrapy preview --help``."""
        return (
            "Fetches one page with the same gates as a crawl, or reads a saved FILE, and shows "
            "its verdict, its blocks, its pairs, and the reason for everything that is left out. "
            "Nothing is stored. Other rules are tried with --rules FILE.toml, which holds "
            '[extract], [pairs] or both, or with --set extract.article="main", once for each key. '
            "Exit codes: 0 a document came; 2 configuration; 3 it was refused or rejected, "
            "with the reason and the most likely remedy; 6 storage."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's global options, whose ``--set`` takes rules, too, and ours."""
        super().add_options(parser)
        add_source_options(parser)
        parser.add_argument("--site", default="", metavar="NAME", help="by this site's rules")
        parser.add_argument("--rules", metavar="FILE", help="try the tables of this TOML file")
        parser.add_argument("--html", metavar="FILE", help="write a page for the browser, too")
        parser.add_argument("--json", action="store_true", help="for programs: one object")
        parser.add_argument(
            "--pairs",
            type=int,
            default=SHOWN_PAIRS,
            metavar="N",
            help=f"pairs shown of each kind and of each rule ({SHOWN_PAIRS})",
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Settings go to Scrapy, rules are kept; only errors are logged, unless asked otherwise."""
        opts.tried = [setting for setting in opts.set if is_rule(setting)]
        opts.set = [setting for setting in opts.set if not is_rule(setting)]
        if not opts.loglevel:
            opts.loglevel = "ERROR"
        super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Look, show, write; set the exit code."""
        assert self.settings is not None
        if len(args) != 1:
            raise UsageError
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        try:
            self._preview(args[0], opts, data_dir)
        except (SiteError, StateError, OSError, sqlite3.Error) as error:
            self.exitcode = told(error, data_dir)

    def _preview(self, address: str, opts: argparse.Namespace, data_dir: Path) -> None:
        assert self.settings is not None
        url, file = source_of(address, opts.url)
        site = self._site(url, opts)
        quiet_scrapy(str(self.settings["LOG_LEVEL"]))
        if file:
            seen = read_saved(file, url, site)
        else:
            process: CrawlerProcess = self.crawler_process  # type: ignore[assignment] # Scrapy sets it
            require_contacts([site], self.settings["CONTACT"])
            seen = look(process, site, [url])[-1]
        preview = preview_of(seen, site, _known(data_dir, site), str(file or ""))
        rules = described(site)
        if opts.html:
            page = preview_page(preview, rules)
            if problem := write_text(Path(opts.html), page):
                raise SiteError([f"--html {opts.html}: {problem}"])
        _say(preview, rules, opts)
        self.exitcode = Exit.OK if preview.document else Exit.FAILED

    def _site(self, url: str, opts: argparse.Namespace) -> Site:
        """The site whose rules hold: the named one, the one that covers the page, or none."""
        assert self.settings is not None
        folder = Path(self.settings["SITES_DIR"])
        if url.startswith("file:"):
            site = load_sites(folder, [opts.site])[0] if opts.site else _unnamed()
        else:
            site = site_of(url, folder, [opts.site] if opts.site else None)
        if opts.allow_private:
            request = site.request.model_copy(update={"allow_private_addresses": True})
            site = site.model_copy(update={"request": request})
        text = _text_of(opts.rules) if opts.rules else ""
        return try_rules(site, text=text, file=opts.rules, sets=opts.tried, variables=os.environ)


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Options of commands that take a URL or a saved file."""
    parser.add_argument("--url", default="", help="the address of a saved FILE")
    parser.add_argument(
        "--allow-private", action="store_true", help="permit loopback and private addresses"
    )


def source_of(address: str, url: str) -> tuple[str, Path | None]:
    """The canonical URL, and the file to read instead of asking for it.

    A file without ``--url`` has the URL of the file. Raises :class:`SiteError`.
    """
    path = Path(address)
    if "://" in address and not path.is_file():
        if url:
            raise SiteError([f"--url {url}: {address} is an address itself"])
        if not (good := canonical(address)):
            raise SiteError([f"{address}: not an absolute http:// or https:// URL"])
        return good, None
    if not path.is_file():
        raise SiteError([f"{address}: no such file, and no URL: those begin with https://"])
    good = canonical(url) if url else path.absolute().as_uri()
    if not good:
        raise SiteError([f"--url {url}: not an absolute http:// or https:// URL"])
    return good, path


def read_saved(file: Path, url: str, site: Site) -> Page | Harvest:
    """A saved page. Raises :class:`SiteError` when it cannot be read."""
    try:
        body, at = file.read_bytes(), iso(file.stat().st_mtime)
    except OSError as error:
        raise SiteError([f"{file}: cannot be read: {error}"]) from None
    is_page = file.suffix.lower() in PAGE_ENDINGS
    return saved_page(body, url, site, at, HTML_TYPES[0] if is_page else "")


def _unnamed() -> Site:
    return Site(name="file", start_urls=["https://file.invalid/"])


def _text_of(name: str) -> str:
    try:
        return Path(name).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError([f"--rules {name}: cannot be read: {error}"]) from None


def _known(data_dir: Path, site: Site) -> Mapping[bytes, str]:
    """The boilerplate that crawls of the site have learned."""
    state = data_dir / "sites" / site.name / "state.db"
    if not state.is_file():
        return {}
    with closing(peek(state)) as db:
        return boilerplate(db)


def _say(preview: Preview, rules: str, opts: argparse.Namespace) -> None:
    if opts.json:
        print(json.dumps(as_record(preview, rules), indent=1, ensure_ascii=True))
        return
    console = Console(highlight=False, markup=False)
    show(console, preview, rules=rules, most_pairs=max(0, opts.pairs))
    if opts.html:
        console.print(f"\nWritten: {opts.html}", soft_wrap=True)
    if not preview.document:
        complain([f"no document: {preview.outcome}: {preview.reason}"])
