"""Where a dataset goes: what every destination offers, and what it is handed.

A kind of target is a file here of its name, with a function ``destination(target, environment)``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, cast

from pipelines.destinations.targetfile import Target
from pipelines.receipts import Receipt
from pipelines.versions import Version

# What is done, how much of it, of how much; both 0 for a sentence that stands by itself.
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an upload must not begin, with the remedy; a ``warning`` does not hinder it."""

    says: str
    weight: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file to send: where it is, which side, its bytes, rows, and SHA-256 in hex.

    ``stamp`` is when it was hashed by the clock of its file system (``pipelines.windows``), or 0.
    """

    path: Path
    split: str
    bytes: int
    rows: int
    sha256: str
    stamp: int = 0


@dataclass(frozen=True, slots=True)
class Bundle:
    """A version of a dataset as a target wants it.

    ``files`` are those of ``format``, or the Parquet files for ``""``; ``digest`` (hex) is a hash
    of all their hashes: the same rows in the same format have the same.
    """

    version: Version
    format: str
    digest: str
    files: tuple[BundleFile, ...]

    def of(self, split: str) -> list[BundleFile]:
        """The files of one side, in order."""
        return [file for file in self.files if file.split == split]


class RefusedError(Exception):
    """It cannot be done until somebody changes something; the message says what, in a sentence."""


class FailedError(Exception):
    """It was tried and did not work out; another call goes on where this one ended."""


class Destination(Protocol):
    """A place where bundles go."""

    def preflight(self, bundle: Bundle) -> Iterable[Problem]:
        """All that is wrong there, before a byte is sent; sends and changes nothing itself."""

    def send(self, bundle: Bundle, receipt: Receipt, tell: Tell) -> None:
        """Bring the bundle there, from where the receipt says on; ``receipt.save()`` each step.

        Sets ``receipt.state`` to ``sent`` at the end. Raises :class:`RefusedError`,
        :class:`FailedError`, :class:`OSError` for the disk here.
        """

    def delete(self, receipt: Receipt, tell: Tell) -> None:
        """Remove there what the receipt names, as far as that is possible, and note it."""


def destination_of(target: Target, environment: Mapping[str, str]) -> Destination:
    """The destination of a target; only the module of its kind is imported."""
    module = importlib.import_module(f"{__name__}.{target.kind}")
    return cast("Destination", module.destination(target, environment))


def key_of(target: Target, environment: Mapping[str, str]) -> str:
    """A target's key. Raises :class:`RefusedError` when there is none, or it can be none.

    What a header cannot hold would be shown by the HTTP client's complaint.
    """
    value = environment.get(target.key, "").strip() if target.key else ""
    if target.key and not value:
        raise RefusedError(
            f"[{target.name}] needs a key: set the environment variable {target.key}, "
            f"or write it to .env"
        )
    if not all("!" <= letter <= "~" for letter in value):
        raise RefusedError(
            f"[{target.name}] {target.key} holds a space, a line break or a letter that no key "
            f"has: set it anew"
        )
    return value
