"""Following jobs to their end through whatever the network and providers do meanwhile."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from pipelines.destinations import RefusedError
from pipelines.jobs import Event, JobView, heard, seen
from pipelines.jobsource import Trouble
from pipelines.receipts import Job

INTERVAL: Final = 10.0  # seconds between two looks at a job
_LONGEST: Final = 120.0  # seconds between two tries of a provider that does not answer
_MOST: Final = 600.0  # seconds that a provider may ask to wait


class Source(Protocol):
    """Where a target's jobs are asked for; :class:`Trouble` when they cannot be."""

    def job(self, identity: str) -> Any:
        """A job as the provider has it."""

    def events(self, identity: str, known: set[str]) -> list[Event]:
        """Its events after those that are known."""


def noted(job: Job, view: JobView) -> Job | None:
    """A receipt's job with what is new of it, None when there is nothing new."""
    new = {"status": view.status, "model": view.model, "error": view.error}
    new["base_model"] = view.base_model or job.base_model
    if all(getattr(job, name) == value for name, value in new.items()):
        return None
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return job.model_copy(update={**new, "seen_at": at})


def look(view: JobView, source: Source) -> JobView:
    """A job as it is now. Raises :class:`Trouble`."""
    said = source.job(view.id)
    # Events first told after the end would be missed the other way round.
    events = source.events(view.id, {event.id for event in view.events})
    return heard(seen(view, said), events)


@dataclass(slots=True)
class _Patience:
    """How long a job's provider has not answered, and how often it was tried."""

    since: float = 0
    tries: int = 0

    def next(self, now: float, interval: float, asked: float) -> float:
        self.since = self.since or now
        self.tries += 1
        wait = min(interval * 2.0 ** min(self.tries - 1, 10), _LONGEST)
        return max(wait, min(asked, _MOST))


class Watch:
    """Several jobs at once; each is asked for at its own pace.

    ``source`` says where a job is asked for, ``clock`` gives Unix seconds, ``sleep`` waits for
    some. Jobs that are over are asked for once when ``anew``, otherwise not at all.
    """

    def __init__(
        self,
        views: Sequence[JobView],
        source: Callable[[JobView], Source],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        interval: float = INTERVAL,
        *,
        anew: bool = False,
    ) -> None:
        self.views = {view.id: view for view in views}
        self._source = source
        self._clock = clock
        self._sleep = sleep
        self._interval = interval
        self._patience = {view.id: _Patience() for view in views}
        self._answered: set[str] = set()
        self._passed_over = {view.id for view in views if view.is_over and not anew}

    def once(self) -> list[JobView]:
        """Every job as it is now, or with its trouble."""
        for identity in self.views:
            self._look(identity, again=False)
        return list(self.views.values())

    def follow(self) -> Iterator[JobView]:
        """Each job each time that it was asked for, until all are over or not to be asked for."""
        due = [(self._clock(), place, name) for place, name in enumerate(self.views)]
        heapq.heapify(due)
        while due:
            at, place, identity = heapq.heappop(due)
            if (wait := at - self._clock()) > 0:
                self._sleep(min(wait, _MOST))  # more only when the clock was put back
            again = self._look(identity, again=True)
            yield self.views[identity]
            if again is not None:
                heapq.heappush(due, (self._clock() + again, place, identity))

    def _look(self, identity: str, *, again: bool) -> float | None:
        """Ask for one job; seconds until it is worth asking again, None when it never is."""
        view, patience = self.views[identity], self._patience[identity]
        if identity in self._passed_over:
            return None
        try:
            view = look(view, self._source(view))
        except RefusedError as error:
            self.views[identity] = replace(view, outcome="lost", trouble=str(error))
            return None
        except Trouble as trouble:
            # A hotel's page for people does not end a watch that has begun well.
            if not (trouble.passes or (trouble.odd and identity in self._answered)):
                self.views[identity] = replace(view, outcome="lost", trouble=str(trouble))
                return None
            wait = patience.next(self._clock(), self._interval, trouble.wait)
            since = datetime.fromtimestamp(patience.since, UTC).strftime("%H:%M:%S")
            says = str(trouble)
            if again:
                says += f"; since {since} UTC, the next try is in {wait:g} s"
            self.views[identity] = replace(view, trouble=says)
            return wait
        self._patience[identity] = _Patience()
        self._answered.add(identity)
        self.views[identity] = view
        return None if view.is_over else self._interval
