"""A small web server on loopback that shows and never changes anything: GET and HEAD only."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

LOOPBACK: Final = "127.0.0.1"
_OWN_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_SECONDS: Final = 10.0  # a visitor who sends nothing is let go of
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Answer(NamedTuple):
    """What a path shows: bytes of a type, with further headers."""

    kind: str
    body: bytes
    headers: Mapping[str, str] = {}


class PageServer:
    """Serves what ``show`` gives for a path, in threads of its own, until it is closed.

    Bound to loopback it answers only to loopback's names, so that a page of the web cannot read
    it by a name of its own that leads here. Raises :class:`OSError` for a port that is taken.
    """

    def __init__(
        self, show: Callable[[str], Answer | None], port: int, host: str = LOOPBACK
    ) -> None:
        handler = type("Handler", (_Handler,), {"show": staticmethod(show), "near": _near(host)})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        """Until the server is closed, or Ctrl-C."""
        self._thread.join()

    def close(self) -> None:
        """Let go of the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _near(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    show: Callable[[str], Answer | None]
    near: bool
    timeout = _SECONDS
    server_version = "ftcrawler"
    sys_version = ""

    def do_GET(self) -> None:
        """The page of a path."""
        if self.near and not _own_name(self.headers.get("Host", "")):
            self._send(421, Answer("text/plain", b"this server answers to localhost only\n"))
            return
        try:
            answer = self.show(urlsplit(self.path).path)
        except Exception:
            logger.exception("%s could not be shown", self.path)
            self._send(500, Answer("text/plain", b"this could not be shown; the log says why\n"))
            return
        if answer is None:
            self._send(404, Answer("text/plain", b"there is no such page\n"))
        else:
            self._send(200, answer)

    do_HEAD = do_GET  # noqa: N815 - the same

    def _send(self, status: int, answer: Answer) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{answer.kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in (_HEADERS | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Only at DEBUG: whoever looks need not be told of."""
        logger.debug(format, *args)


def _own_name(host: str) -> bool:
    """Whether a Host header names loopback.

    >>> _own_name("localhost:8000"), _own_name("[::1]:8000"), _own_name("evil.example:8000")
    (True, True, False)
    """
    try:
        return (urlsplit(f"//{host}").hostname or "") in _OWN_NAMES
    except ValueError:
        return False
