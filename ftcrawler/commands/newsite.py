"""``scrapy newsite``: look at a site and write a site file for it that works as it stands."""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.clock import iso
from ftcrawler.commands.crawl import complain, quiet_scrapy, told
from ftcrawler.commands.preview import add_source_options, read_saved, source_of
from ftcrawler.exits import Exit
from ftcrawler.findings import Findings, findings_of
from ftcrawler.looking import run_look
from ftcrawler.previewing import preview_of, verdict_line
from ftcrawler.previewshown import show
from ftcrawler.site import SITE_NAME, Site, SiteError
from ftcrawler.sitefiles import load_sites, require_contacts
from ftcrawler.sitetables import Request
from ftcrawler.sitetext import load_site
from ftcrawler.sitewriting import MOST_DELAY, NOT_ASKED, USUAL_DELAY, site_file
from ftcrawler.spotting import site_name
from ftcrawler.state import StateError
from ftcrawler.surveying import Survey, SurveySpider
from ftcrawler.testimony import as_harvest
from ftcrawler.tomltext import one_line
from ftcrawler.trial import described
from ftcrawler.urls import host_of
from ftcrawler.writing import write_text

if TYPE_CHECKING:
    from scrapy.crawler import CrawlerProcess

    from pipelines.records import Page


REFUSED = (
    "the site refuses use for training: no file is written. With its permission, --yes writes "
    "one, disabled, for [consent.permission]"
)


