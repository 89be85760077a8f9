"""Which slots of which sites are done: one small file, the truth that a kill leaves standing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ftcrawler.clock import iso
from ftcrawler.schedule import CLOCK_BACK, is_due, previous, upcoming
from ftcrawler.site import Site
from ftcrawler.writing import write_text
from pipelines.streams import sync_folder

FILE: Final = "nights.json"
REMEMBERED: Final = 16  # slots of a site


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A cron line and by whose clock it is meant."""

    cron: str
    zone: str


@dataclass(frozen=True, slots=True)
class Slots:
    """What was done: slots by site; when that was looked at last; since when slots count."""

    seen: datetime | None = None
    since: datetime | None = None
    done: Mapping[str, Sequence[datetime]] = field(default_factory=dict)

    def at(self, now: datetime) -> Slots:
        """As they are to be read now: when the clock was put back, what lies before is over."""
        jumped = self.seen is not None and now < self.seen - CLOCK_BACK
        return replace(self, since=now) if jumped else self

    def due(self, rhythms: Mapping[str, Rhythm], now: datetime) -> dict[str, datetime]:
        """The sites whose last slot is to be done, with that slot."""
        found = {}
        for site, rhythm in rhythms.items():
            slot = previous(rhythm.cron, rhythm.zone, now)
            if slot and is_due(slot, now, self.done.get(site, ()), self.since):
                found[site] = slot
        return found

    def with_done(self, slots: Mapping[str, datetime], now: datetime) -> Slots:
        """With these slots done."""
        done = dict(self.done)
        for site, slot in slots.items():
            done[site] = [*(known for known in done.get(site, ()) if known != slot), slot]
            done[site] = done[site][-REMEMBERED:]
        return replace(self, seen=now, done=done)


def rhythm_of(site: Site, cron: str, zone: str) -> Rhythm:
    """A site's own rhythm, or what its file leaves out from the settings."""
    return Rhythm(site.schedule.cron or cron, site.schedule.timezone or zone)


def next_slot(rhythms: Iterable[Rhythm], now: datetime) -> datetime | None:
    """The first slot after now of any of these."""
    found = (upcoming(rhythm.cron, rhythm.zone, now) for rhythm in rhythms)
    return min((slots[0] for slots in found if slots), default=None)


def read_slots(data_dir: Path) -> tuple[Slots, str]:
    """What was done so far, and what is wrong with the file, if something is.

    Without the file, or with one that cannot be read, every site's last slot is due, once.
    """
    path = data_dir / FILE
    try:
        entry = json.loads(path.read_text("utf-8"))
        return (
            Slots(
                _moment(entry["seen"]),
                _moment(entry["since"]),
                {
                    str(site): [datetime.fromisoformat(slot) for slot in slots]
                    for site, slots in entry["sites"].items()
                },
            ),
            "",
        )
    except FileNotFoundError:
        return Slots(), ""
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Slots(), (
            f"{path} cannot be read ({type(error).__name__}: {error}): it is written anew, "
            f"every site is due once"
        )


def write_slots(data_dir: Path, slots: Slots) -> None:
    """Keep what was done, durably. Raises :class:`OSError`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    entry: dict[str, Any] = {
        "seen": _text(slots.seen),
        "since": _text(slots.since),
        "sites": {site: [_text(slot) for slot in done] for site, done in slots.done.items()},
    }
    if fault := write_text(data_dir / FILE, json.dumps(entry, indent=1)):
        raise OSError(f"{data_dir / FILE}: {fault}")
    sync_folder(data_dir)


def jump(before: Slots, now: datetime) -> str:
    """What to say of a clock that was put back, ``""`` when it was not."""
    if before.at(now) is before or before.seen is None:
        return ""
    return (
        f"the clock went back by {_span(before.seen - now)}, from {_text(before.seen)}: what was "
        f"missed before now is not made up for, the next slots are done as usual"
    )


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:,.0f} days"  # noqa: PLR2004 - reads better


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _text(moment: datetime | None) -> str:
    return iso(moment.timestamp()) if moment else ""
