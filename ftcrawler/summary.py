"""What a run did, site by site: gathered from the stores, as text for people and as a record."""

from __future__ import annotations

import json
import platform
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ftcrawler.exits import Exit
from ftcrawler.state import counts_of, pending_of
from ftcrawler.store import SiteStore

PAGE_OUTCOMES = ("document", "unchanged", "rejected", "failed")
OTHER_OUTCOMES = ("redirected", "denied", "deferred")
MOST_SHOWN = 12  # shards in the summary
MOST_NAMED = 3  # pages that are left out by one signal
_LEFT_OUT = """
SELECT reason, url FROM (
    SELECT replace(reason, 'consent: ', '') AS reason, url,
        row_number() OVER (PARTITION BY replace(reason, 'consent: ', '') ORDER BY id) AS place
    FROM urls WHERE run = ? AND kind = 'page'
    AND (outcome = 'denied' OR (outcome = 'rejected' AND reason LIKE 'consent: %'))
) WHERE place <= ? ORDER BY reason, place
"""
_YIELD = """
SELECT coalesce(max(0, max(fetched_at) - (SELECT started_at FROM runs WHERE id = :run)), 0),
    coalesce(sum(outcome = 'document' AND revision = 1), 0),
    coalesce(sum(outcome = 'document' AND revision > 1), 0)
FROM urls WHERE run = :run
"""
_HELD = "SELECT count(DISTINCT url_id) FROM documents WHERE retracted = ''"
_SHOWN = 400  # characters of a sample


@dataclass(frozen=True, slots=True)
class ShardLine:
    """One shard file of the site: relative path, rows, bytes, and whether this run wrote it."""

    file: str
    rows: int
    bytes: int
    new: bool


@dataclass(frozen=True, slots=True)
class SiteResult:
    """One site's run: counters by name, URLs not visited yet and due again, shards.

    ``resting`` says why the site was left alone before its URLs were done; ``kind`` is crawl,
    or recheck for a run that only looked whether what was kept may be used; ``left_out`` are
    the first pages without permission, by the signal that decided. ``seconds`` are from its
    beginning to its last answer, ``bytes`` of the bodies that came, ``new`` and ``changed`` pages
    that gave a document, ``held`` the documents that stand.
    """

    site: str
    run: int
    resumed: bool
    counts: dict[str, int]
    pending: int
    due_again: int
    shards: list[ShardLine] = field(default_factory=list)
    resting: str = ""
    kind: str = "crawl"
    left_out: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0
    bytes: int = 0
    new: int = 0
    changed: int = 0
    held: int = 0

    def pages(self, outcome: str) -> int:
        """Pages that ended in an outcome."""
        return self.counts.get(f"page/{outcome}", 0)

    @property
    def fetched(self) -> int:
        """Pages that were asked for and answered for: documents, unchanged, rejected, failed."""
        return sum(map(self.pages, PAGE_OUTCOMES))

    @property
    def fruitless(self) -> bool:
        """Whether requests were made and every one failed."""
        seen = {
            name
            for name in self.counts
            if name.startswith(("page/", "sitemap/", "feed/")) and name.count("/") == 1
        }
        bad = {name for name in seen if name.endswith(("/failed", "/deferred"))}
        return bad == seen and bool(bad or self.resting)

    @property
    def unseen(self) -> int:
        """Pages of a recheck that could not be looked at: no answer, or not now."""
        if self.kind != "recheck":
            return 0
        gone = sum(self.counts.get(f"page/failed/http-{status}", 0) for status in (404, 410))
        return self.pages("failed") + self.pages("deferred") - gone

    def reasons(self, prefix: str) -> dict[str, int]:
        """Counters below a prefix, most first."""
        found = {k.removeprefix(prefix): n for k, n in self.counts.items() if k.startswith(prefix)}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def gather(store: SiteStore, resting: str = "", received: int = 0) -> SiteResult:
    """A site's result, read from its state at the end of a run that ``received`` so many bytes."""
    return replace(
        read_result(store.state.db, store.site, store.run),
        resumed=store.resumed,
        resting=resting,
        kind="recheck" if store.rechecking else "crawl",
        bytes=received,
    )


