"""What a night is to do, and at which sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ftcrawler.clock import iso
from ftcrawler.site import Site


@dataclass(frozen=True)
class Order:
    """What a night is to do, beside which sites."""

    data_dir: Path
    dataset: str = "all"
    build: bool = True
    build_options: Sequence[str] = ()
    upload: str = ""
    minutes: float = 0.0
    pages: int = 0
    restored: frozenset[str] = frozenset()
    pretended: bool = False  # at another time than it is


@dataclass(frozen=True)
class Due:
    """The sites that are due, each with its slot; site files that cannot be used."""

    sites: dict[str, Site]
    slots: dict[str, datetime]
    broken: list[str] = field(default_factory=list)

    def slot(self, site: str) -> str:
        """A site's slot as it stands in records."""
        return iso(self.slots[site].timestamp())
