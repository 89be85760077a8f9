"""What a site's memory says of its crawls, as plain numbers for a dataset's report."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from ftcrawler.clock import iso
from ftcrawler.ledger import summary

# One look at each address; imported pairs have none that was visited.
_ADDRESSES: Final = """
SELECT kind, outcome, reason, revision > 0, count(*), sum(revision) FROM urls
WHERE status <> 'handmade' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_COUNTS: Final = (
    "SELECT substr(name, length($prefix) + 1), sum(n) FROM counts "
    "WHERE substr(name, 1, length($prefix)) = $prefix GROUP BY 1 ORDER BY 1"
)
_RUNS: Final = "SELECT count(*), min(started_at), max(started_at) FROM runs"
_HAS: Final = "SELECT count(*) FROM sqlite_master WHERE name = 'ledger'"


def crawl_facts(db: sqlite3.Connection) -> dict[str, Any]:
    """Known pages, those without a document by outcome, pairs made and dropped, verdicts.

    The keys are those that ``pipelines.funnel`` names; ``first`` and ``last`` are the days of the
    first and the last run, ``verdicts`` are as of each URL's last visit.
    """
    every = db.execute(_ADDRESSES).fetchall()
    pages = [row[1:] for row in every if row[0] == "page"]
    runs, first, last = db.execute(_RUNS).fetchone()
    # A memory that no newer version crawled with since may have no ledger.
    verdicts = summary(db) if db.execute(_HAS).fetchone()[0] else []
    return {
        "pages": sum(number for *_, number, _ in pages),
        "listings": sum(row[4] for row in every if row[0] != "page"),
        "without": [
            [outcome, reason, number] for outcome, reason, given, number, _ in pages if not given
        ],
        "revisions": sum(made for *_, made in pages),
        "made": dict(db.execute(_COUNTS, {"prefix": "pairs/"}).fetchall()),
        "dropped": dict(db.execute(_COUNTS, {"prefix": "dropped/"}).fetchall()),
        "verdicts": [list(row) for row in verdicts],
        "runs": runs,
        "first": iso(first)[:10] if first else "",
        "last": iso(last)[:10] if last else "",
    }
