"""Rows as lines of JSON, and the files that they go to: all that needs no Arrow."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

Format = Literal["parquet", "jsonl"]
Row = dict[str, Any]

# The columns of each stream in order; pipelines/shards.py has their types.
COLUMNS: dict[str, list[str]] = {
    "pairs": (
        "prompt completion kind url document_id site fetched_at pair_id revision first_block "
        "last_block language license system_prompt prompt_start prompt_end completion_start "
        "completion_end masked rules_version extractor words tokens text_key"
    ).split(),
    "documents": (
        "url title text blocks language fetched_at document_id site revision canonical_url "
        "date authors license section body_hash text_hash extractor consent warc_file "
        "warc_offset minhash"
    ).split(),
    "tombstones": ("document_id url site reason at").split(),
}


@dataclass(frozen=True, slots=True)
class Shard:
    """A file that is whole on disk: its rows, size in bytes and SHA-256 in hex."""

    file: Path
    rows: int
    bytes: int
    sha256: str


def line_of(row: Row, stream: str) -> bytes:
    """A row as a line of JSON, with every column of its stream in order."""
    line = {name: row.get(name) for name in COLUMNS[stream]}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def shard_path(data_dir: Path, stream: str, site: str, number: int, fmt: Format) -> Path:
    """Where a shard stands.

    JSONL files begin with ``_`` so that readers of Parquet folders, which pass over such
    names, take the folder as it is.
    """
    name = f"{stream}-{number:06d}"
    name = f"{name}.parquet" if fmt == "parquet" else f"_{name}.jsonl"
    return data_dir / stream / f"site={site}" / name


def is_shard_name(name: str, stream: str) -> bool:
    """Whether a file name is one that this module gives, or a temporary one of it."""
    return name.lstrip("._").startswith(f"{stream}-") and name.endswith(
        (".parquet", ".jsonl", ".tmp")
    )


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def checksum(path: Path) -> str:
    """SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
