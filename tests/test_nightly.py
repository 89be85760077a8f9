"""A night without the crawls: what is asked for, noted, taken up again, and what it ends with."""

from __future__ import annotations

import json
import sqlite3
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ftcrawler.children import Ended
from ftcrawler.exits import Exit
from ftcrawler.nightfaults import faults
from ftcrawler.nightly import Night
from ftcrawler.nightorder import Due, Order
from ftcrawler.nightparts import morning, night_exit
from ftcrawler.runs import FOLDER, read_runs
from ftcrawler.sitetext import load_site
from ftcrawler.slots import FILE, Slots, read_slots
from ftcrawler.state import State
from ftcrawler.watch import Choice, Watch

NOW = datetime(2026, 11, 24, 3, 0, 5, tzinfo=UTC)
SLOT = NOW.replace(second=0)
GOOD = {"page/document": 2, "pairs/title": 2, "dropped/duplicate": 2}
DOWN = {"page/deferred": 1, "page/deferred/robots.txt": 1}

PRINTED = {
    "check": '{"errors": 0, "warnings": 3}',
    "upload": '{"receipt": {"id": "r1"}, "problems": [{"weight": "error", "says": "too dear"}]}',
}


class Programs:
    """Stands for the programs that a night starts: each leaves what a test wants it to leave."""

    def __init__(self, data: Path, **does):
        self.data = data
        self.does = does  # site -> counts, or an exit code; build, check, upload -> exit code
        self.asked: list[list[str]] = []
        self.reason = "finished"
        self.pending = 0

    def run(self, *args, until=None, keep=False):
        self.asked.append(list(args))
        if args[0] != "crawl":
            code = self.does.get(args[0], 0)
            return Ended(code, PRINTED[args[0]] if keep else "", 1.0)
        names = args[args.index("-a") + 1].removeprefix("site=").split(",")
        found = {name: self.does.get(name, GOOD) for name in names}
        for how in found.values():
            if isinstance(how, int):
                return Ended(how, "", 1.0)
        night = next(word for word in args if word.startswith("RUN_ID=")).removeprefix("RUN_ID=")
        self.leave(night, found)
        return Ended(0, "", 1.0)

    def run_all(self, commands, until=None, *, keep=False):
        return [self.run(*args) for args in commands]

    def leave(self, night: str, found: dict) -> None:
        """The record of a crawl."""
        sites = {
            name: {
                "site": name, "run": 7, "resumed": False, "counts": counts,
                "pending": self.pending, "due_again": 0, "shards": [], "seconds": 4.0, "new": 2,
            }
            for name, counts in found.items()
        }  # fmt: skip
        entry = {
            "started_at": "2026-11-24T03:00:06Z", "reason": self.reason, "night": night,
            "versions": {}, "sites": sites,
        }  # fmt: skip
        folder = self.data / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        number = len(list(folder.glob("2026*Z*.json")))
        (folder / f"20261124T030006Z-{number}.json").write_text(json.dumps(entry))

    def crawled(self) -> list[str]:
        return [args[args.index("-a") + 1] for args in self.asked if args[0] == "crawl"]


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr("ftcrawler.nightly.extension", lambda *_: None)
    monkeypatch.setattr("ftcrawler.nightcrawl.extension", lambda *_: None)
    return tmp_path


def begin(
    programs: Programs,
    names: str = "ab",
    *,
    now: datetime = NOW,
    broken=(),
    leaving=lambda: False,
    told=None,
    slots: Slots | None = None,
    **order,
) -> tuple[dict, Exit]:
    site = load_site('start_urls = ["http://example.com/"]', "a")
    due = Due(dict.fromkeys(names, site), dict.fromkeys(names, SLOT), list(broken))
    night = Night(
        Order(programs.data, **order),
        due,
        slots or read_slots(programs.data)[0],
        programs,
        now.timestamp,
        leaving=leaving,
        tell=(told if told is not None else []).append,
        settings={},
    )
    night.run()
    code = night.conclude({})
    return night.record, code


def records(data: Path) -> list[dict]:
    found, faults = read_runs(data, nights=True)
    assert faults == []
    return found


