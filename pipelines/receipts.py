"""Receipts: what was sent where, on disk after every step, and the rows that it holds.

``DATA_DIR/uploads/ID.json`` is the receipt, ``ID.rows.parquet`` names the rows, ``ID/`` has files
that were rendered for the destination. An ID follows from the data and the target.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from pipelines.streams import sync_folder

FOLDER: Final = "uploads"
RECEIPT_VERSION: Final = 1


class BusyError(RuntimeError):
    """Another process sends the same data to the same target."""


class ReceiptError(ValueError):
    """A receipt that cannot be read."""


class Part(BaseModel):
    """A part of a large file that the provider has: its number, its ID there, its MD5 in hex."""

    number: int
    id: str
    md5: str = ""


class Transfer(BaseModel):
    """An upload in parts that has begun: its ID there, the bytes of a part, when it expires."""

    id: str
    part_bytes: int
    expires_at: int = 0
    parts: list[Part] = Field(default_factory=list)


class SentFile(BaseModel):
    """A file of the bundle, and what it is called at the destination once it is there."""

    split: str
    name: str
    bytes: int
    sha256: str
    id: str = ""
    transfer: Transfer | None = None
    deleted_at: str = ""


class Job(BaseModel):
    """A job of fine-tuning: as the provider last said, ``status`` as it is called there."""

    id: str
    status: str = ""
    base_model: str = ""
    model: str = ""
    seen_at: str = ""
    error: str = ""


class Receipt(BaseModel):
    """One upload: what it was made of, how far it is. Change it, then :meth:`save`.

    ``state`` is ``sending`` until all that the target asks for is done, then ``sent``. ``place``
    is where a person finds it. ``notes`` are the destination's own, for itself.
    """

    model_config = ConfigDict(extra="ignore")

    receipt_version: int = RECEIPT_VERSION
    id: str
    target: str
    kind: str
    dataset: str
    digest: str
    format: str = ""
    identity: dict[str, Any] = Field(default_factory=dict)
    attempt: int = 1
    state: Literal["sending", "sent"] = "sending"
    started: str = ""
    updated: str = ""
    rows: dict[str, int] = Field(default_factory=dict)
    files: list[SentFile] = Field(default_factory=list)
    job: Job | None = None
    past_jobs: list[Job] = Field(default_factory=list)
    place: str = ""
    revision: str = ""
    notes: dict[str, Any] = Field(default_factory=dict)

    _path: Path | None = PrivateAttr(default=None)

    def save(self) -> None:
        """Make it durable: whole or as it was before."""
        self.updated = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        if self._path is not None:
            write_durably(self._path, self.model_dump_json(indent=1).encode() + b"\n")


def write_durably(path: Path, content: bytes) -> None:
    """Write a file aside, fsync it, rename it, make the name durable."""
    aside = path.with_name(f".{path.name}.tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(path.parent)


def receipt_id(target: str, digest: str, identity: Mapping[str, Any]) -> str:
    """The ID of an upload: the target's name, and a hash of the data and what decides beside it.

    >>> receipt_id("shelf", "00ff", {"kind": "local", "url": "shelf"})
    'shelf-1a6d333303cbfade'
    """
    said = json.dumps([digest, identity], sort_keys=True, ensure_ascii=False)
    return f"{target}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


class Receipts:
    """The folder of receipts of a DATA_DIR."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER

    def path(self, identity: str, suffix: str = ".json") -> Path:
        """Where what belongs to a receipt stands."""
        return self.folder / f"{identity}{suffix}"

    def read(self, identity: str) -> Receipt | None:
        """The receipt of an ID, or None. Raises :class:`ReceiptError` for one that is damaged."""
        path = self.path(identity)
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        except IsADirectoryError:
            raise ReceiptError(f"{path}: a folder, not a receipt: take it away") from None
        try:
            receipt = Receipt.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            raise ReceiptError(
                f"{path}: not a receipt that can be read ({first['msg']}): put it back from a "
                f"backup, or remove it and upload again: what is there already is found again"
            ) from None
        receipt._path = path  # noqa: SLF001 - where it is saved is no part of it
        return receipt

    def adopt(self, receipt: Receipt) -> Receipt:
        """Give a new receipt its place, and save it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        receipt._path = self.path(receipt.id)  # noqa: SLF001 - as above
        receipt.save()
        return receipt

    def all(self, damaged: list[str] | None = None) -> list[Receipt]:
        """Every receipt, the oldest first; ``damaged`` takes a sentence for each that is not."""
        found = []
        for path in sorted(self.folder.glob("[!.]*.json")):
            try:
                receipt = self.read(path.stem)
            except ReceiptError as error:
                if damaged is None:
                    raise
                damaged.append(str(error))
                continue
            if receipt is not None:
                found.append(receipt)
        return sorted(found, key=lambda one: (one.started, one.id))

    @contextmanager
    def locked(self, identity: str) -> Iterator[None]:
        """For one process at a time; what a killed one left aside is removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path(identity, ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BusyError(
                    f"{identity}: another process is sending this; wait for it to end"
                ) from None
            for left in self.folder.glob(f".{identity}.*.tmp"):
                with contextlib.suppress(OSError):
                    left.unlink()
            yield
