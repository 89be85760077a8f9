"""Shards that are what they were when written, and what the build needs of each, kept in a cache.

What is made of a shard depends on nothing but its bytes and the version of what made it, so that
a later build reads it from the cache under the shard's SHA-256.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.attribution import lines_of
from pipelines.columns import open_columns, write_columns
from pipelines.fingerprint import MINHASH_VERSION, WIDTH, minhash
from pipelines.holdings import Source
from pipelines.linking import LINKS
from pipelines.measured import extract_pairs
from pipelines.shards import shard_parts, shard_table, table_of
from pipelines.streams import checksum

AT_A_TIME: Final = 2  # files that are read or written: each holds a shard in memory
EXTRACT_VERSION: Final = 3  # of what is kept of a shard
_VERSIONS: Final = f"{EXTRACT_VERSION}.{MINHASH_VERSION}"
_STAMPS: Final = "checked.json"
_ALLOWED: Final = '{"decision": "allow"'
_CODE: Final = pa.dictionary(pa.int32(), pa.string())
_DOCUMENTS: Final = pa.schema(
    [
        ("document_id", pa.string()),
        ("url", pa.string()),
        ("site", _CODE),
        ("language", _CODE),
        ("license", _CODE),
        ("fetched", pa.int64()),
        ("revision", pa.int32()),
        ("text_hash", pa.string()),
        ("consent", pa.string()),
        ("minhash", pa.binary(WIDTH)),
        ("line", pa.string()),  # of ATTRIBUTION
    ]
)
_ASKED: Final = (
    *("document_id", "url", "site", "title", "authors", "language", "license", "fetched_at"),
    *("revision", "text_hash", "consent", "minhash"),
)


class DamagedError(ValueError):
    """A shard that is not what was written: the message names it, and says what is wrong."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A shard that was found whole, with what the build needs of its rows, in their order."""

    source: Source
    path: Path  # of the shard
    extract: Path
    rows: int


class Cache:
    """The folder of extracts; shards that were found whole are not hashed again."""

    def __init__(self, folder: Path, data_dir: Path) -> None:
        self.folder = folder
        self.data_dir = data_dir
        folder.mkdir(parents=True, exist_ok=True)
        self._used: set[str] = {_STAMPS, LINKS}
        self._stamps: dict[str, str] = {}
        self._seen: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError):
            self._stamps = json.loads((folder / _STAMPS).read_text("utf-8"))

    def extract(self, source: Source) -> Extract:
        """What the build needs of a shard.

        Raises :class:`DamagedError` for a shard that is missing, cut short or edited,
        :class:`OSError` when the disk refuses.
        """
        source, path = self.checked(source)
        digest = source.sha256[:32]
        try:
            if path.suffix == ".jsonl":
                lines, stream = path, source.stream
                path, _ = self._made(f"rows-{digest}.parquet", lambda to: _twin(lines, stream, to))
            name = f"{source.stream}-{_VERSIONS}-{digest}.arrow"
            make = extract_pairs if source.stream == "pairs" else _extract_documents
            return Extract(source, path, *self._made(name, lambda to: make(path, to)))
        except (pa.ArrowException, ValueError) as error:
            raise DamagedError(f"{source.file}: cannot be read: {error}") from error

    def derived(self, extract: Extract, name: str, make: Callable[[Path, Path], None]) -> Path:
        """What else a build needs of a shard, made of its file by ``make`` when it is not there."""
        digest = extract.source.sha256[:32]
        return self._made(f"{name}-{digest}.parquet", lambda to: make(extract.path, to))[0]

    def _made(self, name: str, make: Callable[[Path], None]) -> tuple[Path, int]:
        """A file of the cache, made by ``make`` when it is not there, and its rows."""
        self._used.add(name)
        kept = self.folder / name
        with contextlib.suppress(OSError, pa.ArrowException):
            return kept, _rows(kept)
        temporary = kept.with_name(f".{name}.tmp")
        try:
            make(temporary)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        temporary.replace(kept)
        return kept, _rows(kept)

    def checked(self, source: Source) -> tuple[Source, Path]:
        """The source with its SHA-256, which is what was recorded when it was written; its path.

        Raises :class:`DamagedError`.
        """
        path = self.data_dir / source.file
        try:
            digest = self.digest(path)
        except FileNotFoundError as error:
            raise DamagedError(f"{source.file}: missing") from error
        if source.sha256 and digest != source.sha256:
            raise DamagedError(f"{source.file}: its content is not what was written")
        return replace(source, sha256=digest), path

    def digest(self, path: Path) -> str:
        """A file's SHA-256 in hex, which is not found again while nothing wrote to the file."""
        seen = path.stat()
        stamp = f"{seen.st_ino} {seen.st_size} {seen.st_mtime_ns}"
        digest = self._stamps.get(stamp) or checksum(path)
        self._seen[stamp] = digest
        return digest

    def save(self) -> None:
        """Remember which shards were whole, and forget what no shard needs any more."""
        for path in self.folder.iterdir():
            if path.name not in self._used:
                path.unlink(missing_ok=True)
        self.remember()

    def remember(self) -> None:
        """Remember the hashes of the files that were looked at."""
        temporary = self.folder / f".{_STAMPS}.tmp"
        temporary.write_text(json.dumps(self._seen), "utf-8")
        temporary.replace(self.folder / _STAMPS)


