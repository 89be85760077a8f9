"""A folder, or object storage: a copy with checksums, read back, whole or not there.

Folders are handled as fsspec's other file systems are, but for what only they can: a folder is
written aside, made durable and renamed. In object storage ``SHA256SUMS`` comes last instead.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from pipelines.destinations import Bundle, FailedError, Problem, RefusedError, Tell
from pipelines.destinations.targetfile import LocalTarget
from pipelines.parcels import Item, made, note, note_removed, parcel, sums
from pipelines.receipts import Receipt
from pipelines.streams import sync_folder

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

SUMS: Final = "SHA256SUMS"
ASIDE: Final = ".sending-"
_CHUNK: Final = 4 << 20  # bytes
_SECRETS: Final = ("secret", "password", "passwd", "token", "key", "account_key", "sas_token")


def destination(target: LocalTarget, environment: Mapping[str, str]) -> Local:
    """The folder of a target; storage's keys are read by fsspec's own client."""
    del environment
    return Local(target)


class Local:
    """A target of kind ``local``."""

    def __init__(self, target: LocalTarget) -> None:
        self.target = target

    def preflight(self, bundle: Bundle) -> Iterator[Problem]:
        """Whether there is such storage, with room, that can be written."""
        for name in self.target.options:
            if name.lower() in _SECRETS:
                yield Problem(
                    f"[{self.target.name}] options.{name}: keys do not belong into the target "
                    f"file: leave it out and set what the storage's client reads, such as "
                    f"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                )
        try:
            fs, root = self._storage()
            if _is_folder(fs):
                yield from self._room(Path(root), sum(item.size for item in parcel(bundle)))
            else:
                fs.exists(f"{root}/{bundle.version.folder.parent.name}")
        except RefusedError as error:
            yield Problem(str(error))
        except Exception as error:  # noqa: BLE001 - each storage's client has errors of its own
            yield Problem(f"[{self.target.name}] {self.target.url}: {_said(error)}")

    def send(self, bundle: Bundle, receipt: Receipt, tell: Tell) -> None:
        """Copy what is not there yet, read it back, then make it valid."""
        fs, root = self._storage()
        name = bundle.version.folder.name + (f"-{bundle.format}" if bundle.format else "")
        parent = f"{root}/{bundle.version.folder.parent.name}"
        items = parcel(bundle)
        copy = _Copy(fs, parent, name, [*items, made(SUMS, sums(items))], tell)
        receipt.place = str(fs.unstrip_protocol(copy.place))
        note(receipt, bundle, items, lambda _: "")
        with self._sentences():
            if not copy.is_whole():
                copy.write()
        receipt.revision = hashlib.sha256(sums(items)).hexdigest()
        receipt.state = "sent"
        note(receipt, bundle, items, lambda item: f"{copy.place}/{item.name}")

    def delete(self, receipt: Receipt, tell: Tell) -> None:
        """Remove the copy with all its files, also one that was begun."""
        fs, _ = self._storage()
        place = fs._strip_protocol(receipt.place)  # noqa: SLF001 - fsspec's way to read a URL
        parent, _, name = place.rpartition("/")
        with self._sentences():
            for folder in (place, f"{parent}/{ASIDE}{name}") if receipt.place else ():
                if fs.exists(folder):
                    tell(f"removing {folder}", 0, 0)
                    fs.rm(folder, recursive=True)
        note_removed(receipt)

    def _storage(self) -> tuple[AbstractFileSystem, str]:
        """The file system, and where the target's folder is in it."""
        from fsspec.core import url_to_fs  # noqa: PLC0415 - needed only where something is sent

        url = self.target.url
        try:
            fs, root = url_to_fs(
                url if "://" in url else str(Path(url).absolute()), **self.target.options
            )
        except (ImportError, ValueError) as error:
            raise RefusedError(
                f"[{self.target.name}] url {url}: {_said(error)}: install the package that fsspec "
                f"names, or mend the URL"
            ) from None
        return fs, root.rstrip("/")

    def _room(self, root: Path, needed: int) -> Iterator[Problem]:
        there = next(path for path in (root, *root.parents) if path.exists())
        if not there.is_dir():
            yield Problem(f"[{self.target.name}] url: {there} is a file: name a folder")
        elif not os.access(there, os.W_OK | os.X_OK):
            yield Problem(f"[{self.target.name}] url: {there} cannot be written: see its owner")
        elif (free := shutil.disk_usage(there).free) < needed:
            yield Problem(
                f"[{self.target.name}] url: {there} has {free:,} bytes free of {needed:,} that "
                f"are needed: make room"
            )

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        """Each storage's errors as ours."""
        try:
            yield
        except (RefusedError, FailedError):
            raise
        except Exception as error:
            raise FailedError(
                f"[{self.target.name}] {self.target.url}: {_said(error)}: mend that and upload "
                f"again, it goes on from here"
            ) from error


