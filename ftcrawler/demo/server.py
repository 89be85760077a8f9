"""The demo site's HTTP server: a thread on loopback, honest about caching, and changeable."""

import gzip
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from types import TracebackType
from typing import Any, NamedTuple, Self, cast

from ftcrawler.demo.content import Resource, build, entity_tag
from ftcrawler.demo.table import PAGES, DemoPage

__all__ = ["PAGES", "DemoPage", "DemoServer", "Request", "serve"]

HTML = "text/html; charset=utf-8"
GZIP_FROM = 1024  # bytes; smaller bodies travel as they are
_accepts_gzip = re.compile(
    r"(^|[\s,])gzip\s*(?!\s*;\s*q=0(\.0*)?\s*(,|$))(;|,|$)", re.IGNORECASE
).search
_is_host = re.compile(r"[A-Za-z0-9.:\[\]-]+").fullmatch
CHANGE = timedelta(hours=1)  # each change of the site is this much later than the one before
ADDED = Resource(  # what replace() starts from where the site has no such page
    title="Added page",
    body=b"",
    content_type=HTML,
    modified=datetime.min.replace(tzinfo=UTC),
    sitemap="pages",
)
MISSING = replace(
    ADDED, title="Not found", body=b"<!doctype html>\n<p>Not found.</p>\n", status=404, sitemap=""
)


class Request(NamedTuple):
    """One request as the server saw and answered it."""

    method: str
    path: str
    headers: dict[str, str]
    status: int


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class DemoServer:
    """A running demo site; a context manager that stops it.

    `requests` grows by one `Request` for each answer, before the answer is sent.
    """

    def __init__(self, host: str, port: int) -> None:
        self.requests: list[Request] = []  # list.append is atomic, so threads may share it
        self._site = build()
        self._changed = max(one.modified for one in self._site.values())
        self._http = _Listener((host, port), _Handler)
        self._http.demo = self
        self.port: int = self._http.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="demo-site", daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop, and cut the connections that clients still hold open."""
        self._http.shutdown()
        self._http.server_close()
        self._http.cut()
        self._thread.join()

    def body(self, path: str) -> bytes:
        """The bytes that `path` serves now, before any content encoding; KeyError if unknown."""
        return self._materialise(self._site[path], self.url).body

    def replace(
        self,
        path: str,
        content: str | bytes,
        *,
        status: int = 200,
        content_type: str = HTML,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Serve `content` at `path` from now on, with a new ETag and a later Last-Modified.

        A path that is new joins the sitemap. Any headers of the old page go; text becomes UTF-8.
        """
        self._changed += CHANGE
        after = replace(
            self._site.get(path, ADDED),
            body=content.encode() if isinstance(content, str) else content,
            content_type=content_type,
            modified=self._changed,
            status=status,
            headers=tuple((headers or {}).items()),
            generate=None,
        )
        self._site = {**self._site, path: after}  # readers in other threads keep a whole site

    def remove(self, path: str) -> None:
        """Answer 404 at `path` from now on, and leave it out of sitemap and feed."""
        self._changed += CHANGE
        self._site = {known: one for known, one in self._site.items() if known != path}

    def answer(self, target: str, host: str, headers: Mapping[str, str]) -> _Answer:
        """The answer to a GET: the exact target first, then the target without its query."""
        site = self._site
        resource = site.get(target) or site.get(target.partition("?")[0], MISSING)
        origin = f"http://{host}" if _is_host(host) else self.url
        return _respond(self._materialise(resource, origin), headers)

    def _materialise(self, resource: Resource, origin: str) -> Resource:
        if resource.generate is None:
            return resource
        body = resource.generate(self._site, origin)
        return replace(resource, body=body, modified=self._changed)


def serve(host: str = "127.0.0.1", port: int = 0) -> DemoServer:
    """Start the demo site in a daemon thread; port 0 takes a free one.

    >>> with serve() as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """
    return DemoServer(host, port)


def _respond(resource: Resource, asked: Mapping[str, str]) -> _Answer:
    headers = {"Content-Type": resource.content_type, **dict(resource.headers)}
    body = resource.body
    if resource.status == HTTPStatus.OK:
        tag = entity_tag(body)
        packed_tag = f'{tag[:-1]}-gzip"'
        packs = resource.content_type.startswith("text/html") and len(body) >= GZIP_FROM
        packed = packs and bool(_accepts_gzip(asked.get("accept-encoding", "")))
        headers["ETag"] = packed_tag if packed else tag
        headers["Last-Modified"] = format_datetime(resource.modified, usegmt=True)
        if packs:
            headers["Vary"] = "Accept-Encoding"
        if _is_unchanged(asked, {tag, packed_tag}, resource.modified):
            return _Answer(HTTPStatus.NOT_MODIFIED, headers, b"")
        if packed:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, mtime=0)
    headers["Content-Length"] = str(len(body))
    return _Answer(resource.status, headers, body)


def _is_unchanged(asked: Mapping[str, str], tags: set[str], modified: datetime) -> bool:
    """RFC 9110, 13.2.2: If-Modified-Since counts only where If-None-Match is absent."""
    if "if-none-match" in asked:
        wanted = {tag.strip().removeprefix("W/") for tag in asked["if-none-match"].split(",")}
        return "*" in wanted or bool(wanted & tags)
    try:
        return modified <= parsedate_to_datetime(asked.get("if-modified-since", ""))
    except (TypeError, ValueError):
        return False  # absent, malformed or without a zone: the RFC says to ignore it


class _Listener(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    demo: DemoServer

    def __init__(self, *args: Any) -> None:
        self._open: set[socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that hangs up is no news."""

    def cut(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(SHUT_RDWR)
            except OSError:
                continue  # closed by the client in the meantime


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "LighthouseHandbook/1.0"
    sys_version = ""
    disable_nagle_algorithm = True  # else headers and body in two writes cost 40 ms a page
    timeout = 60

    def do_GET(self) -> None:
        body = self._head()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self._head()

    def _head(self) -> bytes:
        demo = cast("_Listener", self.server).demo
        asked = {name.lower(): value for name, value in self.headers.items()}
        answer = demo.answer(self.path, asked.get("host", ""), asked)
        demo.requests.append(Request(self.command, self.path, asked, answer.status))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        return answer.body

    def log_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: `DemoServer.requests` is the log."""
