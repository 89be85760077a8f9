"""What a site's pages have in common: counts of their blocks, and what is known as boilerplate.

Counted as documents come, judged when a run begins, so that every page of a run, and of one that
goes on after a kill, is read by the same judgement. The counts stay small by lossy counting
(Manku and Motwani 2002): blocks seen once are forgotten when there are too many.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from ftcrawler.clock import iso
from pipelines.sitewide import LEAST_PAGES, LEAST_SHARE, block_keys

if TYPE_CHECKING:
    from pipelines.records import Document

MOST_COUNTED = 200_000  # blocks of a site
_COUNT = "INSERT INTO blocks VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1"
_JUDGE = """
INSERT OR IGNORE INTO boilerplate
SELECT hash, :at FROM blocks WHERE n >= :pages
AND n >= :share * (SELECT count(*) FROM documents WHERE revision = 1)
"""


def learn(db: sqlite3.Connection, document: Document) -> None:
    """Count the blocks of a page's first document, inside the caller's transaction."""
    db.executemany(_COUNT, [(key,) for key in block_keys(document)])


def judge(db: sqlite3.Connection, now: float) -> None:
    """Call boilerplate what stands on many pages by now, inside the caller's transaction."""
    forget(db)
    db.execute(_JUDGE, {"at": iso(now), "pages": LEAST_PAGES, "share": LEAST_SHARE})


def forget(db: sqlite3.Connection) -> None:
    """Forget the rarest blocks when there are too many."""
    rare = 1
    while db.execute("SELECT count(*) FROM blocks").fetchone()[0] > MOST_COUNTED:
        db.execute("DELETE FROM blocks WHERE n <= ?", (rare,))
        rare += 1


def boilerplate(db: sqlite3.Connection) -> dict[bytes, str]:
    """What is known as boilerplate, with the time (ISO 8601, UTC) since when."""
    return dict(db.execute("SELECT hash, at FROM boilerplate").fetchall())
