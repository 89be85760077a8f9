"""``scrapy build``: the shards of all sites and nights to a dataset that one can train on."""

from __future__ import annotations

import argparse
import time
from datetime import date
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.clock import iso
from ftcrawler.exits import Exit
from ftcrawler.startup import settle, start_lightly
from ftcrawler.state import StateError
from ftcrawler.steps import shown
from pipelines.formats import FORMATS, FormatError
from pipelines.holdings import SIMILARITY, Recipe
from pipelines.licences import POLICIES
from pipelines.orders import Built, DamagedShardsError, EmptyError, Order
from pipelines.records import PairKind
from pipelines.versions import BusyError, is_name

NAME = "all"
KINDS = (*get_args(PairKind), "handmade")
MEND = "scrapy state --check mends what it can; --skip-damaged builds without"
_UNITS = {"KB": 10, "MB": 20, "GB": 30, "TB": 40}
_LEAST_MEMORY = 256 << 20
_TOLD = (EmptyError, BusyError, DamagedShardsError, MemoryError, FormatError, StateError, OSError)


def size(text: str) -> int:
    """A size such as ``512MB`` in bytes, or :class:`ValueError`.

    >>> size("1GB"), size("1.5 gb")
    (1073741824, 1610612736)
    """
    number, unit = text.strip()[:-2], text.strip()[-2:].upper()
    return int(float(number) * 2 ** _UNITS[unit]) if unit in _UNITS else int(text)


def by_site(texts: list[str], kind: type) -> tuple[tuple[str, Any], ...]:
    """``NAME=NUMBER`` options as pairs, ``NUMBER`` alone for the sites that none names.

    >>> by_site(["demo=100", "5"], int)
    (('', 5), ('demo', 100))
    """
    found = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        found[name] = kind(number)
        if not found[name] > 0:
            raise ValueError(f"{text}: the number must be above 0")
    return tuple(sorted(found.items()))


def show(console: Console, built: Built) -> None:
    """The funnel and where the dataset is, for people."""
    version = built.version
    pairs, documents = version.manifest["pairs"], version.manifest["documents"]
    console.rule(f"[bold]{version.name}[/]")
    for what, counts in (("documents", documents), ("pairs", pairs)):
        console.print(f"{counts['all']:>11,}  {what}")
        for reason, number in counts["left_out"].items():
            console.print(f"{-number:>11,}  {reason}")
        if what == "documents":
            console.print(f"{documents['used']:>11,}  used")
    tokens = version.manifest["tokens"]
    for split in ("train", "validation"):
        console.print(f"{pairs[split]:>11,}  {split}, about {tokens[split]:,} tokens")
    if not built.fresh:
        console.print("It was built before, and nothing has changed.")
    console.print(str(version.folder), soft_wrap=True)


def funnel(counts: dict[str, Any]) -> list[str]:
    """Why nothing is left, a line each."""
    lines = [f"{counts['all']:,} pairs, none of them for training:"]
    return [*lines, *(f"{number:,} {reason}" for reason, number in counts["left_out"].items())]


