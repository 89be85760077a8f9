"""Alarms: each planted trouble raises its own, once; ordinary nights raise none."""

from __future__ import annotations

import argparse
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from madenights import BEGIN, quarter, raised
from scrapy.settings import Settings
from shelves import page

from ftcrawler.alarms import Alarm, find_alarms, loud, read_alarms
from ftcrawler.commands.alarms import Command
from ftcrawler.messages import alarm_line
from ftcrawler.nightfacts import disk_facts, night_facts
from ftcrawler.remedies import ALARMS, EVENTS, SITE_ALARMS
from ftcrawler.schema import SCHEMA
from ftcrawler.site import Site
from ftcrawler.sitetext import load_site
from ftcrawler.thresholds import Thresholds
from pipelines.shards import write_shard
from pipelines.streams import line_of, shard_path

ROOT = Path(__file__).resolve().parent.parent
# By the site's number: what goes wrong, from which night on, until which, and what it raises.
TROUBLES = {
    0: ("down", 14, 17, "site-unreachable"), 1: ("redesign", 15, 24, "redesign"),
    3: ("opt-out", 16, 24, "permission-lost"), 5: ("errors", 12, 15, "errors-rose"),
    6: ("robots", 13, 24, "robots-changed"), 8: ("quiet", 14, 24, "yield-fell"),
    10: ("selectors", 17, 24, "redesign"), 11: ("duplicates", 15, 18, "duplicates-rose"),
    12: ("flood", 16, 17, "yield-rose"), 13: ("language", 14, 24, "language-shifted"),
}  # fmt: skip
WANTED = sorted((begin, f"s{site:02}", name) for site, (_, begin, _, name) in TROUBLES.items())


def planted():
    return {site: dict.fromkeys(range(begin, end), what) for site, (what, begin, end, _)
            in TROUBLES.items()}  # fmt: skip


@pytest.fixture(scope="module")
def month():
    """Fourteen sites over 24 nights, ten of them in trouble."""
    return quarter(find_alarms, 3, planted(), sites=14, nights=24)


def test_each_trouble_raises_its_alarm_once_and_nothing_else(month):
    assert sorted(raised(month)) == WANTED


def test_broken_links_of_a_first_night_are_no_pages_that_are_gone(month):
    first, second = (json.loads(json.dumps({**one, "alarms": []})) for one in month[:2])
    for record in (first, second):
        site = record["sites"]["s00"]
        site["counts"] |= {"page/failed": 900, "page/failed/http-404": 900}
    for records, wanted in (([first], False), ([month[0], second], True), ([first, second], False)):
        found = find_alarms(records, datetime(2026, 9, 1, tzinfo=UTC))
        assert ("pages-gone" in {alarm.name for alarm in found}) == wanted


def test_an_alarm_stands_since_its_first_night_and_is_cleared_when_it_is_over(month):
    states = [
        (number, alarm.state, alarm.since[:10])
        for number, record in enumerate(month)
        for alarm in read_alarms(record)
        if alarm.key == ("s00", "site-unreachable")
    ]
    since = (BEGIN + timedelta(14)).date().isoformat()
    assert states == [
        *((n, state, since) for n, state in ((14, "raised"), (15, "standing"), (16, "standing"))),
        (17, "standing", since), (18, "cleared", since),
    ]  # fmt: skip


def test_an_alarm_says_what_changed_with_numbers_an_example_and_what_to_do(month):
    [alarm] = [a for r in month for a in read_alarms(r) if a.name == "redesign"
               and a.site == "s01" and a.state == "raised"]  # fmt: skip
    assert "0 of" in alarm.says
    assert "new documents have headings (0%)" in alarm.says
    assert alarm.example == "https://s01.example/d"
    assert alarm.numbers["now"] == 0.0
    assert "scrapy preview" in alarm.do


