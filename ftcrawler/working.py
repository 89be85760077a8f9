"""A page's CPU work in a process of its own: what the spider sends there, and what runs there."""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import socket
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ftcrawler.consent.decision import Statement
from ftcrawler.permitting import outcome, permit
from ftcrawler.pool import ClosedError, Pool, WorkerError, serve
from ftcrawler.profiling import profiled_work
from ftcrawler.site import Site
from pipelines.records import Harvest, Page

if TYPE_CHECKING:
    from pipelines.rules import SiteRules

logger = logging.getLogger(__name__)

MEMORY = 1 << 30  # bytes of data that a worker may hold
TARGET = "ftcrawler.working:work"
NICE = 3  # more, and a busy machine would leave us nothing
LET_GO = "let-go"  # the reason of a page that was not read because the run ends: no outcome


@dataclass(frozen=True, slots=True)
class SiteWork:
    """What the work on one site's pages depends on.

    ``only_look``: pages are not read, it is only looked at whether they may be.
    """

    site: Site
    rules: SiteRules
    only_look: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A page, with what the licence documents say that it declares, once they are read."""

    page: Page
    documents: tuple[Statement, ...] | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job: a harvest, or the licence documents that must be read before it.

    ``usable``: the page itself may be kept. ``trouble`` is the traceback of a job that failed.
    """

    harvest: Harvest
    pointers: tuple[str, ...] = ()
    usable: bool = False
    trouble: str = ""


Ask = Callable[[Page, Sequence[str]], Awaitable[Sequence[Statement]]]


@dataclass
class Extractor:
    """Reads pages in worker processes, or here when there are none.

    A page on which our own code fails, hangs or dies is counted as failed, never lost.
    ``ask`` reads the licence documents that a page declares, which only the crawl can.
    """

    works: Mapping[str, SiteWork]
    ask: Ask
    processes: int
    seconds: float
    recycle: int
    profile: str = ""  # a folder, when it is to be told where the time goes
    _pool: Pool | None = field(default=None, init=False)

    async def harvest(self, page: Page) -> Harvest:
        """What a page gives, with the page itself for the archive when it may be kept."""
        job = Job(replace(page, source=None))
        done = await self._done(job)
        if done.pointers:
            documents = await self.ask(page, done.pointers)
            done = await self._done(replace(job, documents=tuple(documents)))
        if done.trouble:
            logger.error("the extractor failed on %s: %s", page.url, done.trouble)
        found = done.harvest
        return found.but(page=replace(page, verdict=found.verdict)) if done.usable else found

    def begin(self) -> None:
        """Start the processes: pages will come."""
        if self.processes:
            self._made().begin()

    def _made(self) -> Pool:
        if self._pool is None:
            self._pool = Pool(
                TARGET,
                pickle.dumps((dict(self.works), self.profile)),
                size=self.processes,
                seconds=self.seconds,
                recycle=self.recycle,
            )
        return self._pool

    async def _done(self, job: Job) -> Done:
        if not self.processes:
            return attempt(job, self.works)
        try:
            done: Done = pickle.loads(await self._made().run(pickle.dumps(job, 5)))  # noqa: S301 - our own process wrote it
        except ClosedError:
            return Done(_failed(job.page, LET_GO))
        except WorkerError as error:
            return Done(_failed(job.page, error.reason), trouble=str(error))
        return done

    async def close(self) -> None:
        """End the processes."""
        if self._pool:
            await self._pool.close()


def attempt(job: Job, works: Mapping[str, SiteWork]) -> Done:
    """What comes of a job; whatever our own code raises costs its page only."""
    try:
        return _done(job, works[job.page.site])
    except Exception as error:  # noqa: BLE001 - whatever it is costs this page only
        failed = _failed(job.page, f"extractor-crashed {type(error).__name__}")
        return Done(failed, trouble=traceback.format_exc())


def _done(job: Job, work: SiteWork) -> Done:
    """The page's own signals and links first; only what they permit is read."""
    from pipelines.harvest import harvest_page  # noqa: PLC0415 - only where pages are read

    page = job.page
    if page.statements is not None:
        said: tuple[Statement, ...] = page.statements  # type: ignore[assignment] # they are
        permitted = permit(page, work.site, said, documents=job.documents)
        if permitted.pointers:
            return Done(_failed(page, ""), permitted.pointers)
        if isinstance(permitted.read, Harvest):
            return Done(permitted.read)
        page = permitted.read
    if work.only_look:
        return Done(outcome(page, "unchanged", "permitted"))
    found = harvest_page(page, work.rules)
    return Done(found.but(links=page.links, verdict=page.verdict), usable=True)


def _step_back() -> None:
    """The reactor goes first. A session of its own is weighed as a whole, see sched(7)."""
    os.nice(NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


def work(connection: socket.socket) -> None:
    """A worker's life: the set-up is the work of all sites, a job is a page."""
    _step_back()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

    def begin(setup: bytes) -> Callable[[bytes], bytes]:
        works, profile = pickle.loads(setup)  # noqa: S301 - our own process wrote it

        def answer(job: bytes) -> bytes:
            return pickle.dumps(attempt(pickle.loads(job), works), 5)  # noqa: S301 - the same

        return profiled_work(Path(profile), answer) if profile else answer

    serve(connection, begin, MEMORY)


def _failed(page: Page, reason: str) -> Harvest:
    return Harvest(page.site, page.url, "failed", reason, page.status, page.fetched_at)
