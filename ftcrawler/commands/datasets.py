"""``scrapy datasets``: the datasets that were built, and their versions."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console
from scrapy.commands import ScrapyCommand

from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from ftcrawler.summary import human_size
from pipelines.versions import Version, latest, names, versions


def _line(version: Version, *, is_latest: bool) -> str:
    """What a version holds, on one line."""
    manifest = version.manifest
    size = sum(file.stat().st_size for file in version.folder.rglob("*") if file.is_file())
    parts = [
        f"{manifest['pairs']['train']:,} train",
        f"{manifest['pairs']['validation']:,} validation",
        f"{sum(manifest['tokens'].values()):,} tokens",
        f"{manifest['documents']['used']:,} documents",
        human_size(size),
        *manifest["formats"],
    ]
    return f"{version.name}  {', '.join(parts)}{' (latest)' if is_latest else ''}"


class Command(ScrapyCommand):
    """List datasets."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Names of datasets, all of them when there is none."""
        return "[options] [dataset ...]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "List the datasets that were built, with their versions"

    def long_desc(self) -> str:
        """The text of ``scrapy datasets --help``."""
        return (
            "Shows every version under DATA_DIR/datasets: pairs, tokens, documents, disk space. "
            "Exit codes: 0 good, 2 no such dataset."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="for programs: every manifest")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """List them."""
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        known = names(data_dir)
        if unknown := [name for name in args if name not in known]:
            complain([f"{name}: no such dataset; known: {', '.join(known)}" for name in unknown])
            self.exitcode = Exit.CONFIGURATION
            return
        chosen = {name: versions(data_dir, name) for name in args or known}
        if opts.json:
            found = [one.manifest for listed in chosen.values() for one in listed]
            print(json.dumps(found, indent=1, ensure_ascii=False))
            return
        if not any(chosen.values()):
            complain([f"{data_dir}: no dataset was built so far: scrapy build"])
        console = Console(highlight=False, markup=False)
        for name, listed in chosen.items():
            newest = latest(data_dir, name)
            for one in listed:
                is_latest = newest is not None and one.folder == newest.folder
                console.print(_line(one, is_latest=is_latest), soft_wrap=True)
