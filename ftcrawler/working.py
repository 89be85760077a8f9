"""A page's CPU work in a process of its own: what the spider sends there, and what runs there."""

from __future__ import annotations

import logging
import os
import pickle
import socket
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace

from ftcrawler.pool import Pool, WorkerError, serve
from pipelines.harvest import SiteRules, harvest_page
from pipelines.records import Harvest, Page, Verdict

logger = logging.getLogger(__name__)

MEMORY = 1 << 30  # bytes of data that a worker may hold
TARGET = "ftcrawler.working:work"
_SENT_HEADERS = frozenset(("content-type", "etag", "last-modified"))
_ALLOWED = Verdict("allow")


class Extractor:
    """Reads pages in worker processes, or here when there are none.

    A page on which our own code fails, hangs or dies is counted as failed, never lost.
    """

    def __init__(
        self, rules: Mapping[str, SiteRules], processes: int, seconds: float, recycle: int
    ) -> None:
        self._rules = rules
        self._pool = (
            Pool(
                TARGET, pickle.dumps(dict(rules)), size=processes, seconds=seconds, recycle=recycle
            )
            if processes
            else None
        )

    async def harvest(self, page: Page) -> Harvest:
        """What a page gives, with the page itself for the archive."""
        if self._pool is None:
            found, trouble = attempt(page, self._rules)
        else:
            headers = tuple(pair for pair in page.headers if pair[0] in _SENT_HEADERS)
            sent = replace(page, headers=headers, links=(), verdict=_ALLOWED, source=None)
            try:
                found, trouble = pickle.loads(await self._pool.run(pickle.dumps(sent, 5)))  # noqa: S301 - our own process wrote it
            except WorkerError as error:
                found, trouble = _failed(page, error.reason), str(error)
        if trouble:
            logger.error("the extractor failed on %s: %s", page.url, trouble)
            return found
        return found.but(links=page.links, verdict=page.verdict, page=page)

    async def close(self) -> None:
        """End the processes."""
        if self._pool:
            await self._pool.close()


def attempt(page: Page, rules: Mapping[str, SiteRules]) -> tuple[Harvest, str]:
    """A page's harvest and ``""``, or its failure and the traceback."""
    try:
        return harvest_page(page, rules[page.site]), ""
    except Exception as error:  # noqa: BLE001 - whatever it is costs this page only
        reason = f"extractor-crashed {type(error).__name__}"
        return _failed(page, reason), traceback.format_exc()


def work(connection: socket.socket) -> None:
    """A worker's life: the set-up is the rules of every site, a job is a page."""
    os.nice(5)  # the reactor goes first
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

    def begin(setup: bytes) -> Callable[[bytes], bytes]:
        rules = pickle.loads(setup)  # noqa: S301 - our own process wrote it
        return lambda job: pickle.dumps(attempt(pickle.loads(job), rules), 5)  # noqa: S301 - the same

    serve(connection, begin, MEMORY)


def _failed(page: Page, reason: str) -> Harvest:
    return Harvest(page.site, page.url, "failed", reason, page.status, page.fetched_at)
