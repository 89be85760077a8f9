"""A stored document and its stored pairs -> what differs when the pairs are made again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from pipelines.pairs import PAIRS_VERSION
from pipelines.records import Block, Document, Pair
from pipelines.rows import pair_id
from pipelines.rules import PairRules
from pipelines.sift import kept_pairs

Row = Mapping[str, Any]

# What is made again and compared, byte for byte; the rest of a row is copied from the visit.
_COMPARED: Final = (
    *("prompt", "completion", "kind", "first_block", "last_block", "prompt_start", "prompt_end"),
    *("completion_start", "completion_end", "masked"),
)
_BLOCK_FIELDS: Final = ("kind", "text", "level", "start", "path")


class Difference(NamedTuple):
    """One fault of one pair: a column with what is ``stored`` and what is ``made`` now.

    ``column`` is ``"row"`` when the pair is not made at all, ``"text"`` for a document whose
    blocks do not give its text.
    """

    document_id: str
    pair_id: str
    column: str
    stored: object
    made: object


class Comparison(NamedTuple):
    """``same`` rows, rows by ``older`` rules (not compared), and the differences of the others."""

    same: int
    older: int
    differences: tuple[Difference, ...]


def document_of(row: Row) -> Document:
    """The document that a row of ``documents`` was written from, as far as pairs need it."""
    blocks = tuple(Block(*(block[name] for name in _BLOCK_FIELDS)) for block in row["blocks"])
    return Document(
        row["url"], row["title"], blocks, row["language"], extractor=row.get("extractor") or ""
    )


def compare(document: Row, pairs: Iterable[Row], rules: PairRules) -> Comparison:
    """Make the pairs of a stored document again and hold each stored row against them.

    A pair that is made now and not stored is no difference: another page gave it first.
    """
    identity = document["document_id"]
    rebuilt = document_of(document)
    found: list[Difference] = []
    if rebuilt.text != document["text"]:
        found.append(Difference(identity, "", "text", document["text"], rebuilt.text))
    made: dict[str, Pair] = {}
    for pair in kept_pairs(rebuilt, rules)[0]:
        made.setdefault(pair_id(identity, pair.fingerprint), pair)
    same = older = 0
    for row in pairs:
        if row.get("rules_version") != PAIRS_VERSION:
            older += 1
            continue
        faults = _faults(identity, row, made.get(row["pair_id"]))
        found += faults
        same += not faults
    return Comparison(same, older, tuple(found))


def _faults(identity: str, row: Row, pair: Pair | None) -> list[Difference]:
    name = row["pair_id"]
    if pair is None:
        return [Difference(identity, name, "row", row["prompt"], None)]
    now = asdict(pair)
    return [
        Difference(identity, name, column, row[column], now[column])
        for column in _COMPARED
        if row[column] != now[column]
    ]
