"""What a site's memory tells the dashboard: opened for reading only, asked little, remembered."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ftcrawler.clock import iso
from ftcrawler.crawlfacts import crawl_facts
from ftcrawler.retractions import standing_of
from ftcrawler.state import peek

_NUMBERS: Final = """
SELECT (SELECT count(*) FROM urls WHERE status='pending'),
    (SELECT count(*) FROM documents WHERE retracted=''),
    (SELECT count(*) FROM documents WHERE retracted<>'')
"""
_ROWS: Final = """
SELECT coalesce(sum(rows), 0) FROM (
    SELECT max(rows) AS rows FROM shards WHERE stream='pairs' GROUP BY number
)
"""
_LAST: Final = (
    "SELECT started_at, ended_at, reason FROM runs WHERE kind='crawl' ORDER BY id DESC LIMIT 1"
)


@dataclass(frozen=True)
class Memory:
    """One site's memory in numbers; ``fault`` says why there are none."""

    pending: int = 0
    held: int = 0
    retracted: int = 0
    rows: int = 0
    began: str = ""
    ended: str = ""
    reason: str = ""
    running: bool = False
    crawl: dict[str, Any] = field(default_factory=dict)
    by_hand: tuple[tuple[str, str, str, str], ...] = ()
    fault: str = ""


class Memories:
    """The memories of all sites; one that did not change is not read again."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "sites"
        self._known: dict[str, tuple[object, Memory]] = {}

    def names(self) -> list[str]:
        """The sites that have a memory."""
        return sorted(path.parent.name for path in self._folder.glob("*/state.db"))

    def of(self, site: str) -> Memory:
        """A site's memory as it is now."""
        path = self._folder / site / "state.db"
        mark = _mark(path)
        known = self._known.get(site)
        if known is None or known[0] != mark:
            self._known[site] = known = (mark, _read(path))
        memory = known[1]
        if memory.began and not memory.ended and not memory.fault:
            return Memory(**{**vars(memory), "running": _is_held(path.with_name("lock"))})
        return memory


def _mark(path: Path) -> object:
    found: list[tuple[int, int, int] | None] = []
    for one in (path, path.with_name(f"{path.name}-wal")):
        try:
            stat = one.stat()
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)


def _read(path: Path) -> Memory:
    try:
        with closing(peek(path)) as db:
            pending, held, retracted = db.execute(_NUMBERS).fetchone()
            last = db.execute(_LAST).fetchone() or (0, 0, "")
            return Memory(
                pending,
                held,
                retracted,
                db.execute(_ROWS).fetchone()[0],
                iso(last[0]) if last[0] else "",
                iso(last[1]) if last[1] else "",
                last[2],
                crawl=crawl_facts(db),
                by_hand=tuple(
                    (one.kind, one.pattern, one.reason, iso(one.at)) for one in standing_of(db)
                ),
            )
    except (sqlite3.Error, OSError) as error:
        return Memory(fault=f"{path} cannot be read: {error}")


def _is_held(lock: Path) -> bool:
    """Whether the process that the lock names is there; the lock itself is not touched."""
    try:
        os.kill(int(lock.read_text("utf-8")), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True
