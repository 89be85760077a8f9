"""Jobs at a provider that speaks OpenAI's protocol, and its errors as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pipelines.destinations import key_of
from pipelines.jobs import Event, event_of, plain

if TYPE_CHECKING:
    from openai import OpenAI

    from pipelines.destinations.targetfile import OpenAITarget

T = TypeVar("T")
_PAGE: Final = 100  # events and jobs in one answer
_PAGES: Final = 20  # of one look: what an old job told at first is not worth more
_TIMEOUT: Final = 30.0  # seconds
_AGAIN: Final = (408, 409, 425, 429)


class Trouble(Exception):  # noqa: N818 - not always an error: it may pass
    """Why a provider could not be asked; ``passes`` when asking again may help.

    ``odd``: something else answered in its place. ``wait`` are the seconds that it asked for.
    """

    def __init__(self, says: str, *, passes: bool, odd: bool = False, wait: float = 0) -> None:
        super().__init__(says)
        self.passes = passes
        self.odd = odd
        self.wait = wait


def client_of(target: OpenAITarget, environment: Mapping[str, str]) -> OpenAI:
    """The client of a target: it tries once, whoever asks waits. Without a key, RefusedError."""
    from openai import OpenAI  # noqa: PLC0415 - half a second

    return OpenAI(
        base_url=target.base_url,
        api_key=key_of(target, environment) or "none",
        max_retries=0,
        timeout=_TIMEOUT,
    )


class JobSource:
    """The jobs of one target. Every method may raise :class:`Trouble`."""

    def __init__(self, target: OpenAITarget, client: OpenAI) -> None:
        self.target = target
        self._jobs = client.fine_tuning.jobs

    def job(self, identity: str) -> Any:
        """A job as it is."""
        return self._asked(identity, lambda: self._jobs.retrieve(identity))

    def events(self, identity: str, known: set[str]) -> list[Event]:
        """The events after those that are known, the latest first."""
        found: list[Event] = []
        after: Any = {}
        for _ in range(_PAGES):
            page = self._asked(
                identity,
                lambda after=after: self._jobs.list_events(identity, limit=_PAGE, **after),  # type: ignore[misc] # bound at once
            )
            events = [event_of(one) for one in page.data or ()]
            new = [event for event in events if event.id not in known]
            found += new
            if len(new) < len(events) or not new or not getattr(page, "has_more", False):
                break
            after = {"after": events[-1].id}
        return found

    def all(self) -> list[Any]:
        """The jobs that the provider knows, the latest first; a page of them."""
        page = self._asked("", lambda: self._jobs.list(limit=_PAGE))
        return [one for one in page.data or () if getattr(one, "id", "")]

    def change(self, what: str, identity: str) -> Any:
        """Let a job ``cancel``, ``pause`` or ``resume``; the job as it is then."""
        call = {
            "cancel": self._jobs.cancel,
            "pause": self._jobs.pause,
            "resume": self._jobs.resume,
        }[what]
        return self._asked(identity, lambda: call(identity))

    def _asked(self, identity: str, ask: Callable[[], T]) -> T:
        try:
            answer = ask()
        except Exception as error:  # the client lets errors of JSON pass, too
            raise trouble_of(error, self.target, identity) from error
        if isinstance(answer, str | bytes) or not hasattr(answer, "model_fields_set"):
            raise Trouble(_no_api(self.target), passes=False, odd=True)
        return answer


def _no_api(target: OpenAITarget) -> str:
    return (
        f"[{target.name}] {target.base_url} does not answer as OpenAI's API does: see base_url, "
        f"which often ends with /v1"
    )


def trouble_of(error: Exception, target: OpenAITarget, identity: str = "") -> Trouble:
    """An error of the client in one sentence, with the remedy."""
    import openai  # noqa: PLC0415 - half a second

    name, there = f"[{target.name}]", target.base_url
    if isinstance(error, Trouble):
        return error
    if isinstance(error, openai.APIConnectionError):
        cause = plain(error.__cause__ or error)
        return Trouble(f"{name} {there} does not answer ({cause})", passes=True)
    if not isinstance(error, openai.APIStatusError):
        return Trouble(_no_api(target), passes=False, odd=True)
    status, words = error.status_code, plain(_message(error))
    asked = f", request {error.request_id}" if error.request_id else ""
    if status == 401:  # noqa: PLR2004 - HTTP's own numbers, here and below
        says = f"{name} {there} does not take the key in {target.key}: set another"
        return Trouble(says, passes=False)
    if status == 404:  # noqa: PLR2004
        says = f"{name} {there} knows no {identity or 'jobs'}: see base_url and the key's project"
        return Trouble(says, passes=False)
    if "insufficient_quota" in (getattr(error, "code", None), getattr(error, "type", None)):
        return Trouble(f"{name} the quota is used up ({words}): see the plan", passes=False)
    if status in _AGAIN or status >= 500:  # noqa: PLR2004
        says = f"{name} {there} is busy or broken (HTTP {status}{asked})"
        return Trouble(says, passes=True, wait=_retry_after(error))
    return Trouble(f"{name} {there} refuses (HTTP {status}{asked}): {words}", passes=False)


def _message(error: Any) -> str:
    body = error.body
    return body.get("message", "") if isinstance(body, Mapping) else str(error.message)


def _retry_after(error: Any) -> float:
    """The seconds that an answer asks to wait; a date is not worth reading."""
    try:
        return max(0.0, float(error.response.headers.get("retry-after", 0)))
    except ValueError:
        return 0.0
