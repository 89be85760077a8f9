"""A bundle as a folder of files: what a destination that keeps files is given."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from pipelines.receipts import Receipt, SentFile
from pipelines.streams import checksum

if TYPE_CHECKING:
    from pipelines.destinations import Bundle

MARK: Final = ".ftcrawler.json"
CARD: Final = "README.md"
# What tells about Parquet files, and is left out where they are.
_OF_PARQUET: Final = ("croissant.json",)
_BESIDE: Final = ("dataset_info.json",)  # what a format's folder has besides its rows
_CARD_PATH: Final = re.compile(r"(?m)^(  - split: (\w+)\n    path: )data/\S+$")


@dataclass(frozen=True, slots=True)
class Item:
    """A file to bring: its name in the folder, where it is or what is in it, bytes, SHA-256."""

    name: str
    size: int
    sha256: str
    path: Path | None = None
    content: bytes = b""

    def open(self) -> BinaryIO:
        """To be read from its beginning."""
        return self.path.open("rb") if self.path else io.BytesIO(self.content)


def parcel(bundle: Bundle) -> list[Item]:
    """Every file of a bundle, by name, the rows' last so that they never stand there unexplained.

    A version goes as it is, without its formats; a format goes with a card of its own in the
    place of the Parquet files: a repository whose card names both kinds loads neither.
    Raises :class:`OSError` for a version that is not whole.
    """
    rows = {file.path: file for file in bundle.files}
    written = bundle.version.manifest["written"]
    items = [
        Item(name, path.stat().st_size, written.get(name) or checksum(path), path)
        for name, path in _beside(bundle)
        if path not in rows and name != CARD
    ]
    card = (bundle.version.folder / CARD).read_text("utf-8")
    names = {path: _name(bundle, path) for path in rows}
    if bundle.format:
        card = card_of(card, {file.split: names[path] for path, file in rows.items()})
    items.append(made(CARD, card.encode()))
    items.sort(key=lambda item: item.name)
    return items + [
        Item(name, rows[path].bytes, rows[path].sha256, path)
        for path, name in sorted(names.items(), key=lambda one: one[1])
    ]


def made(name: str, content: bytes) -> Item:
    """A file that is nowhere yet."""
    return Item(name, len(content), hashlib.sha256(content).hexdigest(), content=content)


def _name(bundle: Bundle, path: Path) -> str:
    return f"{bundle.format or 'data'}/{path.name}"


def _beside(bundle: Bundle) -> Iterator[tuple[str, Path]]:
    """What stands in the version's folder besides rows in other forms."""
    folder = bundle.version.folder
    others = {*bundle.version.manifest["formats"], *(["data"] if bundle.format else [])}
    for path in sorted(folder.rglob("[!.]*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name.partition("/")[0] in others:
            continue
        if not (bundle.format and name in _OF_PARQUET):
            yield name, path
    if bundle.format and bundle.files:
        for name in _BESIDE:
            path = bundle.files[0].path.with_name(name)
            if path.is_file():
                yield f"{bundle.format}/{name}", path


def card_of(card: str, names: Mapping[str, str]) -> str:
    r"""A card that names other files of rows, by their split.

    >>> card_of("  - split: train\n    path: data/train-*.parquet\n", {"train": "trl/train.jsonl"})
    '  - split: train\n    path: trl/train.jsonl\n'
    """
    return _CARD_PATH.sub(lambda found: f"{found[1]}{names.get(found[2], found[2])}", card)


def mark(bundle: Bundle, items: list[Item]) -> Item:
    """What says, in a place that others change too, which dataset is there, and which files."""
    said = {
        "dataset": bundle.version.name,
        "digest": bundle.digest,
        "format": bundle.format,
        "files": {item.name: item.sha256 for item in items},
    }
    return made(MARK, json.dumps(said, indent=1, ensure_ascii=False).encode() + b"\n")


def sums(items: list[Item]) -> bytes:
    r"""``SHA256SUMS``, as ``sha256sum --check`` reads it.

    >>> sums([made("a b", b"")])
    b'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a b\n'
    """
    return "".join(f"{item.sha256}  {item.name}\n" for item in items).encode()


def note(receipt: Receipt, bundle: Bundle, items: list[Item], named: Callable[[Item], str]) -> None:
    """Write to a receipt which files go; ``named`` gives what each is called there, once it is."""
    splits = {file.path: file.split for file in bundle.files}
    receipt.files = [
        SentFile(
            split=splits.get(item.path, "") if item.path else "",
            name=item.name,
            bytes=item.size,
            sha256=item.sha256,
            id=named(item),
        )
        for item in items
    ]
    receipt.save()


def note_removed(receipt: Receipt) -> None:
    """Write to a receipt that its files are there no more."""
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    for file in receipt.files:
        file.deleted_at = file.deleted_at or at
    receipt.save()
