"""Asking a provider until it answers: what passes is waited for, what does not is one sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final, TypeVar

from pipelines.destinations import FailedError, RefusedError, Tell
from pipelines.jobsource import Trouble, trouble_of

if TYPE_CHECKING:
    from pipelines.destinations.targetfile import OpenAITarget

T = TypeVar("T")
_FIRST: Final = 0.5  # seconds, doubled each time
_LONGEST: Final = 60.0
_TOO_LONG: Final = 900.0  # what a provider may ask to wait; for more, another call is better
_REFUSALS: Final = (FailedError, RefusedError)


def pauses(tries: int, dice: Random) -> list[float]:
    """The seconds to wait before each further try: doubled, and drawn, so that none march in step.

    >>> [0.75 * 2**n <= 2 * pause <= 1.25 * 2**n for n, pause in enumerate(pauses(3, Random(1)))]
    [True, True, True]
    """
    return [min(_LONGEST, _FIRST * 2**n) * dice.uniform(0.75, 1.25) for n in range(tries)]


class Patience:
    """How one target is asked: how often, and who is told of waiting."""

    def __init__(
        self, target: OpenAITarget, tell: Tell, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.target = target
        self._tell = tell
        self._sleep = sleep

    def ask(
        self, call: Callable[[], T], identity: str = "", look: Callable[[], T | None] | None = None
    ) -> T:
        """The answer to a call. ``look`` finds what an earlier try may have brought about.

        For a call that changes something there: an answer that was lost is no reason to do it
        again. Raises :class:`RefusedError` for what somebody must change, :class:`FailedError`
        when it did not pass.
        """
        waits = pauses(self.target.retries, Random())  # noqa: S311 - waiting is no secret
        while True:
            try:
                return checked(call(), self.target)
            except _REFUSALS:
                raise
            except Exception as error:
                trouble = trouble_of(error, self.target, identity)
                if not trouble.passes:
                    raise RefusedError(str(trouble)) from error
                if not waits or trouble.wait > _TOO_LONG:
                    raise FailedError(
                        f"{trouble}, after {self.target.retries + 1 - len(waits)} tries: upload "
                        f"again later, it goes on from here"
                    ) from error
                self._wait(trouble, waits.pop(0))
            if look and (found := look()) is not None:
                return found

    def _wait(self, trouble: Trouble, pause: float) -> None:
        seconds = max(pause, trouble.wait)
        self._tell(f"{trouble}; asking again in {seconds:.0f} s", 0, 0)
        self._sleep(seconds)


def checked(answer: T, target: OpenAITarget) -> T:
    """An answer, when it is one of this protocol and not a page for people."""
    if isinstance(answer, str | bytes) or answer is None:
        raise RefusedError(
            f"[{target.name}] {target.base_url} does not answer as OpenAI's API does: see "
            f"base_url, which often ends with /v1"
        )
    return answer