def _rows(path: Path) -> int:
    """The rows of a file of the cache. Raises for one that is not whole."""
    if path.suffix == ".arrow":
        return len(open_columns(path))
    return int(pq.read_metadata(path).num_rows)


def _twin(path: Path, stream: str, target: Path) -> None:
    """A JSONL shard as Parquet."""
    table = table_of(path.read_bytes().splitlines(keepends=True), stream)
    pq.write_table(table, target, compression="zstd")


def _extract_documents(path: Path, target: Path) -> None:
    table = shard_table(path, "documents", _ASKED)
    fetched = table.column("fetched_at").cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64())
    site, language, licence = (
        table.column(name).cast(pa.string()) for name in ("site", "language", "license")
    )
    columns = {
        **{name: table.column(name) for name in ("document_id", "url", "revision", "text_hash")},
        "site": site.dictionary_encode(),
        "language": language.dictionary_encode(),
        "license": licence.dictionary_encode(),
        "fetched": fetched,
        "consent": _refusals(table.column("consent")),
        "minhash": _minhashes(table.column("minhash"), path),
        "line": lines_of(
            table.column("title"), table.column("authors"), table.column("url"), licence
        ),
    }
    made = [columns[name] for name in _DOCUMENTS.names]
    write_columns(pa.table(made, schema=_DOCUMENTS), target)


def _refusals(consent: pa.ChunkedArray) -> pa.Array:
    """``""`` for each document that may be used, otherwise the signal that says no."""
    plain = pc.fill_null(pc.starts_with(consent, _ALLOWED), False)
    if pc.all(plain).as_py():
        return pa.array([""] * len(consent), pa.string())
    return pa.array([_refusal(text) for text in consent.to_pylist()], pa.string())


def _refusal(consent: str | None) -> str:
    try:
        record = orjson.loads(consent or "")
        if record["decision"] == "allow":
            return ""
        return str(record.get("signal") or record["decision"])
    except (ValueError, KeyError, TypeError):
        return "no consent is stored with it"


def _minhashes(stored: pa.ChunkedArray, path: Path) -> pa.Array:
    """The signatures as stored, or made of the texts where older shards have none."""
    if not stored.null_count:
        return stored
    texts = shard_table(path, "documents", ["text"]).column("text").to_pylist()
    found = [
        known if known is not None else minhash(text or "")
        for known, text in zip(stored.to_pylist(), texts, strict=True)
    ]
    return pa.array(found, pa.binary(WIDTH))


def lengths(extracts: Sequence[Extract]) -> dict[str, int]:
    """How long the text of each document is, in bytes."""
    found: dict[str, int] = {}
    for extract in extracts:
        for table in shard_parts(extract.path, "documents", ["document_id", "text"]):
            sizes = pc.binary_length(pc.fill_null(table.column("text"), ""))
            found |= zip(table.column("document_id").to_pylist(), sizes.to_pylist(), strict=True)
    return found


def whole(
    sources: Sequence[Source],
    cache: Cache,
    step: Callable[[], None],
) -> tuple[list[Extract], list[str]]:
    """The extracts of the shards that are whole, and what is wrong with the others."""

    def extract(source: Source) -> Extract | str:
        try:
            return cache.extract(source)
        except DamagedError as error:
            return str(error)

    found: list[Extract] = []
    damaged: list[str] = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for result in pool.map(extract, sources):
            step()
            if isinstance(result, Extract):
                found.append(result)
            else:
                damaged.append(result)
    return found, damaged
