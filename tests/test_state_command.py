"""``scrapy state``: what the memory holds, and files that are not as recorded."""

import json

import pandas as pd
import pytest
from web import article


def build(web, crawler):
    web.page("/", article("Index", links=("/a",)))
    web.page("/a", article("Alpha"))
    crawler.site(web)


@pytest.fixture
def begun(once, tmp_path):
    return once.begin(build, tmp_path)


@pytest.fixture
def web(begun, once):
    return once.web


@pytest.fixture
def crawler(begun):
    return begun[0]


@pytest.fixture
def crawled(begun):
    return begun[1]


def files(data, stream="pairs"):
    folder = data / stream / "site=web"
    return {path.suffix: path for path in folder.iterdir() if not path.name.endswith(".bak")}


def test_it_tells_what_there_is(crawled, crawler):
    shown = crawler.run("state")
    assert shown.code == 0
    assert "2  page/document" in shown.out
    census = json.loads(crawler.run("state", "--json").out)["web"]
    assert census["documents"] == 2
    assert census["pending"] == census["waiting_rows"] == 0
    assert census["shards"]["pairs"]["files"] == 2
    assert census["fingerprints"] == len(crawled.rows())
    assert "no state" in crawler.run("state", "wbe").err


DAMAGE = {
    "removed": lambda path: path.unlink(),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "edited": lambda path: path.write_bytes(path.read_bytes().replace(b"harbour", b"Harbour", 1)),
    "emptied": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_shard_is_written_again_from_its_twin(name, suffix, crawled, crawler):
    before = pd.read_parquet(crawled.data / "pairs")
    rows = crawled.rows()
    path = files(crawled.data)[suffix]
    original = path.read_bytes()
    DAMAGE[name](path)
    if name == "edited" and path.read_bytes() == original:  # compressed: flip a byte instead
        path.write_bytes(original[:60] + bytes([original[60] ^ 1]) + original[61:])
    checked = crawler.run("state", "--check")
    assert checked.code == 0, checked.out + checked.err
    assert "repaired: pairs/site=web/" in checked.out
    pd.testing.assert_frame_equal(pd.read_parquet(crawled.data / "pairs"), before)
    assert crawled.rows() == rows
    assert "as it was written" in crawler.run("state", "--check").out


def test_what_cannot_be_repaired_is_named(crawled, crawler):
    for path in files(crawled.data).values():
        path.unlink()
    checked = crawler.run("state", "--check")
    assert checked.code == 6
    assert checked.out.count("DAMAGED: pairs/site=web/") == 2
    assert "put it back from a backup" in checked.out


def test_a_crawl_names_a_shard_that_went(crawled, crawler):
    files(crawled.data)[".parquet"].unlink()
    done = crawler.run()
    assert done.code == 6
    assert "pairs/site=web/pairs-000001.parquet is missing or changed" in done.err
    assert crawler.run("state", "--check").code == 0
    assert crawler.run().code == 0


def test_orphans_are_removed_and_files_of_others_are_not(crawled, crawler):
    folder = crawled.data / "pairs" / "site=web"
    (folder / "pairs-000009.parquet").write_bytes(b"half")
    (folder / ".pairs-000010.parquet.tmp").write_bytes(b"half")
    (folder / "_notes.txt").write_text("mine")
    checked = crawler.run("state", "--check")
    assert checked.code == 0
    assert checked.out.count("repaired:") == 2
    assert sorted(path.name for path in folder.iterdir()) == [
        "_notes.txt",
        "_pairs-000001.jsonl",
        "pairs-000001.parquet",
    ]


def test_a_damaged_state_is_named(crawled, crawler):
    path = crawled.data / "sites" / "web" / "state.db"
    path.write_bytes(path.read_bytes()[:9000])
    for command in (("state", "--check"), ("crawl", "articles")):
        done = crawler.run(*command)
        assert done.code == 6
        assert "Traceback" not in done.err
    assert "state.db" in done.err
