"""When a site is due: cron lines in time zones to slots, right where clocks are changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

FIELDS = 5
CLOCK_BACK = timedelta(hours=1)  # clocks that are put right go back less than this
_MARGIN = timedelta(hours=3)  # before a moment: no change of the clock is longer
_BACK = tuple(map(timedelta, (0.125, 1, 8, 32, 366, 3_000, 15_000)))  # days to look back
_DAYS = {str(day) for day in range(1, 32)}
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def check_cron(cron: str) -> str:
    """The cron line, when it can fire: minute, hour, day of month, month, day of week.

    Raises :class:`ValueError` with a sentence.

    >>> check_cron("30 2 * * MON-FRI")
    '30 2 * * MON-FRI'
    """
    fields = cron.split()
    if len(fields) != FIELDS:
        raise ValueError(
            "not a cron line: five fields are needed, minute hour day month weekday, "
            'as in "0 3 * * *"'
        )
    try:
        fires = next(CronSim(cron, _ANY_DAY), None)
    except CronSimError as error:
        fault = str(error).removeprefix("Bad ")
        if fault == "day-of-month" and _is_number(fields[2]):
            fires = None
        else:
            raise ValueError(f'not a cron line: the {fault} is wrong; "0 3 * * *" is one') from None
    if fires is None:
        raise ValueError("never fires: no such month has that day")
    return " ".join(fields)


def _is_number(field: str) -> bool:
    """Whether a field is made of days that some month has."""
    return bool(re.fullmatch(r"[\d,-]+", field)) and set(re.findall(r"\d+", field)) <= _DAYS


def check_zone(zone: str) -> str:
    """The name of a time zone, when there is one. Raises :class:`ValueError` with a sentence.

    >>> check_zone("Europe/Berlin")
    'Europe/Berlin'
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            'no such time zone; write "UTC" or a name as "Europe/Berlin" (IANA)'
        ) from None
    return zone


def _slots(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """The slots after a moment, in UTC, each once and in order.

    A time that the clock leaves out in spring is made up for right after; one that comes twice
    in autumn is meant once, as Debian's cron does.
    """
    last = after
    for slot in CronSim(cron, (after - _MARGIN).astimezone(ZoneInfo(zone))):
        moment = slot.astimezone(UTC)
        if moment > last:
            yield moment
            last = moment


def upcoming(cron: str, zone: str, after: datetime, count: int = 1) -> list[datetime]:
    """The next slots after a moment, in UTC.

    >>> [f"{slot:%d %H:%M}" for slot in upcoming("30 2 * * *", "Europe/Berlin",
    ...     datetime(2026, 3, 28, tzinfo=UTC), 3)]
    ['28 01:30', '29 01:00', '30 00:30']
    """
    return list(islice(_slots(cron, zone, after), count))


def previous(cron: str, zone: str, now: datetime) -> datetime | None:
    """The last slot that is not after ``now``, in UTC.

    >>> previous("0 3 * * SUN", "Asia/Kolkata", datetime(2026, 11, 24, tzinfo=UTC))
    datetime.datetime(2026, 11, 21, 21, 30, tzinfo=datetime.timezone.utc)
    """
    for back in _BACK:
        last = None
        for last in takewhile(lambda slot: slot <= now, _slots(cron, zone, now - back)):  # noqa: B007 - the last one is wanted
            pass
        if last is not None:
            return last
    return None


def is_due(
    slot: datetime | None, now: datetime, done: Sequence[datetime], since: datetime | None
) -> bool:
    """Whether the last slot is still to be done.

    ``done`` are slots that were. What lies before ``since`` is over: then the clock was put
    back, and nobody knows what was missed. A clock that goes back a little, or a cron line that
    is changed to an earlier hour, does not make a slot of the same night due again.

    >>> slot, now = datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC)
    >>> is_due(slot, now, [], None), is_due(slot, now, [slot], None)
    (True, False)
    """
    if slot is None or slot in done or (since is not None and slot <= since):
        return False
    return not any(slot < other <= now + CLOCK_BACK for other in done)
