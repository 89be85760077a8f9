"""``scrapy sites``: the site files as a table, every one of them checked; or their schema."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.commands.crawl import PORT_VARIABLE, complain
from ftcrawler.exits import Exit
from ftcrawler.site import Site, SiteError, json_schema
from ftcrawler.sitefiles import load_sites

ANY_PORT = "80"  # the demo's port is known while it is served; here any will do


def seeds_of(site: Site) -> str:
    """Where a site's crawl begins, counted: ``1 page, sitemaps of robots.txt, 2 feeds``."""
    sitemaps = 0 if site.sitemaps == "robots" else len(site.sitemaps)
    counts = {"page": len(site.start_urls), "sitemap": sitemaps, "feed": len(site.feeds)}
    parts = {word: f"{n} {word}{'s' * (n > 1)}" for word, n in counts.items() if n}
    if site.sitemaps == "robots":
        parts["robots"] = "sitemaps of robots.txt"
    return ", ".join(parts.values())


def sites_table(sites: list[Site]) -> Table:
    """One row a site."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("site", "enabled", "seeds", "delay", "strategies"):
        table.add_column(name, justify="right" if name == "delay" else "left", overflow="fold")
    for site in sites:
        table.add_row(
            site.name,
            "yes" if site.enabled else "no",
            seeds_of(site),
            f"{site.request.delay:g} s",
            ", ".join(site.pairs.strategies),
        )
    return table


def load_every_site(folder: Path) -> list[Site]:
    """All site files of a folder, disabled ones too; :class:`SiteError` has every problem.

    The good ones are lost in the error: a check that fails shows problems, not a table.
    """
    os.environ.setdefault(PORT_VARIABLE, ANY_PORT)
    names = [path.stem for path in sorted(folder.glob("*.toml"))] if folder.is_dir() else []
    return load_sites(folder, names or None)


class Command(ScrapyCommand):
    """List the site files and check them."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - as Scrapy declares it

    def syntax(self) -> str:
        """No arguments."""
        return "[options]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "List the site files and check every one of them"

    def long_desc(self) -> str:
        """The text of ``scrapy sites --help``."""
        return (
            "Lists the site files of SITES_DIR and checks them all, disabled ones too. "
            "Exit code 2 when anything is wrong, with every problem on a line of its own."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument(
            "--schema", action="store_true", help="print the JSON schema that editors use instead"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the table or the schema; set the exit code."""
        if args:
            raise UsageError(f"scrapy sites takes no argument, {args[0]!r} was given")
        if opts.schema:
            print(schema_text(), end="")
            return
        assert self.settings is not None
        try:
            sites = load_every_site(Path(self.settings["SITES_DIR"]))
        except SiteError as error:
            complain(error.problems)
            self.exitcode = Exit.CONFIGURATION
            return
        Console(highlight=False).print(sites_table(sites))


def schema_text() -> str:
    """The JSON schema as it stands in ``ftcrawler/sites/site.schema.json``."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
