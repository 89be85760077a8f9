"""What a dataset is built from: the shards of each site, and what must not be used. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SIMILARITY: Final = 0.6  # from which two documents are near-duplicates


@dataclass(frozen=True, slots=True)
class Source:
    """One shard: its file relative to DATA_DIR, its stream, its SHA-256 in hex or ``""``."""

    file: str
    stream: str
    site: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Holdings:
    """One site's shards, and what its memory says of them beyond the shards.

    ``refused``: documents that must not be used, with the reason: ``tombstone: http-404``,
    ``retracted: ...``, ``denied: meta robots``. ``boilerplate``: keys of blocks that stand on
    many pages of the site (``pipelines.sitewide``), since when that is known (ISO 8601, UTC).
    ``crawl`` is what its memory counts, for the report (``pipelines.funnel`` names the keys).
    """

    site: str
    sources: tuple[Source, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    boilerplate: Mapping[bytes, str] = field(default_factory=dict)
    crawl: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is chosen of the rows, how duplicates are kept, how the sides are drawn.

    Empty ``sites``, ``kinds`` and ``languages`` mean all; ``since`` is ``YYYY-MM-DD``. ``caps``
    are pairs at most by site, ``""`` for each that is not named; ``weights`` are how likely a
    site's rows are drawn beside others' when ``max_tokens`` (0: no limit) leaves some out.
    """

    sites: tuple[str, ...] = ()
    since: str = ""
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_words: int = 0
    license_policy: str = "any"
    keep: str = "earliest"
    similarity: float = SIMILARITY
    caps: tuple[tuple[str, int], ...] = ()
    weights: tuple[tuple[str, float], ...] = ()
    max_tokens: int = 0
    validation: float = 0.05
    seed: int = 0