def read_result(db: sqlite3.Connection, site: str, run: int) -> SiteResult:
    """What a site's state says of one of its runs."""
    rows = db.execute("SELECT file, rows, bytes, run FROM shards ORDER BY file")
    shards = [ShardLine(file, n, size, number == run) for file, n, size, number in rows]
    seconds, new, changed = db.execute(_YIELD, {"run": run}).fetchone()
    (held,) = db.execute(_HELD).fetchone()
    pending, due_again = pending_of(db)
    return SiteResult(
        site,
        run,
        resumed=False,
        counts=counts_of(db, run),
        pending=pending,
        due_again=due_again,
        shards=shards,
        left_out=_left_out(db, run),
        seconds=round(seconds, 1),
        new=new,
        changed=changed,
        held=held,
    )


def _left_out(db: sqlite3.Connection, run: int) -> dict[str, list[str]]:
    """The first pages of the run that were left out for want of permission, by signal."""
    found: dict[str, list[str]] = {}
    for reason, url in db.execute(_LEFT_OUT, (run, MOST_NAMED)):
        found.setdefault(reason, []).append(url)
    return found


def exit_code(
    results: Iterable[SiteResult], reason: str, locked: list[str], broken: list[str]
) -> Exit:
    """The code of a run over several sites."""
    results = list(results)
    if broken:
        return Exit.STORAGE
    if not results:
        return Exit.INTERRUPTED if reason == "unknown" else Exit.INTERNAL
    if all(result.fruitless for result in results):
        return Exit.FAILED
    if reason in ("shutdown", "unknown"):  # unknown: ended by a second Ctrl-C
        return Exit.INTERRUPTED
    if reason != "finished":
        return Exit.INTERNAL
    if locked or any(result.fruitless or result.unseen for result in results):
        return Exit.PARTLY
    return Exit.OK


def warnings(result: SiteResult, data_dir: Path) -> list[str]:
    """What a site's owner should know: damaged files, pages that the site file forbids."""
    found = []
    if result.fruitless:
        found.append(f"{result.site}: {why_fruitless(result)}")
    if result.unseen:
        found.append(f"{result.site}: {result.unseen:,} pages could not be looked at: run it again")
    for shard in result.shards:
        path = data_dir / shard.file
        if not path.exists() or path.stat().st_size != shard.bytes:
            found.append(f"{shard.file} is missing or changed: run scrapy state --check")
    if refused := result.counts.get("page/denied/private-address"):
        found.append(
            f"{result.site}: {refused} URLs are on private addresses, which [request] "
            f"allow_private_addresses = true permits"
        )
    return found


def why_fruitless(result: SiteResult) -> str:
    """Why a run brought nothing at all."""
    if result.resting:
        return f"left alone: {result.resting}"
    reasons = result.reasons("page/deferred/") | result.reasons("page/failed/")
    return f"no request was answered: {', '.join(reasons) or 'every one failed'}"


def record(
    results: Mapping[str, SiteResult], started: str, ended: str, reason: str, code: Exit
) -> dict[str, Any]:
    """The run's record, as it goes to ``DATA_DIR/runs/*.json``."""
    return {
        "started_at": started,
        "ended_at": ended,
        "reason": reason,
        "exit_code": int(code),
        "sites": {name: asdict(result) for name, result in results.items()},
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("scrapy", "trafilatura", "sentencex", "pyarrow")},
        },
    }


