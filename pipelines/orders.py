"""What is asked of a build, what it gives, and what may come in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.holdings import Recipe
from pipelines.versions import Version


class DamagedShardsError(Exception):
    """Shards that are not what was written; ``problems`` names each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(problems))


class EmptyError(Exception):
    """Nothing to train on was left; ``counts`` says what was left out for what."""

    def __init__(self, counts: Mapping[str, Any]) -> None:
        self.counts = counts
        super().__init__("nothing is left to train on")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built, and where: ``date`` is ``YYYY-MM-DD``, ``memory`` in bytes.

    With ``report``, ``report.html`` is written, too.
    """

    data_dir: Path
    name: str
    date: str
    recipe: Recipe
    formats: tuple[str, ...] = ()
    memory: int = 1 << 30
    skip_damaged: bool = False
    report: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """A version; ``fresh`` when it was not there before."""

    version: Version
    fresh: bool
    damaged: tuple[str, ...] = ()
