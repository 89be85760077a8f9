"""What the tests of destinations share: a built dataset, as a destination is handed it."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pyarrow.parquet as pq
from shelves import Shelves, prose

from pipelines.destinations import Bundle, BundleFile
from pipelines.receipts import Receipt, Receipts
from pipelines.streams import checksum
from pipelines.versions import Version

FORMATS = ("openai-chat", "llama-factory")


def built(data: Path, seed: int = 1, pages: int = 12, name: str = "bees") -> Version:
    """A small dataset with both sides and two formats."""
    dice = random.Random(seed)
    shelves = Shelves(data)
    shelves.night({f"https://bees.example/{seed}/{n}": prose(dice) for n in range(pages)})
    return shelves.build(name, validation=0.3, order={"formats": FORMATS}).version


def bundled(version: Version, form: str = "") -> Bundle:
    """A version as a target of that format gets it."""
    files = []
    for path in sorted((version.folder / (form or "data")).glob("*[tn]*.*")):
        if path.suffix not in (".parquet", ".jsonl"):
            continue
        rows = pq.read_metadata(path).num_rows if not form else len(path.read_bytes().splitlines())
        split = path.name.partition("-")[0].partition(".")[0]
        files.append(BundleFile(path, split, path.stat().st_size, rows, checksum(path)))
    digest = hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()
    return Bundle(version, form, digest, tuple(files))


def receipt(data: Path, bundle: Bundle, kind: str, target: str = "there") -> Receipt:
    """A receipt with its place on disk."""
    return Receipts(data).adopt(
        Receipt(
            id=f"{target}-{bundle.digest[:16]}",
            target=target,
            kind=kind,
            dataset=bundle.version.name,
            digest=bundle.digest,
            format=bundle.format,
        )
    )


def silent(what: str, done: int, total: int) -> None:
    """Nobody is told."""
