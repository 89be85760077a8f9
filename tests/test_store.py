"""The memory of a site and its commit protocol, with a clock of the test's own."""

import json
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from ftcrawler import schema
from ftcrawler.commit import HOUR, due_after
from ftcrawler.state import LockedError, State, StateError
from ftcrawler.store import SiteStore, StoreOptions
from pipelines.records import Block, Document, Harvest, Offer, Pair, Verdict

STATES = Path(__file__).parent / "states"
DAY = 24 * HOUR
NOW = 1_790_000_000.0
RULES = "rules"


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


class Died(BaseException):
    """Stands for SIGKILL: nothing after it runs."""


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def opened(tmp_path: Path, clock):
    """Opens the store as a new process would, after closing what a dead one left."""
    stores: list[SiteStore] = []

    def open_store(step=lambda _name: None, *, full=False, rules=RULES, **options):
        if stores:
            stores[-1].close()
        path = tmp_path / "sites" / "s" / "state.db"
        shards = any((tmp_path / "pairs" / "site=s").glob("*-*"))
        state = State.open(path, "s", shards_exist=shards)
        store = SiteStore(
            state, "s", tmp_path, options=StoreOptions(**options), clock=clock, step=step
        )
        stores.append(store)
        store.begin(rules, full=full)
        return store

    yield open_store
    for store in stores:
        store.close()


def document(url: str, *sentences: str) -> Document:
    text = " ".join(sentences)
    return Document(url, f"Title of {url}", (Block("paragraph", text),))


def harvest(url: str, *sentences: str, links: tuple[str, ...] = (), **more) -> Harvest:
    return Harvest(
        site="s",
        url=url,
        outcome="document",
        status=200,
        fetched_at="2026-11-24T02:00:00Z",
        body_hash=f"hash of {sentences}",
        links=tuple(map(Offer, links)),
        document=document(url, *sentences),
        pairs=tuple(Pair(s, f"{s} and on", "sentence") for s in sentences),
        **more,
    )


