"""Telling people of a night: webhooks and mail, each within seconds, none with its secret shown.

Where to is in the environment alone: ``FTCRAWLER_WEBHOOK`` and ``FTCRAWLER_MAIL``. What cannot be
told is a sentence in the run's record, never an exception.
"""

from __future__ import annotations

import json
import logging
import os
import smtplib
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from ftcrawler.alarms import Alarm
from ftcrawler.exits import Exit
from ftcrawler.messages import alarm_line, format_of, headline, message, payload

logger = logging.getLogger(__name__)

WHEN: Final = ("always", "trouble")
SECONDS: Final = 10.0  # for each receiver, all in all
_KINDS: Final = ("slack", "discord", "teams", "generic")
_STARTTLS_PORT: Final = 587
_TLS_PORT: Final = 465


class _Stays(urllib.request.HTTPRedirectHandler):
    """No redirect is followed: the address is the secret."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Nowhere."""


class TellError(Exception):
    """A receiver that was not told, in words that hold no secret."""


def tell(record: Mapping[str, Any], alarms: Sequence[Alarm], settings: Any) -> list[str]:
    """Tell of a night by log, webhook and mail; what could not be told, a sentence each.

    The setting ``TELL`` is ``always``, or ``trouble`` for nights in which something failed,
    or an alarm is new or over.
    """
    _log(record, alarms)
    when = settings.get("TELL") or WHEN[0]
    if when == WHEN[1] and not troubled(record, alarms):
        return []
    limit = float(settings.get("TELL_SECONDS") or SECONDS)
    waiting = [
        _Telling(name, limit, deliver) for name, deliver in _receivers(record, alarms, limit)
    ]
    problems = [problem for telling in waiting if (problem := telling.problem())]
    if when not in WHEN:
        problems.append(f"TELL: one of {', '.join(WHEN)} (found {when!r})")
    for problem in problems:
        logger.error("not told: %s", problem, extra={"run": str(record.get("id", ""))})
    return problems


def troubled(record: Mapping[str, Any], alarms: Sequence[Alarm]) -> bool:
    """Whether a night has news that somebody should look at: what stands is none."""
    news = any(alarm.state != "standing" and alarm.severity != "notice" for alarm in alarms)
    return record.get("exit_code") not in (Exit.OK, Exit.ALARM) or news


def _log(record: Mapping[str, Any], alarms: Sequence[Alarm]) -> None:
    run = {"run": str(record.get("id", ""))}
    logger.info("%s", headline(record, alarms), extra=run)
    for alarm in alarms:
        level = logging.INFO if alarm.state == "cleared" else logging.WARNING
        logger.log(level, "%s", alarm_line(alarm), extra=run)


def _receivers(
    record: Mapping[str, Any], alarms: Sequence[Alarm], limit: float
) -> list[tuple[str, Callable[[], None]]]:
    """Each receiver's name, which is no secret, and what tells it."""
    found: list[tuple[str, Callable[[], None]]] = []
    for number, url in enumerate(os.environ.get("FTCRAWLER_WEBHOOK", "").split(), start=1):
        parts = _split(url)
        name = f"webhook {number} ({parts.hostname or 'no host'})"
        found.append((name, lambda p=parts: _post(p, record, alarms, limit)))  # type: ignore[misc] # mypy cannot infer the default's type
    for url in os.environ.get("FTCRAWLER_MAIL", "").split():
        parts = _split(url)
        name = f"mail by {parts.hostname or 'no host'}"
        found.append((name, lambda p=parts: _mail(p, record, alarms, limit)))  # type: ignore[misc] # the same
    return found


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


class _Telling:
    """One receiver being told in a thread: whatever hangs, the night goes on."""

    def __init__(self, name: str, limit: float, deliver: Callable[[], None]) -> None:
        self._name = name
        self._limit = limit
        self._late = f"no answer within {limit:g} seconds"
        self._fault: str | None = self._late
        self._deliver = deliver
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._until = time.monotonic() + limit
        self._thread.start()

    def _run(self) -> None:
        try:
            self._deliver()
        except TellError as error:
            self._fault = str(error)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self._fault = _said(error) or self._late
        except Exception as error:  # noqa: BLE001 - telling never ends a night
            self._fault = type(error).__name__
        else:
            self._fault = None

    def problem(self) -> str:
        self._thread.join(max(0.0, self._until - time.monotonic()))
        if self._thread.is_alive():
            return f"{self._name}: {self._late}"
        return f"{self._name}: {self._fault}" if self._fault else ""


def _said(error: Exception) -> str:
    """An error without what it quotes: an address or a password may stand there.

    ``""`` when it took too long.
    """
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    reason = getattr(error, "reason", None)
    reason = reason if isinstance(reason, Exception) else error
    if isinstance(reason, TimeoutError):
        return ""
    told = getattr(reason, "strerror", None) or type(reason).__name__
    return str(told) if isinstance(error, OSError) else type(error).__name__


# -- Webhooks --------------------------------------------------------------------------------


def _post(
    parts: SplitResult, record: Mapping[str, Any], alarms: Sequence[Alarm], limit: float
) -> None:
    """One webhook; ``slack+https://...`` names its kind where the host does not."""
    kind, _, scheme = parts.scheme.rpartition("+")
    if scheme not in ("http", "https") or not parts.hostname or (kind and kind not in _KINDS):
        raise TellError(
            "FTCRAWLER_WEBHOOK wants https://..., or slack+https://... (discord, teams, generic)"
        )
    body = json.dumps(payload(kind or format_of(parts.hostname), record, alarms)).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "ftcrawler"}
    request = urllib.request.Request(parts._replace(scheme=scheme).geturl(), body, headers)  # noqa: S310 - checked above
    opener = urllib.request.build_opener(_Stays)
    try:
        with opener.open(request, timeout=limit) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        raise TellError(f"it answered {error.code}") from None


# -- Mail ------------------------------------------------------------------------------------


def _mail(
    parts: SplitResult, record: Mapping[str, Any], alarms: Sequence[Alarm], limit: float
) -> None:
    """``smtp://USER:PASSWORD@HOST:587?to=A,B&from=C``; ``smtps`` for TLS from the start."""
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or "to" not in options:
        raise TellError("FTCRAWLER_MAIL wants smtp://USER:PASSWORD@HOST?to=ADDRESS")
    letter = _letter(record, alarms, options)
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            parts.hostname, parts.port or _TLS_PORT, timeout=limit, context=context
        )
    else:
        server = smtplib.SMTP(parts.hostname, parts.port or _STARTTLS_PORT, timeout=limit)
    with server:
        if parts.scheme == "smtp" and options.get("tls") != "no":
            server.starttls(context=context)
        elif parts.scheme == "smtp" and parts.password:
            raise TellError("tls=no would send the password for all to read")
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(letter)


def _letter(
    record: Mapping[str, Any], alarms: Sequence[Alarm], options: Mapping[str, str]
) -> EmailMessage:
    letter = EmailMessage()
    receivers = [one.strip() for one in options["to"].split(",")]
    sender = options.get("from") or receivers[0]
    if any("@" not in one or "\n" in one or "\r" in one for one in (*receivers, sender)):
        raise TellError("FTCRAWLER_MAIL: to and from want mail addresses")
    letter["Subject"] = " ".join(headline(record, alarms).split())[:180]
    letter["From"], letter["To"] = sender, ", ".join(receivers)
    letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain="ftcrawler.invalid")
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers it by machine
    letter.set_content(message(record, alarms))
    return letter
