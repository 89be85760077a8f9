"""Hand-made pairs into a site's memory and shards, each once, whenever the import is killed.

A pair has an entry among the URLs, under a name made of its text, with the status ``handmade``:
crawls ask for what is pending or due, and never for these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ftcrawler.clock import iso
from ftcrawler.retractions import Retraction
from ftcrawler.state import url_key
from ftcrawler.store import SiteStore
from pipelines.cells import Problem, Record
from pipelines.handmade import made_harvest, made_pairs, read_table
from pipelines.records import Harvest
from pipelines.rules import PairRules
from pipelines.streams import checksum

Step = Callable[[int], None]

BATCH = 256  # rows a transaction
SHOWN = 20  # problems that are told one by one

# Their documents are of revision 0, so that they do not count among the pages of the site, of
# which boilerplate is learnt.
_ENTER = """
INSERT OR IGNORE INTO urls(key, url, kind, status, rank, depth, revision, outcome)
VALUES (?, ?, 'page', 'handmade', 2, 0, -1, 'handmade')
"""


@dataclass(slots=True)
class Survey:
    """What a file holds: rows that are good, problems, and how many there are in all."""

    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    bad: int = 0


@dataclass(slots=True)
class Imported:
    """What became of the rows: new ones, those known before, those left out by rule or by hand."""

    new: int = 0
    known: int = 0
    masked: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[int]] = field(default_factory=dict)  # rows by rule, the first ones

    def leave_out(self, reason: str, row: int) -> None:
        """Count a row that is not taken."""
        self.left_out[reason] += 1
        if len(rows := self.places.setdefault(reason, [])) < SHOWN:
            rows.append(row)


def survey(path: Path, sheet: str = "", step: Step = lambda _: None) -> Survey:
    """Read a whole file and look at every cell; nothing is imported.

    ``step`` is told now and then how many rows were read.
    Raises :class:`TableError` for a file that is no table, :class:`OSError`.
    """
    found = Survey()
    bad_rows: set[int] = set()
    for each in read_table(path, sheet):
        if isinstance(each, Record):
            found.rows += 1
            if found.rows % BATCH == 0:
                step(found.rows)
            continue
        bad_rows.add(each.row)
        if len(found.problems) < SHOWN:
            found.problems.append(each)
    found.bad = len(bad_rows)
    return found


def import_file(
    store: SiteStore,
    path: Path,
    rules: PairRules,
    sheet: str = "",
    step: Step = lambda _: None,
) -> Imported:
    """Take every good row of a file into the store; what it has already is not written again.

    ``step`` is told after each batch how many rows are done.
    Raises :class:`OSError` or :class:`sqlite3.Error` when the storage refuses.
    """
    store.begin_reading()
    with store.state.transaction() as db:
        db.execute("UPDATE runs SET kind='import' WHERE id=?", (store.run,))
    origin: dict[str, object] = {"file": path.name, "sha256": checksum(path)}
    result = Imported()
    records = (each for each in read_table(path, sheet) if isinstance(each, Record))
    taken = store.retractions()
    done = 0
    while batch := list(islice(records, BATCH)):
        harvests = list(_harvests(store, batch, rules, origin, taken, result))
        _store(store, harvests)
        done += len(batch)
        step(done)
    with store.state.transaction():
        dropped = {f"dropped/{reason}": count for reason, count in result.left_out.items()}
        store.state.count(store.run, dropped)
    store.end("finished")
    return result


def _harvests(
    store: SiteStore,
    batch: Sequence[Record],
    rules: PairRules,
    origin: dict[str, object],
    taken_back: list[Retraction],
    result: Imported,
) -> Iterator[Harvest]:
    """The rows of a batch that are new, each once."""
    now = iso(store.clock())
    own: set[bytes] = set()
    for record, (pair, reason) in zip(batch, made_pairs(batch, rules), strict=True):
        if reason:
            result.leave_out(reason, record.row)
            continue
        mark = pair.fingerprint
        query = "SELECT count(*) FROM fingerprints WHERE hash=?"
        if mark in own or store.state.db.execute(query, (mark,)).fetchone()[0]:
            result.known += 1
            continue
        harvest = made_harvest(store.site, pair, record, origin, now)
        if any(each.covers(harvest.url) for each in taken_back):
            result.leave_out("retracted", record.row)
            continue
        own.add(mark)
        result.new += 1
        result.masked += pair.masked
        yield harvest


def _store(store: SiteStore, harvests: list[Harvest]) -> None:
    """Enter the names, then the rows; names without rows, after a kill, do no harm."""
    if not harvests:
        return
    with store.state.transaction() as db:
        db.executemany(_ENTER, [(url_key(each.url), each.url) for each in harvests])
    store.reread(harvests)
