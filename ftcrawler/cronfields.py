"""A cron line as what other schedulers understand: never less often than it says. Pure.

A unit only has to start ``scrapy nightly`` often enough; which sites are due it decides itself.
So whatever a scheduler cannot say (the last weekday of a month, a time that a changed clock
skips) becomes something that comes more often.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from cronsim import CronSim

EVERY_MINUTE: Final = frozenset(range(60))
EVERY_HOUR: Final = frozenset(range(24))
EVERY_DAY: Final = frozenset(range(1, 32))
EVERY_MONTH: Final = frozenset(range(1, 13))
EVERY_WEEKDAY: Final = frozenset(range(7))
GAP_HOURS: Final = 4  # clocks are put ahead before this hour, everywhere
_DAY_NAMES: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS: Final = 12
_HOURS: Final = 24


@dataclass(frozen=True)
class Fields:
    """Minutes, hours, days, months and weekdays (Sunday is 0); ``both`` days must be right."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    both: bool

    @property
    def on_any_day(self) -> Fields:
        """The same times, every day."""
        return replace(self, days=EVERY_DAY, months=EVERY_MONTH, weekdays=EVERY_WEEKDAY, both=True)


def fields_of(cron: str) -> Fields:
    """The fields of a good cron line; the last days of a month become all of them."""
    parsed = CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC))
    days = frozenset(parsed.days)
    weekdays = frozenset(
        (item[0] if isinstance(item, tuple) else item) % 7 for item in parsed.weekdays
    )
    return Fields(
        frozenset(parsed.minutes),
        frozenset(parsed.hours),
        EVERY_DAY if min(days) < 1 else days,
        frozenset(parsed.months),
        weekdays,
        parsed.day_and,
    )


def offsets(zone: str, year: int) -> set[timedelta]:
    """How far a zone's clock is ahead of UTC, over a year."""
    known = ZoneInfo(zone)
    noons = (datetime(year, month, 1, 12, tzinfo=known) for month in range(1, _MONTHS + 1))
    return {cast("timedelta", noon.utcoffset()) for noon in noons}


def made_up(fields: Fields, zone: str, year: int) -> Fields:
    """With an hour later, too, where a time may be one that the clock skips in spring.

    >>> sorted(made_up(fields_of("30 2 * * *"), "Europe/Berlin", 2026).hours)
    [2, 3]
    >>> sorted(made_up(fields_of("30 2 * * *"), "UTC", 2026).hours)
    [2]
    """
    if len(offsets(zone, year)) == 1 or fields.hours == EVERY_HOUR:
        return fields
    return replace(
        fields, hours=fields.hours | {hour + 1 for hour in fields.hours if hour < GAP_HOURS}
    )


def cron_line(fields: Fields) -> str:
    """As five fields that every cron reads: numbers and stars.

    >>> cron_line(fields_of("0 3 * * MON-FRI")), cron_line(fields_of("0 3 LW * *"))
    ('0 3 * * 1-5', '0 3 * * *')
    """
    any_day, any_weekday = fields.days == EVERY_DAY, fields.weekdays == EVERY_WEEKDAY
    if not fields.both and (any_day or any_weekday):
        return cron_line(fields.on_any_day)  # a star would make it both
    if fields.both and not any_day and not any_weekday:
        return cron_line(fields.on_any_day)  # numbers would make it either
    return " ".join(
        (
            _list(fields.minutes, EVERY_MINUTE),
            _list(fields.hours, EVERY_HOUR),
            _list(fields.days, EVERY_DAY),
            _list(fields.months, EVERY_MONTH),
            _list(fields.weekdays, EVERY_WEEKDAY),
        )
    )


def _list(numbers: frozenset[int], every: frozenset[int]) -> str:
    return "*" if numbers == every else ",".join(_runs(sorted(numbers)))


def _runs(numbers: list[int]) -> Iterable[str]:
    """Numbers as lists and ranges.

    >>> list(_runs([1, 2, 3, 7]))
    ['1-3', '7']
    """
    first = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            low, high = numbers[first], numbers[place - 1]
            yield str(low) if low == high else f"{low}-{high}"
            first = place


def calendar_lines(fields: Fields, zone: str) -> list[str]:
    """As calendar events of systemd, see systemd.time(7).

    >>> calendar_lines(fields_of("0 3 1 * MON"), "UTC")
    ['*-*-01 03:00:00 UTC', 'Mon *-*-* 03:00:00 UTC']
    """
    time = f"{_padded(fields.hours, EVERY_HOUR)}:{_padded(fields.minutes, EVERY_MINUTE)}:00"
    months = _padded(fields.months, EVERY_MONTH)
    days = _padded(fields.days, EVERY_DAY)
    names = ",".join(_DAY_NAMES[day] for day in sorted(fields.weekdays))
    weekdays = "" if fields.weekdays == EVERY_WEEKDAY else f"{names} "
    if fields.both:
        return [f"{weekdays}*-{months}-{days} {time} {zone}"]
    return [f"*-{months}-{days} {time} {zone}", f"{weekdays}*-{months}-* {time} {zone}"]


def _padded(numbers: frozenset[int], every: frozenset[int]) -> str:
    return "*" if numbers == every else ",".join(f"{number:02}" for number in sorted(numbers))


def in_utc(fields: Fields, zone: str, year: int) -> list[Fields]:
    """The same times by UTC, summer's and winter's; on any day where midnight lies between.

    >>> [cron_line(f) for f in in_utc(fields_of("0 3 * * MON"), "Europe/Berlin", 2026)]
    ['0 2 * * 1', '0 1 * * 1']
    """
    found: list[Fields] = []
    for ahead in sorted(offsets(zone, year)):
        minutes = int(ahead.total_seconds()) // 60
        by_hour: dict[frozenset[int], Fields] = {}
        for minute in sorted(fields.minutes):
            moved = {(hour * 60 + minute - minutes) for hour in fields.hours}
            hours = frozenset(one // 60 % _HOURS for one in moved)
            same_day = all(0 <= one < _HOURS * 60 for one in moved)
            base = fields if same_day else fields.on_any_day
            known = by_hour.get(hours)
            shifted = frozenset({(minute - minutes) % 60}) | (known.minutes if known else set())
            by_hour[hours] = replace(base, hours=hours, minutes=shifted)
        found += by_hour.values()
    return list(dict.fromkeys(found))
