"""The folder of built datasets: ``NAME/VERSION``, which one is the latest, what is in them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipelines.streams import sync_folder

FOLDER: Final = "datasets"
LATEST: Final = "latest"
MANIFEST: Final = "manifest.json"
ASIDE: Final = ".building-"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class BusyError(RuntimeError):
    """Another process builds a dataset in the same folder."""


class Version(NamedTuple):
    """One built dataset: its folder and its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """``NAME/VERSION``."""
        return f"{self.folder.parent.name}/{self.folder.name}"


def is_name(text: str) -> bool:
    """Whether a dataset can be called so: letters, digits, ``-`` and ``_`` in lower case.

    >>> is_name("news-2026"), is_name("../news"), is_name("latest")
    (True, False, False)
    """
    return bool(_NAME.fullmatch(text)) and text != LATEST


def read(folder: Path) -> Version:
    """A version by its folder. Raises :class:`OSError` or :class:`ValueError` for none."""
    return Version(folder, json.loads((folder / MANIFEST).read_text("utf-8")))


def versions(data_dir: Path, name: str) -> list[Version]:
    """The versions of a dataset, the oldest first."""
    found = []
    for folder in (data_dir / FOLDER / name).glob("[!.]*"):
        if folder.is_dir() and not folder.is_symlink():
            with contextlib.suppress(OSError, ValueError):
                found.append(read(folder))
    return sorted(found, key=lambda one: (one.manifest["sequence"], one.folder.name))


def names(data_dir: Path) -> list[str]:
    """The datasets that there are."""
    return sorted({path.parents[1].name for path in (data_dir / FOLDER).glob(f"*/*/{MANIFEST}")})


def latest(data_dir: Path, name: str) -> Version | None:
    """The version that was built last."""
    with contextlib.suppress(OSError, ValueError):
        return read((data_dir / FOLDER / name / LATEST).resolve(strict=True))
    return next(reversed(versions(data_dir, name)), None)


def find(data_dir: Path, text: str) -> Version | None:
    """A version by ``NAME``, ``NAME/VERSION`` or the beginning of one, or by its folder."""
    if (Path(text) / MANIFEST).is_file():
        return read(Path(text).resolve())
    name, _, version = text.partition("/")
    if not is_name(name):
        return None
    if version in ("", LATEST):
        return latest(data_dir, name)
    matching = [one for one in versions(data_dir, name) if one.folder.name.startswith(version)]
    return matching[0] if len(matching) == 1 else None


def unknown(data_dir: Path, text: str) -> str:
    """What is told of a text that names no version, or several, and what helps.

    >>> unknown(Path("/nowhere"), "bees")
    'bees: no such version, or more than one; datasets: none; scrapy build makes one'
    """
    known = names(data_dir)
    said = f"{text}: no such version, or more than one; datasets: {', '.join(known) or 'none'}"
    remedy = "scrapy datasets lists their versions" if known else "scrapy build makes one"
    return f"{said}; {remedy}"


@contextmanager
def locked(data_dir: Path) -> Iterator[Path]:
    """The folder of the datasets, for one process at a time; what a killed one left is removed."""
    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BusyError(f"{folder}: another process builds a dataset here; wait") from None
        for left in folder.glob(f"*/{ASIDE}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield folder


def publish(aside: Path, version: str) -> Path:
    """Make a folder that was written aside a version, durable and whole, and the latest."""
    for path in sorted(aside.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    for path in (aside, *(path for path in aside.rglob("*") if path.is_dir())):
        sync_folder(path)
    target = aside.with_name(version)
    aside.rename(target)
    point(target)
    return target


def point(target: Path) -> None:
    """Let ``latest`` mean a version."""
    link = target.with_name(f".{LATEST}.tmp")
    link.unlink(missing_ok=True)
    link.symlink_to(target.name)
    link.replace(target.with_name(LATEST))
    sync_folder(target.parent)