def write_record(data_dir: Path, entry: Mapping[str, Any]) -> Path:
    """Write a run's record under a temporary name, then rename it."""
    folder = data_dir / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = str(entry["started_at"]).replace(":", "").replace("-", "")
    path = folder / f"{stamp}.json"
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{stamp}-{number}.json"
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(json.dumps(entry, indent=1, ensure_ascii=False), encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def samples(data_dir: Path, result: SiteResult, most: int = 3) -> list[dict[str, Any]]:
    """Up to ``most`` pairs of the site's newest shard, of different kinds where there are."""
    files = [s.file for s in result.shards if s.file.startswith("pairs/")]
    parquet = [file for file in files if file.endswith(".parquet")]
    if parquet:
        import pyarrow.parquet as pq  # noqa: PLC0415 - only where samples are shown

        batches = pq.ParquetFile(data_dir / parquet[-1]).iter_batches(512)
        rows = next(batches, None)
        found = rows.to_pylist() if rows is not None else []
    elif files:
        with (data_dir / files[-1]).open(encoding="utf-8") as file:
            found = [json.loads(line) for _, line in zip(range(512), file, strict=False)]
    else:
        return []
    by_kind = {row["kind"]: row for row in reversed(found)}
    return list(by_kind.values())[:most]


def human_size(count: int) -> str:
    """Bytes as ``12 KiB`` or ``3.4 MiB``."""
    return f"{count / 1024:,.0f} KiB" if count < 10 * 1024**2 else f"{count / 1024**2:,.1f} MiB"


def _counters(console: Console, title: str, counters: Mapping[str, int]) -> None:
    """A titled list of numbers; nothing when there are none."""
    if counters:
        console.print(f"[bold]{title}[/]")
        for name, number in counters.items():
            console.print(f"{number:>9,}  {name}", soft_wrap=True)
        console.print()


def _outcomes(result: SiteResult) -> dict[str, int]:
    """Pages by outcome, each with its reasons; those not fetched after those that were."""
    lines = {"fetched, of these": result.fetched}
    labels = {name: f"  {name}" for name in PAGE_OUTCOMES}
    labels |= {"redirected": "redirected", "denied": "denied, not fetched"}
    labels |= {"deferred": "deferred, not fetched"}
    for outcome, label in labels.items():
        number = result.pages(outcome)
        if number or outcome in PAGE_OUTCOMES:
            lines[_labelled(label, result.reasons(f"page/{outcome}/"))] = number
    return lines


def _labelled(label: str, reasons: Mapping[str, int]) -> str:
    """A label with its reasons: ``failed: http-404 2, timeout 1``."""
    detail = ", ".join(f"{name} {n:,}" for name, n in reasons.items())
    return f"{label}: {detail}" if detail else label


def show(console: Console, result: SiteResult, data_dir: Path, *, with_samples: bool) -> None:
    """Print a site's result for people."""
    console.print()
    console.rule(f"[bold]{result.site}[/]" + (" (resumed)" if result.resumed else ""))
    _counters(console, "Pages", _outcomes(result))
    _show_left_out(console, result)
    listings = {
        _labelled(f"{kind} {outcome}", result.reasons(f"{kind}/{outcome}/")): n
        for kind in ("sitemap", "feed")
        for outcome, n in result.reasons(f"{kind}/").items()
        if "/" not in outcome
    }
    _counters(console, "Sitemaps and feeds", listings)
    _counters(console, "New pairs by kind", result.reasons("pairs/"))
    _counters(console, "Pairs dropped by reason", result.reasons("dropped/"))
    if result.counts.get("tombstones"):
        console.print(f"{result.counts['tombstones']:,} documents retracted\n")
    if result.resting and not result.fruitless:
        console.print(f"left alone for the rest of this run: {result.resting}\n", soft_wrap=True)
    if result.pending or result.due_again:
        console.print(
            f"left for the next run: {result.pending:,} URLs not visited yet, "
            f"{result.due_again:,} due again\n"
        )
    _show_shards(console, result, data_dir)
    if with_samples:
        for number, row in enumerate(samples(data_dir, result), start=1):
            console.print(f"[bold]Sample {number}[/] ({row['kind']}) from {row['url']}")
            for name in ("prompt", "completion"):
                text = " ".join(str(row[name]).split())
                text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"
                console.print(Padding(Text.assemble((f"{name}: ", "bold"), text), (0, 0, 0, 2)))
            console.print()


def _show_left_out(console: Console, result: SiteResult) -> None:
    """Pages without permission, by signal; ``scrapy consent URL`` explains each."""
    if not result.left_out:
        return
    console.print("[bold]Left out for want of permission[/] (scrapy consent URL says why)")
    for signal, urls in result.left_out.items():
        names = ("page/denied/" + signal, "page/rejected/consent: " + signal)
        more = sum(result.counts.get(name, 0) for name in names) - len(urls)
        rest = f" and {more:,} more" if more > 0 else ""
        paths = ", ".join(urlsplit(url)._replace(scheme="", netloc="").geturl() for url in urls)
        console.print(f"  {signal}: {paths}{rest}", soft_wrap=True, markup=False)
    console.print()


def _show_shards(console: Console, result: SiteResult, data_dir: Path) -> None:
    if not result.shards:
        console.print("No shards: nothing was kept so far.\n")
        return
    console.print("[bold]Shards[/]")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, justify in (("rows", "right"), ("size", "right"), ("file", "left"), ("", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type] # rich's own literals
    for shard in result.shards[-MOST_SHOWN:]:
        table.add_row(
            f"{shard.rows:,}", human_size(shard.bytes), shard.file, "new" if shard.new else ""
        )
    console.print(table)
    if len(result.shards) > MOST_SHOWN:
        console.print(f"… and {len(result.shards) - MOST_SHOWN:,} older ones")
    console.print(f"\nFiles are in {data_dir}\n", soft_wrap=True)
