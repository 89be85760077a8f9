"""Near-duplicates that an earlier build found: only new documents are compared."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines.fingerprint import MINHASH_VERSION
from pipelines.near import Links, links

if TYPE_CHECKING:
    from pipelines.near import Indexes, Signatures

LINKS: Final = "links.npz"
_LINKING_VERSION: Final = 3


def content(signature: bytes) -> Indexes:
    """The origin of a document whose signature is not that of its shard: two numbers."""
    return np.frombuffer(hashlib.sha256(signature).digest()[:16], dtype="<i8")


def remembered_links(bands: Signatures, origin: Indexes, least: float, folder: Path) -> Links:
    """The links among documents; those among the first ones as an earlier build found them.

    That is so when the first documents are those of that build, in the same order. ``origin`` is
    what a document's signature depends on, two numbers each: to look at these is quicker than at
    all signatures.
    """
    path = folder / LINKS
    before, known = None, 0
    rows = np.ascontiguousarray(origin, dtype="<i8")
    said = hashlib.sha256(f"{_LINKING_VERSION} {MINHASH_VERSION} {least!r}\n".encode())
    unreadable = contextlib.suppress(OSError, ValueError, KeyError, zipfile.BadZipFile)
    with unreadable, np.load(path) as kept:
        known = min(int(kept["known"]), len(rows))
        said.update(rows[:known].data)
        if said.hexdigest() == str(kept["digest"]):
            before = Links(kept["left"], kept["right"], kept["similarity"])
    if before is not None and known == len(bands):
        return before
    found = links(bands, least, before, known)
    said.update(rows[known:].data)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        np.savez(
            file,
            known=len(bands),
            digest=said.hexdigest(),
            left=found.left,
            right=found.right,
            similarity=found.similarity,
        )
    temporary.replace(path)
    return found
