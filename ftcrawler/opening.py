"""Opens the memory of a site as settings and site file say."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ftcrawler.archive import STREAM as ARCHIVE
from ftcrawler.site import Site
from ftcrawler.state import State
from ftcrawler.store import SiteStore, StoreOptions
from pipelines.streams import COLUMNS

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

KILL_VARIABLE = "FTCRAWLER_KILL_AT"  # "STEP:N": SIGKILL at the Nth time of a step, for tests


def killer(where: str) -> Callable[[str], None]:
    """A ``step`` callback that kills this process at the Nth time of a named step."""
    fatal, _, nth = where.partition(":")
    seen: Counter[str] = Counter()

    def step(name: str) -> None:
        seen[name] += 1
        if name == fatal and seen[name] == int(nth or 1):
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def open_store(
    site: Site, settings: BaseSettings, data_dir: Path, clock: Callable[[], float]
) -> SiteStore:
    """The store of a site, locked; no run has begun yet.

    Raises :class:`LockedError`, :class:`StateError` or :class:`OSError`.
    """
    shards = any(
        any((data_dir / stream / f"site={site.name}").glob("*-*")) for stream in (*COLUMNS, ARCHIVE)
    )
    path = data_dir / "sites" / site.name / "state.db"
    state = State.open(path, site.name, shards_exist=shards)
    try:
        return SiteStore(
            state,
            site.name,
            data_dir,
            options=StoreOptions(
                formats=tuple(settings.getlist("SHARD_FORMATS")),
                batch=settings.getint("COMMIT_BATCH"),
                batch_seconds=settings.getfloat("COMMIT_SECONDS"),
                shard_rows=settings.getint("SHARD_ROWS"),
                shard_bytes=settings.getint("SHARD_BYTES"),
                warc_bytes=settings.getint("WARC_BYTES") if site.archive.warc else 0,
                revisit_hours=(site.revisit.min_hours, site.revisit.max_hours),
                full_hours=24 * site.revisit.full_days,
                max_depth=site.follow.max_depth,
                system_prompt=site.pairs.system_prompt,
            ),
            clock=clock,
            step=killer(os.environ.get(KILL_VARIABLE, "")),
        )
    except BaseException:
        state.close()
        raise