@pytest.mark.slow
def test_a_quiet_quarter_raises_next_to_nothing():
    """Twenty sites that vary as sites do, 90 nights, twice."""
    found = [raised(quarter(find_alarms, seed)) for seed in (2, 3)]
    assert all(len(alarms) <= 2 for alarms in found), found
    assert sum(map(len, found)) <= 2, found


@pytest.mark.parametrize(
    ("rules", "count"),
    [({"errors": 0.9}, 0), ({"mute": ["errors-rose"]}, 0), (Thresholds(errors=0.9), 0), (None, 1)],
    ids=["a server that often fails", "muted", "as given by thresholds_of", "the usual numbers"],
)
def test_a_site_has_thresholds_of_its_own(rules, count):
    records = quarter(lambda *_: [], 3, {5: {12: "errors"}}, sites=6, nights=13)
    at = BEGIN + timedelta(12, hours=1)
    found = find_alarms(records, at, {"s05": rules})
    assert [a.name for a in found if a.state == "raised"] == ["errors-rose"] * count


def test_the_tables_of_a_site_file_are_the_numbers_of_the_checks():
    site = load_site('start_urls = ["https://a.example/"]\n[alarms]\nerrors = 0.5\n', "a")
    assert Thresholds.of(site.alarms) == Thresholds(errors=0.5)
    assert Thresholds.of(Site.model_fields["alarms"].default) == Thresholds()
    assert set(SITE_ALARMS) < set(ALARMS)
    assert set(ALARMS) > EVENTS
    with pytest.raises(ValueError, match="no such alarm of a site"):
        load_site('start_urls = ["https://a.example/"]\n[alarms]\nmute = ["noise"]\n', "a")


# -- The runs --------------------------------------------------------------------------------


def runs(count=8, **more):
    return [{"started_at": f"2026-11-{day:02}T03:00:00Z", "sites": {}, "alarms": [], **more}
            for day in range(1, count + 1)]  # fmt: skip


def at(day, hour=4):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def names(records, now):
    return [(a.name, a.state) for a in find_alarms(records, now)]


def test_a_run_that_did_not_start_is_told_from_outside_and_by_the_next_run():
    assert names(runs(), at(9)) == []
    assert names(runs(), at(11)) == [("run-missing", "raised")]
    late = [*runs(), {"started_at": "2026-11-12T03:00:00Z", "sites": {}, "alarms": []}]
    assert names(late, at(12)) == [("run-missing", "raised")]
    late[-1]["alarms"] = [a.as_dict() for a in find_alarms(late, at(12))]
    late.append({"started_at": "2026-11-13T03:00:00Z", "sites": {}, "alarms": []})
    assert names(late, at(13)) == []


def test_a_weekly_run_is_not_missed_in_the_week_and_two_runs_are_no_habit():
    weekly = [{"started_at": f"2026-10-{day:02}T03:00:00Z"} for day in (1, 8, 15, 22, 29)]
    assert names(weekly, at(4)) == []
    assert names(runs(2), at(30)) == []


@pytest.mark.parametrize(
    ("free", "raises"),
    [
        ([90 - n for n in range(8)], False),
        ([60 - 5 * n for n in range(8)], True),
        ([200] * 7 + [0], True),
        ([50 + n for n in range(8)], False),
    ],
    ids=["lasts for months", "lasts for five nights", "is full", "becomes emptier"],
)
def test_a_disk_that_fills_is_told_before_it_is_full(free, raises):
    records = [r | {"disk": {"free": gib << 30, "total": 500 << 30}}
               for r, gib in zip(runs(), free, strict=True)]  # fmt: skip
    assert names(records, at(8)) == [("disk-filling", "raised")] * raises


