"""What the tests of destinations share: a built dataset, as a destination is handed it."""

from __future__ import annotations

import random
from pathlib import Path

from shelves import Shelves, prose

from pipelines.bundles import bundle_of
from pipelines.destinations import Bundle
from pipelines.receipts import Receipt, Receipts
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
    return bundle_of(version.folder.parent, version, form, silent)


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
