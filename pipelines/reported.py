"""What a report shows beside the manifest: counts, examples and a sample of the rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Drawn(NamedTuple):
    """A pair of the sample; ``fetched_at`` is ISO 8601 in UTC."""

    pair_id: str
    prompt: str
    completion: str
    kind: str
    site: str
    url: str
    document_id: str
    fetched_at: str
    language: str
    split: str
    spans: tuple[tuple[int, int], ...]  # of both in the document's text, -1 for what is not there


class Side(NamedTuple):
    """A document or a pair that is shown beside another; no ``text`` when it is at hand no more."""

    identity: str
    url: str
    site: str
    fetched_at: str
    title: str
    text: str


class Twins(NamedTuple):
    """What was left out, and what was kept in its place; ``similarity`` is -1 for pairs."""

    reason: str
    similarity: float
    dropped: Side
    kept: Side


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts that the manifest does not have.

    ``asked`` and ``answered``: rows by kind and size in tokens; ``days``: rows by (day, split);
    ``used``: documents of the dataset by site; ``left_out``: documents by (site, reason);
    ``details``: documents by (reason, what the tombstone or the signal says); ``similar``:
    near-duplicates by their similarity in hundredths; ``licences`` and ``languages``: rows.
    """

    asked: Mapping[str, Mapping[int, int]]
    answered: Mapping[str, Mapping[int, int]]
    days: Mapping[tuple[str, str], int]
    used: Mapping[str, int]
    left_out: Mapping[tuple[str, str], int] = field(default_factory=dict)
    details: Mapping[tuple[str, str], int] = field(default_factory=dict)
    similar: Mapping[int, int] = field(default_factory=dict)
    licences: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page is made of."""

    manifest: Mapping[str, Any]
    figures: Figures
    twins: Sequence[Twins] = ()
    sample: Sequence[Drawn] = ()
