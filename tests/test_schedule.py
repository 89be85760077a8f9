"""When a site is due: clocks that are changed, jump or lie; cron lines and zones that are wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ftcrawler.schedule import check_cron, check_zone, is_due, previous, upcoming
from ftcrawler.site import SiteError
from ftcrawler.sitetext import load_site
from ftcrawler.slots import FILE, Rhythm, Slots, jump, next_slot, read_slots, write_slots


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(slots: list[datetime], zone: str) -> list[str]:
    return [f"{slot.astimezone(ZoneInfo(zone)):%m-%d %H:%M%z}" for slot in slots]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        pytest.param(
            "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00",
            ["03-29 03:00+0200", "03-30 02:30+0200"],
            id="the half hour that spring leaves out comes right after",
        ),
        pytest.param(
            "0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00",
            ["03-29 03:00+0200", "03-30 02:00+0200", "03-30 02:30+0200"],
            id="two that spring leaves out come once",
        ),
        pytest.param(
            "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00",
            ["10-25 02:30+0200", "10-26 02:30+0100"],
            id="the half hour that autumn has twice comes once",
        ),
        pytest.param(
            "50 2 * * *", "Europe/Berlin", "2026-10-25T01:40",
            ["10-26 02:50+0100"],
            id="asked in the second of two hours, the first is past",
        ),
        pytest.param(
            "*/30 * * * *", "Europe/Berlin", "2026-10-25T00:15",
            ["10-25 02:30+0200", "10-25 02:00+0100", "10-25 02:30+0100", "10-25 03:00+0100"],
            id="every half hour goes by time that passes",
        ),
        pytest.param(
            "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00",
            ["10-04 02:30+1100", "10-05 02:15+1100"],
            id="a change of half an hour",
        ),
        pytest.param(
            "0 3 * * *", "Asia/Kolkata", "2026-11-24T00:00",
            ["11-25 03:00+0530"],
            id="a zone of half hours",
        ),
        pytest.param(
            "0 3 * * *", "Asia/Kathmandu", "2026-11-24T21:14:59",
            ["11-25 03:00+0545"],
            id="a zone of quarter hours",
        ),
        pytest.param(
            "0 3 * * SUN", "UTC", "2026-11-24T00:00", ["11-29 03:00+0000"], id="Sunday is Sunday"
        ),
        pytest.param(
            "0 3 L * *", "UTC", "2027-02-01T00:00", ["02-28 03:00+0000"], id="the last of a month"
        ),
        pytest.param(
            "0 0 29 2 *", "UTC", "2026-01-01T00:00", ["02-29 00:00+0000"], id="once in four years"
        ),
    ],
)  # fmt: skip
def test_slots_come_by_the_clock_of_the_zone(cron, zone, after, expected):
    slots = upcoming(cron, zone, utc(after), len(expected))
    assert shown(slots, zone) == expected
    assert previous(cron, zone, slots[-1]) == slots[-1]
    assert previous(cron, zone, slots[0] - timedelta(seconds=1)) < slots[0]


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("30 2 * * *", "Europe/Berlin"),
        ("15 2,14 * * *", "America/New_York"),
        ("0 2 * * *", "Australia/Lord_Howe"),
    ],
)
def test_looking_back_and_ahead_agree_over_a_year_and_each_night_is_done_once(cron, zone):
    """Looked at every five hours, the last slot is always the one that came ahead."""
    now, done = utc("2026-01-01T00:00"), []
    ahead = upcoming(cron, zone, now, 800)
    while now < utc("2027-01-01T00:00"):
        slot = previous(cron, zone, now)
        if now > ahead[0] and is_due(slot, now, done[-16:], None):
            done.append(slot)
        now += timedelta(hours=5)
    nights = 365 * (2 if "," in cron else 1)
    assert done == ahead[: len(done)]
    assert nights - 2 <= len(done) <= nights


@pytest.mark.parametrize(
    ("cron", "fault"),
    [
        ("0 0 30 2 *", "never fires"),
        ("0 0 31 4,6,9,11 *", "never fires"),
        ("0 0 30-31 2 *", "never fires"),
        ("0 0 32 * *", "day-of-month is wrong"),
        ("61 * * * *", "minute is wrong"),
        ("0 24 * * *", "hour is wrong"),
        ("0 3 * * 8", "day-of-week is wrong"),
        ("* * * *", "five fields"),
        ("0 0 3 * * *", "five fields"),
        ("@daily", "five fields"),
        ("0 3 * * ٣", "day-of-week is wrong"),
    ],
)
def test_a_cron_line_that_is_none_is_told(cron, fault):
    with pytest.raises(ValueError, match=fault):
        check_cron(cron)


@pytest.mark.parametrize(
    "zone", ["Mars/Base", "Europe", "../etc/passwd", "/etc/localtime", "X" * 300]
)
def test_a_zone_that_does_not_exist_is_told(zone):
    with pytest.raises(ValueError, match="no such time zone"):
        check_zone(zone)


def test_a_site_file_names_the_key_of_both():
    text = (
        'start_urls = ["http://example.com/"]\n'
        '[schedule]\ncron = "0 0 30 2 *"\ntimezone = "Mars/Base"\n'
    )
    with pytest.raises(SiteError) as caught:
        load_site(text, "mars", file="sites/mars.toml")
    first, second = caught.value.problems
    assert first.startswith("sites/mars.toml: schedule.cron: never fires")
    assert second.startswith("sites/mars.toml: schedule.timezone: no such time zone")


NIGHTLY = {"a": Rhythm("0 3 * * *", "UTC")}


def visits(times: list[str], slots: Slots | None = None) -> list[str]:
    """The slots that are done when somebody looks at these times."""
    slots, done = slots or Slots(), []
    for text in times:
        now = utc(text)
        slots = slots.at(now)
        due = slots.due(NIGHTLY, now)
        done += [f"{slot:%Y-%m-%d}" for slot in due.values()]
        slots = slots.with_done(due, now)
    return done


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param(["2026-11-24T03:00", "2026-11-24T09:00"], ["2026-11-24"], id="once a slot"),
        pytest.param(
            ["2026-11-17T03:05", "2026-11-24T12:00", "2026-11-24T12:01", "2026-11-25T03:00"],
            ["2026-11-17", "2026-11-24", "2026-11-25"],
            id="a week off is one night",
        ),
        pytest.param(
            ["2026-11-24T03:00:10", "2026-11-24T02:59", "2026-11-24T03:00:05"],
            ["2026-11-24"],
            id="a clock that is put right",
        ),
        pytest.param(
            ["2026-11-24T03:00", "2030-01-01T00:00", "2026-11-24T04:00", "2026-11-25T03:00",
             "2026-11-26T03:00"],
            ["2026-11-24", "2029-12-31", "2026-11-25", "2026-11-26"],
            id="a clock that was years ahead",
        ),
        pytest.param(
            ["2026-11-24T03:00", "1970-01-01T00:00:20", "1970-01-01T00:05", "2026-11-24T03:20",
             "2026-11-25T03:00"],
            ["2026-11-24", "2026-11-25"],
            id="a machine that boots in 1970",
        ),
        pytest.param(
            ["2026-11-24T03:00", "2026-11-20T12:00", "2026-11-21T03:00", "2026-11-24T03:30"],
            ["2026-11-24", "2026-11-21"],
            id="four days back: the next nights as usual, the known one not again",
        ),
    ],
)  # fmt: skip
def test_no_slot_is_done_twice_however_the_clock_jumps(times, expected):
    assert visits(times) == expected


def test_a_slot_that_broke_off_is_due_after_the_clock_is_put_right():
    seen = Slots(seen=utc("2026-11-24T03:00:10"))  # it began, and was killed
    assert visits(["2026-11-24T03:00:02"], seen) == ["2026-11-24"]


def test_an_earlier_hour_in_the_site_file_makes_no_second_night():
    slots = Slots(done={"a": [utc("2026-11-24T03:00")]})
    now = utc("2026-11-24T09:00")
    assert slots.due({"a": Rhythm("0 2 * * *", "UTC")}, now) == {}
    assert slots.due({"a": Rhythm("0 8 * * *", "UTC")}, now) == {"a": utc("2026-11-24T08:00")}


def test_a_jump_back_is_told_and_a_small_one_is_not():
    slots = Slots(seen=utc("2026-11-24T03:00"))
    assert "went back by 4 days" in jump(slots, utc("2026-11-20T03:00"))
    assert jump(slots, utc("2026-11-24T02:30")) == ""


def test_what_was_done_is_kept_and_a_broken_file_makes_every_site_due_once(tmp_path):
    now = utc("2026-11-24T03:00")
    kept = Slots(now, None, {"a": [now]})
    write_slots(tmp_path, kept)
    assert read_slots(tmp_path) == (kept, "")
    for text in ("", "[1]", '{"seen": 3}', '{"seen": "", "since": "", "sites": {"a": ["x"]}}'):
        (tmp_path / FILE).write_text(text)
        slots, fault = read_slots(tmp_path)
        assert slots == Slots()
        assert FILE in fault
        assert "due once" in fault


def test_the_next_slot_is_the_first_of_all():
    rhythms = [Rhythm("0 3 * * *", "UTC"), Rhythm("0 3 * * *", "Asia/Kolkata")]
    assert next_slot(rhythms, utc("2026-11-24T12:00")) == utc("2026-11-24T21:30")
    assert next_slot([], utc("2026-11-24T12:00")) is None
