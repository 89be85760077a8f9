"""A version of a dataset as a target wants it: its files, rendered if need be, and its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.destinations import Bundle, BundleFile, RefusedError, Tell
from pipelines.formats import FORMATS
from pipelines.receipts import FOLDER
from pipelines.streams import checksum
from pipelines.versions import Version
from pipelines.windows import stamp

RENDERED: Final = "rendered"
_ROWS: Final = pa.schema(
    [
        ("split", pa.string()),
        ("pair_id", pa.string()),
        ("document_id", pa.string()),
        ("url", pa.string()),
        ("site", pa.string()),
    ]
)
_FEW: Final = ["split", "document_id", "url", "site"]
_BATCH: Final = 10_000


def bundle_of(data_dir: Path, version: Version, form: str, tell: Tell) -> Bundle:
    """The files of a version in a format (``""``: its Parquet files), each hashed anew.

    Raises :class:`RefusedError` for a version whose files are not those of its manifest.
    """
    if form and form not in FORMATS:
        raise RefusedError(f"format {form}: none such; known: {', '.join(FORMATS)}")
    form = FORMATS[form].name if form else ""
    files = tuple(
        _parquet(version) if not form else _formatted(data_dir, version, form, tell),
    )
    said = json.dumps([form, [[file.split, file.sha256] for file in files]])
    return Bundle(version, form, hashlib.sha256(said.encode()).hexdigest(), files)


def _parquet(version: Version) -> Iterator[BundleFile]:
    for volume in version.manifest["files"]:
        path = version.folder / "data" / volume["name"]
        yield _whole(path, volume["split"], volume["rows"], volume["sha256"])


def _formatted(data_dir: Path, version: Version, form: str, tell: Tell) -> Iterator[BundleFile]:
    """Those that the build wrote, or else those that are rendered now, once."""
    built = form in version.manifest["formats"]
    for split in dict.fromkeys(volume["split"] for volume in version.manifest["files"]):
        rows = version.manifest["pairs"][split]
        name = f"{split}.{FORMATS[form].suffix}"
        known = version.manifest["written"].get(f"{form}/{name}") if built else ""
        path = version.folder / form / name
        if not built:
            path = data_dir / FOLDER / RENDERED / version.manifest["digest"][:16] / form / name
            if not path.exists():
                tell(f"writing {form}, {split}", 0, 0)
                path.parent.mkdir(parents=True, exist_ok=True)
                FORMATS[form].write(_rows(version, split), path)
                FORMATS[form].extras(path.parent)
        yield _whole(path, split, rows, known or "")


def _whole(path: Path, split: str, rows: int, known: str) -> BundleFile:
    """A file, when it is what the manifest says."""
    try:
        stamped = stamp(path)
        found = checksum(path)
    except FileNotFoundError:
        raise RefusedError(f"{path} is missing: build the dataset anew") from None
    if known and found != known:
        raise RefusedError(
            f"{path} was changed since the dataset was built: build it anew, and change data "
            f"by scrapy import or scrapy retract"
        )
    return BundleFile(path, split, path.stat().st_size, rows, found, stamped)


def _rows(version: Version, split: str) -> Iterator[dict[str, Any]]:
    for volume in version.manifest["files"]:
        if volume["split"] == split:
            file = pq.ParquetFile(version.folder / "data" / volume["name"])
            for batch in file.iter_batches(_BATCH):
                yield from batch.to_pylist()


def write_rows(version: Version, path: Path) -> None:
    """Write which rows a version holds, whole or not at all: what a retraction is held against."""
    aside = path.with_name(f".{path.name}.tmp")
    names = [name for name in _ROWS.names if name != "split"]
    with pq.ParquetWriter(aside, _ROWS, compression="zstd", use_dictionary=_FEW) as writer:
        for volume in version.manifest["files"]:
            file = pq.ParquetFile(version.folder / "data" / volume["name"])
            for batch in file.iter_batches(_BATCH, columns=names):
                table = pa.Table.from_batches([batch]).select(names)
                split = pa.array([volume["split"]] * len(table), pa.string())
                writer.write_table(table.add_column(0, "split", split).cast(_ROWS))
    aside.replace(path)


def documents_of(version: Version) -> dict[str, set[str]]:
    """The documents whose rows a version holds, by site."""
    found: dict[str, set[str]] = {}
    for volume in version.manifest["files"]:
        path = version.folder / "data" / volume["name"]
        table = pq.read_table(path, columns=["site", "document_id"], partitioning=None)
        _gather(table, found)
    return found


def documents_in(path: Path) -> dict[str, set[str]]:
    """The same of a file that :func:`write_rows` wrote."""
    found: dict[str, set[str]] = {}
    _gather(pq.read_table(path, columns=["site", "document_id"], partitioning=None), found)
    return found


def _gather(table: pa.Table, found: dict[str, set[str]]) -> None:
    for row in table.group_by(["site", "document_id"]).aggregate([]).to_pylist():
        found.setdefault(row["site"], set()).add(row["document_id"])


def refused_rows(path: Path, refused: Mapping[str, str]) -> tuple[int, dict[str, str]]:
    """How many rows of :func:`write_rows`'s file are of documents that must not be used.

    ``refused`` has the reason by document; returns the number, and the reason by URL.
    """
    table = pq.read_table(path, columns=["document_id", "url"], partitioning=None)
    hit = table.filter(pc.is_in(table["document_id"], pa.array(list(refused), pa.string())))
    pages = hit.group_by(["url", "document_id"]).aggregate([]).to_pylist()
    found = {page["url"]: refused[page["document_id"]] for page in pages}
    return len(hit), dict(sorted(found.items()))
