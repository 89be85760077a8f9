"""Archived pages read again, with today's rules and without a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ftcrawler.boilerplate import boilerplate
from ftcrawler.site import Site
from ftcrawler.state import State, StateError
from ftcrawler.store import SiteStore
from pipelines.archive import read_page
from pipelines.harvest import harvest_page
from pipelines.records import Capture, Harvest, Offer
from pipelines.rules import SiteRules

BATCH = 64

# Every archived page whose document may be used, in the order of the commits.
_ALL = """
SELECT captures.file, captures.offset, captures.length, coalesce(documents.revision, 0)
FROM captures LEFT JOIN documents USING (document_id)
WHERE coalesce(documents.retracted, '') = '' ORDER BY captures.id
"""
# The newest archived body of every page that may be used now.
_NEWEST = """
SELECT file, offset, length, 0 FROM captures
WHERE id IN (SELECT max(id) FROM captures GROUP BY url_id) AND url_id IN (
    SELECT id FROM urls WHERE outcome IN ('document', 'unchanged')
    OR (outcome = 'rejected' AND reason NOT LIKE 'consent:%')
    OR (outcome = 'failed' AND reason NOT IN ('http-404', 'http-410'))
) AND url_id NOT IN (SELECT url_id FROM documents WHERE retracted <> '' AND url_id NOT IN (
    SELECT url_id FROM documents WHERE retracted = ''
)) ORDER BY id
"""
_NOT_ARCHIVED = """
SELECT count(*) FROM urls
WHERE kind = 'page' AND revision > 0 AND id NOT IN (SELECT url_id FROM captures)
"""


class _Archived(NamedTuple):
    harvest: Harvest
    revision: int


def _read(
    state: State, query: str, site: Site, data_dir: Path, told: Callable[[int], None]
) -> Iterator[_Archived]:
    """Harvests of archived pages; ``told`` is called with the number read so far."""
    rules = SiteRules(site.extract_rules, site.pair_rules, boilerplate(state.db))
    for number, (file, offset, length, revision) in enumerate(state.db.execute(query), start=1):
        path = data_dir / file
        if not path.exists():  # the newest file has its name only once it is full
            path = path.with_name(f".{path.name}.open")
        page = read_page(path, offset, length, site.name)
        capture = Capture(file, offset, length)
        harvest = harvest_page(page, rules).but(links=None, capture=capture)
        told(number)
        yield _Archived(harvest, revision)


def captures(state: State) -> int:
    """How many pages the archive of a site holds."""
    return int(state.db.execute("SELECT count(*) FROM captures").fetchone()[0])


def reread(store: SiteStore, site: Site, told: Callable[[int], None]) -> None:
    """Today's rules over the newest body of each page; rows that are new are added.

    When nothing else changed, the next crawl then takes the rules as applied and asks pages
    only whether they changed. Raises :class:`ArchiveError` for a record that is not whole.
    """
    store.begin_reading()
    batch: list[Harvest] = []
    for archived in _read(store.state, _NEWEST, site, store.data_dir, told):
        batch.append(archived.harvest)
        if len(batch) == BATCH:
            store.reread(batch)
            batch.clear()
    store.reread(batch)
    complete = store.state.db.execute(_NOT_ARCHIVED).fetchone()[0] == 0
    rows, _, links = site.rules_hash().partition(":")
    if complete and store.state.meta("rules").partition(":")[2] == links:
        store.state.set_meta("rules", f"{rows}:{links}")
    store.end("finished")


def replay(
    source: State, target: SiteStore, site: Site, data_dir: Path, told: Callable[[int], None]
) -> None:
    """All archived pages into an empty store, in the order in which they were crawled.

    With the rules of the crawl, the rows are the crawl's. Raises :class:`StateError` when the
    target holds something, :class:`ArchiveError` for a record that is not whole.
    """
    if target.state.db.execute("SELECT count(*) FROM urls").fetchone()[0]:
        raise StateError(f"{target.state.path} is not empty: name another folder with --into")
    target.begin(site.rules_hash())
    for archived in _read(source, _ALL, site, data_dir, told):
        target.seed([Offer(archived.harvest.url)])
        target.expect_revision(archived.harvest.url, archived.revision)
        target.add(archived.harvest)
    target.end("finished")
