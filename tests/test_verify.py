"""Stored rows against pairs made again."""

from __future__ import annotations

import pytest

from pipelines.pairs import PAIRS_VERSION
from pipelines.records import Block, Document, Harvest
from pipelines.rows import document_row, pair_row
from pipelines.rules import PairRules
from pipelines.shards import read_rows, write_shard
from pipelines.sift import kept_pairs
from pipelines.streams import shard_path
from pipelines.verify import compare

RULES = PairRules(("title", "heading", "sentence", "window"), max_tokens=30)
TEXTS = (
    ("paragraph", 0, "Bees make honey in summer. Ask jane@uni-bonn.de about their other habits."),
    ("heading", 2, "Winter of the bees"),
    ("paragraph", 0, "Bees sleep little in winter. They keep each other warm, and eat. "),
)
URL = "https://site.example/bees"


@pytest.fixture
def stored(tmp_path):
    """(document row, pair rows) as they come back from Parquet."""
    blocks, start = [], 0
    for kind, level, text in TEXTS:
        blocks.append(Block(kind, text, level, start, "/html/body"))
        start += len(text) + 1
    document = Document(URL, "Bees", tuple(blocks), "en", extractor="test 1")
    made, _ = kept_pairs(document, RULES)
    pairs = {pair.fingerprint: pair for pair in reversed(made)}.values()  # the first one is kept
    harvest = Harvest("bees", URL, "document", fetched_at="2026-11-24T02:00:00Z")
    rows = {
        "documents": [document_row(harvest, document, 1)],
        "pairs": [pair_row(harvest, document, pair, 1, "") for pair in pairs],
    }
    for stream, written in rows.items():
        path = shard_path(tmp_path, stream, "bees", 1, "parquet")
        write_shard(path, stream, written, "parquet")
        rows[stream] = read_rows(path)
    return rows["documents"][0], rows["pairs"]


def test_what_was_stored_is_made_again(stored):
    document, pairs = stored
    assert {pair["kind"] for pair in pairs} == {"title", "heading", "sentence"}
    assert any(pair["masked"] for pair in pairs)
    assert compare(document, pairs, RULES) == (len(pairs), 0, ())


def test_a_pair_that_another_page_gave_is_not_missed(stored):
    document, pairs = stored
    assert compare(document, pairs[1:], RULES) == (len(pairs) - 1, 0, ())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("completion", "Something else."),
        ("completion", "Bees make honey in summer.  "),
        ("completion_start", 7),
        ("first_block", 2),
        ("kind", "window"),
        ("masked", None),
    ],
)
def test_a_changed_value_is_named(stored, column, value):
    document, pairs = stored
    was = pairs[0][column]
    pairs[0] = pairs[0] | {column: value}
    result = compare(document, pairs, RULES)
    assert result.same == len(pairs) - 1
    (fault,) = result.differences
    assert fault == (document["document_id"], pairs[0]["pair_id"], column, value, was)


def test_a_row_that_no_rule_makes_is_named(stored):
    document, pairs = stored
    result = compare(document, [pairs[0] | {"pair_id": "0" * 32}], RULES)
    assert [(fault.column, fault.made) for fault in result.differences] == [("row", None)]


def test_other_rules_differ(stored):
    document, pairs = stored
    assert compare(document, pairs, PairRules(("title",), pii="keep")).differences


def test_a_document_whose_text_was_changed_is_named(stored):
    document, pairs = stored
    result = compare(document | {"text": "Bees."}, pairs, RULES)
    assert [fault.column for fault in result.differences] == ["text"]


def test_rows_of_older_rules_are_counted_and_not_compared(stored):
    document, pairs = stored
    old = [pair | {"rules_version": PAIRS_VERSION - 1, "completion": "Old."} for pair in pairs]
    assert compare(document, old, RULES) == (0, len(pairs), ())
    assert compare(document, [old[0] | {"rules_version": None}], RULES) == (0, 1, ())
