"""Shard files: whole or absent, with the declared schema, whatever the rows hold."""

import base64
import json

import pyarrow.parquet as pq
import pytest

from pipelines.fingerprint import minhash
from pipelines.shards import SCHEMAS, read_rows, write_shard
from pipelines.streams import COLUMNS, checksum, is_shard_name, shard_path

ROW = {
    "prompt": "p",
    "completion": "c\nd \U0001f600",
    "kind": "title",
    "url": "http://a.example/",
    "document_id": "d",
    "site": "s",
    "fetched_at": "2026-11-24T02:00:00Z",
    "pair_id": "i",
}


@pytest.mark.parametrize("fmt", ["parquet", "jsonl"])
def test_rows_come_back_as_they_were(fmt, tmp_path):
    path = shard_path(tmp_path, "pairs", "s", 7, fmt)
    steps = []
    shard = write_shard(path, "pairs", [ROW, ROW], fmt, steps.append)
    assert (shard.rows, shard.bytes, shard.sha256) == (2, path.stat().st_size, checksum(path))
    assert steps == [f"{fmt}-written", f"{fmt}-renamed"]
    if fmt == "parquet":
        table = pq.read_table(path, partitioning=None)
        assert table.schema.equals(SCHEMAS["pairs"])
        found = table.to_pylist()[0]
        assert found["fetched_at"].isoformat() == "2026-11-24T02:00:00+00:00"
    else:
        found = json.loads(path.read_bytes().splitlines()[0])
        assert list(found) == SCHEMAS["pairs"].names
    assert found["completion"] == ROW["completion"]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_shard_with_no_value_in_a_column_has_the_same_schema(tmp_path):
    path = shard_path(tmp_path, "documents", "s", 1, "parquet")
    write_shard(path, "documents", [{"url": "u"}], "parquet")
    assert pq.read_table(path, partitioning=None).schema.equals(SCHEMAS["documents"])


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    path = shard_path(tmp_path, "pairs", "s", 1, "parquet")
    with pytest.raises((ValueError, TypeError, OSError)):
        write_shard(path, "pairs", [{**ROW, "fetched_at": "not a time"}], "parquet")
    assert list(path.parent.iterdir()) == []


NAMES = {
    "pairs-000001.parquet": True,
    "_pairs-000001.jsonl": True,
    "._pairs-000001.jsonl.tmp": True,
    "mine.parquet": False,
    "pairs.md": False,
    "documents-000001.parquet": False,
}


@pytest.mark.parametrize("name", NAMES)
def test_only_our_own_files_can_be_orphans(name):
    assert is_shard_name(name, "pairs") == NAMES[name]


@pytest.mark.parametrize("fmt", ["parquet", "jsonl"])
def test_signatures_come_back_as_they_were(fmt, tmp_path):
    path = shard_path(tmp_path, "documents", "s", 1, fmt)
    said = base64.b64encode(minhash("Bees live in hives.")).decode()
    write_shard(path, "documents", [{"url": "u", "minhash": said}, {"url": "v"}], fmt)
    assert [row["minhash"] for row in read_rows(path)] == [said, None]
    if fmt == "parquet":
        column = pq.read_table(path, partitioning=None).column("minhash").to_pylist()
        assert column == [minhash("Bees live in hives."), None]


def test_the_columns_are_those_of_the_schemas():
    assert {stream: schema.names for stream, schema in SCHEMAS.items()} == COLUMNS
