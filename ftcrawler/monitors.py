"""Our alarms as Spidermon's monitors, for those who have its actions set up.

They look when the engine has stopped, since a run's numbers are whole only then: see
docs/alarms.md.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ftcrawler.alarms import Alarm, find_alarms, loud, thresholds_of
from ftcrawler.clock import iso
from ftcrawler.exits import Exit
from ftcrawler.messages import alarm_line
from ftcrawler.nightfacts import night_facts
from ftcrawler.remedies import SITE_ALARMS
from ftcrawler.runs import read_runs
from ftcrawler.summary import record

try:
    from spidermon import Monitor, MonitorSuite
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "ftcrawler.monitors needs Spidermon: pip install -r requirements-monitor.txt"
    ) from error

logger = logging.getLogger(__name__)

MOST_LOOKED_AT: Final = 60  # runs before this one
_KEPT: Final = "ftcrawler_alarms"  # where a spider's alarms are remembered for its monitors


def alarms_of(spider: Any) -> list[Alarm]:
    """The alarms of a spider's run, by the records before it: found once, then remembered."""
    found: list[Alarm] | None = getattr(spider, _KEPT, None)
    if found is None:
        found = loud(_found(spider))
        setattr(spider, _KEPT, found)
    return found


def _found(spider: Any) -> list[Alarm]:
    data_dir = Path(spider.settings["DATA_DIR"]).absolute()
    now = iso(time.time())
    tonight = record(spider.results, now, now, "finished", Exit.OK)
    for name, site in tonight["sites"].items():
        try:
            site["facts"] = night_facts(data_dir, name, site["run"])
        except (OSError, sqlite3.Error) as error:
            logger.warning("%s: what the run left cannot be read: %s", name, error)
    past, _ = read_runs(data_dir, MOST_LOOKED_AT)
    tables = thresholds_of(queue.site for queue in spider.queues.values())
    # The other sites of the records before have no say in this run.
    runs = [{**run, "sites": _only(run["sites"], tonight["sites"])} for run in [*past, tonight]]
    return [alarm for alarm in find_alarms(runs, datetime.now(UTC), tables) if alarm.site]


def _only(sites: dict[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    return {name: sites[name] for name in wanted if name in sites}


def _looking_for(name: str) -> Callable[[Any], None]:
    """A monitor's test for one alarm."""

    def look(self: Any) -> None:
        found = [alarm for alarm in alarms_of(self.data.spider) if alarm.name == name]
        if found:
            raise AssertionError("\n".join(map(alarm_line, found)))

    look.__name__ = f"test_{name.replace('-', '_')}"
    look.__doc__ = f"No site has the alarm {name}."
    return look


class AlarmMonitor(Monitor):  # type: ignore[misc] # untyped
    """One test for each alarm that a site may raise."""


for _name in SITE_ALARMS:
    _test = _looking_for(_name)
    setattr(AlarmMonitor, _test.__name__, _test)


class AlarmSuite(MonitorSuite):  # type: ignore[misc] # the same
    """The suite for ``SPIDERMON_ENGINE_STOP_MONITORS``; give a subclass of it your actions."""

    monitors = (AlarmMonitor,)
