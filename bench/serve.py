"""A fast loopback site of many pages, in a process of its own; honest about validators.

``python bench/serve.py PAGES [KIB]`` prints its URL; pages have about KIB of markup, scripts and
menus around their text, as real ones do; ``/-/changed/N`` makes N pages change,
``/-/sent`` tells the bytes of bodies sent so far. It stops when its standard input closes.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys

WORDS = (
    "harbour lantern keeper signal tide weather granite prism storm channel beacon engine "
    "mirror cable oil tower reef night crew boat wind horizon island survey chart bell"
).split()
FAN = 10


class Site:
    """Pages by number; page n links to pages FAN*n+1 to FAN*n+FAN."""

    def __init__(self, pages: int, kib: int) -> None:
        self.pages = pages
        menu = "".join(
            f'<li class="menu-item menu-item-{n}"><a class="link" href="/{n % pages}">'
            f"{WORDS[n % 24]}</a></li>"
            for n in range(3 * kib)
        )
        script = f"<script>/*{'var settings = {};' * (40 * kib)}*/</script>"
        self.frame = f'<div class="menu"><ul>{menu}</ul></div>{script}' if kib else ""
        self.changed = 0
        self.sent = 0

    def html(self, number: int) -> bytes:
        """The page: 12 sentences that no other page has."""
        version = 1 if number < self.changed else 0
        sentences = " ".join(
            f"Report {number} of version {version if s == 5 else 0} notes item {s}: the "
            + " ".join(WORDS[(number * 7 + s * 11 + w) % len(WORDS)] for w in range(12))
            + "."
            for s in range(12)
        )
        children = range(FAN * number + 1, min(FAN * number + FAN + 1, self.pages))
        links = "".join(f'<li><a href="/{child}">{child}</a></li>' for child in children)
        return (
            f"<!doctype html><html lang=en><title>Report {number}</title>"
            f"<body>{self.frame}<nav><ul>{links}</ul></nav><article><h1>Report {number}</h1>"
            f"<p>{sentences}</p></article>"
        ).encode()

    def answer(self, path: str, if_none_match: str) -> tuple[int, bytes, str]:
        """Status, body, ETag."""
        name = path.strip("/") or "0"
        if path.startswith("/-/changed/"):
            self.changed = int(path.rsplit("/", 1)[-1])
            return 200, b"", ""
        if path == "/-/sent":
            return 200, str(self.sent).encode(), ""
        if not name.isdigit() or int(name) >= self.pages:
            return 404, b"", ""
        body = self.html(int(name))
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        if if_none_match == etag:
            return 304, b"", etag
        self.sent += len(body)
        return 200, body, etag


async def converse(site: Site, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests on one connection until it closes."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.decode("latin-1").split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
            known = {name.lower(): value for name, value in headers.items()}
            path = lines[0].split(" ")[1]
            status, body, etag = site.answer(path, known.get("if-none-match", ""))
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Type: text/html; charset=utf-8\r\n"
                f"Content-Length: {len(body)}\r\nETag: {etag}\r\n\r\n".encode()
                + body
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(pages: int, kib: int) -> None:
    """Serve until standard input closes."""
    site = Site(pages, kib)
    server = await asyncio.start_server(lambda r, w: converse(site, r, w), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