def test_stages_that_failed_and_nights_that_died_are_alarms_of_the_run():
    records = runs(5)
    records[2]["reason"] = records[3]["reason"] = "lost"
    records[4]["stages"] = {"build": {"exit_code": 6, "says": "a shard is damaged"},
                            "check": {"exit_code": 0}}  # fmt: skip
    found = find_alarms(records, at(5))
    assert [(a.name, a.says) for a in found] == [
        ("build-failed", "a shard is damaged"),
        ("runs-lost", "the last 2 runs were killed before they ended"),
    ]
    records[4]["alarms"] = [a.as_dict() for a in found]
    assert names([*records, *runs(6)[5:]], at(6)) == [
        ("build-failed", "cleared"), ("runs-lost", "cleared"),
    ]  # fmt: skip


@pytest.mark.parametrize("outcome", ["lost", "configuration", "storage", "restored", "locked"])
def test_a_site_that_was_due_and_has_no_result_is_an_alarm(outcome):
    entry = {"outcome": outcome, "run": 0, "counts": {}, "says": "bees.toml: x: unknown key"}
    records = runs(3)
    records[-1]["sites"] = {"bees": entry}
    [alarm] = find_alarms(records, at(3))
    assert (alarm.name, alarm.site, alarm.severity) == ("site-failed", "bees", "error")
    assert "unknown key" in alarm.says


def test_a_killed_night_does_not_make_alarms_forget_since_when_they_stand():
    alarm = Alarm("disk-filling", "", "error", "x", "2026-11-01T03:00:00Z", "", "y")
    records = runs(3, disk={"free": 1, "total": 500 << 30})
    records[0]["alarms"] = [alarm.as_dict()]
    records[1] |= {"reason": "lost", "alarms": []}
    [found] = find_alarms(records, at(3))
    assert (found.state, found.since) == ("standing", "2026-11-01T03:00:00Z")


@pytest.mark.parametrize(
    "record",
    [{}, {"sites": None}, {"sites": {"a": None, "b": {"counts": {"page/failed": "x"}, "run": 1}}},
     {"sites": {"a": {"counts": {}, "facts": {"turned": None}}}, "alarms": [{"odd": 1}, None],
      "started_at": "never", "disk": {}, "stages": None}],
    ids=["empty", "no sites", "odd counts", "odd everywhere"],
)  # fmt: skip
def test_odd_records_raise_no_exception(record):
    assert find_alarms([record, *runs(2), record], at(9)) == []
    assert find_alarms([], at(9)) == []


def test_a_site_that_opted_out_does_not_say_later_that_it_yields_less():
    out = {site: dict.fromkeys(range(14, 34), "opt-out") for site in (0, 3)}
    assert raised(quarter(find_alarms, 3, out, sites=4, nights=34)) == [
        (14, "s00", "permission-lost"), (14, "s03", "permission-lost"),
    ]  # fmt: skip


def test_what_lasts_becomes_the_usual_and_says_so():
    records = quarter(find_alarms, 3, {5: dict.fromkeys(range(12, 26), "errors")}, 6, 26)
    found = [(n, a) for n, r in enumerate(records) for a in read_alarms(r) if a.site == "s05"]
    (begun, _), *_, (ended, last) = found
    assert (begun, ended, last.state) == (12, 23, "cleared")
    assert alarm_line(last).startswith("over, or the usual by now: s05 errors-rose")


def test_notices_and_what_is_over_do_not_wake_anybody():
    made = [Alarm("redesign", "a", severity, "", "", "", "", state=state)
            for severity in ("error", "notice") for state in ("raised", "cleared")]  # fmt: skip
    assert [(a.severity, a.state) for a in loud(made)] == [("error", "raised")]


