"""What is wrong with the options and settings of ``scrapy nightly``, before anything is done."""

from __future__ import annotations

import argparse
import logging
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ftcrawler.crawlend import dataset_faults
from ftcrawler.jsonlog import KINDS
from ftcrawler.schedule import check_cron, check_zone

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_YEARS: Final = range(2000, 2100)  # of --at: what lies far beyond overflows


def listed(text: str) -> tuple[str, ...]:
    """The names of a list with commas, each once.

    >>> listed("a, b,,a")
    ('a', 'b')
    """
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _setting_faults(settings: BaseSettings) -> list[str]:
    """What is wrong with the settings, a sentence each."""
    problems: list[str] = []
    for name, check in (("NIGHTLY_CRON", check_cron), ("NIGHTLY_TIMEZONE", check_zone)):
        try:
            check(str(settings[name]))
        except ValueError as error:
            problems.append(f"{name}: {error} (found {settings[name]!r})")
    if settings["LOG_AS"] not in KINDS:
        problems.append(f"LOG_AS: one of {', '.join(KINDS)} (found {settings['LOG_AS']!r})")
    if str(settings["LOG_LEVEL"]).upper() not in logging.getLevelNamesMapping():
        problems.append(f"LOG_LEVEL: DEBUG, INFO, WARNING, ... (found {settings['LOG_LEVEL']!r})")
    return problems


def faults(opts: argparse.Namespace, settings: BaseSettings) -> tuple[list[str], datetime | None]:
    """What is wrong with options and settings, a sentence each; the time of ``--at``."""
    problems = _setting_faults(settings)
    at = None
    try:
        at = _time_of(opts.at) if opts.at else None
    except ValueError as error:
        problems.append(f"--at {opts.at}: {error}")
    if opts.daemon and opts.now:
        problems.append("--now, --daemon: a daemon waits until sites are due")
    if opts.at and opts.daemon:
        problems.append("--at, --daemon: a daemon goes by the clock")
    for name in ("minutes", "pages"):
        number = getattr(opts, name)
        if number is not None and not 0 < number < math.inf:
            problems.append(
                f"--{name} {number}: a number above 0; without --{name} there is no limit"
            )
    if opts.upload and opts.no_build:
        problems.append("--no-build, --upload: what is not built is not uploaded")
    return [*problems, *_name_faults(opts, settings)], at


def _name_faults(opts: argparse.Namespace, settings: BaseSettings) -> list[str]:
    """What is wrong with the names of target, sites and dataset."""
    problems = _target_faults(opts, settings)
    if opts.sites and not listed(opts.sites):
        problems.append(f"--sites {opts.sites}: names no site")
    for name in listed(opts.restored):
        path = Path(settings["SITES_DIR"]) / f"{name}.toml"
        if not path.exists():
            problems.append(f"--restored {name}: no such site: there is no {path}")
    if not opts.no_build:
        problems += dataset_faults(settings)
    return problems


def _time_of(text: str) -> datetime:
    """A time as it is written; :class:`ValueError` says how it is to be."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("write a time as 2026-12-01T03:00 or with +01:00") from None
    if at.year not in _YEARS:
        raise ValueError(f"a year from {_YEARS[0]} to {_YEARS[-1]}")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _target_faults(opts: argparse.Namespace, settings: BaseSettings) -> list[str]:
    """What is wrong with the target of the upload: it is known before the crawl."""
    target = opts.upload if opts.upload is not None else settings.get("UPLOAD_TARGET")
    if not target or opts.no_build:
        return []
    from ftcrawler.jobs import read_targets  # noqa: PLC0415 - only where something is uploaded
    from pipelines.destinations.targetfile import TargetError  # noqa: PLC0415 - the same

    try:
        read_targets(settings, str(target))
    except TargetError as error:
        return error.problems
    return []
