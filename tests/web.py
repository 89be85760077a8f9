"""A loopback web server whose every path a test decides, honest faults included."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

POLICY_FILES = (
    "/.well-known/tdmrep.json",
    "/ai.txt",
    "/.well-known/ai.txt",
    "/trust.txt",
    "/.well-known/trust.txt",
    "/llms.txt",
)
Handler = Callable[["Exchange"], None]


@dataclass
class Answer:
    """A fixed answer; ``etag`` makes it conditional."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    etag: bool = False


class Exchange(BaseHTTPRequestHandler):
    """One request; the web's routes answer it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else headers and body in two writes cost 40 ms a page
    server: Web

    def do_GET(self):
        self.server.seen.append((time.monotonic(), self.path, dict(self.headers)))
        route = self.server.routes.get(self.path, Answer(b"not here", 404))
        if callable(route):
            self.close_connection = True
            with contextlib.suppress(OSError):
                route(self)
            return
        self.answer(route)

    def answer(self, answer: Answer):
        headers = dict(answer.headers)
        status, body = answer.status, answer.body
        if answer.etag:
            headers["ETag"] = f'"{hashlib.md5(body).hexdigest()}"'
            if self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
        self.send_response(status)
        if answer.content_type and status != 304:
            self.send_header("Content-Type", answer.content_type)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.sent += len(body)

    def log_message(self, *args):
        pass


class Web(ThreadingHTTPServer):
    """Routes by path, and what was asked for: (monotonic time, path, headers)."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0):
        super().__init__(("127.0.0.1", port), Exchange)
        self.routes: dict[str, Answer | Handler] = {}
        self.seen: list[tuple[float, str, dict[str, str]]] = []
        self.sent = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def page(self, path: str, html: str, **options):
        self.routes[path] = Answer(html.encode(), **options)

    def paths(self) -> list[str]:
        """What was asked for, but for the policy files that every origin is asked for."""
        return [path for _, path, _ in self.seen if path not in POLICY_FILES]

    def handle_error(self, request, client_address):
        pass


@contextlib.contextmanager
def serving(port: int = 0) -> Iterator[Web]:
    web = Web(port)
    thread = threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.shutdown()
        web.server_close()


# Enough variety that no rule against repetition takes a page of the tests for spam.
_SAYINGS = (
    "{title} was first lit for {tag} in the winter of 18{n:02}.",
    "Ada Holm climbed {n} stairs every evening and wrote about {tag} in a worn notebook.",
    "Sailors of the north coast remember {tag} as the subject of letter {n}.",
    "{title} answered fog signal {n} with a long beam across Kattegat Bay.",
    "Visitors ask for {tag} more often than for lamp {n} or its brass rail.",
    "Fishermen have steered by {title} until the {n}th mile, where the current turns north.",
    "Repairs to {tag} took {n} weeks, although the parts had arrived by train.",
    "Erik Sund painted {tag} on {n} wooden panels that still hang in Visby Hall.",
    "{title} stayed dark for a single night when storm {n} broke the windows.",
    "Visby Harbour counts {n} ships every autumn which pass {tag} without a pilot.",
    "Old maps show {tag} beside well {n}, half hidden under the fold.",
)


def article(title: str, sentences: int = 9, links: tuple[str, ...] = (), tag: str = "") -> str:
    """A page of plain prose whose sentences are its own."""
    text = " ".join(
        _SAYINGS[n % len(_SAYINGS)].format(title=title, tag=tag or title, n=n)
        for n in range(1, sentences + 1)
    )
    anchors = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    return (
        f"<!doctype html><html lang='en'><head><title>{title}</title></head><body>"
        f"<nav><ul>{anchors}</ul></nav><main><article><h1>{title}</h1><p>{text}</p>"
        f"</article></main></body></html>"
    )