class Command(ScrapyCommand):
    """Write a site file from what a site says and shows."""

    requires_project = True

    def syntax(self) -> str:
        """Where the site begins."""
        return "URL|FILE [options]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Look at a site and write a commented site file for it"

    def long_desc(self) -> str:
        """The text of ``scrapy newsite --help``."""
        return (
            "Looks at a site with the same gates as a crawl: its robots.txt and what it permits, "
            "its sitemaps and feeds, the start page and a few pages like articles. Writes "
            "SITES_DIR/NAME.toml with what was found as comments, never over a file that is "
            "there, and shows a preview of the best page. A saved FILE is read instead when its "
            "address is given with --url. Exit codes: 0 written; 2 configuration; 3 the site "
            "refuses training (--yes writes the file all the same, disabled) or could not be "
            "read; 6 storage."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's global options, and ours."""
        super().add_options(parser)
        add_source_options(parser)
        parser.add_argument("--name", default="", help="the site's name (from its host)")
        parser.add_argument("--into", metavar="FILE", help="write here (SITES_DIR/NAME.toml)")
        parser.add_argument(
            "--delay",
            type=float,
            default=USUAL_DELAY,
            metavar="SECONDS",
            help=f"between requests, now and in the file ({USUAL_DELAY:g}); robots.txt may ask "
            "for more",
        )
        parser.add_argument(
            "--yes", action="store_true", help="write the file even if the site refuses training"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Only errors are logged, unless asked otherwise: the command says the rest."""
        if not opts.loglevel:
            opts.loglevel = "ERROR"
        super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Look, write, preview; set the exit code."""
        assert self.settings is not None
        if len(args) != 1:
            raise UsageError
        try:
            self.exitcode = self._newsite(args[0], opts)
        except (SiteError, StateError, OSError, sqlite3.Error) as error:
            self.exitcode = told(error, Path(self.settings["DATA_DIR"]).absolute())

    def _newsite(self, address: str, opts: argparse.Namespace) -> Exit:
        assert self.settings is not None
        url, file = source_of(address, opts.url)
        if file and not opts.url:
            raise SiteError([f"{address}: say with --url which address this page has"])
        folder = Path(self.settings["SITES_DIR"])
        target = target_of(folder, url, opts.name, opts.into)
        site = asked_site(target.stem, url, opts.delay, private=opts.allow_private)
        quiet_scrapy(str(self.settings["LOG_LEVEL"]))
        survey = Survey(read_saved(file, url, site)) if file else self._survey(site, url)
        if not _was_read(survey):
            return _not_read(survey, site)
        found = findings_of(survey, site)
        console = Console(highlight=False, markup=False)
        _tell(console, found, found.sitemap_note if file is None else NOT_ASKED)
        if found.refused and not opts.yes:
            complain([REFUSED])
            return Exit.FAILED
        date = iso(time.time())[:10]
        text = site_file(found, site.request, date=date, asked=file is None)
        written = load_site(text, target.stem, file=str(target), environment=os.environ)
        _write(target, text)
        _preview(console, survey, found, written)
        _farewell(console, target, folder, found)
        return Exit.OK

    def _survey(self, site: Site, url: str) -> Survey:
        assert self.settings is not None
        require_contacts([site], self.settings["CONTACT"])
        process: CrawlerProcess = self.crawler_process  # type: ignore[assignment] # Scrapy sets it
        return run_look(process, SurveySpider, site, [url]).survey


def target_of(folder: Path, url: str, name: str, into: str | None) -> Path:
    """The file to write, which is not there yet. Raises :class:`SiteError`."""
    target = Path(into) if into else folder / f"{name or site_name(url)}.toml"
    problems = []
    if target.suffix != ".toml" or not SITE_NAME.match(target.stem):
        problems.append(
            f"{target}: a site file is NAME.toml, with lower-case letters, digits, - and _"
        )
    elif name and target.stem != name:
        problems.append(f"--name {name}: the file's name is the site's name, {target.stem}")
    if not target.parent.is_dir():
        problems.append(f"{target.parent}: no such folder")
    elif target.exists():
        problems.append(f"{target}: is there already; choose another --name, or remove it")
    if problems:
        raise SiteError(problems)
    return target


def asked_site(name: str, url: str, delay: float = USUAL_DELAY, *, private: bool = False) -> Site:
    """The site as it is asked for the first time, before anything is known."""
    host = host_of(url)
    domains = [host.removeprefix("www.")] if host.startswith("www.") else []
    if not 0 <= delay <= MOST_DELAY:
        raise SiteError([f"--delay {delay:g}: seconds from 0 to {MOST_DELAY:g}"])
    request = Request(delay=delay, allow_private_addresses=private)
    return Site(name=name, start_urls=[url], allowed_domains=domains, request=request)


def _was_read(survey: Survey) -> bool:
    """Whether there is anything to write about: a page, or a refusal."""
    return any(as_harvest(one).outcome == "document" for one in survey.seen) or any(
        as_harvest(one).verdict.decision == "deny" and as_harvest(one).reason != "private-address"
        for one in survey.seen
    )


def _not_read(survey: Survey, site: Site) -> Exit:
    """Say why the start page could not be looked at."""
    if survey.start is None:
        complain(["the start page gave no answer; -L INFO shows what was tried"])
        return Exit.FAILED
    preview = preview_of(survey.start, site)
    why = preview.detail or verdict_line(preview.verdict)
    lines = [f"{preview.url}: {preview.outcome}: {preview.reason}: {why}", preview.remedy]
    complain([one_line(line) for line in lines if line])
    return Exit.FAILED


def _write(target: Path, text: str) -> None:
    if target.exists():
        raise SiteError([f"{target}: is there already"])
    if problem := write_text(target, text):
        raise SiteError([f"{target}: {problem}"])


def _tell(console: Console, found: Findings, note: str) -> None:
    console.print(f"\n{one_line(found.start)}")
    for line in found.consent:
        console.print(f"  {line}", soft_wrap=True)
    for url, signal in found.refusals:
        console.print(f"  refused: {one_line(url)}: {one_line(signal)}", soft_wrap=True)
    console.print(f"  {note}", soft_wrap=True)
    console.print(f"  Feeds: {len(found.feeds)}. Pages that may be used: {len(found.previews)}.")


def _preview(console: Console, survey: Survey, found: Findings, site: Site) -> None:
    """The best page once more, by the rules that were written."""
    best = found.best
    if best is None:
        return
    page: Page = next(one for one in survey.seen if one.url == best.url)  # type: ignore[assignment] # it has a preview
    show(console, preview_of(page, site, source=best.source), rules=described(site))


def _farewell(console: Console, target: Path, folder: Path, found: Findings) -> None:
    console.print(f"\nWritten: {target}", soft_wrap=True)
    if twin := _covering(folder, found.start, target):
        said = f"{twin}.toml covers this host, too: one of them is enough, they share no pace."
        console.print(said, soft_wrap=True)
    if found.refused:
        return
    apart = target.resolve().parent != folder.resolve()
    where = f" -s SITES_DIR={target.parent}" if apart else ""
    for what, command in (
        ("Look at another page:  ", f"preview URL --site {target.stem}"),
        ("Crawl it:              ", f"crawl articles -a site={target.stem}"),
    ):
        console.print(f"{what}scrapy {command}{where}", soft_wrap=True)


def _covering(folder: Path, url: str, target: Path) -> str:
    """Another site of the folder that has the same host, or ``""``."""
    for path in sorted(folder.glob("*.toml")):
        if path.resolve() != target.resolve():
            with contextlib.suppress(SiteError):  # of others: scrapy sites names them
                if load_sites(folder, [path.stem])[0].covers(url):
                    return path.stem
    return ""
