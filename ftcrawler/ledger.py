"""The ledger: why each page may be used or not, a row whenever the answer or its evidence changes.

A row holds until the URL's next one; the newest holds until the URL's last visit. So a night
in which nothing changes costs nothing, and the past can be read at any date.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ftcrawler.clock import iso
from ftcrawler.state import State
from pipelines.records import Harvest, Trace

_NOTHING_NEW = "not modified"  # the page was not sent: its own signals are those of the last row
_ROWS = """
SELECT urls.url, ledger.*, evidence.text AS origin, urls.checked_at AS seen_at,
    lead(ledger.at) OVER (PARTITION BY ledger.url_id ORDER BY ledger.id) AS until
FROM ledger JOIN urls ON urls.id = ledger.url_id
LEFT JOIN evidence ON evidence.key = ledger.origin_key
"""
_NEWEST = """
SELECT verdict, signal, count(*) FROM ledger
WHERE id IN (SELECT max(id) FROM ledger GROUP BY url_id) GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""


def note(
    state: State, harvest: Harvest, known: Mapping[str, Any], run: int, now: float
) -> bytes | str:
    """Keep what a visit saw of a URL's signals; returns the digest of its newest row.

    A URL that could not be reached says nothing, and one that was not sent again says what it
    said before, unless the answer's headers forbid.
    """
    verdict, trace = harvest.verdict, harvest.verdict.trace or Trace()
    silent = harvest.reason == _NOTHING_NEW and known["entry"]
    if verdict.decision == "allow" and (silent or not harvest.status):
        return known["entry"]  # type: ignore[no-any-return] # a column of the URL's row
    values = (
        verdict.decision,
        verdict.signal,
        verdict.reason,
        harvest.status,
        json.dumps(trace.headers, ensure_ascii=False),
        json.dumps(trace.redirects),
        harvest.body_hash or trace.body_hash,
        trace.robots_group,
        trace.robots_rule,
        trace.robots_line,
        verdict.evidence,
        trace.origin_key,
    )
    digest = hashlib.blake2b(json.dumps(values).encode(), digest_size=16).digest()
    if digest != known["entry"]:
        state.db.execute(
            f"INSERT INTO ledger VALUES (NULL, ?, ?, ?{', ?' * len(values)})",  # noqa: S608 - marks
            (known["id"], run, now, *values),
        )
        state.db.execute(
            "INSERT OR IGNORE INTO evidence VALUES (?, ?)", (trace.origin_key, trace.origin)
        )
    return digest


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger, whole; times are ISO 8601 in UTC, JSON columns are texts."""

    site: str
    url: str
    requested_url: str
    redirects: str
    valid_from: str
    valid_until: str
    run: int
    verdict: str
    signal: str
    reason: str
    status: int
    headers: str
    body_sha256: str
    user_agent: str
    tokens: str
    robots_url: str
    robots_status: int
    robots_fetched_at: str
    robots_sha256: str
    robots_group: str
    robots_rule: str
    robots_line: int
    statements: str
    licences: str
    permission: str
    probed: str
    rules_version: str
    list_version: str


def entries(db: sqlite3.Connection, site: str, *, newest: bool = False) -> Iterator[Entry]:
    """The rows of a site's ledger, in the order of their URLs; only each URL's last if asked."""
    query = f"SELECT * FROM ({_ROWS}) {'WHERE until IS NULL' if newest else ''} ORDER BY url, id"  # noqa: S608 - constants
    cursor = db.execute(query)
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield _entry(site, dict(zip(names, row, strict=True)))


def _entry(site: str, row: dict[str, Any]) -> Entry:
    origin = json.loads(row["origin"] or "{}")
    robots = origin.get("robots", {})
    evidence = json.loads(row["evidence"] or "{}")
    said = evidence.get("statements", [])
    permission = evidence.get("permission")
    return Entry(
        site=site,
        url=row["url"],
        requested_url=(*json.loads(row["redirects"]), row["url"])[0],
        redirects=row["redirects"],
        valid_from=iso(row["at"]),
        valid_until=iso(row["until"] or row["seen_at"]),
        run=row["run"],
        verdict=row["verdict"],
        signal=row["signal"],
        reason=row["reason"],
        status=row["http_status"],
        headers=row["headers"],
        body_sha256=row["body_hash"],
        user_agent=origin.get("user_agent", ""),
        tokens=", ".join(origin.get("tokens", ())),
        robots_url=robots.get("url", ""),
        robots_status=robots.get("status") or 0,
        robots_fetched_at=robots.get("fetched_at", ""),
        robots_sha256=robots.get("sha256", ""),
        robots_group=row["robots_group"],
        robots_rule=row["robots_rule"],
        robots_line=row["robots_line"],
        statements=json.dumps(said, ensure_ascii=False),
        licences=", ".join(s["raw"] for s in said if s["signal"] == "licence"),
        permission=json.dumps(permission, ensure_ascii=False) if permission else "",
        probed=json.dumps(origin.get("probed", []), ensure_ascii=False),
        rules_version=origin.get("rules_version", ""),
        list_version=origin.get("list_version", ""),
    )


def summary(db: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """(verdict, deciding signal, URLs) as of each URL's last visit, most first."""
    return list(db.execute(_NEWEST))
