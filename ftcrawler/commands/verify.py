"""``scrapy verify``: pairs made again from the stored documents, and what differs."""

from __future__ import annotations

import argparse
import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from scrapy.commands import ScrapyCommand

from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from ftcrawler.site import Site, SiteError
from ftcrawler.sitefiles import load_sites
from pipelines.shards import read_rows
from pipelines.verify import Difference, compare

SAMPLE = 100
MOST_SHOWN = 10
LONGEST_SHOWN = 80  # characters of a value


@dataclass
class Result:
    """What one site's rows gave."""

    documents: int = 0
    same: int = 0
    older: int = 0
    differences: list[Difference] = field(default_factory=list)


def shards(data_dir: Path, stream: str, site: str) -> list[Path]:
    """A site's shards of a stream: the Parquet files, or JSONL where there are none."""
    folder = data_dir / stream / f"site={site}"
    return sorted(folder.glob("[!.]*.parquet")) or sorted(folder.glob("_*.jsonl"))


def _chosen(paths: list[Path], sample: int | None) -> set[str] | None:
    """The documents to look at, or None for all; ids are hashes, so the first ones are random."""
    if sample is None:
        return None
    names = (row["document_id"] for path in paths for row in read_rows(path))
    return set(heapq.nsmallest(sample, names))


def verify_site(data_dir: Path, site: Site, sample: int | None) -> Result:
    """Make the pairs of a site's stored documents again, shard by shard, and compare.

    Raises :class:`OSError` or :class:`ValueError` for a shard that cannot be read.
    """
    result = Result()
    paths = shards(data_dir, "documents", site.name)
    chosen = _chosen(paths, sample)
    for path in paths:
        documents = {
            row["document_id"]: row
            for row in read_rows(path)
            if chosen is None or row["document_id"] in chosen
        }
        if not documents:
            continue
        pairs = defaultdict(list)
        for row in _pairs(data_dir, site.name):
            if row["document_id"] in documents:
                pairs[row["document_id"]].append(row)
        for identity, document in documents.items():
            found = compare(document, pairs[identity], site.pair_rules)
            result.documents += 1
            result.same += found.same
            result.older += found.older
            result.differences += found.differences
    return result


def _pairs(data_dir: Path, site: str) -> Iterator[dict[str, Any]]:
    for path in shards(data_dir, "pairs", site):
        yield from read_rows(path)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def show(console: Console, site: str, result: Result) -> None:
    """Print a site's result for people."""
    console.print(
        f"{site}: {result.documents:,} documents, {result.same:,} pairs the same, "
        f"{result.older:,} by older rules, {len(result.differences):,} differences"
    )
    for fault in result.differences[:MOST_SHOWN]:
        console.print(
            f"  pair {fault.pair_id or '-'} of document {fault.document_id}: {fault.column}: "
            f"stored {_short(fault.stored)}, made now {_short(fault.made)}",
            soft_wrap=True,
            markup=False,
        )


class Command(ScrapyCommand):
    """Make stored pairs again."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Site names, all enabled ones when there is none."""
        return "[options] [site ...]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Make pairs again from the stored documents and compare them, byte for byte"

    def long_desc(self) -> str:
        """The text of ``scrapy verify --help``."""
        return (
            "Makes the pairs of stored documents again, by the site files' rules of today, and "
            "holds every stored pair against its twin: text, kind, blocks and characters. Pairs "
            "of an older version of the rules are counted and not compared. Exit codes: 0 all "
            "the same, 2 no such site, 3 something differs, 6 a shard cannot be read."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument(
            "--sample", type=int, default=SAMPLE, help=f"documents of each site (default {SAMPLE})"
        )
        parser.add_argument("--all", action="store_true", help="every document")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Each site in turn; one that cannot be read does not hide the others."""
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        try:
            sites = load_sites(Path(self.settings["SITES_DIR"]), args or None)
        except SiteError as error:
            complain(error.problems)
            self.exitcode = Exit.CONFIGURATION
            return
        stored = [site for site in sites if shards(data_dir, "documents", site.name)]
        if not stored:
            complain([f"{data_dir}: no documents of these sites"])
        console = Console(highlight=False)
        for site in stored:
            try:
                result = verify_site(data_dir, site, None if opts.all else opts.sample)
            except (OSError, ValueError) as error:
                complain([f"{site.name}: {error}"])
                self.exitcode = Exit.STORAGE
                continue
            show(console, site.name, result)
            if result.differences:
                self.exitcode = self.exitcode or Exit.FAILED
