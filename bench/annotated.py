"""The annotated pages: what they are, where they come from, and what an editor would keep of them.

``tests/annotated/pages.toml`` has an entry a page, ``tests/annotated/NAME/`` its ``page.html.gz``
and its ``expected.json``; a page of ``../shared/pages`` has only the latter there.
"""

from __future__ import annotations

import gzip
import json
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SET: Final = ROOT / "tests" / "annotated"
SHARED: Final = ROOT.parent / "shared" / "pages"


@dataclass(frozen=True, slots=True)
class Expected:
    """A block of the article. ``optional``: neither its presence nor its absence is a fault."""

    kind: str
    text: str
    level: int = 0
    optional: bool = False


@dataclass(frozen=True)
class Annotated:
    """A page of the set with its entry in ``pages.toml``."""

    name: str
    entry: dict[str, Any]

    @property
    def url(self) -> str:
        """Where the page stood, or would stand."""
        return str(self.entry["url"])

    @property
    def held_out(self) -> bool:
        """Whether the page is for reports only: no rule may be made by looking at it."""
        return bool(self.entry.get("held_out", False))

    @property
    def file(self) -> Path:
        """Where the page lies; it may be missing when it belongs to ``../shared``."""
        shared = self.entry.get("shared")
        return SHARED / shared if shared else SET / self.name / "page.html.gz"

    @property
    def expected_file(self) -> Path:
        """Where the expected blocks lie."""
        return SET / self.name / "expected.json"

    @cached_property
    def body(self) -> bytes:
        """The page, byte for byte."""
        data = self.file.read_bytes()
        return gzip.decompress(data) if self.file.suffix == ".gz" else data

    @cached_property
    def title(self) -> str:
        """The title that an editor would give."""
        return str(self._expected["title"])

    @cached_property
    def blocks(self) -> tuple[Expected, ...]:
        """The expected blocks in page order."""
        return tuple(Expected(**block) for block in self._expected["blocks"])

    @cached_property
    def _expected(self) -> dict[str, Any]:
        return dict(json.loads(self.expected_file.read_text(encoding="utf-8")))


def entries() -> list[Annotated]:
    """Every entry of ``pages.toml``, whether its page is there or not."""
    table = tomllib.loads((SET / "pages.toml").read_text(encoding="utf-8"))
    return [Annotated(name, entry) for name, entry in table.items()]


def pages() -> list[Annotated]:
    """The annotated pages that are there."""
    return [page for page in entries() if page.file.exists() and page.expected_file.exists()]