class Command(ScrapyCommand):
    """Build a dataset."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Options only."""
        return "[--name NAME] [options]"

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Build a dataset of all shards: deduplicated, split, described, versioned"

    def long_desc(self) -> str:
        """The text of ``scrapy build --help``."""
        return (
            "Takes the shards of all sites and nights, leaves out what must not be used, what is "
            "boilerplate by now and what is there twice or nearly so, draws train and validation "
            "so that nothing stands on both sides and nothing ever changes sides, and writes "
            "datasets/NAME/VERSION. The same shards give the same bytes. Exit codes: 0 good, "
            "2 an option is wrong, or nothing is left, 5 another build is running, 6 a shard is "
            "damaged or the disk refuses, 7 interrupted; then there is no new version."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        add = parser.add_argument
        add("--name", default=NAME, help=f"of the dataset (default {NAME})")
        add("--sites", default="", metavar="A,B", help="only these sites")
        add(
            "--since", default="", metavar="DATE", help="only what was fetched on this day or later"
        )
        add("--kinds", default="", metavar="A,B", help="only pairs of these kinds")
        add("--languages", default="", metavar="A,B", help="only documents in these languages")
        add("--min-words", type=int, default=0, metavar="N", help="of a completion")
        add("--license-policy", choices=POLICIES, default="any", help="which licences pass")
        add("--keep", choices=("earliest", "longest"), default="earliest", help="of duplicates")
        add("--similarity", type=float, default=SIMILARITY, metavar="X",
            help=f"from which documents are near-duplicates (default {SIMILARITY})")  # fmt: skip
        add(
            "--cap", action="append", default=[], metavar="[SITE=]N", help="pairs of a site at most"
        )
        add("--weight", action="append", default=[], metavar="[SITE=]X",
            help="how likely a site's pairs are drawn within --max-tokens")  # fmt: skip
        add("--max-tokens", type=int, default=0, metavar="N", help="of the whole dataset")
        add(
            "--validation", type=float, default=0.05, metavar="X", help="share of it (default 0.05)"
        )
        add("--seed", type=int, default=0, metavar="N", help="of the split and the draws")
        add("--format", action="append", default=[], metavar="NAME",
            help=f"write these lines, too: {', '.join(FORMATS)}")  # fmt: skip
        add("--memory", default="1GB", metavar="SIZE", help="to work in (default 1GB)")
        add("--skip-damaged", action="store_true", help="leave damaged shards out")
        add("--no-report", action="store_true", help="do not write report.html")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the options, build, show."""
        if args:
            raise UsageError
        assert self.settings is not None
        is_alone = self.settings["COMMANDS_MODULE"] == __name__  # the process was started for it
        if is_alone:
            start_lightly()
        from ftcrawler.holdings import known_sites  # noqa: PLC0415 - see start_lightly

        data_dir = Path(self.settings["DATA_DIR"]).absolute()
        sites = known_sites(data_dir)
        order, problems = _order(opts, data_dir, sites)
        if order is None:
            _complain(problems)
            self.exitcode = Exit.CONFIGURATION
            return
        try:
            import pipelines.build  # noqa: F401, PLC0415 - see start_lightly

            if is_alone:
                settle()
            built = _build(order, sites)
        except KeyboardInterrupt:
            self.exitcode = Exit.INTERRUPTED
        except _TOLD as error:
            self.exitcode = _told(error, data_dir, opts.memory)
        else:
            if built.damaged:
                _complain([f"left out: {line}" for line in built.damaged])
            show(Console(highlight=False), built)


def _told(error: Exception, data_dir: Path, memory: str) -> Exit:
    """Say why there is no new version, and return the exit code."""
    match error:
        case EmptyError():
            _complain(funnel(error.counts["pairs"]))
            return Exit.CONFIGURATION
        case BusyError():
            _complain([str(error)])
            return Exit.LOCKED
        case DamagedShardsError():
            _complain([*error.problems, MEND])
            return Exit.STORAGE
        case MemoryError():
            _complain([f"--memory {memory} is too little: {error}"])
            return Exit.CONFIGURATION
        case FormatError():
            _complain([str(error)])
            return Exit.CONFIGURATION
    from ftcrawler.commands.crawl import told  # noqa: PLC0415 - it asks for much, and seldom

    return told(error, data_dir)


def _complain(lines: list[str]) -> None:
    from ftcrawler.commands.crawl import complain  # noqa: PLC0415 - as above

    complain(lines)


def _build(order: Order, sites: list[str]) -> Built:
    from ftcrawler.holdings import holdings  # noqa: PLC0415 - see start_lightly
    from pipelines.build import build  # noqa: PLC0415

    with shown(Console(stderr=True)) as progress:
        return build(order, [holdings(order.data_dir, site) for site in sites], progress)


def _order(
    opts: argparse.Namespace, data_dir: Path, sites: list[str]
) -> tuple[Order | None, list[str]]:
    """The order that the options are, or what is wrong with them."""
    problems: list[str] = []

    def listed(text: str, known: tuple[str, ...], option: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        for name in names:
            if known and name not in known:
                problems.append(f"{option} {name}: none such; known: {', '.join(known)}")
        return tuple(sorted(names))

    def tried(option: str, read: Any, text: Any, fallback: Any) -> Any:
        try:
            return read(text)
        except ValueError as error:
            problems.append(f"{option} {text}: {error}")
            return fallback

    formats = {name: name for name in FORMATS}
    formats |= {taker: name for name, form in FORMATS.items() for taker in form.takers}
    asked = listed(",".join(opts.format), tuple(formats), "--format")
    recipe = Recipe(
        sites=listed(opts.sites, tuple(sites) or ("none",), "--sites"),
        since=tried(
            "--since", lambda text: text and date.fromisoformat(text).isoformat(), opts.since, ""
        ),
        kinds=listed(opts.kinds, KINDS, "--kinds"),
        languages=listed(opts.languages, (), "--languages"),
        min_words=opts.min_words,
        license_policy=opts.license_policy,
        keep=opts.keep,
        similarity=opts.similarity,
        caps=tried("--cap", lambda texts: by_site(texts, int), opts.cap, ()),
        weights=tried("--weight", lambda texts: by_site(texts, float), opts.weight, ()),
        max_tokens=opts.max_tokens,
        validation=opts.validation,
        seed=opts.seed,
    )
    memory = tried("--memory", size, opts.memory, _LEAST_MEMORY)
    problems += _faults(opts, recipe, memory, sites)
    if problems:
        return None, problems
    today = iso(time.time())[:10]
    chosen = tuple(dict.fromkeys(formats[name] for name in asked))
    report = not opts.no_report
    order = Order(data_dir, opts.name, today, recipe, chosen, memory, opts.skip_damaged, report)
    return order, []


def _faults(opts: argparse.Namespace, recipe: Recipe, memory: int, sites: list[str]) -> list[str]:
    """What is wrong with numbers and names, a sentence each."""
    named = {name for name, _ in (*recipe.caps, *recipe.weights) if name}
    checks = (
        (is_name(opts.name), f"--name {opts.name}: small letters, digits, - and _ only"),
        (bool(sites), "nothing was crawled so far: scrapy crawl articles, or scrapy demo"),
        (0 <= recipe.validation < 1, f"--validation {recipe.validation}: from 0 to below 1"),
        (0 < recipe.similarity <= 1, f"--similarity {recipe.similarity}: above 0, 1 at most"),
        (recipe.max_tokens >= 0, f"--max-tokens {recipe.max_tokens}: 0 or more"),
        (memory >= _LEAST_MEMORY, f"--memory {opts.memory}: 256MB at least"),
        (not recipe.weights or recipe.max_tokens, "--weight: draws only within --max-tokens"),
        (named <= set(sites), f"{', '.join(sorted(named - set(sites)))}: no such site"),
    )
    return [said for good, said in checks if not good]