def test_a_good_night_is_one_record_and_each_slot_is_done(data):
    programs = Programs(data)
    record, code = begin(programs)
    assert code == Exit.OK
    assert programs.crawled() == ["site=a,b"]
    assert [args[0] for args in programs.asked] == ["crawl", "build", "check"]
    (written,) = records(data)
    assert written.pop("file") == f"{record['id']}.json"
    assert written == record
    assert record["reason"] == "finished"
    assert record["sites"]["a"]["outcome"] == "ok"
    assert record["sites"]["a"]["rates"]["duplicate"] == 0.5
    assert record["totals"]["new"] == 4
    assert record["stages"]["check"]["warnings"] == 3
    assert read_slots(data)[0].done == {"a": [SLOT], "b": [SLOT]}


def test_a_crash_takes_nobody_along(data):
    programs = Programs(data, b=-11)
    record, code = begin(programs, "abc")
    assert programs.crawled() == ["site=a,b,c", "site=a", "site=b", "site=c"]
    assert {n: s["outcome"] for n, s in record["sites"].items()} == {
        "a": "ok", "b": "lost", "c": "ok",
    }  # fmt: skip
    assert code == Exit.PARTLY
    assert "b lost: its process ended twice" in morning(record)
    assert read_slots(data)[0].done.keys() == {"a", "b", "c"}  # no storm of attempts


@pytest.mark.parametrize(
    ("what", "outcome", "alone"),
    [
        (Exit.CONFIGURATION, "configuration", Exit.CONFIGURATION),
        (Exit.LOCKED, "locked", Exit.LOCKED),
        (DOWN, "failed", Exit.FAILED),
    ],
    ids=["file", "locked", "down"],
)
def test_one_failing_site_never_stops_the_others(data, what, outcome, alone):
    programs = Programs(data, b=what)
    record, code = begin(programs)
    assert record["sites"]["b"]["outcome"] == outcome
    assert record["sites"]["a"]["outcome"] == "ok"
    assert code == Exit.PARTLY
    assert "build" in record["stages"]
    record, code = begin(programs, "b", now=NOW + timedelta(days=1))
    assert code == alone
    assert record["stages"] == {}  # nothing came: nothing to build


def test_a_site_file_that_is_wrong_is_named_and_the_others_are_crawled(data):
    record, code = begin(Programs(data), "a", broken=["sites/x.toml: schedule.cron: never fires"])
    assert code == Exit.PARTLY
    assert "sites/x.toml: schedule.cron: never fires" in morning(record)


def test_a_full_disk_stops_the_night_which_goes_on_when_there_is_room(data):
    programs = Programs(data, a=int(Exit.STORAGE))
    record, code = begin(programs)
    assert code == Exit.STORAGE
    assert record["reason"] == "storage"
    assert programs.crawled() == ["site=a,b"]  # not once more each
    assert read_slots(data)[0].done == {}
    again, code = begin(Programs(data), now=NOW + timedelta(hours=1))
    assert code == Exit.OK
    assert again["id"] == record["id"]
    assert again["resumed"] == 1
    assert len(records(data)) == 1


def test_a_record_that_cannot_be_written_is_said_and_is_the_exit_code(data, monkeypatch):
    told: list[str] = []
    monkeypatch.setattr("ftcrawler.runs.write_text", lambda *_: "cannot be written: no space left")
    _, code = begin(Programs(data), told=told)
    assert code == Exit.STORAGE
    assert any("no space left" in line for line in told)


def test_a_killed_night_goes_on_and_what_its_crawl_has_done_is_not_done_again(data):
    record, _ = begin(Programs(data), build=False)
    killed = {**record, "reason": "running", "sites": {}, "crawls": [], "ended_at": None}
    (data / FOLDER / f"{record['id']}.json").write_text(json.dumps(killed))
    programs = Programs(data)
    again, code = begin(programs, now=NOW + timedelta(hours=2), slots=Slots())
    assert code == Exit.OK
    assert again["id"] == record["id"]
    assert programs.crawled() == []
    assert again["sites"].keys() == {"a", "b"}
    assert [args[0] for args in programs.asked] == ["build", "check"]


