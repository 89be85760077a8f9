"""The last runs as tables: nights and crawls by hand, trends, broken records, one in full."""

from __future__ import annotations

import json
from argparse import Namespace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ftcrawler.commands.runs import _runs
from ftcrawler.nightparts import lost_part, site_part, totals
from ftcrawler.runs import FOLDER, MOST_SCANNED, newest_runs, read_runs, reserve, write_night
from ftcrawler.runsshown import show_run, show_runs
from ftcrawler.trends import arrow, sparkline


def crawl(site: str = "a", run: int = 1, **counts: int) -> dict:
    found = {f"page/{name.replace('__', '/')}": n for name, n in counts.items()}
    return {
        "site": site, "run": run, "resumed": False, "counts": found, "pending": 3, "due_again": 1,
        "seconds": 10.0, "bytes": 2048, "new": found.get("page/document", 0), "changed": 0,
        "held": 7,
        "shards": [{"file": "x", "rows": 1, "bytes": 100, "new": True},
                   {"file": "y", "rows": 1, "bytes": 7, "new": False}],
    }  # fmt: skip


def night(data: Path, day: int, sites: dict, **more) -> dict:
    entry = {
        "kind": "night", "id": f"202611{day:02}T030000Z-abc", "reason": "finished",
        "started_at": f"2026-11-{day:02}T03:00:00Z", "ended_at": f"2026-11-{day:02}T03:10:00Z",
        "seconds": 600.0, "exit_code": 0, "sites": sites, "stages": {}, "alarms": [],
        "errors": [], "told": [], "totals": totals(sites.values()), **more,
    }  # fmt: skip
    (data / FOLDER).mkdir(exist_ok=True)
    assert write_night(data, entry) == ""
    return entry


def hand(data: Path, stamp: str, **more) -> None:
    entry = {
        "started_at": "2026-11-24T05:00:00Z", "ended_at": "", "reason": "finished",
        "exit_code": 0, "sites": {"a": crawl(document=2)}, "versions": {}, **more,
    }  # fmt: skip
    (data / FOLDER).mkdir(exist_ok=True)
    (data / FOLDER / f"{stamp}.json").write_text(json.dumps(entry))


def shown(show, *args, width: int = 200) -> str:
    out = StringIO()
    show(Console(file=out, width=width, highlight=False, markup=False), *args)
    return out.getvalue()


def chosen(data: Path, name: str = "", last: int = 14, *, nights: bool = False):
    return _runs(data, name, Namespace(last=last, nights=nights))


def test_a_sites_part_has_its_numbers_rates_and_sizes():
    part = site_part(crawl(document=6, unchanged=2, failed=2, failed__timeout=2), "s", "finished")
    assert part["outcome"] == "ok"
    assert part["pages"]["fetched"] == 10
    assert part["rates"] == {
        "pages_per_second": 1.0, "failed": 0.2, "rejected": 0.0, "duplicate": 0.0,
    }  # fmt: skip
    assert part["shard_bytes"] == 100
    assert part["held"] == 7


@pytest.mark.parametrize(
    ("counts", "reason", "spent", "outcome", "says"),
    [
        ({"document": 1}, "finished", False, "ok", ""),
        ({"document": 1}, "finished", True, "budget", "4 URLs wait"),
        ({"failed": 1, "failed__timeout": 1}, "finished", False, "failed", "timeout"),
        ({"document": 1}, "shutdown", False, "interrupted", "shutdown"),
        ({"document": 1}, "shutdown", True, "budget", "4 URLs wait"),
        ({"document": 1}, "storage", True, "storage", "disk"),
        ({}, "finished", False, "ok", ""),
    ],
)
def test_what_became_of_a_site(counts, reason, spent, outcome, says):
    part = site_part(crawl(**counts), "s", reason, spent=spent)
    assert part["outcome"] == outcome
    assert says in part["says"]


def test_runs_and_trends_are_told(tmp_path):
    for day in range(20, 25):
        sites = {"a": site_part(crawl(document=10), "s", "finished")}
        if day == 24:
            sites["a"] = site_part(crawl(document=1), "s", "finished")
            sites["b"] = lost_part("lost", "s", "its process ended twice")
        night(tmp_path, day, sites, exit_code=4 if day == 24 else 0)
    hand(tmp_path, "20261124T050000Z", night="20261124T030000Z-abc")  # is told of there
    hand(tmp_path, "20261124T060000Z")
    found, faults = chosen(tmp_path)
    assert (len(found), faults) == (6, [])
    text = shown(show_runs, found[:-1])
    assert "20261124T030000Z-abc  night  PARTLY    1/2" in text
    assert "████▂" in text
    assert "1 ↓" in text
    assert "····▁" in text  # b had no part before
    assert "crawl  OK" in shown(show_runs, found)
    assert [run["file"] for run in chosen(tmp_path, last=1)[0]] == ["20261124T060000Z.json"]
    assert len(chosen(tmp_path, last=2, nights=True)[0]) == 2


