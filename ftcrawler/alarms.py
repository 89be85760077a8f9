"""Alarms: what changed at a site or with the runs, since when, an example, and what to do. Pure.

An alarm is raised once and stands while what it tells of lasts; then it is cleared. What stood
is read from the record before, so that the same records give the same alarms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from ftcrawler import contentchecks, runchecks, sitechecks
from ftcrawler.clock import iso
from ftcrawler.nights import began, nights_of, sites_of
from ftcrawler.remedies import ALARMS, EVENTS
from ftcrawler.thresholds import ACCEPTED, FINE, Case, Finding, Severity, Thresholds

if TYPE_CHECKING:
    from ftcrawler.site import Site

State = Literal["raised", "standing", "cleared"]
_HOLD: Final = 2  # nights that must be as usual before an alarm is over
# These show page by page, as pages are due; and what is left of the site is the usual then.
_HELD: Final = {"permission-lost": ACCEPTED + 1, "pages-gone": ACCEPTED + 1}
_LOOKED: Final = (None, "finished", "budget")  # how a night ends that looks for alarms
# In this order; a check is not believed when a cause before it is there or stands.
_CHECKS: Final[tuple[tuple[str, Callable[[Case], Finding | None]], ...]] = (
    ("site-unreachable", sitechecks.unreachable),
    ("errors-rose", sitechecks.errors_rose),
    ("permission-lost", sitechecks.permission_lost),
    ("robots-changed", sitechecks.robots_changed),
    ("pages-gone", sitechecks.pages_gone),
    ("redesign", contentchecks.redesign),
    ("language-shifted", contentchecks.language_shifted),
    ("duplicates-rose", sitechecks.duplicates_rose),
    ("zero-rows", sitechecks.zero_rows),
    ("yield-fell", sitechecks.yield_fell),
    ("yield-rose", sitechecks.yield_rose),
)
_LESS: Final = frozenset({"zero-rows", "yield-fell"})
_CAUSES: Final = {
    "site-unreachable": frozenset(name for name, _ in _CHECKS) - {"permission-lost"},
    "errors-rose": _LESS,
    "permission-lost": _LESS | {"robots-changed", "pages-gone"},
    "pages-gone": _LESS,
    "redesign": _LESS | {"yield-rose", "duplicates-rose", "language-shifted"},
    "language-shifted": _LESS | {"yield-rose"},
    "duplicates-rose": _LESS | {"yield-rose"},
    "zero-rows": frozenset({"yield-fell"}),
}


@dataclass(frozen=True)
class Alarm:
    """One alarm. ``site`` is empty for the run itself; times are ISO 8601 in UTC.

    ``nights`` counts those that it was found in, ``seen`` is the last one of them, ``good`` counts
    those that were as usual again.
    """

    name: str
    site: str
    severity: Severity
    says: str
    since: str
    seen: str
    do: str
    example: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    state: State = "raised"
    good: int = 0
    nights: int = 1

    @property
    def key(self) -> tuple[str, str]:
        """What makes two alarms the same."""
        return self.site, self.name

    @property
    def accepted(self) -> bool:
        """Whether it lasted so long that what it tells of may be the usual by now."""
        return self.nights >= ACCEPTED

    def as_dict(self) -> dict[str, Any]:
        """As it stands in a run's record."""
        return asdict(self)


def find_alarms(
    records: Sequence[Mapping[str, Any]],
    now: datetime,
    thresholds: Mapping[str, Any] | None = None,
) -> list[Alarm]:
    """Tonight's alarms: new ones, those that stand, and those that are over.

    ``records`` are oldest to newest, the last one tonight's; ``thresholds`` has the ``[alarms]``
    table of each site.
    """
    if not records:
        return []
    standing = _standing(records)
    flagged = _flagged(records)
    tables = thresholds or {}
    tonight = began(records[-1]) or iso(now.timestamp())
    found = _run_alarms(records, now, standing, tonight)
    for site in sites_of(records):
        rules = Thresholds.of(tables.get(site))
        answers = _site_answers(records, site, rules, standing, flagged.get(site, {}))
        for name, answer in answers.items():
            alarm = _after(standing.get((site, name)), name, site, answer, tonight)
            if alarm and name not in rules.mute:
                found.append(alarm)
    return sorted(found, key=_order)


