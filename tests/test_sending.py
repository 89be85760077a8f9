"""The delay between a site's requests, by the clock of a server that does not make it easy."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from itertools import count, pairwise

import pytest
from web import POLICY_FILES, article

pytestmark = pytest.mark.slow
DELAY = 0.3
SITE = """
start_urls = ["{url}/"]
[request]
delay = 0.3
timeout = 2
concurrency = 4
allow_private_addresses = true
"""


class Tardy:
    """A web server over TLS that takes its time with every other handshake.

    ``asked``: when each request was read, and for what. ``closes``: each connection is for one
    answer. ``drops``: the first connection that is used again is closed without an answer.
    """

    def __init__(self, certificate, pages, *, closes, drops=False):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        self.pages, self.closes, self.drops = pages, closes, drops
        self.asked: list[tuple[float, str]] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.door.getsockname()[1]}"

    def serve(self):
        with suppress(OSError):
            for number in count():
                guest, _ = self.door.accept()
                threading.Thread(target=self.talk, args=(guest, number), daemon=True).start()

    def talk(self, guest, number):
        if number % 2 == 0:
            time.sleep(DELAY * 0.8)
        with suppress(OSError), self.context.wrap_socket(guest, server_side=True) as line:
            for turn in count():
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    more = line.recv(4096)
                    if not more:
                        return
                    head += more
                path = head.split(b" ", 2)[1].decode()
                self.asked.append((time.monotonic(), path))
                if self.drops and turn:
                    self.drops = False
                    return
                line.sendall(self.answer(path))
                if self.closes:
                    return

    def answer(self, path):
        body = self.pages.get(path, "").encode()
        status = "200 OK" if body else "404 Not Found"
        close = "Connection: close\r\n" if self.closes else ""
        return (
            f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{close}"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


class OnceMute(Tardy):
    """It never ends the handshake of one page; ``left``: when that guest went."""

    left = 0.0

    def talk(self, guest, number):
        if number != len(POLICY_FILES) + 2:
            super().talk(guest, number)
            return
        with suppress(OSError), guest:
            while guest.recv(4096):
                pass
        self.left = time.monotonic()


@contextmanager
def tardy(certificate, kind=Tardy, count=6, **options):
    paths = [f"/p{number}" for number in range(count)]
    pages = {path: article(f"Page {path}") for path in paths}
    pages["/"] = article("Start", links=tuple(paths))
    server = kind(certificate, pages, **options)
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield server
    finally:
        server.door.close()


def crawled(crawler, server, *options):
    crawler.site(text=SITE.format(url=server.url))
    done = crawler.run("crawl", "articles", "-s", "DOWNLOAD_VERIFY_CERTIFICATES=0", *options)
    assert done.code == 0, done.err
    return done.counts()


@pytest.mark.parametrize("closes", [True, False], ids=["one answer a connection", "kept"])
def test_a_slow_handshake_brings_no_two_requests_together(closes, certificate, crawler):
    with tardy(certificate, closes=closes) as server:
        assert crawled(crawler, server)["page/document"] == 7
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(server.asked)]
    assert len(gaps) >= 7
    assert min(gaps) > DELAY * 0.8  # a busy server reads late


def test_a_request_that_is_sent_again_keeps_its_distance(certificate, crawler):
    with tardy(certificate, closes=False, drops=True) as server:
        assert crawled(crawler, server)["page/document"] == 7
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(server.asked)]
    assert not server.drops
    assert min(gaps) > DELAY * 0.8  # a busy server reads late


def test_a_handshake_that_fails_is_named(certificate, crawler):
    with tardy(certificate, closes=True) as server:
        crawler.site(text=SITE.format(url=server.url))
        done = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")
    assert done.code == 3
    assert not server.asked
    assert f"{server.url}/robots.txt: the certificate is not trusted (certificate" in done.err
    assert "Failure" not in done.err


def test_a_handshake_that_does_not_end_is_a_timeout_and_holds_no_connection(certificate, crawler):
    with tardy(certificate, OnceMute, count=14, closes=True) as server:
        counts = crawled(crawler, server, "-s", "RETRY_TIMES=0")
    assert counts["page/failed"] == 1
    assert counts["page/document"] == 14
    assert 0 < server.left < server.asked[-1][0]
