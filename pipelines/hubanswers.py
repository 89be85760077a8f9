"""What the Hugging Face Hub answers, as sentences with a remedy; whether to try again."""

from __future__ import annotations

from typing import Any, Final

from pipelines.destinations import FailedError, RefusedError

_FULL: Final = ("storage", "quota", "limit reached")
_AGAIN: Final = (408, 409, 412, 425, 429)
_NETWORK: Final = ("TransportError", "ConnectionError", "TimeoutException", "OfflineModeIsEnabled")
ON: Final = "upload again, it goes on from here"


def status_of(error: BaseException | None) -> int:
    """The HTTP status that an error stands for, also behind others; 0 for none."""
    while error is not None:
        status = getattr(getattr(error, "response", None), "status_code", 0)
        if status:
            return int(status)
        error = error.__cause__
    return 0


def is_network(error: BaseException | None) -> bool:
    """Whether an answer did not come, or not to its end."""
    while error is not None:
        if {kind.__name__ for kind in type(error).__mro__} & set(_NETWORK):
            return True
        error = error.__cause__
    return False


def is_transient(error: BaseException) -> bool:
    """Whether the same call may go well in a while; 409 and 412: somebody committed meanwhile."""
    status = status_of(error)
    return status in _AGAIN or status >= 500 or (not status and is_network(error))  # noqa: PLR2004


def sentence(error: BaseException, target: Any, endpoint: str) -> RefusedError | FailedError:
    """An error of the Hub's client in one sentence: whose fault, and the remedy."""
    status, name = status_of(error), f"[{target.name}]"
    words = _words(error)
    if is_network(error) and not status:
        return FailedError(f"{name} {endpoint} does not answer ({words}): {ON}")
    if status == 401:  # noqa: PLR2004 - HTTP's own numbers, here and below
        return RefusedError(
            f"{name} {endpoint} does not take the key in {target.key}: make one that may write "
            f"at {endpoint}/settings/tokens"
        )
    if status in (402, 413, 507) or any(word in words.lower() for word in _FULL):
        return RefusedError(
            f"{name} {endpoint} has no room left for {target.repo} ({words}): delete what is not "
            f"needed there, or ask for more"
        )
    if status == 403:  # noqa: PLR2004
        return RefusedError(
            f"{name} the key in {target.key} may not do this to {target.repo} ({words}): give it "
            f"write access"
        )
    if status == 404:  # noqa: PLR2004
        return RefusedError(
            f"{name} {endpoint} knows no {target.repo}, or not for this key ({words}): see repo, "
            f"branch and endpoint"
        )
    if status == 429 or status >= 500:  # noqa: PLR2004
        return FailedError(f"{name} {endpoint} is busy or broken (HTTP {status}): {ON} later")
    if status:
        return RefusedError(f"{name} {endpoint} refuses (HTTP {status}): {words}")
    if "metadata in README.md" in words:
        return RefusedError(f"{name} {endpoint} refuses the card of {target.repo}: {error}")
    if isinstance(error, ValueError | KeyError | TypeError | AttributeError):
        return RefusedError(
            f"{name} {endpoint} does not answer as the Hugging Face Hub does ({words}): see "
            f"endpoint"
        )
    return FailedError(f"{name} {words}: {ON}")


def _words(error: BaseException) -> str:
    """What the server says, or else the client, in one line; that of the first cause."""
    while error.__cause__ is not None and not getattr(error, "server_message", None):
        error = error.__cause__
    said = getattr(error, "server_message", None) or str(error) or type(error).__name__
    line = next((line for line in str(said).splitlines() if line.strip()), type(error).__name__)
    return line.strip().rstrip(".")[:200]
