"""``scrapy schedule``: when sites are due, and what starts their nights."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.children import ROOT
from ftcrawler.clock import iso
from ftcrawler.commands.crawl import complain, told
from ftcrawler.exits import Exit
from ftcrawler.schedule import check_cron, check_zone, upcoming
from ftcrawler.sitefiles import load_good_sites
from ftcrawler.slots import Rhythm, Slots, read_slots, rhythm_of
from ftcrawler.units import Place, crontab, github_actions, kubernetes, systemd
from ftcrawler.writing import write_text

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_MOST_SHOWN = 1_000
WHAT = ("list", "next", "export")
FORMS = ("systemd", "cron", "kubernetes", "github_actions")
HOW = {
    "systemd": "systemctl --user daemon-reload; systemctl --user enable --now "
    "ftcrawler-nightly.timer; loginctl enable-linger (for root: without --user)",
    "cron": "crontab -e, and put the line there",
    "kubernetes": "kubectl apply -f the file",
    "github_actions": "commit the file as .github/workflows/nightly.yml",
}
INTO = {
    "cron": "ftcrawler.crontab",
    "kubernetes": "ftcrawler-nightly.yaml",
    "github_actions": "nightly.yml",
}


class Command(ScrapyCommand):
    """Show or export the schedule."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """What to show."""
        return "list | next [--count N] | export --systemd|--cron|--kubernetes|--github-actions"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Show when sites are due, or write units that start scrapy nightly"

    def long_desc(self) -> str:
        """The text of ``scrapy schedule --help``."""
        return (
            "scrapy schedule list: every site with its cron line, time zone, last and next slot. "
            "scrapy schedule next --count 10: the next slots over all sites. "
            "scrapy schedule export --systemd --into ~/.config/systemd/user: a service and a "
            "timer; --cron a line for crontab; --kubernetes a CronJob; --github-actions a "
            "workflow. Without --into they go to standard output. "
            "Exit codes: 0 good, 2 configuration, 6 a file cannot be written."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        add = parser.add_argument
        add("--count", type=int, default=10, metavar="N", help="slots that next shows")
        add("--json", action="store_true", help="for programs")
        for form in FORMS:
            add(f"--{form.replace('_', '-')}", action="store_true", help=f"export: {HOW[form]}")
        add("--into", default="", metavar="FOLDER", help="export: write files there")
        add("--image", default="ftcrawler:latest", help="export --kubernetes: the image")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show or write it."""
        if len(args) != 1 or args[0] not in WHAT:
            raise UsageError
        assert self.settings is not None
        try:
            rhythms, broken = _rhythms(self.settings)
        except ValueError as error:
            complain([str(error)])
            self.exitcode = Exit.CONFIGURATION
            return
        complain(broken)
        if broken:
            self.exitcode = Exit.CONFIGURATION
        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        now = datetime.fromtimestamp(time.time(), UTC)
        if args[0] == "list":
            try:
                slots, fault = read_slots(data_dir)
            except OSError as error:
                self.exitcode = told(error, data_dir)
                return
            complain([fault] if fault else [])
            _list(rhythms, slots, now, as_json=opts.json)
        elif args[0] == "next" and not 0 < opts.count <= _MOST_SHOWN:
            complain([f"--count {opts.count}: from 1 to {_MOST_SHOWN}"])
            self.exitcode = Exit.CONFIGURATION
        elif args[0] == "next":
            _next(rhythms, now, opts.count, as_json=opts.json)
        else:
            self._export(rhythms, data_dir, now.year, opts)

    def _export(
        self, rhythms: Mapping[str, Rhythm], data_dir: Path, year: int, opts: argparse.Namespace
    ) -> None:
        assert self.settings is not None
        forms = [form for form in FORMS if getattr(opts, form)]
        if len(forms) != 1:
            complain(["export: say one of --systemd, --cron, --kubernetes, --github-actions"])
            self.exitcode = Exit.CONFIGURATION
            return
        if not rhythms:
            complain(["export: no site is enabled: add one, or take enabled = false away"])
            self.exitcode = Exit.CONFIGURATION
            return
        sites_dir = str(Path(self.settings["SITES_DIR"]).absolute())
        place = Place(sys.executable, str(ROOT), str(data_dir), sites_dir, opts.image)
        files = _files(forms[0], sorted(set(rhythms.values()), key=_by_line), place, year)
        if not opts.into:
            print("\n".join(files.values()), end="")
            print(f"ftcrawler: then: {HOW[forms[0]]}", file=sys.stderr)
            return
        folder = Path(opts.into).expanduser()
        for name, text in files.items():
            try:
                folder.mkdir(parents=True, exist_ok=True)
                fault = write_text(folder / name, text)
            except OSError as error:
                fault = f"cannot be written: {error.strerror}"
            if fault:
                complain([f"{folder / name}: {fault}"])
                self.exitcode = Exit.STORAGE
                return
            print(folder / name)
        print(f"ftcrawler: then: {HOW[forms[0]]}", file=sys.stderr)


