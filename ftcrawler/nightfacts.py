"""What a night left of a site, as plain numbers that alarms compare: read, never written."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any, Final

from ftcrawler.state import peek

MOST_READ: Final = 2_000  # documents that are looked into: the first of the night
MOST_TEXT: Final = 120  # files of policy that are told of
_ROWS: Final = """
SELECT stream, sum(rows), sum(CASE WHEN run=:run THEN rows ELSE 0 END) FROM (
    SELECT stream, number, max(rows) AS rows, max(run) AS run FROM shards GROUP BY stream, number
) GROUP BY stream
"""
_ENDED: Final = """
SELECT outcome, reason, min(url) FROM urls WHERE run=? AND kind='page' GROUP BY outcome, reason
"""
# Pages that were used before and say something else since this run: their rows were taken back,
# or wait. One that was gone and comes back refusing was not in use.
_TURNED: Final = """
SELECT new.verdict, new.signal, count(*), min(urls.url) FROM ledger AS new
JOIN ledger AS old ON old.id = (
    SELECT max(id) FROM ledger WHERE url_id=new.url_id AND id<new.id
)
JOIN urls ON urls.id=new.url_id
WHERE new.id > :before AND new.run=:run AND old.verdict='allow' AND new.verdict<>'allow'
AND (new.verdict <> 'deny' OR EXISTS (
    SELECT 1 FROM documents
    WHERE url_id=new.url_id AND retracted='consent: ' || new.signal
))
GROUP BY 1, 2 ORDER BY 3 DESC
"""
_BEFORE: Final = "SELECT coalesce((SELECT id FROM ledger WHERE run<? ORDER BY id DESC LIMIT 1), 0)"
_COMMENT: Final = re.compile(r"#.*")
_CRAWLS: Final = "SELECT max(id) FROM runs WHERE kind='crawl'"


def night_facts(data_dir: Path, site: str, run: int | None = None) -> dict[str, Any]:
    """The facts of one site's run, by default its last crawl.

    ``documents`` new ones were looked into: so many ``titled``, with ``titles`` of their own,
    ``headed``, their median ``words``, ``blocks`` by kind, ``languages``. ``rows`` are the
    pairs so far, ``new_rows`` those of the run, ``bytes`` the shards'. ``policies`` has a digest
    of each robots.txt and policy file, ``turned`` the pages that were used and refuse now, by
    signal, ``examples`` a URL for each outcome. Raises :class:`sqlite3.Error` for a file that is
    no state, :class:`OSError` for shards that cannot be read.
    """
    with closing(peek(data_dir / "sites" / site / "state.db")) as db:
        run = run if run is not None else db.execute(_CRAWLS).fetchone()[0] or 0
        rows = {stream: counts for stream, *counts in db.execute(_ROWS, {"run": run})}
        total, new = rows.get("pairs", (0, 0))
        return {
            **_looks(data_dir, _files(db, run)),
            "rows": total,
            "new_rows": new,
            "bytes": db.execute("SELECT coalesce(sum(bytes), 0) FROM shards").fetchone()[0],
            "known": db.execute("SELECT count(*) FROM urls WHERE kind='page'").fetchone()[0],
            "retracted": rows.get("tombstones", (0, 0))[0],
            "policies": _policies(db),
            "turned": _turned(db, run),
            "examples": {
                f"{outcome}/{reason}" if reason else outcome: url
                for outcome, reason, url in db.execute(_ENDED, (run,))
            },
        }


def disk_facts(data_dir: Path) -> dict[str, int]:
    """Bytes of the disk that holds the data: ``free`` and ``total``; empty when it is not there."""
    try:
        usage = shutil.disk_usage(data_dir)
    except OSError:
        return {}
    return {"free": usage.free, "total": usage.total}


def _files(db: sqlite3.Connection, run: int) -> list[str]:
    """The run's files of documents, one of each pair of formats."""
    query = (
        "SELECT number, max(file) FROM shards WHERE stream='documents' AND run=? "
        "GROUP BY number ORDER BY number"
    )  # Parquet where there is both: "_" stands before the letters
    return [file for _, file in db.execute(query, (run,))]


def _looks(data_dir: Path, files: list[str]) -> dict[str, Any]:
    """What the night's documents look like."""
    titles: set[str] = set()
    titled = headed = 0
    words: list[int] = []
    blocks: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    for row in _documents(data_dir, files):
        kinds = [block["kind"] for block in row["blocks"]]
        blocks.update(kinds)
        languages[row["language"]] += 1
        titled += bool(row["title"])
        titles.add(row["title"])
        headed += "heading" in kinds
        words.append(len(row["text"].split()))
    return {
        "documents": len(words),
        "titled": titled,
        "titles": len(titles - {""}),
        "headed": headed,
        "words": int(median(words)) if words else 0,
        "blocks": dict(blocks.most_common()),
        "languages": dict(languages.most_common()),
    }


def _documents(data_dir: Path, files: list[str]) -> Iterator[dict[str, Any]]:
    left = MOST_READ
    for file in files:
        for row in _rows_of(data_dir / file):
            if not left:
                return
            left -= 1
            yield row


def _rows_of(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix != ".parquet":
        with path.open("rb") as lines:
            for line in lines:
                yield json.loads(line)
        return
    import pyarrow.parquet as pq  # noqa: PLC0415 - half a second that a night without news saves

    columns = ["title", "text", "language", "blocks.list.element.kind"]
    for batch in pq.ParquetFile(path).iter_batches(256, columns=columns):
        yield from batch.to_pylist()


def _policies(db: sqlite3.Connection) -> dict[str, str]:
    """Each robots.txt and policy file by its URL: a status and a digest of what it says."""
    found = {}
    for origin, status, body in db.execute("SELECT origin, status, body FROM origins"):
        found[f"{origin}/robots.txt"] = f"{status} {_digest(_rules(body))}"
    for origin, results in db.execute("SELECT origin, results FROM probes"):
        for probe in json.loads(results):
            if probe.get("state") == "read":
                found[origin + probe["path"]] = _digest(json.dumps(probe, sort_keys=True).encode())
            elif probe.get("state") == "absent":
                found[origin + probe["path"]] = "absent"
    return dict(sorted(found.items())[:MOST_TEXT])


def _rules(body: bytes) -> bytes:
    r"""What counts of a robots.txt: its lines without comments, spaces and sitemaps.

    >>> _rules(b"# made at 03:00\nUser-agent: *\n\nDisallow: /x # no\nSitemap: /s.xml\n")
    b'user-agent:*\ndisallow:/x'
    """
    kept = []
    for line in body.decode("utf-8", "replace").splitlines():
        name, colon, value = _COMMENT.sub("", line).partition(":")
        if colon and name.strip().lower() != "sitemap":
            kept.append(f"{name.strip().lower()}:{value.strip()}")
    return "\n".join(kept).encode()


def _digest(said: bytes) -> str:
    return hashlib.sha256(said).hexdigest()[:16]


def _turned(db: sqlite3.Connection, run: int) -> dict[str, dict[str, Any]]:
    if not db.execute("SELECT count(*) FROM sqlite_master WHERE name='ledger'").fetchone()[0]:
        return {}  # a memory that no newer version crawled with since
    before = db.execute(_BEFORE, (run,)).fetchone()[0]
    return {
        signal: {"verdict": verdict, "pages": pages, "example": url}
        for verdict, signal, pages, url in db.execute(_TURNED, {"run": run, "before": before})
    }