def rows(folder: Path, stream: str = "pairs") -> list[dict]:
    files = sorted(folder.glob(f"{stream}/site=s/_*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


def claimed(store: SiteStore) -> list[str]:
    return [target.url for target in store.claim(100)]


def test_a_run_claims_seeds_then_links_and_ends(opened, tmp_path):
    store = opened()
    store.seed([Offer("u:1")])
    assert claimed(store) == ["u:1"]
    assert claimed(store) == []
    store.add(harvest("u:1", "one", links=("u:2", "u:3")))
    assert claimed(store) == ["u:2", "u:3"]
    store.add(harvest("u:2", "two"))
    store.add(harvest("u:3", "three", "one"))
    store.end("finished")
    assert [row["prompt"] for row in rows(tmp_path)] == ["one", "two", "three"]
    assert store.state.counts(store.run)["dropped/duplicate"] == 1
    assert len(rows(tmp_path, "documents")) == 3


def test_what_was_not_committed_is_asked_for_again(opened, tmp_path):
    store = opened()
    store.seed([Offer("u:1")])
    store.claim(9)
    store.add(harvest("u:1", "one"))
    again = opened()
    assert again.resumed
    assert claimed(again) == ["u:1"]


STEPS = [
    "batch-begun",
    "batch-staged",
    "batch-committed",
    "documents-parquet-written",
    "documents-parquet-renamed",
    "documents-jsonl-renamed",
    "documents-recorded",
    "documents-sealed",
    "pairs-parquet-written",
    "pairs-parquet-renamed",
    "pairs-jsonl-written",
    "pairs-jsonl-renamed",
    "pairs-recorded",
    "pairs-sealed",
]


@pytest.mark.parametrize("shard_rows", [20_000, 2])  # sealed at the end, and by the thread
@pytest.mark.parametrize("fatal", STEPS)
def test_dying_at_any_step_loses_and_doubles_nothing(fatal, shard_rows, opened, tmp_path):
    deaths = []

    def step(name):
        if name == fatal and not deaths:
            deaths.append(name)
            raise Died

    def visit(store):
        store.seed([Offer("u:1")])
        while targets := store.claim(1):
            for target in targets:
                links = ("u:2", "u:3") if target.url == "u:1" else ()
                store.add(harvest(target.url, f"{target.url} a", f"{target.url} b", links=links))
        store.end("finished")

    with pytest.raises(Died):
        visit(opened(step, batch=2, shard_rows=shard_rows))
    store = opened(batch=2, shard_rows=shard_rows)
    visit(store)
    found = [(row["url"], row["prompt"]) for row in rows(tmp_path)]
    assert sorted(found) == [(f"u:{n}", f"u:{n} {x}") for n in (1, 2, 3) for x in "ab"]
    recorded = {name for (name,) in store.state.db.execute("SELECT file FROM shards")}
    on_disk = {
        p.relative_to(tmp_path).as_posix() for p in tmp_path.glob("*/site=s/*") if p.is_file()
    }
    assert recorded == on_disk
    assert store.state.db.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def test_a_run_is_not_over_until_it_finished(opened, clock):
    store = opened()
    store.seed([Offer("u:1")])
    store.claim(9)
    store.add(harvest("u:1", "one", links=("u:2",)))
    store.end("shutdown")
    clock.now += HOUR
    again = opened()
    again.seed([Offer("u:1")])
    assert again.resumed
    assert claimed(again) == ["u:2"]
    again.add(harvest("u:2", "two"))
    again.end("finished")
    clock.now += HOUR
    assert not opened().resumed


def test_an_interrupted_run_of_yesterday_is_over(opened, clock):
    opened().seed([Offer("u:1")])
    clock.now += DAY
    store = opened()
    assert not store.resumed
    reasons = store.state.db.execute("SELECT reason FROM runs ORDER BY id").fetchall()
    assert reasons == [("lost",), ("",)]


def finished(store, url, *sentences, **more):
    store.seed([Offer("u:1")])
    store.claim(9)
    store.add(harvest(url, *sentences, **more))
    store.end("finished")


def test_an_unchanged_text_adds_nothing_even_when_the_body_changed(opened, clock, tmp_path):
    finished(opened(), "u:1", "one")
    clock.now += DAY
    store = opened()
    finished(store, "u:1", "one")
    assert store.state.counts(store.run) == {"page/unchanged": 1, "page/unchanged/same text": 1}
    assert len(rows(tmp_path, "documents")) == 1


def test_a_changed_text_is_a_revision_with_only_its_new_pairs(opened, clock, tmp_path):
    finished(opened(), "u:1", "one", "two")
    clock.now += DAY
    finished(opened(), "u:1", "one", "three")
    assert [(r["prompt"], r["revision"]) for r in rows(tmp_path)] == [
        ("one", 1),
        ("two", 1),
        ("three", 2),
    ]
    assert len({row["document_id"] for row in rows(tmp_path, "documents")}) == 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_went_retracts_all_its_documents(status, opened, clock, tmp_path):
    finished(opened(), "u:1", "one")
    clock.now += DAY
    finished(opened(), "u:1", "two")
    clock.now += DAY
    store = opened()
    store.seed([Offer("u:1")])
    store.add(Harvest("s", "u:1", "failed", f"http-{status}", status))
    store.end("finished")
    stones = {(row["document_id"], row["reason"]) for row in rows(tmp_path, "tombstones")}
    documents = {row["document_id"] for row in rows(tmp_path, "documents")}
    assert stones == {(identity, f"http-{status}") for identity in documents}


def test_a_pair_of_two_pages_outlives_the_first(opened, clock, tmp_path):
    store = opened()
    finished(store, "u:1", "one", links=("u:2", "u:3"))
    store.add(harvest("u:2", "shared", "two"))
    store.add(harvest("u:3", "shared", "three", etag='"x"'))
    store.end("finished")
    clock.now += DAY
    again = opened()
    again.claim(9)
    again.add(Harvest("s", "u:1", "unchanged", "not modified", 304))
    again.add(Harvest("s", "u:3", "unchanged", "not modified", 304))
    again.add(Harvest("s", "u:2", "failed", "http-410", 410))
    again.flush()
    assert [(target.url, target.etag) for target in again.claim(9)] == [("u:3", "")]
    again.add(harvest("u:3", "shared", "three"))
    again.end("finished")
    assert [row["url"] for row in rows(tmp_path) if row["prompt"] == "shared"] == ["u:2", "u:3"]
    assert len([row for row in rows(tmp_path, "documents") if row["url"] == "u:3"]) == 1


REFUSALS = {
    "the page itself": ("rejected", 200, "meta robots"),
    "robots.txt": ("denied", 0, "robots.txt"),
    "the headers of a page that did not change": ("rejected", 304, "x-robots-tag"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_later_refusal_retracts(name, opened, clock, tmp_path):
    outcome, status, signal = REFUSALS[name]
    finished(opened(), "u:1", "one")
    clock.now += DAY
    store = opened()
    store.claim(9)
    verdict = Verdict("deny", signal, "no")
    store.add(Harvest("s", "u:1", outcome, f"consent: {signal}", status, verdict=verdict))
    store.end("finished")
    assert [row["reason"] for row in rows(tmp_path, "tombstones")] == [f"consent: {signal}"]


def test_a_slow_site_is_committed_by_time(opened, clock):
    store = opened(batch_seconds=5.0)
    store.seed([Offer("u:1")])
    store.claim(9)
    store.add(harvest("u:1", "one", links=("u:2", "u:3")))
    store.flush()
    store.add(harvest("u:2", "two"))
    assert store.buffered == 1
    clock.now += 6
    store.add(harvest("u:3", "three"))
    assert store.buffered == 0


LIES = {
    "the same ETag": {"etag": '"x"'},
    "the same Last-Modified": {"last_modified": "Tue, 24 Nov 2026 02:00:00 GMT"},
}


@pytest.mark.parametrize("name", LIES)
def test_validators_that_lie_are_found_out_and_not_believed_again(name, opened, clock, caplog):
    finished(opened(), "u:1", "one", **LIES[name])
    clock.now += DAY
    store = opened()
    (target,) = store.claim(9)
    assert target.etag or target.last_modified
    store.add(Harvest("s", "u:1", "unchanged", "not modified", 304))
    store.end("finished")
    clock.now += 31 * DAY
    store = opened()
    (target,) = store.claim(9)
    assert (target.etag, target.last_modified) == ("", "")
    store.add(harvest("u:1", "two", **LIES[name]))
    store.end("finished")
    assert store.state.counts(store.run)["validators/lied"] == 1
    assert "u:1 changed under the same validators" in caplog.text
    clock.now += DAY
    (target,) = opened().claim(9)
    assert (target.etag, target.last_modified) == ("", "")


def test_another_etag_with_the_same_body_is_unchanged(opened, clock, tmp_path):
    finished(opened(), "u:1", "one", etag='"x"')
    clock.now += DAY
    store = opened()
    finished(store, "u:1", "one", etag='"y"')
    assert "validators/lied" not in store.state.counts(store.run)
    assert len(rows(tmp_path, "documents")) == 1
    clock.now += DAY
    assert [target.etag for target in opened().claim(9)] == ['"y"']


def test_an_older_state_is_brought_up_to_date(opened, clock, tmp_path, monkeypatch):
    store = opened()
    finished(store, "u:1", "one")
    newest = schema.MIGRATIONS
    more = ("ALTER TABLE urls ADD COLUMN note TEXT;", "UPDATE urls SET note = 'migrated';")
    monkeypatch.setattr("ftcrawler.schema.MIGRATIONS", newest + more)
    store = opened()
    query = "SELECT user_version, url, note FROM pragma_user_version, urls"
    assert store.state.db.execute(query).fetchall() == [(len(newest) + 3, "u:1", "migrated")]
    monkeypatch.setattr("ftcrawler.schema.MIGRATIONS", newest)
    with pytest.raises(StateError, match="newer ftcrawler"):
        opened()


def shape(db):
    """Every table's columns and every index, whatever the way they were made."""
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    columns = {name: db.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
    indexes = db.execute(
        "SELECT name, tbl_name FROM sqlite_master WHERE type='index' ORDER BY 1"
    ).fetchall()
    return columns, indexes


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_each_version_of_a_state_becomes_the_newest(version, tmp_path):
    old = sqlite3.connect(tmp_path / "state.db")
    old.executescript((STATES / f"version-{version}.sql").read_text())
    old.execute(
        "INSERT INTO urls(key, url, kind, status, rank, depth) VALUES ('k','u','page','done',1,0)"
    )
    old.commit()
    old.close()
    state = State.open(tmp_path / "state.db", "s")
    fresh = State.open(tmp_path / "fresh" / "state.db", "s")
    assert shape(state.db) == shape(fresh.db)
    assert state.db.execute("SELECT url FROM urls").fetchall() == [("u",)]
    state.close()
    fresh.close()


def test_a_server_error_retracts_nothing_and_keeps_validators(opened, clock, tmp_path):
    finished(opened(), "u:1", "one", etag='"x"')
    clock.now += DAY
    store = opened()
    store.seed([Offer("u:1")])
    store.add(Harvest("s", "u:1", "failed", "http-500", 500))
    store.end("finished")
    assert rows(tmp_path, "tombstones") == []
    assert store.state.db.execute("SELECT etag FROM urls").fetchone() == ('"x"',)


def test_not_modified_offers_the_stored_links_again(opened, clock):
    store = opened()
    finished(store, "u:1", "one", links=("u:2",), etag='"x"')
    store.state.db.execute("DELETE FROM urls WHERE url='u:2'")
    clock.now += DAY
    again = opened()
    again.seed([Offer("u:1")])
    assert [target.etag for target in again.claim(9)] == ['"x"']
    again.add(Harvest("s", "u:1", "unchanged", "not modified", 304))
    again.flush()
    assert claimed(again) == ["u:2"]


def test_full_and_new_rules_read_every_page_again(opened, clock, tmp_path):
    for options in ({"full": True}, {"rules": "other"}):
        finished(opened(), "u:1", "one", etag='"x"')
        clock.now += DAY
        store = opened(**options)
        (target,) = store.claim(9)
        assert (target.etag, target.body_hash) == ("", "")
        store.add(harvest("u:1", "one", "two"))
        store.end("finished")
    assert [row["prompt"] for row in rows(tmp_path)].count("one") == 1


def test_new_rules_that_leave_the_text_add_only_pairs(opened, clock, tmp_path):
    finished(opened(), "u:1", "one")
    clock.now += DAY
    store = opened(rules="other")
    store.claim(9)
    more = harvest("u:1", "one")
    store.add(more.but(pairs=(*more.pairs, Pair("Title of u:1", "one", "title"))))
    store.end("finished")
    (document_row,) = rows(tmp_path, "documents")
    assert [(row["kind"], row["document_id"]) for row in rows(tmp_path)] == [
        ("sentence", document_row["document_id"]),
        ("title", document_row["document_id"]),
    ]
    assert store.state.counts(store.run)["page/unchanged/same text"] == 1


def test_unvisited_pages_come_before_known_ones_and_seeds_first(opened, clock):
    finished(opened(), "u:1", "one", links=("u:2",))
    clock.now += DAY
    store = opened()
    store.seed([Offer("u:1")])
    assert claimed(store) == ["u:1", "u:2"]
    store.add(harvest("u:1", "one"))
    store.add(harvest("u:2", "two"))
    store.end("finished")
    clock.now += DAY
    later = opened()
    later.seed([Offer("u:1"), Offer("u:feed", "feed")])
    later.state.offer([Offer("u:new")], 5)
    assert claimed(later) == ["u:1", "u:feed", "u:new", "u:2"]


LASTMODS = {
    "newer than the visit": ("2026-12-01T00:00:00Z", ["u:2"]),
    "older than the visit": ("2020-01-01T00:00:00Z", []),
    "not given": ("", []),
}


@pytest.mark.parametrize("name", LASTMODS)
def test_a_sitemap_with_news_makes_a_page_due(name, opened, clock):
    lastmod, expected = LASTMODS[name]
    store = opened(revisit_hours=(1000.0, 1000.0))
    finished(store, "u:1", "one", links=("u:2",))
    store.add(harvest("u:2", "two"))
    store.end("finished")
    clock.now += DAY
    again = opened()
    again.state.offer([Offer("u:2", lastmod=lastmod)], 0)
    assert claimed(again) == expected


REVISITS = {
    "changed just now": (0, (0, 168), 0),
    "changed hours ago": (6 * HOUR, (0, 168), 0),
    "changed ten days ago": (10 * DAY, (0, 168), DAY),
    "changed a year ago": (365 * DAY, (0, 168), 7 * DAY),
    "never sooner than the site file says": (0, (12, 168), 12 * HOUR),
    "never later than the site file says": (365 * DAY, (0, 24), DAY),
    "the clock jumped back": (-DAY, (0, 168), 0),
}


@pytest.mark.parametrize("name", REVISITS)
def test_revisits_adapt_to_the_age_of_a_page(name):
    age, bounds, expected = REVISITS[name]
    assert due_after(NOW, NOW - age, bounds) - NOW == pytest.approx(expected)


def test_a_clock_that_jumped_back_hides_no_page(opened, clock):
    finished(opened(revisit_hours=(24.0, 24.0)), "u:1", "one", links=())
    clock.now -= 400 * DAY
    assert claimed(opened()) == ["u:1"]


def test_shards_rotate_by_rows(opened, tmp_path):
    store = opened(shard_rows=2, batch=1)
    finished(store, "u:1", "one", "two", "three", "four", "five")
    assert len(list(tmp_path.glob("pairs/site=s/*.parquet"))) == 3
    assert [row["prompt"] for row in rows(tmp_path)] == ["one", "two", "three", "four", "five"]


def test_a_second_process_is_told_who_holds_the_site(opened, tmp_path):
    opened()
    with pytest.raises(LockedError, match=r"site 's' is being crawled .* \(pid \d+\)"):
        State.open(tmp_path / "sites" / "s" / "state.db", "s")


def test_the_evidence_of_consent_goes_with_the_document(opened, tmp_path):
    finished(opened(), "u:1", "one", verdict=Verdict("allow", "robots.txt", "no rule"))
    consent = json.loads(rows(tmp_path, "documents")[0]["consent"])
    assert consent["decision"] == "allow"
    assert consent["signal"] == "robots.txt"
    assert consent["reason"] == "no rule"
    assert consent["evidence"] is None


DAMAGE = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "not a database": lambda path: path.write_bytes(b"this is no database" * 100),
    "overwritten inside": lambda path: path.write_bytes(
        path.read_bytes()[:4096] + b"\xff" * 8192 + path.read_bytes()[12288:]
    ),
    "gone": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "from a newer version": lambda path: sqlite3.connect(path).execute("PRAGMA user_version = 99"),
    "some other database": lambda path: (
        path.unlink(),
        sqlite3.connect(path).execute("CREATE TABLE t(x)"),
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_state_is_named_and_never_replaced(name, opened, tmp_path):
    store = opened()
    finished(store, "u:1", *(f"sentence {n}" for n in range(300)))
    store.close()
    path = tmp_path / "sites" / "s" / "state.db"
    DAMAGE[name](path)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(StateError, match=r"state\.db"):
        State.open(path, "s", shards_exist=True)
    assert (path.read_bytes() if path.exists() else None) == before


def test_urls_of_what_was_taken_back_are_offered_again(tmp_path, monkeypatch):
    monkeypatch.setattr("ftcrawler.state._MOST_OFFERED", 3)
    state = State.open(tmp_path / "state.db", "s")
    pages = [Offer(f"https://site.example/{n}") for n in range(6)]
    try:
        with suppress(ZeroDivisionError), state.transaction():
            state.offer(pages[:3], 1)
            raise ZeroDivisionError
        assert state.pending() == (0, 0)
        for known in (2, 2, 6, 1):  # offered before, in part, more than are remembered
            with state.transaction():
                state.offer(pages[:known], 1)
        assert [target.url for target in state.wanted(9, {})] == [page.url for page in pages]
    finally:
        state.close()
