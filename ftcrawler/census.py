"""What a site's memory holds, and whether the files on disk are what it says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ftcrawler.archive import STREAM as ARCHIVE
from ftcrawler.outbox import Outbox
from ftcrawler.state import State, peek, row_of
from pipelines.shards import read_rows, write_shard
from pipelines.streams import Format, checksum


@dataclass(frozen=True, slots=True)
class Census:
    """Numbers about one site's memory; times are seconds since 1970, sizes bytes."""

    site: str
    urls: dict[str, int]
    pending: int
    waiting_rows: int
    documents: int
    retracted: int
    fingerprints: int
    captures: int
    shards: dict[str, dict[str, int]]
    last_run: dict[str, Any] | None
    next_due: float | None
    disk: dict[str, int] = field(default_factory=dict)


def _one(db: sqlite3.Connection, query: str) -> Any:
    return db.execute(query).fetchone()[0]


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def take(data_dir: Path, site: str) -> Census:
    """Count a site's memory, also while it is being crawled.

    Raises :class:`sqlite3.Error` for a file that is no state.
    """
    with closing(peek(data_dir / "sites" / site / "state.db")) as db:
        shards = {
            stream: {"files": files, "rows": rows, "bytes": size}
            for stream, files, rows, size in db.execute(
                "SELECT stream, count(*), sum(rows), sum(bytes) FROM shards GROUP BY stream"
            )
        }
        outcomes = db.execute(
            "SELECT kind || '/' || CASE outcome WHEN '' THEN 'not visited' ELSE outcome END, "
            "count(*) FROM urls GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        folders = ("documents", "pairs", "tombstones", ARCHIVE)
        return Census(
            site=site,
            urls=dict(outcomes.fetchall()),
            pending=_one(db, "SELECT count(*) FROM urls WHERE status='pending'"),
            waiting_rows=_one(db, "SELECT count(*) FROM outbox"),
            documents=_one(db, "SELECT count(*) FROM documents WHERE retracted=''"),
            retracted=_one(db, "SELECT count(*) FROM documents WHERE retracted<>''"),
            fingerprints=_one(db, "SELECT count(*) FROM fingerprints"),
            captures=_one(db, "SELECT count(*) FROM captures"),
            shards=shards,
            last_run=row_of(db, "SELECT * FROM runs ORDER BY id DESC LIMIT 1"),
            next_due=_one(db, "SELECT min(due_at) FROM urls WHERE status='done'"),
            disk={"state": _size(data_dir / "sites" / site)}
            | {name: _size(data_dir / name / f"site={site}") for name in folders},
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was not as recorded; ``repaired`` says whether it is now."""

    file: str
    fault: str
    repaired: bool


def check(state: State, site: str, data_dir: Path) -> Iterator[Finding]:
    """Hold every recorded shard against its file: size, SHA-256, rows; mend what can be mended.

    A shard whose other format is whole is written again from it. Orphans are removed.
    """
    outbox = Outbox(state, site, data_dir, formats=(), most_rows=1, most_bytes=1)
    for orphan in outbox.remove_orphans():
        yield Finding(orphan, "not recorded, its rows are still staged: removed", repaired=True)
    for shard in _recorded(state):
        if fault := _fault(shard, data_dir):
            yield _mend(state, shard, fault, data_dir)
    damaged = state.db.execute("SELECT id, row FROM outbox")
    for number, row in damaged:
        try:
            json.loads(row)
        except ValueError:
            yield Finding(str(state.path), f"staged row {number} is not JSON", repaired=False)


def _recorded(state: State) -> list[dict[str, Any]]:
    cursor = state.db.execute("SELECT * FROM shards ORDER BY stream, number, file")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _fault(shard: dict[str, Any], data_dir: Path) -> str:
    """What is wrong with a recorded file, or ``""``."""
    path = data_dir / shard["file"]
    try:
        size = path.stat().st_size
        if size != shard["bytes"]:
            return f"{size} bytes, recorded {shard['bytes']}"
        if checksum(path) != shard["sha256"]:
            return "its content is not what was recorded (SHA-256 differs)"
        if path.suffix == ".parquet" and pq.read_metadata(path).num_rows != shard["rows"]:
            return f"not the {shard['rows']} rows that were recorded"
    except FileNotFoundError:
        return "missing"
    except (OSError, pa.ArrowInvalid) as error:
        return f"cannot be read: {error}"
    return ""


def _mend(state: State, shard: dict[str, Any], fault: str, data_dir: Path) -> Finding:
    """Write a damaged shard again from its twin in the other format, when that is whole."""
    path = data_dir / shard["file"]
    twins = [
        other
        for other in _recorded(state)
        if (other["stream"], other["number"]) == (shard["stream"], shard["number"])
        and other["file"] != shard["file"]
        and not _fault(other, data_dir)
    ]
    if not twins:
        remedy = "put it back from a backup"
        if shard["stream"] != ARCHIVE:
            remedy += ", or read the archive again with scrapy reextract --into"
        return Finding(shard["file"], f"{fault}; {remedy}", repaired=False)
    rows = read_rows(data_dir / twins[0]["file"])
    if path.exists():
        path.replace(path.with_name(f"_damaged.{path.name}.bak"))
    fmt: Format = "parquet" if path.suffix == ".parquet" else "jsonl"
    written = write_shard(path, shard["stream"], rows, fmt)
    state.db.execute(
        "UPDATE shards SET bytes=?, sha256=? WHERE file=?",
        (written.bytes, written.sha256, shard["file"]),
    )
    return Finding(shard["file"], f"{fault}: written again from {twins[0]['file']}", repaired=True)