@pytest.mark.parametrize(("width", "heads"), [
    (200, "run kind ended sites pages new changed pairs bytes time alarms"),
    (80, "run ended sites pages new pairs alarms"),
    (70, "run ended sites pages pairs alarms"),
])  # fmt: skip
def test_a_narrow_terminal_gets_fewer_columns_and_bars_none_of_them_cut(tmp_path, width, heads):
    for day in range(1, 25):
        sites = {"a": site_part(crawl(document=2000 + day), "s", "finished")}
        night(tmp_path, day, sites, exit_code=2, seconds=12345.0)
    found, _ = chosen(tmp_path, last=24)
    text = shown(show_runs, found, width=width)
    assert "…" not in text
    assert text.splitlines()[0].split() == heads.split()
    assert "20261124T030000Z-abc" in text
    assert ("█" * 24 if width == 200 else "███  ") in text
    assert "  2,024 →" in text
    assert max(map(len, text.splitlines())) <= width


def test_one_run_is_told_in_full(tmp_path):
    part = site_part(crawl(document=2, failed=1, failed__timeout=1), "s", "finished")
    stage = {"exit_code": 3, "seconds": 2.0, "says": "ended with FAILED", "errors": 4}
    alarm = {
        "name": "redesign", "site": "a", "severity": "error", "state": "raised",
        "since": "2026-11-24T03:00:00Z", "says": "headings are gone [/b]",
    }  # fmt: skip
    night(tmp_path, 24, {"a": part}, stages={"check": stage}, alarms=[alarm], errors=["no room"])
    hand(tmp_path, "20261124T030001Z", night="20261124T030000Z-abc")
    (run,), _ = chosen(tmp_path, "20261124T03")
    text = shown(show_run, run)
    for said in (
        "check: ended with FAILED, 2.0 s; errors 4",
        "a: page/failed/timeout 1",
        "error redesign (raised since 2026-11-24T03:00:00Z): a: headings are gone [/b]",
        "no room",
    ):
        assert said in text
    assert chosen(tmp_path, "2025")[0] == []


def test_a_crawl_that_an_older_version_recorded_is_told(tmp_path):
    old = {"site": "a", "run": 1, "resumed": False, "counts": {"page/document": 2},
           "pending": 0, "due_again": 0, "shards": []}  # fmt: skip
    hand(tmp_path, "20260101T000000Z", sites={"a": old})
    found, faults = chosen(tmp_path)
    assert faults == []
    assert "1/1" in shown(show_runs, found)
    assert "2 " in shown(show_run, found[0])


def test_a_broken_record_is_named_and_the_others_are_shown(tmp_path):
    hand(tmp_path, "20261124T050000Z")
    (tmp_path / FOLDER / "20261125T050000Z.json").write_text('{"started_at": "2026-')
    found, faults = chosen(tmp_path)
    assert len(found) == 1
    assert len(faults) == 1
    assert "20261125T050000Z.json is no record of a run" in faults[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"sites": {"a": {"counts": {}}}}, ""),  # as an older version may have written it
        ({"sites": {"a": {"counts": {}, "pages": {"new": "3"}}}}, "site a has no numbers"),
        ({"sites": {"a": {"counts": {}, "rows": 3}}}, "site a has no numbers"),
        ({"stages": {"build": "good"}}, "stages are not objects"),
        ({"stages": {"build": {"says": "good"}}}, ""),
        ({"alarms": [{"name": "redesign"}]}, ""),
        ({"alarms": [{"name": "redesign", "since": 5}]}, "alarms are not objects"),
        ({"told": "nobody"}, "no lists"),
    ],
)
def test_a_night_that_lacks_something_is_shown_and_one_that_is_wrong_named(tmp_path, more, said):
    entry = night(tmp_path, 24, {}) | more
    assert write_night(tmp_path, entry) == ""
    found, faults = chosen(tmp_path)
    if said:
        assert said in faults[0]
    else:
        assert faults == []
        assert "20261124T030000Z-abc  night" in shown(show_runs, found)
        assert "20261124T030000Z-abc: OK" in shown(show_run, found[0])


def test_the_newest_run_of_each_site_is_found_behind_broken_records(tmp_path):
    hand(tmp_path, "20261124T050000Z", sites={"a": crawl("a", 4), "b": crawl("b", 9)})
    hand(tmp_path, "20261125T050000Z", sites={"a": crawl("a", 5)})
    (tmp_path / FOLDER / "20261126T050000Z.json").write_text("{")
    assert newest_runs(tmp_path, ["a", "b", "c"]) == {
        "a": (5, "20261125T050000Z.json"),
        "b": (9, "20261124T050000Z.json"),
    }
    assert MOST_SCANNED > 300  # a year of nights


def test_room_for_the_last_record_is_kept_and_given_free(tmp_path):
    reserve(tmp_path)
    (kept,) = (tmp_path / FOLDER).iterdir()
    assert kept.stat().st_size == 1 << 18
    assert read_runs(tmp_path) == ([], [])
    write_night(tmp_path, {"id": "x"}, last=True)
    assert not kept.exists()


@pytest.mark.parametrize(
    ("numbers", "picture", "points"),
    [
        ([], "", ""),
        ([None, None], "··", ""),
        ([0, 0, 0], "▁▁▁", "→"),
        ([0, 0, 1], "▁▁█", "↑"),
        ([100, None, 100, 126], "▇·▇█", "↑"),
        ([100, 100, 124], "▇▇█", "→"),
    ],
)
def test_pictures_and_arrows(numbers, picture, points):
    assert sparkline(numbers) == picture
    assert arrow(numbers) == points