def test_a_night_that_was_killed_while_it_crawled_crawls_the_rest(data):
    record, _ = begin(Programs(data), build=False)
    path = data / FOLDER / f"{record['id']}.json"
    path.write_text(json.dumps({**record, "reason": "running", "sites": {}, "crawls": []}))
    for crawl in (data / FOLDER).glob("20261124T030006Z-*.json"):
        entry = json.loads(crawl.read_text())
        entry["reason"] = "shutdown"  # the site b was not through
        crawl.write_text(json.dumps(entry))
    programs = Programs(data)
    again, _ = begin(programs, slots=Slots())
    assert programs.crawled() == ["site=a,b"]
    assert again["id"] == record["id"]


def test_a_night_that_broke_off_yesterday_is_lost(data):
    record, _ = begin(Programs(data), build=False)
    path = data / FOLDER / f"{record['id']}.json"
    path.write_text(json.dumps({**record, "reason": "running"}))
    again, _ = begin(Programs(data), now=NOW + timedelta(days=1))
    assert again["id"] != record["id"]
    assert [night["reason"] for night in records(data)] == ["lost", "finished"]


def test_a_night_that_a_wrong_clock_wrote_hides_none_that_broke_off(data):
    begin(Programs(data), now=NOW + timedelta(days=900), build=False)
    record, _ = begin(Programs(data), build=False, slots=Slots())
    path = data / FOLDER / f"{record['id']}.json"
    path.write_text(json.dumps({**record, "reason": "running"}))
    again, _ = begin(Programs(data), now=NOW + timedelta(hours=2), slots=Slots())
    assert again["id"] == record["id"]


def test_sigterm_ends_with_a_record_and_the_next_call_builds(data):
    programs = Programs(data)
    asked = programs.asked
    record, code = begin(programs, leaving=lambda: bool(asked))
    assert code == Exit.INTERRUPTED
    assert record["reason"] == "interrupted"
    assert [args[0] for args in asked] == ["crawl"]
    again, code = begin(Programs(data), "", now=NOW + timedelta(minutes=5))
    assert code == Exit.OK
    assert again["id"] == record["id"]
    assert again["stages"].keys() == {"build", "check"}


def test_a_failed_check_keeps_the_upload_back(data):
    programs = Programs(data, check=int(Exit.FAILED))
    record, code = begin(programs, upload="mine")
    assert code == Exit.FAILED
    assert "upload" not in record["stages"]
    programs = Programs(data)
    record, code = begin(programs, now=NOW + timedelta(days=1), upload="mine")
    assert code == Exit.OK
    assert record["stages"]["upload"] == {
        "exit_code": 0, "seconds": 1.0, "says": "", "target": "mine", "receipt": "r1",
    }  # fmt: skip
    assert "--yes" not in programs.asked[-1]  # nobody is there to say it


def test_why_an_upload_was_refused_stands_in_the_record(data):
    record, code = begin(Programs(data, upload=int(Exit.CONFIGURATION)), upload="mine")
    assert code == Exit.CONFIGURATION
    assert record["stages"]["upload"]["says"] == "too dear"
    assert "upload FAILED (too dear)" in morning(record)


def test_a_budget_of_pages_is_shared_by_what_is_started_and_the_rest_waits(data):
    programs = Programs(data)
    programs.pending = 5
    record, code = begin(programs, pages=4)
    assert "RUN_PAGES=4" in programs.asked[0]
    assert record["reason"] == "budget"
    assert {site["outcome"] for site in record["sites"].values()} == {"budget"}
    assert code == Exit.OK


def test_a_budget_of_minutes_is_handed_on_in_seconds(data):
    programs = Programs(data)
    begin(programs, minutes=1.5)
    (seconds,) = (w for w in programs.asked[0] if w.startswith("RUN_SECONDS="))
    assert 85 < float(seconds.partition("=")[2]) <= 90


def memory(data: Path, runs: int) -> None:
    folder = data / "sites" / "a"
    folder.mkdir(parents=True)
    db = sqlite3.connect(folder / "state.db")
    db.execute("CREATE TABLE runs(id INTEGER)")
    db.executemany("INSERT INTO runs VALUES (?)", [(n,) for n in range(1, runs + 1)])
    db.commit()
    db.close()


