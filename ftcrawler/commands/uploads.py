"""``scrapy uploads``: what was sent where, and which of it holds rows that were taken back."""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from scrapy.commands import ScrapyCommand

from ftcrawler.commands.crawl import complain, told
from ftcrawler.exits import Exit
from ftcrawler.state import StateError

if TYPE_CHECKING:
    from ftcrawler.affected import Affected
    from pipelines.receipts import Receipt, Receipts


class Command(ScrapyCommand):
    """List uploads."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Receipts, all of them when there is none."""
        return "[RECEIPT ...] [--affected] [--delete-files]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "List uploads; name those that hold rows taken back since, remove their files"

    def long_desc(self) -> str:
        """The text of ``scrapy uploads --help``."""
        return (
            "Shows every receipt: dataset, target, files, job, model. --affected names those "
            "that hold rows of documents that must not be used any more (retracted, gone, "
            "refused since), with the pages and the models trained on them. --delete-files "
            "removes the files of the affected, or of the receipts named, at their provider. "
            "Exit codes: 0 good (with --affected: nothing is affected), 2 no such receipt or "
            "target, 3 uploads are affected, or a provider failed, 5 one is being sent, "
            "6 storage."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        add = parser.add_argument
        add("--affected", action="store_true", help="only those with rows that were taken back")
        add("--delete-files", action="store_true", help="remove the files there")
        add("--json", action="store_true", help="for programs: the receipts")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """List, look, remove."""
        from pipelines.receipts import Receipts  # noqa: PLC0415 - half a second

        assert self.settings is not None
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        if opts.delete_files and not (args or opts.affected):
            complain(["--delete-files: name receipts, or give --affected"])
            self.exitcode = Exit.CONFIGURATION
            return
        receipts = Receipts(data_dir)
        damaged: list[str] = []
        try:
            listed = receipts.all(damaged)
            chosen = [one for one in listed if not args or _named(one, args)]
            if args and not chosen:
                known = ", ".join(one.id for one in listed[-5:]) or "none"
                complain([*damaged, f"{', '.join(args)}: no such receipt; known: {known}"])
                self.exitcode = Exit.CONFIGURATION
                return
            self.exitcode = self._run(chosen, receipts, data_dir, opts, damaged)
            if damaged:
                self.exitcode = self.exitcode or Exit.STORAGE
        except (StateError, OSError, sqlite3.Error) as error:
            self.exitcode = told(error, data_dir)

    def _run(
        self,
        chosen: list[Receipt],
        receipts: Receipts,
        data_dir: Path,
        opts: argparse.Namespace,
        damaged: list[str],
    ) -> Exit:
        from ftcrawler.affected import affected  # noqa: PLC0415 - only when asked for

        hits: dict[str, Affected] = {}
        if opts.affected:
            found = affected(data_dir, chosen, receipts, damaged)
            hits = {one.receipt.id: one for one in found}
            chosen = [one for one in chosen if one.id in hits]
        complain(damaged)
        code = Exit.FAILED if hits else Exit.OK
        if opts.delete_files:
            code = self._delete(chosen, receipts)
        if opts.json:
            print(json.dumps([_record(one, hits) for one in chosen], indent=1, ensure_ascii=False))
            return code
        console = Console(highlight=False, markup=False)
        for one in chosen:
            _show(console, one, hits.get(one.id))
        if opts.affected and not hits:
            which = "that can be read " if damaged else ""
            console.print(f"No upload {which}holds rows that were taken back.")
        return code

    def _delete(self, chosen: list[Receipt], receipts: Receipts) -> Exit:
        """Remove the files of some receipts at their targets."""
        from ftcrawler.jobs import read_targets  # noqa: PLC0415 - only when asked for
        from pipelines.destinations import (  # noqa: PLC0415 - as above
            FailedError,
            RefusedError,
            destination_of,
        )
        from pipelines.destinations.targetfile import TargetError  # noqa: PLC0415 - as above
        from pipelines.receipts import BusyError  # noqa: PLC0415 - as above

        code = Exit.OK
        console = Console(stderr=True, highlight=False, markup=False)
        for one in chosen:
            try:
                target = read_targets(self.settings, one.target)[one.target]
                if elsewhere := target.moved(one.identity):
                    complain([f"{one.id}: {elsewhere}"])
                    code = Exit.CONFIGURATION
                    continue
                with receipts.locked(one.id):
                    destination_of(target, os.environ).delete(
                        one, lambda what, *_: console.print(what, soft_wrap=True)
                    )
            except (TargetError, RefusedError) as error:
                complain([f"{one.id}: {error}"])
                code = Exit.CONFIGURATION
            except FailedError as error:
                complain([f"{one.id}: {error}"])
                code = code or Exit.FAILED
            except BusyError as error:
                complain([str(error)])
                code = code or Exit.LOCKED
        return code


def _named(receipt: Receipt, names: Iterable[str]) -> bool:
    said = (receipt.id, receipt.dataset, receipt.target, receipt.job.id if receipt.job else "")
    # An empty name, of a variable that is not set, is no beginning of all.
    return any(name and one.startswith(name) for one in said for name in names)


def _record(receipt: Receipt, hits: dict[str, Affected]) -> dict[str, object]:
    hit = hits.get(receipt.id)
    record = receipt.model_dump(mode="json")
    return record | ({"affected": {"rows": hit.rows, "pages": hit.pages}} if hit else {})


def _show(console: Console, receipt: Receipt, hit: Affected | None) -> None:
    """One receipt, for people."""
    rows = ", ".join(f"{number:,} {side}" for side, number in receipt.rows.items())
    console.print(
        f"{receipt.id}  {receipt.dataset} at {receipt.target} ({receipt.state}, "
        f"{receipt.started}): {rows}",
        soft_wrap=True,
    )
    for file in receipt.files if receipt.kind == "openai" else ():
        gone = f", removed {file.deleted_at}" if file.deleted_at else ""
        console.print(f"  file {file.id or 'not yet'} ({file.name}{gone})", soft_wrap=True)
    for job in (*receipt.past_jobs, *([receipt.job] if receipt.job else [])):
        model = f", model {job.model}" if job.model else ""
        console.print(f"  job {job.id} ({job.status}{model})", soft_wrap=True)
    if receipt.place and receipt.kind != "openai":
        console.print(f"  {receipt.place} {receipt.revision[:12]}", soft_wrap=True)
    if hit:
        console.print(f"  holds {hit.rows:,} rows that were taken back, of:", soft_wrap=True)
        for url, reason in list(hit.pages.items())[:20]:
            console.print(f"    {url} ({reason})", soft_wrap=True)
        if len(hit.pages) > 20:  # noqa: PLR2004 - lines
            console.print(f"    and {len(hit.pages) - 20:,} more pages")
