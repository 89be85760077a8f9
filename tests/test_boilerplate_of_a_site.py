"""Blocks that stand on many pages of a site are learned, and left out from the next run on."""

from __future__ import annotations

import sqlite3
import time
from itertools import count

import pytest
from web import article

from ftcrawler.boilerplate import MOST_COUNTED, boilerplate, forget, judge, learn
from ftcrawler.schema import SCHEMA
from pipelines.records import Block, Document
from pipelines.sitewide import LEAST_PAGES, block_key, block_keys, without

NIGHT, LATER = "2026-11-24T02:00:00Z", "2026-11-25T02:00:00Z"
FRAME = "Kept by volunteers of the harbour society, visit {} of this season."


def document(*texts, kind="paragraph"):
    return Document("u:1", "T", tuple(Block(kind, text) for text in texts))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("Rated by 12 readers", "rated  by 9 readers", True),
        ("Version 3.2.1 of 2024", "Version 11.0.4 of 1999", True),
        ("Rated by some readers", "Rated by 9 readers", False),
    ],
)
def test_numbers_case_and_space_make_no_difference(one, other, equal):
    assert (block_key(Block("paragraph", one)) == block_key(Block("list_item", other))) is equal


@pytest.mark.parametrize(
    "block",
    [Block("heading", "See also", 2), Block("code", "import sys"), Block("quote", "x" * 501)],
)
def test_what_repeats_by_design_is_never_boilerplate(block):
    assert block_key(block) is None


def test_spans_are_right_in_what_is_left():
    full = document("One two.", "Frame 1", "Three four.")
    (key,) = block_keys(document("frame 9"))
    left, dropped = without(full, {key: NIGHT}, LATER)
    assert dropped == 1
    assert [left.text[b.start : b.end] for b in left.blocks] == ["One two.", "Three four."]
    assert without(full, {key: LATER}, NIGHT) == (full, 0)


def test_rare_blocks_are_forgotten_when_there_are_too_many():
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(SCHEMA)
    numbers = count()
    for _ in range(3):
        learn(db, document("The same line"))
    rows = ((next(numbers).to_bytes(8, "big"),) for _ in range(MOST_COUNTED + 5))
    db.executemany("INSERT INTO blocks VALUES (?, 1)", rows)
    forget(db)
    assert db.execute("SELECT n FROM blocks").fetchall() == [(3,)]


def test_few_pages_prove_nothing():
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(SCHEMA)
    for _ in range(LEAST_PAGES - 1):
        learn(db, document("The same line"))
    judge(db, 0.0)
    assert boilerplate(db) == {}
    learn(db, document("The same line"))
    judge(db, 0.0)
    assert len(boilerplate(db)) == 1


def framed(title, n):
    return article(title).replace("</article>", f"<p>{FRAME.format(n)}</p></article>")


def test_a_crawl_learns_in_the_first_night_and_leaves_out_in_the_next(web, crawler):
    paths = [f"/p{n}" for n in range(LEAST_PAGES + 2)]
    web.page("/", article("Start", links=tuple(paths)))
    for n, path in enumerate(paths):
        web.page(path, framed(f"Page {n}", n), etag=True)
    crawler.site(web, more="[archive]\nwarc = true")
    first = crawler.run()
    seen = [row for row in first.rows("documents") if "volunteers" in row["text"]]
    assert len(seen) == len(paths)
    time.sleep(1.1)  # what is known since when is kept in whole seconds
    web.page("/", article("Start", links=(*paths, "/new")))
    web.page("/new", framed("New", 77))
    second = crawler.run()
    assert second.counts()["blocks/site-boilerplate"] == 1
    (new,) = [row for row in second.rows("documents") if row["url"].endswith("/new")]
    assert "volunteers" not in new["text"]
    assert not [r for r in second.rows() if r["url"].endswith("/new") and "volunt" in str(r)]
    again = crawler.run("reextract", "--into", str(crawler.data.parent / "fresh"))
    assert again.code == 0, again.err
    again.data = crawler.data.parent / "fresh"
    identity = lambda crawl: sorted((r["pair_id"], r["prompt"]) for r in crawl.rows())  # noqa: E731
    assert identity(again) == identity(second)