def test_an_older_memory_is_named_and_left_alone_until_somebody_says_so(data):
    begin(Programs(data))  # its record knows of run 7
    memory(data, 5)
    programs = Programs(data)
    record, code = begin(programs, now=NOW + timedelta(days=1))
    assert code == Exit.PARTLY
    assert programs.crawled() == ["site=b"]
    assert record["sites"]["a"]["outcome"] == "restored"
    says = record["sites"]["a"]["says"]
    assert "ends with run 5" in says
    assert "knows of run 7" in says
    assert "--restored a" in says
    programs = Programs(data)
    begin(programs, now=NOW + timedelta(days=2), restored=frozenset("a"))
    assert programs.crawled() == ["site=a,b"]


def test_a_memory_that_is_as_new_as_the_records_is_crawled(data):
    begin(Programs(data))
    memory(data, 7)
    programs = Programs(data)
    begin(programs, now=NOW + timedelta(days=1))
    assert programs.crawled() == ["site=a,b"]


class Dying(Programs):
    """The crawl of two sites dies, when one of them is as far as a test wants."""

    def run(self, *args, **more):
        if not self.asked:
            leave_run(self.data, 8, **self.does["left"])
        return super().run(*args, **more)


def leave_run(data, number, *, ended, reason):
    """A run of the site in its memory, that ended so many seconds after the night's begin."""
    state = State.open(data / "sites" / "a" / "state.db", "a")
    at = NOW.timestamp() + (ended or 0)
    state.db.execute(
        "INSERT INTO runs VALUES (?, 'crawl', ?, ?, ?)",
        (number, at - 90, None if ended is None else at, reason),
    )
    state.count(number, {"page/document": 3, "pairs/title": 3})
    state.close()


@pytest.mark.parametrize(
    ("ended", "reason", "is_done"),
    [
        pytest.param(60, "finished", True, id="done, and killed before its record"),
        pytest.param(60, "lost", False, id="given up"),
        pytest.param(None, "", False, id="not done"),
    ],
)
def test_what_a_site_has_done_counts_though_its_crawl_left_no_record(data, ended, reason, is_done):
    """The record is written last: a kill may take it, when all rows are there already."""
    leave_run(data, 7, ended=-900, reason="finished")
    programs = Dying(data, a=-9, left={"ended": ended, "reason": reason})
    record, _ = begin(programs, build=False)
    assert programs.crawled() == ["site=a,b", *(["site=a"] if not is_done else []), "site=b"]
    part = record["sites"]["a"]
    assert (part["outcome"], part["rows"]["documents"]) == (("ok", 3) if is_done else ("lost", 0))
    assert record["runs_before"] == {"a": 7, "b": 0}


def test_what_a_clock_that_was_ahead_left_is_not_of_this_night(data):
    leave_run(data, 7, ended=86_400, reason="finished")
    programs = Programs(data)
    record, _ = begin(programs, build=False)
    assert programs.crawled() == ["site=a,b"]
    assert record["sites"]["a"]["rows"]["documents"] == 2


def test_broken_records_are_named_and_passed_over(data):
    begin(Programs(data))
    for name, text in {
        "0": "{", "1": "[]", "2": '{"started_at": "x"}', "3": '{"started_at": 3, "sites": {}}',
        "4": '{"started_at": "2026-11-24T03:00:06Z", "sites": {"a": {"counts": {"b": "c"}}}}',
        "5": '{"started_at": "2026-11-24T03:00:06Z", "sites": {}, "kind": "night", "id": 1}',
    }.items():  # fmt: skip
        (data / FOLDER / f"3{name}.json").write_text(text)
    (data / FOLDER / "36.json").write_bytes(b"\xff\x00")
    found, faults = read_runs(data, nights=True)
    assert len(found) == 1
    assert len(faults) == 7
    assert all("is no record of a run" in fault and FOLDER in fault for fault in faults)
    record, code = begin(Programs(data), now=NOW + timedelta(days=1))
    assert code == Exit.OK
    assert record["errors"]


def outcome(code: Exit) -> dict:
    return {"exit_code": int(code)}


LOUD = {"state": "standing", "severity": "error"}


