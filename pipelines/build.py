"""Shards -> a version of a dataset: without duplicates, split, described, whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import audit, ballot, cutting, roster, sources, stood, versions, volumes
from pipelines.fingerprint import MINHASH_VERSION
from pipelines.formats import FORMATS
from pipelines.manifest import describe, inputs, software
from pipelines.orders import Built, DamagedShardsError, EmptyError, Order
from pipelines.pairs import PAIRS_VERSION
from pipelines.refusals import refusal
from pipelines.report import REPORT, write_report
from pipelines.shards import read_rows
from pipelines.sources import AT_A_TIME, Cache, DamagedError, Extract, whole
from pipelines.streams import checksum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.holdings import Holdings, Source

BUILD_VERSION: Final = 1
# Of the memory, DuckDB gets this share; the rest is for signatures, rows on their way, Python.
_DUCKDB_SHARE: Final = 0.3
CACHE: Final = ".cache"

Progress = Callable[[str, int, int], None]


def build(
    order: Order, holdings: Sequence[Holdings], progress: Progress = lambda *_: None
) -> Built:
    """Build a version of a dataset from all shards.

    Raises :class:`DamagedShardsError`, :class:`EmptyError`, ``FormatError``, :class:`BusyError`,
    :class:`MemoryError` when the memory is too little, and :class:`OSError` when the disk refuses;
    then no version and no file of one is left.
    """
    with versions.locked(order.data_dir) as folder:
        aside = folder / order.name / f"{versions.ASIDE}{order.date}"
        aside.mkdir(parents=True)
        try:
            with _database(folder, order.memory) as db:
                return _Build(order, aside, db, progress).run(holdings)
        except duckdb.IOException as error:
            raise OSError(str(error)) from error
        except duckdb.OutOfMemoryException as error:
            raise MemoryError(str(error).partition("\n")[0]) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            with contextlib.suppress(OSError):  # it is no dataset without a version
                aside.parent.rmdir()


@contextlib.contextmanager
def _database(folder: Path, memory: int) -> Iterator[duckdb.DuckDBPyConnection]:
    spill = folder / ".spill"
    shutil.rmtree(spill, ignore_errors=True)
    limit = f"{max(int(memory * _DUCKDB_SHARE) >> 20, 64)}MiB"
    db = duckdb.connect(config={"memory_limit": limit, "temp_directory": str(spill)})
    try:
        db.execute("SET enable_progress_bar = false")
        yield db
    finally:
        db.close()
        shutil.rmtree(spill, ignore_errors=True)


class _Build:
    """The steps of one build, and what passes from one to the next."""

    def __init__(
        self, order: Order, aside: Path, db: duckdb.DuckDBPyConnection, progress: Progress
    ) -> None:
        self.order = order
        self.folder = order.data_dir / versions.FOLDER
        self.aside = aside
        self.db = db
        self.progress = progress
        self.before = versions.latest(order.data_dir, order.name)
        self.documents: list[Extract] = []
        self.pairs: list[Extract] = []
        self.damaged: list[str] = []
        self.changed: dict[int, dict[int, str]] = {}

    def run(self, holdings: Sequence[Holdings]) -> Built:
        """All steps."""
        self.crawl = {site.site: dict(site.crawl) for site in holdings if site.crawl}
        refused = self._take(holdings)
        if not (self.documents and self.pairs):
            raise EmptyError(_no_documents(self.pairs))
        cut = self._find_boilerplate(holdings)
        self.progress("comparing documents", 0, 1)
        self.roster = roster.load(self.documents)
        known = self._known_sides()
        lengths = partial(sources.lengths, self.documents, self.db)
        recipe, cache = self.order.recipe, self.folder / CACHE
        roster.judge(self.roster, recipe, refused, known, cut.signatures, lengths, cache)
        self.progress("comparing pairs", 0, 1)
        ballot.gather(self.db, self.roster, self.pairs, self.order.recipe)
        self._cut_pairs(holdings, cut)
        old = ballot.old_rows(self.db, self.roster)
        gone = cutting.outdated(self.db, old, self.pairs, self.documents)
        ballot.leave_out(self.db, gone, "outdated")
        ballot.decide(self.db, self.order.recipe)
        used = audit.used_documents(self.db)
        counts = audit.numbers(ballot.counts(self.db), self.roster, used)
        if not counts["pairs"]["train"]:
            raise EmptyError(counts)
        files = self._write_data()
        self._write_audit(used, known)
        self._write_formats(files)
        return self._publish(counts, files)

    def _take(self, holdings: Sequence[Holdings]) -> dict[str, str]:
        """Extracts of all shards; returns what must not be used, by document."""
        self.cache = cache = Cache(self.folder / CACHE, self.order.data_dir)
        every = [source for site in holdings for source in site.sources]
        total, done = len(every), 0

        def step() -> None:
            nonlocal done
            done += 1
            self.progress("reading shards", done, total)

        refused: dict[str, str] = {}
        kinds: dict[str, list[Source]] = {"documents": [], "pairs": [], "tombstones": []}
        for source in every:
            kinds[source.stream].append(source)
        for source in kinds["tombstones"]:
            try:
                path = cache.checked(source)[1]
                refused |= {row["document_id"]: refusal(row["reason"]) for row in read_rows(path)}
            except (DamagedError, pa.ArrowException, ValueError) as error:
                self.damaged.append(str(error))
            step()
        self.documents, damaged = whole(kinds["documents"], cache, step)
        self.pairs, more = whole(kinds["pairs"], cache, step)
        self.damaged += damaged + more
        if self.damaged and not self.order.skip_damaged:
            raise DamagedShardsError(self.damaged)
        for site in holdings:
            refused |= site.refused
        return refused

    def _known_sides(self) -> stood.Sides:
        """Where pages stood in the version before, if that was drawn by the same seed."""
        if self.before and self.before.manifest["recipe"]["seed"] == self.order.recipe.seed:
            return stood.read_sides(self.before.folder / "audit" / "sides.parquet")
        return stood.Sides()

    def _find_boilerplate(self, holdings: Sequence[Holdings]) -> cutting.Cut:
        cut = cutting.Cut()
        known = {site.site: site.boilerplate for site in holdings if site.boilerplate}
        for extract in self.documents:
            if extract.source.site in known:
                blocks = self.cache.derived(extract, "blocks-1", cutting.note_blocks)
                cutting.cut_documents(extract, blocks, known[extract.source.site], cut)
        self.cache.save()
        return cut

    def _cut_pairs(self, holdings: Sequence[Holdings], cut: cutting.Cut) -> None:
        if not cut.spans:
            return
        known = {site.site: site.boilerplate for site in holdings}
        rows: list[dict[str, Any]] = []
        for shard, extract in enumerate(self.pairs):
            cutting.cut_pairs(shard, extract, cut, known[extract.source.site], rows)
        ballot.cut(self.db, pa.Table.from_pylist(rows, cutting.CUTS))
        for row in rows:
            if row.get("completion"):
                self.changed.setdefault(row["shard"], {})[row["row"]] = row["completion"]

    def _write_data(self) -> list[volumes.Volume]:
        """The data files: those that the version before has are linked."""
        before = self.before
        shelf = volumes.Shelf(
            before.folder if before else None,
            before.manifest["files"] if before else (),
            self.cache.digest,
        )
        data = self.aside / "data"
        data.mkdir()

        def make(number: int, plans: list[volumes.Plan]) -> list[volumes.Made]:
            paths = {plan.split: data / f"{plan.split}-{number}.tmp" for plan in plans}
            linked = {plan.split: shelf.fetch(plan, paths[plan.split]) for plan in plans}
            anew = [plan for plan in plans if not linked[plan.split]]
            if anew:
                volumes.write(anew, self.pairs, [paths[plan.split] for plan in anew])
            return [
                volumes.Made(plan, path, linked[plan.split] or self.cache.digest(path))
                for plan, path in zip(plans, paths.values(), strict=True)
            ]

        with ThreadPoolExecutor(AT_A_TIME) as pool:
            jobs = [
                pool.submit(make, number, volumes.plans(self.db, self.pairs, group, self.changed))
                for number, group in enumerate(volumes.groups(self.db, self.pairs))
            ]
            made: list[volumes.Made] = []
            try:
                for done, job in enumerate(jobs):
                    self.progress("writing", done, len(jobs))
                    made += job.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return volumes.shelve(made, data)

    def _write_audit(self, used: Any, known: stood.Sides) -> None:
        self.progress("writing what was left out", 0, 1)
        folder = self.aside / "audit"
        folder.mkdir()
        audit.write_documents(self.roster, folder / "documents.parquet")
        audit.write_pairs(self.db, self.roster, self.pairs, folder / "pairs.parquet")
        pages = used[np.unique(self.roster.address[used], return_index=True)[1]]
        urls = self.roster.table.column("url").take(pa.array(pages))
        sides = known.then(stood.Sides(urls, self.roster.side[pages]))
        stood.write_sides(sides, folder / "sides.parquet")
        path = self.aside / "ATTRIBUTION"
        audit.write_attribution(self.db, self.roster, used, self.documents, path)

    def _write_formats(self, files: Sequence[volumes.Volume]) -> None:
        for name in self.order.formats:
            self.progress(f"writing {name}", 0, 1)
            form = FORMATS[name]
            folder = self.aside / name
            folder.mkdir()
            for split in dict.fromkeys(file.split for file in files):
                paths = [self.aside / "data" / file.name for file in files if file.split == split]
                form.write(_rows(paths), folder / f"{split}.{form.suffix}")
            form.extras(folder)

    def _publish(self, counts: Mapping[str, Any], files: Sequence[volumes.Volume]) -> Built:
        recipe = asdict(self.order.recipe)
        written = {
            path.relative_to(self.aside).as_posix(): checksum(path)
            for path in sorted(self.aside.rglob("*"))
            if path.is_file() and path.parent.name != "data"
        } | {f"data/{file.name}": file.sha256 for file in files}
        said = json.dumps([BUILD_VERSION, recipe, sorted(written.items())])
        digest = hashlib.sha256(said.encode()).hexdigest()
        damaged = tuple(self.damaged)
        for known in versions.versions(self.order.data_dir, self.order.name):
            if known.manifest["digest"] == digest:
                versions.point(known.folder)
                return Built(known, fresh=False, damaged=damaged)
        manifest = {
            "dataset": self.order.name,
            "version": f"{self.order.date.replace('-', '')}-{digest[:12]}",
            "date": self.order.date,
            "digest": digest,
            "sequence": self.before.manifest["sequence"] + 1 if self.before else 1,
            "predecessor": self.before.folder.name if self.before else None,
            "recipe": recipe,
            **counts,
            "files": volumes.as_records(files),
            "formats": list(self.order.formats),
            "written": written,
            "inputs": inputs((*self.documents, *self.pairs)),
            "damaged": list(damaged),
            "crawl": self.crawl,
            "rules": {"build": BUILD_VERSION, "minhash": MINHASH_VERSION, "pairs": PAIRS_VERSION},
            "software": software(),
        }
        describe(manifest, self.aside)
        self._report(manifest)
        folder = versions.publish(self.aside, manifest["version"])
        self.cache.remember()
        return Built(versions.read(folder), fresh=True, damaged=damaged)

    def _report(self, manifest: dict[str, Any]) -> None:
        if self.order.report:
            self.progress("writing the report", 0, 1)
            self.db.execute("DROP TABLE pairs")  # its memory is wanted
            version = versions.Version(self.aside, manifest)
            write_report(version, self.order.data_dir, self.db, self.aside / REPORT)


def _no_documents(pairs: Sequence[Extract]) -> dict[str, Any]:
    """The counts when there is no shard of documents, or none of pairs."""
    missing = sum(extract.rows for extract in pairs)
    left_out = {"document-missing": missing} if missing else {}
    return {"pairs": {"all": missing, "train": 0, "validation": 0, "left_out": left_out}}


def _rows(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches(1000):
            yield from batch.to_pylist()
