"""What an HTTP answer or a failure means for a URL: names for outcomes and reasons. Pure."""

from __future__ import annotations

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from pipelines.records import Verdict

# In order: the first class that fits names the reason.
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (CannotResolveHostError, "unknown-host"),
    (DownloadConnectionRefusedError, "connection-refused"),
    (DownloadCancelledError, "too-large"),
    (ResponseDataLossError, "truncated"),
    (DownloadFailedError, "connection-lost"),
    (OSError, "connection-lost"),
)


class RefusedError(IgnoreRequest):
    """A request that must not be made; ``verdict`` says why."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(verdict.reason)


class UnusableError(ValueError):
    """An answer that came, but cannot be used: ``reason`` is the outcome's."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


def failure_reason(error: BaseException) -> str:
    """A short stable name for what went wrong with a request.

    >>> failure_reason(TimeoutError()), failure_reason(KeyError("x"))
    ('timeout', 'KeyError')
    """
    if isinstance(error, UnusableError):
        return error.reason
    if isinstance(error, TimeoutError):
        return "timeout"
    if "DOWNLOAD_MAXSIZE" in str(error):
        return "too-large"
    names = (name for kind, name in _REASONS if isinstance(error, kind))
    return next(names, type(error).__name__)


def failure_words(error: BaseException) -> str:
    """The same for people: what the connection itself said, without the classes around it.

    >>> failure_words(TimeoutError()), failure_words(ValueError("It took too long."))
    ('TimeoutError', 'It took too long')
    """
    reasons = getattr(error.__cause__, "reasons", None)
    if reasons:
        error = reasons[-1].value
    if error.args and isinstance(error.args[0], list):  # of OpenSSL: library, function, reason
        said = ", ".join(reason for *_, reason in error.args[0])
        what = "the certificate is not trusted" if "certificate" in said else "no TLS there"
        return f"{what} ({said})"
    return str(error).rstrip(".") or type(error).__name__