@pytest.mark.parametrize(
    ("reason", "sites", "stages", "alarms", "expected"),
    [
        ("finished", [Exit.OK], {}, [], Exit.OK),
        ("finished", [Exit.OK], {}, [LOUD], Exit.ALARM),
        ("finished", [Exit.OK], {}, [{**LOUD, "state": "cleared"}], Exit.OK),
        ("finished", [Exit.OK], {}, [{**LOUD, "severity": "notice"}], Exit.OK),
        ("finished", [Exit.OK, Exit.FAILED], {}, [LOUD], Exit.PARTLY),
        ("finished", [Exit.LOCKED, Exit.LOCKED], {}, [], Exit.LOCKED),
        ("finished", [Exit.LOCKED, Exit.FAILED], {}, [], Exit.FAILED),
        ("finished", [Exit.OK, Exit.FAILED], {"build": Exit.STORAGE}, [], Exit.STORAGE),
        ("finished", [Exit.OK], {"build": Exit.OK, "check": Exit.FAILED}, [], Exit.FAILED),
        ("finished", [Exit.OK], {"build": 77}, [], Exit.INTERNAL),
        ("interrupted", [Exit.OK], {}, [], Exit.INTERRUPTED),
        ("storage", [Exit.OK, Exit.STORAGE], {}, [], Exit.STORAGE),
        ("finished", [], {"build": Exit.OK}, [], Exit.OK),
    ],
)
def test_the_exit_code_is_that_of_the_worst(reason, sites, stages, alarms, expected):
    entry = {
        "reason": reason,
        "sites": {str(n): outcome(code) for n, code in enumerate(sites)},
        "stages": {name: outcome(code) for name, code in stages.items()},
        "alarms": alarms,
    }
    assert night_exit(entry) == expected


@pytest.mark.parametrize(
    ("options", "settings", "said"),
    [
        ({"at": "tomorrow"}, {}, "--at tomorrow: write a time as"),
        ({"at": "2026-11-24", "daemon": True}, {}, "goes by the clock"),
        ({"now": True, "daemon": True}, {}, "a daemon waits"),
        ({}, {"LOG_LEVEL": "LOUD"}, "LOG_LEVEL: DEBUG"),
        ({}, {"LOG_AS": "xml"}, "LOG_AS: one of text, json"),
        ({"at": "9999-12-31T23:59"}, {}, "--at 9999-12-31T23:59: a year from 2000 to 2099"),
        ({"minutes": -1}, {}, "--minutes -1: a number above 0"),
        ({"minutes": float("nan")}, {}, "--minutes nan: a number above 0"),
        ({"pages": 0}, {}, "--pages 0: a number above 0"),
        ({"upload": "shelf", "no_build": True}, {}, "what is not built is not uploaded"),
        ({"upload": "shelf"}, {"TARGETS_FILE": "nowhere.toml"}, "nowhere.toml: no such file"),
        ({"sites": ","}, {}, "names no site"),
        ({"restored": "nope"}, {"SITES_DIR": "/no"}, "--restored nope: no such site"),
        ({}, {"NIGHTLY_DATASET": "../all"}, "NIGHTLY_DATASET: small letters"),
        ({}, {"NIGHTLY_CRON": "0 0 30 2 *"}, "NIGHTLY_CRON: never fires"),
        ({}, {"NIGHTLY_TIMEZONE": "Mars/Base"}, "NIGHTLY_TIMEZONE: no such time zone"),
    ],
)
def test_wrong_options_and_settings_are_said_in_a_sentence(options, settings, said):
    given = {
        "at": "", "daemon": False, "minutes": None, "pages": None, "sites": "", "upload": None,
        "no_build": False, "restored": "", **options,
    }  # fmt: skip
    given.setdefault("now", False)
    known = {
        "NIGHTLY_CRON": "0 3 * * *", "NIGHTLY_TIMEZONE": "UTC", "LOG_AS": "text",
        "LOG_LEVEL": "info", "NIGHTLY_DATASET": "all", **settings,
    }  # fmt: skip
    (problem,), _ = faults(Namespace(**given), known)
    assert said in problem


# -- The watch over the clock -----------------------------------------------------------


class Hand:
    """A clock that a test moves."""

    def __init__(self, text: str):
        self.set(text)

    def set(self, text: str) -> None:
        self.now = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now


def site_file(folder: Path, name: str, cron: str) -> None:
    folder.mkdir(exist_ok=True)
    text = f'start_urls = ["http://example.com/"]\n[schedule]\ncron = "{cron}"\n'
    (folder / f"{name}.toml").write_text(text)


