"""What there is to build a dataset from: each site's shards, and what its memory says of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ftcrawler.boilerplate import boilerplate
from ftcrawler.crawlfacts import crawl_facts
from ftcrawler.retractions import Retraction
from ftcrawler.state import StateError, peek
from pipelines.holdings import Holdings, Source
from pipelines.refusals import refusal
from pipelines.shards import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHARDS: Final = "SELECT file, stream, sha256 FROM shards ORDER BY stream, number"
_REFUSED: Final = "SELECT document_id, retracted FROM documents WHERE retracted <> ''"
_STANDING: Final = "SELECT id, kind, pattern, reason, at FROM retractions WHERE lifted_at = 0"
_KEPT: Final = (
    "SELECT document_id, url FROM documents JOIN urls ON urls.id = url_id WHERE retracted = ''"
)


def known_sites(data_dir: Path) -> list[str]:
    """The sites of which there are shards or a memory."""
    found = {path.parent.name for path in data_dir.glob("sites/*/state.db")}
    for stream in SCHEMAS:
        found |= {path.name.partition("=")[2] for path in data_dir.glob(f"{stream}/site=*")}
    return sorted(found)


def holdings(data_dir: Path, site: str) -> Holdings:
    """A site's shards and what must not be used of them, also while it is being crawled.

    Only what the memory recorded counts: other files are of a run that was killed, and will be
    written again. Without a memory, all files count. Raises :class:`StateError` for one that
    cannot be read.
    """
    path = data_dir / "sites" / site / "state.db"
    if not path.exists():
        return Holdings(site, _one_of_each(_found(data_dir, site)))
    try:
        with closing(peek(path)) as db:
            db.execute("BEGIN")  # one moment of it
            recorded = [
                Source(file, stream, site, sha) for file, stream, sha in db.execute(_SHARDS)
            ]
            return Holdings(
                site,
                _one_of_each(one for one in recorded if one.stream in SCHEMAS),
                _refused(db),
                boilerplate(db) if _has(db, "boilerplate") else {},
                crawl_facts(db),
            )
    except sqlite3.Error as error:
        raise StateError(f"{path} cannot be read ({error}): put it back from a backup") from error


def _refused(db: sqlite3.Connection) -> dict[str, str]:
    """Documents that must not be used, with the reason, whether their tombstones are sealed or not.

    A page that refuses, or is gone, takes its documents back in the transaction that notes it.
    """
    found: dict[str, str] = {}
    if _has(db, "retractions"):
        standing = [Retraction(*row) for row in db.execute(_STANDING)]
        for document, url in db.execute(_KEPT) if standing else ():
            for one in standing:
                if one.covers(url):
                    found[document] = f"retracted: {one.reason}"
    return found | {document: refusal(reason) for document, reason in db.execute(_REFUSED)}


def _has(db: sqlite3.Connection, table: str) -> bool:
    """Whether a memory has a table: one that no newer version crawled with since may not."""
    query = "SELECT count(*) FROM sqlite_master WHERE name = ?"
    return bool(db.execute(query, (table,)).fetchone()[0])


def _found(data_dir: Path, site: str) -> list[Source]:
    """The shards of a site without a memory, as its folders have them."""
    return [
        Source(path.relative_to(data_dir).as_posix(), stream, site)
        for stream in SCHEMAS
        for path in sorted((data_dir / stream / f"site={site}").glob(f"*{stream}-*"))
        if path.suffix in (".parquet", ".jsonl") and not path.name.startswith(".")
    ]


def _one_of_each(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Of shards that are there in both formats the Parquet file."""
    found: dict[tuple[str, str], Source] = {}
    for source in sources:
        key = (source.stream, Path(source.file).stem.lstrip("_"))
        if key not in found or source.file.endswith(".parquet"):
            found[key] = source
    return tuple(sorted(found.values(), key=lambda one: one.file))