def loud(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Those that a person must look at: not over, and no mere notices."""
    return [a for a in alarms if a.state != "cleared" and a.severity != "notice"]


def alarms_now(records: Sequence[Mapping[str, Any]], now: datetime) -> list[Alarm]:
    """What is to be told between two nights: the newest night's alarms, and a run that is late."""
    ended = [record for record in records if record.get("exit_code") is not None]
    alarms = read_alarms(ended[-1]) if ended else []
    late = runchecks.overdue(records, now)
    if late and not any(alarm.name == "run-missing" for alarm in alarms):
        kind = ALARMS["run-missing"]
        since = str(late.numbers["last"])
        alarms.insert(0, Alarm("run-missing", "", kind.severity, late.says, since, since, kind.do))
    return alarms


def thresholds_of(sites: Iterable[Site]) -> dict[str, Thresholds]:
    """The numbers of some sites, by name."""
    return {site.name: Thresholds.of(site.alarms) for site in sites}


def read_alarms(record: Mapping[str, Any]) -> list[Alarm]:
    """The alarms of a run's record; what is none is left out."""
    found = []
    for told in record.get("alarms") or ():
        try:
            found.append(Alarm(**told))
        except TypeError:
            continue
    return found


def _order(alarm: Alarm) -> tuple[int, int, str, str]:
    states, severities = ("raised", "standing", "cleared"), ("error", "warning", "notice")
    return states.index(alarm.state), severities.index(alarm.severity), alarm.site, alarm.name


def _standing(records: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Alarm]:
    """What stood after the newest night before tonight that evaluated anything.

    A night that ended before its alarms were looked for says nothing of those before it.
    """
    for record in reversed(records[:-1]):
        looked = record.get("reason") in _LOOKED or record.get("alarms")
        if "alarms" in record and looked:
            return {a.key: a for a in read_alarms(record) if a.state != "cleared"}
    return {}


def _flagged(records: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, frozenset[str]]]:
    """By site and alarm, the nights on which it stood."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for record in records:
        for alarm in read_alarms(record):
            if alarm.state != "cleared" and alarm.severity != "notice":
                nights = found.setdefault(alarm.site, {})
                nights[alarm.name] = nights.get(alarm.name, frozenset()) | {began(record)}
    return found


def _site_answers(
    records: Sequence[Mapping[str, Any]],
    site: str,
    rules: Thresholds,
    standing: Mapping[tuple[str, str], Alarm],
    flagged: Mapping[str, frozenset[str]],
) -> dict[str, Finding | None]:
    """What each check says of a site tonight; None where it says nothing."""
    answers: dict[str, Finding | None] = {"site-failed": runchecks.left_out(records[-1], site)}
    nights = nights_of(records, site)
    crawled = bool(nights) and nights[-1].at == began(records[-1])
    if crawled:
        answers["site-failed"] = answers["site-failed"] or FINE
    explained: set[str] = set()
    case = Case(site, nights, rules, flagged)
    for name, check in _CHECKS:
        answer = check(case) if crawled and name not in explained else None
        answers[name] = answer
        if (answer is not None and answer is not FINE) or (site, name) in standing:
            explained |= _CAUSES.get(name, frozenset())
    return answers


def _run_alarms(
    records: Sequence[Mapping[str, Any]],
    now: datetime,
    standing: Mapping[tuple[str, str], Alarm],
    tonight: str,
) -> list[Alarm]:
    answers: dict[str, Finding | None] = {
        "run-missing": runchecks.missing(records, now) or FINE,
        "disk-filling": runchecks.disk(records) or FINE,
        **{
            name: FINE
            for site, name in standing
            if not site and name.endswith(("-failed", "-lost"))
        },
        **dict(runchecks.broken(records)),
    }
    made = (_after(standing.get(("", n)), n, "", answer, tonight) for n, answer in answers.items())
    return [alarm for alarm in made if alarm]


def _after(
    before: Alarm | None, name: str, site: str, answer: Finding | None, tonight: str
) -> Alarm | None:
    """What becomes of an alarm with tonight's answer."""
    kind = ALARMS[name]
    if answer is not None and answer is not FINE:
        if before:
            return replace(
                before, says=answer.says, seen=tonight, do=kind.do, example=answer.example,
                numbers=dict(answer.numbers), state="standing", good=0, nights=before.nights + 1,
            )  # fmt: skip
        return Alarm(
            name, site, kind.severity, answer.says, tonight, tonight, kind.do, answer.example,
            dict(answer.numbers),
        )  # fmt: skip
    if before is None:
        return None
    if answer is None:
        return replace(before, state="standing")
    good = before.good + 1
    if good < (_HELD.get(name, _HOLD) if site else 1) and name not in EVENTS:
        return replace(before, state="standing", good=good)
    return None if name in EVENTS else replace(before, state="cleared", good=good)