@pytest.fixture
def watch(data, monkeypatch):
    """A watch over two sites, with programs that only pretend; told lines in ``said``."""
    monkeypatch.setattr("ftcrawler.watch.extension", lambda *_: None)
    programs = Programs(data / "data")
    monkeypatch.setattr("ftcrawler.watch.Children", lambda *_args, **_more: programs)
    folder = data / "sites"
    site_file(folder, "a", "0 3 * * *")
    site_file(folder, "b", "30 3 * * *")
    said: list[str] = []
    clock = Hand("2026-11-24T04:00")
    made = Watch(
        Choice(folder, "0 3 * * *", "UTC"),
        Order(data / "data", build=False),
        [],
        clock,
        {},
        leaving=lambda: False,
        tell=said.append,
    )
    made.programs, made.said, made.clock, made.folder = programs, said, clock, folder
    made.once()
    said.clear()
    programs.asked.clear()
    return made


def test_what_becomes_due_while_a_night_runs_has_its_turn_in_the_same_call(watch, monkeypatch):
    watch.clock.set("2026-11-25T03:00")
    run = watch.programs.run

    def slowly(*args, **more):
        watch.clock.set("2026-11-25T03:31")
        return run(*args, **more)

    monkeypatch.setattr(watch.programs, "run", slowly)
    assert watch.once() == Exit.OK
    assert watch.programs.crawled() == ["site=a", "site=b"]
    assert [len(record["sites"]) for record in watch.records] == [1, 1]
    assert watch.once() == Exit.NOTHING_DUE
    assert watch.next == datetime(2026, 11, 26, 3, tzinfo=UTC)


def test_a_site_has_one_turn_a_call_however_often_it_is_due(watch, monkeypatch):
    site_file(watch.folder, "a", "* * * * *")
    (watch.folder / "b.toml").unlink()
    run = watch.programs.run

    def slowly(*args, **more):
        watch.clock.now += 600
        return run(*args, **more)

    monkeypatch.setattr(watch.programs, "run", slowly)
    assert watch.once() == Exit.OK
    assert watch.programs.crawled() == ["site=a"]


def test_a_broken_site_file_is_the_exit_code_when_nothing_else_is_to_do(watch):
    (watch.folder / "x.toml").write_text("start_urls = 3")
    assert watch.once() == Exit.CONFIGURATION
    assert "x.toml: start_urls" in watch.problems[0]


def test_a_memory_of_slots_that_is_broken_is_told_and_written_anew(watch):
    (watch.order.data_dir / FILE).write_text("{")
    assert watch.once() == Exit.OK
    assert any("every site is due once" in line for line in watch.said)
    assert watch.once() == Exit.NOTHING_DUE


def test_a_clock_that_was_put_back_is_told_once(watch):
    watch.clock.set("2026-11-20T12:00")
    assert watch.once() == Exit.NOTHING_DUE
    assert watch.once() == Exit.NOTHING_DUE
    assert ["went back by" in line for line in watch.said] == [True]


def test_a_daemon_goes_on_night_after_night_and_tells_of_a_broken_file_once(watch, monkeypatch):
    times = iter(["2026-11-25T03:00", "2026-11-25T12:00", "2026-11-26T03:00", "2026-11-26T04:00"])
    codes: list[Exit] = []
    over: list[bool] = []

    def wait(least: float) -> None:
        assert least == 0
        if (text := next(times, None)) is None:
            over.append(True)
        else:
            watch.clock.set(text)

    monkeypatch.setattr(watch, "_wait", wait)
    monkeypatch.setattr(watch, "_leaving", lambda: bool(over))
    (watch.folder / "x.toml").write_text("start_urls = 3")
    watch.forever(codes.append)
    assert watch.programs.crawled() == ["site=a", "site=b", "site=a", "site=b"]
    assert codes == [Exit.CONFIGURATION, *[Exit.PARTLY] * 4]


def test_a_daemon_on_a_full_disk_does_not_try_again_at_once(watch, monkeypatch):
    watch.programs.does["a"] = int(Exit.STORAGE)
    watch.clock.set("2026-11-25T03:00")
    waits: list[float] = []
    monkeypatch.setattr(watch, "_wait", waits.append)
    monkeypatch.setattr(watch, "_leaving", lambda: len(waits) > 1)
    watch.forever(lambda _code: None)
    assert waits == [600.0, 600.0]
