"""Shards -> a version of a dataset: without duplicates, split, described, whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import (
    audit,
    ballot,
    cutting,
    filing,
    leftout,
    lots,
    roster,
    sources,
    stood,
    versions,
    volumes,
)
from pipelines.attribution import write_attribution
from pipelines.columns import integers
from pipelines.fingerprint import MINHASH_VERSION
from pipelines.formats import FORMATS
from pipelines.manifest import describe, inputs, software
from pipelines.orders import Built, DamagedShardsError, EmptyError, Order
from pipelines.pairs import PAIRS_VERSION
from pipelines.refusals import refusal
from pipelines.shards import read_rows
from pipelines.sources import Cache, DamagedError, Extract, whole
from pipelines.streams import checksum
from pipelines.workroom import Workroom, workroom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.holdings import Holdings, Source

BUILD_VERSION: Final = 1
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
            with workroom(folder, order.memory) as room:
                return _Build(order, aside, room, progress).run(holdings)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            with contextlib.suppress(OSError):  # it is no dataset without a version
                aside.parent.rmdir()


class _Build:
    """The steps of one build, and what passes from one to the next."""

    def __init__(self, order: Order, aside: Path, room: Workroom, progress: Progress) -> None:
        self.order = order
        self.folder = order.data_dir / versions.FOLDER
        self.aside = aside
        self.room = room
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
        lengths = partial(sources.lengths, self.documents)
        recipe, cache = self.order.recipe, self.folder / CACHE
        roster.judge(self.roster, recipe, refused, known, cut.signatures, lengths, cache)
        self.progress("comparing pairs", 0, 1)
        self.ballot = ballot.gather(self.roster, self.pairs, recipe, self.room)
        self._cut_pairs(holdings, cut)
        self._leave_outdated()
        ballot.decide(self.ballot)
        if lots.is_drawn(recipe):
            lots.draw(self.room.db, self.ballot, self.roster, self.pairs, recipe)
        used = audit.used_documents(self.ballot, self.roster)
        counts = audit.numbers(ballot.counts(self.ballot, self.roster), self.roster, used)
        if not counts["pairs"]["train"]:
            raise EmptyError(counts)
        groups = volumes.groups(self.ballot, self.pairs)
        files = self._write_data(groups)
        self._write_audit(groups, used, known)
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
        begins = self.ballot.begins
        pairs = np.array([begins[row["shard"]] + row["row"] for row in rows], dtype=np.int64)
        ballot.cut(self.ballot, pairs, (row.get("measures") for row in rows))
        for row in rows:
            if row.get("completion"):
                self.changed.setdefault(row["shard"], {})[row["row"]] = row["completion"]

    def _leave_outdated(self) -> None:
        """Leave out what pages do not say any more."""
        pairs, newest = ballot.old_rows(self.ballot, self.roster)
        if not len(pairs):
            return
        shards = self.ballot.shards(pairs)
        columns = {
            "shard": integers(shards.astype(np.int32)),
            "row": integers(pairs - self.ballot.begins[shards]),
            "document_id": self.roster.column("document_id", newest),
            "text_shard": integers(self.roster.shard[newest].astype(np.int32)),
        }
        gone = cutting.outdated(self.room.db, pa.table(columns), self.pairs, self.documents)
        shard, row = (column.to_numpy() for column in gone.columns)
        self.ballot.leave_out(self.ballot.begins[shard] + row, "outdated")

    def _write_data(self, groups: Sequence[list[int]]) -> list[volumes.Volume]:
        shelf = volumes.shelf(self.before, "data", self.cache.digest)
        folder = self.aside / "data"
        folder.mkdir()
        plans = (volumes.plans(self.ballot, self.pairs, group, self.changed) for group in groups)
        return filing.write_data(
            plans,
            self.pairs,
            shelf,
            folder,
            lambda done: self.progress("writing", done, len(groups)),
        )

    def _write_audit(self, groups: Sequence[list[int]], used: Any, known: stood.Sides) -> None:
        self.progress("writing what was left out", 0, 1)
        folder = self.aside / "audit"
        folder.mkdir()
        audit.write_documents(self.roster, folder / "documents.parquet")
        left_out = leftout.LeftOut(self.ballot, self.roster, self.pairs)
        shelf = volumes.shelf(self.before, "audit", self.cache.digest)
        self.left_out = filing.write_left_out(groups, left_out, shelf, folder)
        pages = used[np.unique(self.roster.address[used], return_index=True)[1]]
        urls = self.roster.column("url", pages)
        now = stood.Sides(urls, self.roster.side[pages])
        sides = known.then(now, self.roster.stood[pages])
        stood.write_sides(sides, folder / "sides.parquet")
        write_attribution(self.roster, used, self.aside / "ATTRIBUTION")

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
        written = {f"data/{file.name}": file.sha256 for file in files}
        written |= {f"audit/{file.name}": file.sha256 for file in self.left_out}
        for path in sorted(self.aside.rglob("*")):
            name = path.relative_to(self.aside).as_posix()
            if path.is_file() and name not in written:
                written[name] = checksum(path)
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
            "left_out": volumes.as_records(self.left_out),
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
            from pipelines import report  # noqa: PLC0415 - it asks for the database

            self.progress("writing the report", 0, 1)
            del self.ballot  # its memory is wanted
            version = versions.Version(self.aside, manifest)
            report.write_report(
                version, self.order.data_dir, self.room.db, self.aside / report.REPORT
            )


def _no_documents(pairs: Sequence[Extract]) -> dict[str, Any]:
    """The counts when there is no shard of documents, or none of pairs."""
    missing = sum(extract.rows for extract in pairs)
    left_out = {"document-missing": missing} if missing else {}
    return {"pairs": {"all": missing, "train": 0, "validation": 0, "left_out": left_out}}


def _rows(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches(1000):
            yield from batch.to_pylist()
