"""Backups: whole while a crawl runs, and a restored one goes on without loss or doubles."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections import Counter

import pytest
from conftest import ROOT
from web import article

from ftcrawler.backup import prune, snapshots, take, working_in
from ftcrawler.commands.backup import problems


@pytest.fixture
def shelf(tmp_path):
    """A DATA_DIR of records only, and a folder for its backups."""
    data, folder = tmp_path / "data", tmp_path / "backup"
    (data / "runs").mkdir(parents=True)
    (data / "runs/1.json").write_text("{}")
    (data / "night.lock").write_text("7")
    folder.mkdir()
    return data, folder


def test_what_the_last_backup_holds_is_linked_and_locks_stay_behind(shelf):
    data, folder = shelf
    first = take(data, folder, "20261124T010000Z")
    (data / "runs/2.json").write_text("{}")
    second = take(data, folder, "20261125T010000Z")
    assert (first.copied, second.copied, second.linked) == (1, 1, 1)
    kept = [path.name for path in second.folder.rglob("*") if path.is_file()]
    assert sorted(kept) == ["1.json", "2.json"]
    assert prune(folder, 1) == [first.folder]
    assert snapshots(folder) == [second.folder]
    assert (second.folder / "runs/1.json").read_text() == "{}"


def test_a_backup_that_fails_or_was_killed_leaves_nothing_whole(shelf, monkeypatch):
    data, folder = shelf
    monkeypatch.setattr(shutil, "copy2", lambda *_: (_ for _ in ()).throw(OSError("no room")))
    with pytest.raises(OSError, match="no room"):
        take(data, folder, "20261124T010000Z")
    assert list(folder.iterdir()) == []
    (folder / "20261123T010000Z.partial").mkdir()
    assert snapshots(folder) == []
    prune(folder, 1)
    assert list(folder.iterdir()) == []


def test_two_backups_to_one_folder_wait_for_no_other(shelf):
    _, folder = shelf
    with working_in(folder), pytest.raises(OSError, match="another backup"), working_in(folder):
        pass


@pytest.mark.parametrize(
    ("folder", "keep", "said"),
    [("data/backup", 0, "outside"), (".", 0, "outside"), ("backup", -1, "--keep -1")],
)
def test_what_cannot_be_backed_up_is_said(folder, keep, said, tmp_path):
    state = tmp_path / "data/sites/web/state.db"
    state.parent.mkdir(parents=True)
    state.touch()
    (fault,) = problems(tmp_path / "data", (tmp_path / folder).resolve(), keep)
    assert said in fault
    (fault,) = problems(tmp_path / "none", tmp_path / "backup", 0)
    assert "nothing was crawled" in fault


PAGES = 60
WARC = "[archive]\nwarc = true"


def build(web, more: int = 0):
    names = [f"/p{n}" if n else "/" for n in range(PAGES + more)]
    for n, name in enumerate(names):
        links = tuple(names[3 * n + 1 : 3 * n + 4])
        web.page(name, article(f"Page {n}", links=links), etag=True)


def bag(done, stream="pairs"):
    key = "pair_id" if stream == "pairs" else "document_id"
    return Counter((row["url"], row[key], row.get("revision")) for row in done.rows(stream))


def backup(crawler, *args: str):
    done = crawler.run("backup", str(crawler.data.parent / "backup"), *args)
    return done, snapshots(crawler.data.parent / "backup")[-1:]


def restore(crawler, snapshot):
    shutil.rmtree(crawler.data)
    subprocess.run(["cp", "-a", snapshot, crawler.data], check=True)
    checked = crawler.run("state", "--check", "--json")
    assert checked.code == 0, checked.out + checked.err
    assert [f for f in json.loads(checked.out)["web"]["findings"] if not f["repaired"]] == []


@pytest.mark.slow
def test_restored_it_goes_on_where_the_backup_was(web, crawler, tmp_path):
    """Back up, crawl more, lose everything, restore, crawl: as if nothing had been lost."""
    build(web)
    crawler.site(web, more=WARC)
    assert crawler.run().code == 0
    done, (snapshot,) = backup(crawler)
    assert done.code == 0, done.err
    build(web, more=9)
    web.page("/p7", article("Page 7, rewritten"), etag=True)
    after = crawler.run()
    assert after.code == 0, after.err
    expected = bag(after), bag(after, "documents")
    restore(crawler, snapshot)
    again = crawler.run()
    assert again.code == 0, again.err
    assert (bag(again), bag(again, "documents")) == expected
    assert again.counts()["page/unchanged"] >= PAGES - 3
    done, (second,) = backup(crawler, "--keep", "1")
    assert done.code == 0, done.err
    assert snapshots(second.parent) == [second]
    shard = next(crawler.data.glob("pairs/site=web/*.parquet"))
    shard.write_bytes(b"cut off")
    time.sleep(1)  # a backup has its name by the second
    done, _ = backup(crawler)
    assert done.code == 6
    assert f"{shard}: 7 bytes, recorded" in done.err


@pytest.mark.slow
def test_taken_in_the_middle_of_a_crawl_it_is_whole(web, crawler, tmp_path):
    """Backups while shards and archives are written; each one goes on to the rows of all pages."""
    build(web)
    crawler.site(web, more=WARC, request="concurrency = 2")
    fast = ("-s", "COMMIT_BATCH=2", "-s", "SHARD_ROWS=20", "-s", "WARC_BYTES=20000")
    process = subprocess.Popen(
        crawler.command("crawl", "articles", *fast),
        cwd=ROOT,
        env=crawler.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    taken = []
    while process.poll() is None and len(taken) < 200:
        if any(crawler.data.glob("sites/*/state.db")) and len(web.paths()) > 5:
            (tmp_path / "backup").mkdir(exist_ok=True)
            taken.append(
                (len(web.paths()), take(crawler.data, tmp_path / "backup", f"{len(taken):08}T1Z"))
            )
        time.sleep(0.02)
    assert process.wait(60) == 0
    whole = crawler.run()
    expected = bag(whole), bag(whole, "documents")
    middle = [snapshot for asked, snapshot in taken if 10 < asked < PAGES]
    assert len(middle) >= 2
    for snapshot in (middle[0], middle[-1]):
        assert snapshot.problems == []
        restore(crawler, snapshot.folder)
        again = crawler.run("crawl", "articles", *fast)
        assert again.code == 0, again.err
        assert (bag(again), bag(again, "documents")) == expected
