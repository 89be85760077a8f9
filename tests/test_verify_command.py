"""``scrapy verify``: the demo's pairs made again, and rows that were changed."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from conftest import Crawler


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    crawler = Crawler(tmp_path_factory.mktemp("verify"))
    done = crawler.run("demo", FTCRAWLER_SITES="")
    assert done.code == 0, done.err
    return crawler


def verify(crawler, *args):
    return crawler.run("verify", *args, FTCRAWLER_SITES="", DEMO_PORT="1")


def test_every_pair_of_the_demo_is_made_again(demo):
    done = verify(demo, "demo", "--all")
    assert done.code == 0, done.out + done.err
    files = demo.data.glob("pairs/*/_*.jsonl")
    rows = [json.loads(line) for file in files for line in file.read_bytes().splitlines()]
    assert len(rows) > 100
    assert f" {len(rows):,} pairs the same, 0 by older rules, 0 differences" in done.out


def test_a_sample_is_smaller(demo):
    done = verify(demo, "demo", "--sample", "3")
    assert done.code == 0
    assert "demo: 3 documents, " in done.out


def test_a_changed_row_is_found_and_named(demo):
    path = next(demo.data.glob("pairs/site=demo/*.parquet"))
    original = path.read_bytes()
    table = pq.read_table(path, partitioning=None)
    names = table.column("completion").to_pylist()
    names[5] = "Somebody wrote here."
    place = table.schema.get_field_index("completion")
    pq.write_table(table.set_column(place, table.schema.field(place), [names]), path)
    done = verify(demo, "demo", "--all")
    path.write_bytes(original)
    assert done.code == 3
    assert "1 differences" in done.out
    assert "completion: stored 'Somebody wrote here.', made now" in done.out


def test_a_shard_that_is_none_is_named(demo):
    path = next(demo.data.glob("pairs/site=demo/*.parquet"))
    original = path.read_bytes()
    path.write_bytes(b"PAR1")
    done = verify(demo, "demo")
    path.write_bytes(original)
    assert done.code == 6
    assert "demo: " in done.err


def test_what_there_is_not(demo):
    assert verify(demo, "dmeo").code == 2
    done = demo.run("verify", "quotes", FTCRAWLER_SITES="")
    assert (done.code, "no documents of these sites" in done.err) == (0, True)
