"""What a site's memory says of its crawls, as plain numbers for a dataset's report."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from ftcrawler.clock import iso
from ftcrawler.ledger import summary

# Imported pairs have no address that was visited.
_PAGES: Final = "kind = 'page' AND status <> 'handmade'"
_KNOWN: Final = f"SELECT count(*), coalesce(sum(revision), 0) FROM urls WHERE {_PAGES}"  # noqa: S608 - constants
_LISTINGS: Final = "SELECT count(*) FROM urls WHERE kind <> 'page'"
_WITHOUT: Final = (
    f"SELECT outcome, reason, count(*) FROM urls WHERE {_PAGES} AND revision = 0 "  # noqa: S608 - constants
    "GROUP BY 1, 2 ORDER BY 1, 2"
)
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
    pages, revisions = db.execute(_KNOWN).fetchone()
    runs, first, last = db.execute(_RUNS).fetchone()
    # A memory that no newer version crawled with since may have no ledger.
    verdicts = summary(db) if db.execute(_HAS).fetchone()[0] else []
    return {
        "pages": pages,
        "listings": db.execute(_LISTINGS).fetchone()[0],
        "without": [list(row) for row in db.execute(_WITHOUT)],
        "revisions": revisions,
        "made": dict(db.execute(_COUNTS, {"prefix": "pairs/"}).fetchall()),
        "dropped": dict(db.execute(_COUNTS, {"prefix": "dropped/"}).fetchall()),
        "verdicts": [list(row) for row in verdicts],
        "runs": runs,
        "first": iso(first)[:10] if first else "",
        "last": iso(last)[:10] if last else "",
    }
