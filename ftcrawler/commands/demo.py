"""``scrapy demo``: crawl the embedded demo site through the same code as any other."""

from __future__ import annotations

import argparse

from ftcrawler.commands.crawl import Command as CrawlCommand


class Command(CrawlCommand):
    """Crawl the demo site and show three pairs."""

    samples = True

    def syntax(self) -> str:
        """No arguments."""
        return "[options]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Serve the embedded demo site and crawl it"

    def long_desc(self) -> str:
        """The text of ``scrapy demo --help``."""
        return (
            "Serves the demo site on a free port of this machine and runs "
            "'scrapy crawl articles -a site=demo' against it. A second run adds no row."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Only errors are logged, unless asked otherwise: the summary says the rest."""
        if not opts.loglevel:
            opts.loglevel = "ERROR"
        super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl the site ``demo``."""
        opts.spargs["site"] = "demo"
        super().run(["articles"], opts)