def _by_line(rhythm: Rhythm) -> tuple[str, str]:
    return rhythm.cron, rhythm.zone


def _rhythms(settings: BaseSettings) -> tuple[dict[str, Rhythm], list[str]]:
    """Each enabled site's rhythm; what is wrong with the others. Raises :class:`ValueError`."""
    for name, check in (("NIGHTLY_CRON", check_cron), ("NIGHTLY_TIMEZONE", check_zone)):
        try:
            check(str(settings[name]))
        except ValueError as error:
            raise ValueError(f"{name}: {error} (found {settings[name]!r})") from None
    sites, broken = load_good_sites(Path(settings["SITES_DIR"]).absolute())
    cron, zone = settings["NIGHTLY_CRON"], settings["NIGHTLY_TIMEZONE"]
    return {site.name: rhythm_of(site, cron, zone) for site in sites}, broken


def _files(form: str, rhythms: list[Rhythm], place: Place, year: int) -> dict[str, str]:
    if form == "systemd":
        return systemd(rhythms, place, year)
    if form == "cron":
        return {INTO[form]: crontab(rhythms, place, year)}
    if form == "kubernetes":
        return {INTO[form]: kubernetes(rhythms, place, year)}
    return {INTO[form]: github_actions(rhythms, year)}


def _list(rhythms: Mapping[str, Rhythm], slots: Slots, now: datetime, *, as_json: bool) -> None:
    due = slots.at(now).due(rhythms, now)
    lines = [
        {
            "site": name,
            "cron": rhythm.cron,
            "timezone": rhythm.zone,
            "last": max((iso(slot.timestamp()) for slot in slots.done.get(name, ())), default=""),
            "next": iso(upcoming(rhythm.cron, rhythm.zone, now)[0].timestamp()),
            "due": name in due,
        }
        for name, rhythm in rhythms.items()
    ]
    if as_json:
        print(json.dumps(lines, indent=1))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("site", "cron", "time zone", "last done (UTC)", "next (UTC)", ""):
        table.add_column(head, no_wrap=True)
    for line in lines:
        cells = (str(line[key]) for key in ("site", "cron", "timezone", "last", "next"))
        table.add_row(*cells, "due now" if line["due"] else "")
    Console(highlight=False, markup=False).print(table)


def _next(rhythms: Mapping[str, Rhythm], now: datetime, count: int, *, as_json: bool) -> None:
    each = (
        [(slot, name) for slot in upcoming(rhythm.cron, rhythm.zone, now, count)]
        for name, rhythm in rhythms.items()
    )
    found = list(islice(merge(*each), count))
    if as_json:
        lines = [{"at": iso(slot.timestamp()), "site": name} for slot, name in found]
        print(json.dumps(lines, indent=1))
        return
    for slot, name in found:
        zone = rhythms[name].zone
        there = slot.astimezone(ZoneInfo(zone))
        print(f"{iso(slot.timestamp())}  {there:%a %d %b %H:%M} {zone}  {name}")