def test_nights_without_a_document_to_look_at_do_not_clear_a_redesign():
    def night(day, documents, headed):
        facts = {"documents": documents, "titled": documents, "titles": documents,
                 "headed": headed, "words": 300, "languages": {"en": documents}}  # fmt: skip
        counts = {"page/document": documents, "page/unchanged": 9, "pairs/title": 5 * documents}
        return {"started_at": f"2026-11-{day:02}T03:00:00Z", "alarms": [],
                "sites": {"bees": {"run": day, "counts": counts, "facts": facts}}}  # fmt: skip

    records, states = [], []
    for day in range(1, 19):
        gone = day >= 11
        records.append(night(day, 0 if day in (12, 13, 14) else 8, 0 if gone and day < 16 else 8))
        found = find_alarms(records, at(day))
        records[-1]["alarms"] = [alarm.as_dict() for alarm in found]
        states += [(day, a.name, a.state) for a in found]
    assert states == [
        (11, "redesign", "raised"), *((d, "redesign", "standing") for d in (12, 13, 14, 15, 16)),
        (17, "redesign", "cleared"),
    ]  # fmt: skip


# -- Facts of a night ------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path):
    """A site's memory and its newest shards, as a second run leaves them."""
    folder = tmp_path / "sites" / "bees"
    folder.mkdir(parents=True)
    db = sqlite3.connect(folder / "state.db")
    db.executescript(SCHEMA)
    db.executemany("INSERT INTO runs(id, kind, started_at) VALUES (?, 'crawl', 0)", [(1,), (2,)])
    for fmt in ("parquet", "jsonl"):
        for number, count in ((1, 3), (2, 2)):
            texts = [[f"word {n} of it"] * (n + 1) for n in range(count)]
            rows = [page(f"https://b.example/{number}/{n}", said, "bees")[0]
                    for n, said in enumerate(texts)]  # fmt: skip
            path = shard_path(tmp_path, "documents", "bees", number, fmt)
            write_shard(path, "documents", [line_of(row, "documents") for row in rows], fmt)
            db.execute("INSERT INTO shards VALUES (?, 'documents', ?, ?, 10, 'x', ?)",
                       (path.relative_to(tmp_path).as_posix(), number, count, number))  # fmt: skip
            db.execute("INSERT INTO shards VALUES (?, 'pairs', ?, ?, 5, 'x', ?)",
                       (f"{fmt}{number}", number, 4 * number, number))  # fmt: skip
    for n, (outcome, reason) in enumerate(
        (("document", ""), ("failed", "http-500"), ("denied", "tdm"))
    ):
        db.execute(
            "INSERT INTO urls(id, key, url, kind, status, rank, depth, outcome, reason, run) "
            "VALUES (?, ?, ?, 'page', 'done', 0, 0, ?, ?, 2)",
            (n, b"%d" % n, f"https://b.example/{n}", outcome, reason),
        )
    rest = "'', 200, '{}', '[]', '', '', '', 0, '', ''"
    entry = f"INSERT INTO ledger VALUES (NULL, ?, ?, 0, ?, ?, {rest})"
    db.executemany(entry, [(0, 1, "allow", ""), (1, 1, "allow", ""), (2, 1, "allow", ""),
                           (0, 2, "deny", "tdm"), (2, 2, "deny", "tdm"),
                           (1, 2, "allow", "")])  # fmt: skip
    # Page 0 was gone when it was asked for first: nothing of it was in use.
    db.execute("INSERT INTO documents VALUES ('d', 2, 1, 'consent: tdm')")
    db.execute("INSERT INTO origins VALUES ('https://b.example', 200, ?, 0, '')",
               (b"User-agent: *\nDisallow: /x\n",))  # fmt: skip
    probe = {"path": "/ai.txt", "state": "absent", "sha256": ""}
    db.execute("INSERT INTO probes VALUES ('https://b.example', ?, 0)", (json.dumps([probe]),))
    db.commit()
    yield tmp_path
    db.close()