class _Copy:
    """A parcel on its way to one place."""

    def __init__(
        self, fs: AbstractFileSystem, parent: str, name: str, items: list[Item], tell: Tell
    ) -> None:
        self.fs = fs
        self.place = f"{parent}/{name}"
        self.is_folder = _is_folder(fs)
        self.writing = f"{parent}/{ASIDE}{name}" if self.is_folder else self.place
        self.items = items
        self.tell = tell
        self.total = sum(item.size for item in items)
        self.done = 0

    def is_whole(self) -> bool:
        """Whether all is there: read back in a folder, by its sizes where reading costs money."""
        last = self.items[-1]
        with contextlib.suppress(FileNotFoundError):
            if self.fs.cat_file(f"{self.place}/{last.name}") == last.content:
                return all(self._has(item, self.place) for item in self.items)
        return False

    def _has(self, item: Item, place: str) -> bool:
        path = f"{place}/{item.name}"
        try:
            if self.fs.size(path) != item.size:
                return False
            return not self.is_folder or self._read_back(path) == item.sha256
        except FileNotFoundError:
            return False

    def _read_back(self, path: str) -> str:
        with self.fs.open(path, "rb", block_size=_CHUNK) as file:
            return _digest(file)

    def write(self) -> None:
        """Every file that is missing; those of a call that was killed stay."""
        for item in self.items:
            if not self._has(item, self.writing):
                self._put(item, f"{self.writing}/{item.name}")
            self.done += item.size
            self.tell("copying", self.done, self.total)
        if self.is_folder:
            _make_valid(Path(self.writing), Path(self.place))

    def _put(self, item: Item, path: str) -> None:
        self.fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        found = hashlib.sha256()
        done = self.done
        with item.open() as source, self.fs.open(path, "wb", block_size=_CHUNK) as file:
            while chunk := source.read(_CHUNK):
                found.update(chunk)
                file.write(chunk)
                self.tell("copying", done := done + len(chunk), self.total)
            if self.is_folder:
                file.flush()
                os.fsync(file.fileno())
        if found.hexdigest() != item.sha256:
            raise RefusedError(
                f"{item.path}: its bytes are not those of its dataset's manifest: it was changed "
                f"since; build the dataset anew"
            )
        if self._read_back(path) != item.sha256:
            raise FailedError(f"{path}: other bytes came back than were written: is it damaged?")


def _make_valid(aside: Path, place: Path) -> None:
    """Let a folder that was written aside stand in its place, durably."""
    for folder in (aside, *(path for path in aside.rglob("*") if path.is_dir())):
        sync_folder(folder)
    if place.exists():  # what is there is not whole, or the call would have ended before
        shutil.rmtree(place)
    aside.rename(place)
    sync_folder(place.parent)


def _digest(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()


def _is_folder(fs: Any) -> bool:
    from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415 - as above

    return isinstance(fs, LocalFileSystem)


def _said(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines and lines[0] else type(error).__name__
