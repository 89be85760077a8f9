"""``scrapy diff``: what came and went between two versions of a dataset, and why."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from pipelines.difference import Change, difference
from pipelines.versions import Version, find, unknown

_LONGEST = 90  # characters of a prompt that are shown


def _show(console: Console, what: str, change: Change) -> None:
    console.print(f"{sum(change.counts.values()):>11,}  {what}")
    for reason, number in change.counts.items():
        console.print(f"{number:>11,}    {reason}")
        for example in change.examples:
            if example.reason == reason:
                kept = f" -> {example.kept_id}" if example.kept_id else ""
                prompt = " ".join(example.prompt.split())[:_LONGEST]
                console.print(f"{'':>13}  {example.pair_id}{kept} {example.url}", soft_wrap=True)
                console.print(f"{'':>13}  {prompt}", soft_wrap=True)


class Command(ScrapyCommand):
    """Compare versions."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Two versions, or a dataset."""
        return "[options] OLD NEW | NAME"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Show what came and went between two versions of a dataset, and why"

    def long_desc(self) -> str:
        """The text of ``scrapy diff --help``."""
        return (
            "OLD and NEW are NAME/VERSION, the beginning of one, NAME for its latest, or folders; "
            "a NAME alone is its latest version beside the one before. Pairs by reason: new, "
            "taken back, duplicates, other rules. Exit codes: 0 good, 2 no such version."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="for programs: one object")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find both, compare, show."""
        if len(args) not in (1, 2):
            raise UsageError
        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        try:
            old, new = _versions(data_dir, args)
        except LookupError as error:
            complain([unknown(data_dir, str(error))])
            self.exitcode = Exit.CONFIGURATION
            return
        found = difference(old, new, str(data_dir / "datasets" / ".spill-diff"))
        if opts.json:
            print(
                json.dumps({"old": old.name, "new": new.name, **_plain(found._asdict())}, indent=1)
            )
            return
        console = Console(highlight=False, markup=False)
        console.print(f"{old.name} -> {new.name}", soft_wrap=True)
        console.print(f"{found.same:>11,}  as before")
        _show(console, "came", found.came)
        _show(console, "went", found.went)
        _show(console, "changed", found.changed)
        for key, (before, after) in sorted(found.recipe.items()):
            console.print(f"{key}: {before} -> {after}", soft_wrap=True)


def _plain(value: object) -> dict[str, object]:
    """Named tuples as objects, all the way down."""
    assert isinstance(value, dict)
    return {
        key: {"counts": one.counts, "examples": [e._asdict() for e in one.examples]}
        if isinstance(one, Change)
        else one
        for key, one in value.items()
    }


def _versions(data_dir: Path, args: list[str]) -> tuple[Version, Version]:
    """Both versions, or :class:`LookupError` with the one that cannot be found."""
    new = find(data_dir, args[-1])
    if new is None:
        raise LookupError(args[-1])
    before = new.manifest["predecessor"]
    first = args[0] if len(args) > 1 else f"{new.folder.parent.name}/{before or 'none before it'}"
    old = find(data_dir, first)
    if old is None:
        raise LookupError(first)
    return old, new
