"""``scrapy consent``: why a page may be used; the ledger; a second look at what was kept."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.clock import iso
from ftcrawler.commands.crawl import PORT_VARIABLE, complain, quiet_scrapy, told
from ftcrawler.commands.crawl import Command as CrawlCommand
from ftcrawler.commands.sites import ANY_PORT
from ftcrawler.exits import Exit
from ftcrawler.ledger import Entry, entries, summary
from ftcrawler.looking import look
from ftcrawler.site import Site, SiteError
from ftcrawler.sitefiles import load_sites, require_contacts
from ftcrawler.state import StateError, peek
from ftcrawler.testimony import as_record, testimony
from ftcrawler.urls import canonical

if TYPE_CHECKING:
    from scrapy.crawler import CrawlerProcess

_BATCH = 4096  # rows of an export held in memory
_LAST_RECHECK = "SELECT max(ended_at) FROM runs WHERE kind='recheck'"
_KEPT = "SELECT count(*), coalesce(sum(retracted<>''), 0) FROM documents"


class Command(CrawlCommand):
    """Explain, summarise, export and recheck consent."""

    def syntax(self) -> str:
        """A URL, or options."""
        return "[URL] [options]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Explain why a page may be used, show or export the evidence, recheck it"

    def long_desc(self) -> str:
        """The text of ``scrapy consent --help``."""
        return (
            "With a URL: asks the site now, changes nothing, and says signal by signal what it "
            "permits. Without: counts every site's verdicts. --export writes the ledger as "
            "Parquet and CSV. --recheck looks at every kept page again and takes back those that "
            "say no by now. Exit codes: 0 good, or the page may be used; 2 configuration; 3 the "
            "page may not be used, or not now; 4 some pages could not be looked at; 5 locked; "
            "6 storage."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's global options, and ours."""
        ScrapyCommand.add_options(self, parser)
        parser.add_argument("--site", default="", help="only these sites: NAME,NAME")
        parser.add_argument("--json", action="store_true", help="for programs: one object")
        parser.add_argument("--export", action="store_true", help="write the ledger of each site")
        parser.add_argument(
            "--newest", action="store_true", help="export only what holds now, not the past"
        )
        parser.add_argument("--into", metavar="DIR", help="where to (DATA_DIR/consent)")
        parser.add_argument(
            "--recheck", action="store_true", help="look again at every page that was kept"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Only warnings are logged, unless asked otherwise: the command says the rest."""
        if not opts.loglevel:
            opts.loglevel = "WARNING" if opts.recheck else "ERROR"
        ScrapyCommand.process_options(self, args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """One of the four."""
        assert self.settings is not None
        if len(args) > 1 or (args and (opts.recheck or opts.export)):
            raise UsageError("one URL, or --recheck or --export for what was crawled")
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        names = [name for name in opts.site.split(",") if name] or None
        try:
            if opts.recheck:
                self._recheck(self._known(data_dir, names), opts)
                return
            if args:
                self._explain_url(args[0], names, opts)
            else:
                self._ledgers(self._known(data_dir, names), data_dir, opts)
        except (SiteError, StateError, OSError, sqlite3.Error) as error:
            self.exitcode = told(error, data_dir)

    def _explain_url(self, address: str, names: list[str] | None, opts: argparse.Namespace) -> None:
        assert self.settings is not None
        process: CrawlerProcess = self.crawler_process  # type: ignore[assignment] # Scrapy sets it
        url = canonical(address)
        if not url:
            raise SiteError([f"{address}: not an absolute http:// or https:// URL"])
        site = site_of(url, Path(self.settings["SITES_DIR"]), names)
        require_contacts([site], self.settings["CONTACT"])
        quiet_scrapy(str(self.settings["LOG_LEVEL"]))
        seen = look(process, site, [url])
        if opts.json:
            print(json.dumps([as_record(one) for one in seen], indent=1, ensure_ascii=False))
        else:
            console = Console(highlight=False, markup=False)
            for one in seen:
                console.print(f"\n{one.url}")
                for line in testimony(one):
                    console.print(f"  {line}", soft_wrap=True)
        used = bool(seen) and as_record(seen[-1])["outcome"] == "document"
        self.exitcode = Exit.OK if used else Exit.FAILED

    def _recheck(self, sites: list[str], opts: argparse.Namespace) -> None:
        """Look again at what was kept of the sites that have a site file."""
        assert self.settings is not None
        folder = Path(self.settings["SITES_DIR"])
        described = [name for name in sites if (folder / f"{name}.toml").exists()]
        lost = [name for name in sites if name not in described]
        complain([f"{name}: not rechecked: {folder / name}.toml is gone" for name in lost])
        if described:
            opts.full = opts.json_progress = False
            opts.spargs = {"recheck": "1", "site": ",".join(described)}
            super().run(["articles"], opts)
        if lost:
            self.exitcode = self.exitcode or Exit.PARTLY

    def _known(self, data_dir: Path, names: list[str] | None) -> list[str]:
        known = sorted(path.parent.name for path in data_dir.glob("sites/*/state.db"))
        if unknown := [name for name in names or () if name not in known]:
            raise SiteError(
                [
                    f"{n}: nothing of it in {data_dir}; known: {', '.join(known) or 'none'}"
                    for n in unknown
                ]
            )
        if not known:
            complain([f"{data_dir}: nothing was crawled so far"])
        return names or known

    def _ledgers(self, sites: list[str], data_dir: Path, opts: argparse.Namespace) -> None:
        console = Console(highlight=False, markup=False)
        told_of = {}
        for site in sites:
            with closing(peek(data_dir / "sites" / site / "state.db")) as db:
                if opts.export:
                    into = Path(opts.into).absolute() if opts.into else data_dir / "consent"
                    folder = into / f"site={site}"
                    rows = export(entries(db, site, newest=opts.newest), folder)
                    told_of[site] = {"rows": rows, "folder": str(folder)}
                    if not opts.json:
                        console.print(f"{site}: {rows:,} rows in {folder}", soft_wrap=True)
                else:
                    told_of[site] = _numbers(db)
                    if not opts.json:
                        _show(console, site, told_of[site])
        if opts.json:
            print(json.dumps(told_of, indent=1))


def site_of(url: str, folder: Path, names: list[str] | None) -> Site:
    """The site file that covers a URL, or the defaults where none does.

    Raises :class:`SiteError` for a named site that does not cover it.
    """
    os.environ.setdefault(PORT_VARIABLE, ANY_PORT)  # the demo's, when it is not served
    files = names or [path.stem for path in sorted(folder.glob("*.toml"))]
    for site in load_sites(folder, files) if files else ():
        if site.covers(url):
            return site
    if names:
        raise SiteError([f"{', '.join(names)}: {url} is on none of its hosts"])
    return Site(name="look", start_urls=[url])


def _numbers(db: sqlite3.Connection) -> dict[str, object]:
    documents, retracted = db.execute(_KEPT).fetchone()
    rechecked = db.execute(_LAST_RECHECK).fetchone()[0]
    robots = db.execute("SELECT origin, status, fetched_at FROM origins ORDER BY 1").fetchall()
    return {
        "urls": [{"verdict": v, "signal": s, "urls": n} for v, s, n in summary(db)],
        "documents": documents,
        "retracted": retracted,
        "rechecked_at": iso(rechecked) if rechecked else None,
        "robots": [
            {"origin": origin, "status": status, "fetched_at": iso(at)}
            for origin, status, at in robots
        ],
        "policies_kept": db.execute("SELECT count(*) FROM policies").fetchone()[0],
    }


def _show(console: Console, site: str, numbers: dict[str, object]) -> None:
    console.rule(site)
    console.print("URLs by what holds for them now")
    for row in numbers["urls"]:  # type: ignore[attr-defined] # a list, made above
        why = f": {row['signal']}" if row["signal"] else ": no signal denies"
        console.print(f"{row['urls']:>9,}  {row['verdict']}{why}")
    console.print(f"{numbers['documents']:>9,}  documents, {numbers['retracted']:,} retracted")
    for row in numbers["robots"]:  # type: ignore[attr-defined] # a list, made above
        console.print(
            f"{row['origin']}/robots.txt: status {row['status']}, read at {row['fetched_at']}",
            soft_wrap=True,
        )
    checked = numbers["rechecked_at"]
    console.print(f"rechecked at {checked}\n" if checked else "not rechecked so far\n")


_INTEGERS = ("run", "status", "robots_status", "robots_line")
_TIMES = ("valid_from", "valid_until")
SCHEMA = pa.schema(
    [
        (
            field.name,
            pa.int64()
            if field.name in _INTEGERS
            else pa.timestamp("ms", tz="UTC")
            if field.name in _TIMES
            else pa.string(),
        )
        for field in fields(Entry)
    ]
)


def export(rows: Iterator[Entry], folder: Path) -> int:
    """Write a ledger as ``ledger.parquet`` and ``_ledger.csv``; the number of rows.

    Each file is written beside its name and renamed. Raises :class:`OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table, text = folder / "ledger.parquet", folder / "_ledger.csv"
    made = [path.with_name(f".{path.name}.tmp") for path in (table, text)]
    count = 0
    try:
        with (
            pq.ParquetWriter(made[0], SCHEMA, compression="zstd") as parquet,
            made[1].open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.DictWriter(file, SCHEMA.names)
            writer.writeheader()
            while values := [asdict(row) for row in islice(rows, _BATCH)]:
                writer.writerows({k: _safe(v) for k, v in row.items()} for row in values)
                arrays = {name: [row[name] for row in values] for name in SCHEMA.names}
                parquet.write_table(_typed(arrays))
                count += len(values)
        for path, name in zip(made, (table, text), strict=True):
            path.replace(name)
    finally:
        for path in made:
            path.unlink(missing_ok=True)
    return count


def _safe(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _typed(arrays: dict[str, list[object]]) -> pa.Table:
    columns = []
    for field in SCHEMA:
        values = pa.array(arrays[field.name])
        if field.name in _TIMES:
            values = pa.compute.strptime(values, "%Y-%m-%dT%H:%M:%SZ", "ms").cast(field.type)
        columns.append(values.cast(field.type))
    return pa.table(columns, schema=SCHEMA)