def test_facts_are_read_from_the_memory_and_the_new_shards_alone(data):
    facts = night_facts(data, "bees")
    assert facts["documents"] == facts["titles"] == 2
    assert (facts["rows"], facts["new_rows"], facts["known"]) == (12, 8, 3)
    assert facts["words"] == 6
    assert facts["turned"] == {
        "tdm": {"verdict": "deny", "pages": 1, "example": "https://b.example/2"}
    }
    assert facts["examples"]["failed/http-500"] == "https://b.example/1"
    assert facts["policies"]["https://b.example/ai.txt"] == "absent"
    assert json.loads(json.dumps(facts)) == facts
    assert night_facts(data, "bees", 1)["documents"] == 3


def test_a_comment_in_robots_txt_is_no_change_and_a_rule_is(data):
    def digest(body):
        with sqlite3.connect(data / "sites/bees/state.db") as db:
            db.execute("UPDATE origins SET body=?", (body,))
        return night_facts(data, "bees")["policies"]["https://b.example/robots.txt"]

    first = digest(b"# made at 03:00\nUser-agent: *\nDisallow: /x\nSitemap: https://b.example/s\n")
    assert digest(b"# made at 04:00\nuser-agent:*\nDisallow:   /x\n") == first
    assert digest(b"User-agent: *\nDisallow: /\n") != first


def test_without_parquet_the_lines_are_read(data):
    for path in data.rglob("*.parquet"):
        path.unlink()
    with sqlite3.connect(data / "sites/bees/state.db") as db:
        db.execute("DELETE FROM shards WHERE file LIKE '%.parquet'")
    assert night_facts(data, "bees")["documents"] == 2


def test_a_disk_that_is_not_there_has_no_numbers(tmp_path):
    assert disk_facts(tmp_path)["free"] > 0
    assert disk_facts(tmp_path / "gone") == {}


def test_every_alarm_is_explained_and_every_explanation_is_an_alarm():
    page = (ROOT / "docs/alarms.md").read_text("utf-8")
    text = page.partition("## What raises one")[2].partition("\n## ")[0]
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(ALARMS)


# -- The command -----------------------------------------------------------------------------


def command(data, *args):
    """``scrapy alarms`` in this process: its exit code."""
    own = Command()
    own.settings = Settings({"DATA_DIR": str(data), "TELL_SECONDS": 1})
    parser = argparse.ArgumentParser()
    own.add_options(parser)
    own.run([], parser.parse_args(args))
    return own.exitcode


def test_the_command_shows_what_stands_with_an_exit_code_for_it(tmp_path, capsys):
    assert command(tmp_path) == 0
    assert "no night so far" in capsys.readouterr().out
    (tmp_path / "runs").mkdir()
    over = Alarm("zero-rows", "bees", "error", "x", "", "", "y", state="cleared")
    for day in range(1, 8):
        began = (datetime.now(UTC) - timedelta(days=8 - day)).strftime("%Y-%m-%dT%H:%M:%SZ")
        record = {"kind": "night", "id": str(day), "started_at": began, "reason": "finished",
                  "exit_code": 0, "sites": {}, "alarms": [over.as_dict()]}  # fmt: skip
        (tmp_path / "runs" / f"{day}.json").write_text(json.dumps(record))
    assert command(tmp_path) == 0
    assert capsys.readouterr().out == "no alarm\n"
    for day in (5, 6, 7):
        (tmp_path / "runs" / f"{day}.json").unlink()
    assert command(tmp_path, "--json") == 9
    [shown] = json.loads(capsys.readouterr().out)
    assert shown["name"] == "run-missing"


def test_a_trial_tells_everybody_or_says_who_was_not_told(monkeypatch, capsys, web):
    monkeypatch.delenv("FTCRAWLER_WEBHOOK", raising=False)
    monkeypatch.delenv("FTCRAWLER_MAIL", raising=False)
    assert command("nowhere", "--try") == 2
    assert "set FTCRAWLER_WEBHOOK" in capsys.readouterr().err
    monkeypatch.setenv("FTCRAWLER_WEBHOOK", web.url)
    assert command("nowhere", "--try") == 3
    assert "webhook 1 (127.0.0.1): it answered 501" in capsys.readouterr().err
