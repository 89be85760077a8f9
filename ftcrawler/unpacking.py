"""Compressed answers to what they hold: whole, within the size limit, or not at all."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, Final

import brotli

from ftcrawler.answers import UnusableError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

ACCEPTED: Final = b"gzip, deflate, br, zstd"
_STEP: Final = 1 << 20  # bytes unpacked at a time where a library knows no limit of its own
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's names for the three wrappings


def unpack(body: bytes, encodings: str, most: int) -> bytes:
    """The body without its ``Content-Encoding`` (RFC 9110 8.4), at most ``most`` bytes.

    Raises :class:`UnusableError` ``bad-compression`` for one that is unknown, damaged or cut off,
    ``too-large`` for one that unpacks to more.

    >>> import gzip
    >>> unpack(gzip.compress(b"text"), "gzip", 10)
    b'text'
    """
    for name in reversed([part.strip().lower() for part in encodings.split(",")]):
        if name in ("", "identity"):
            continue
        if name not in _UNPACKERS:
            raise UnusableError("bad-compression", f"unknown Content-Encoding {name!r}")
        try:
            body = _UNPACKERS[name](body, most)
        except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
            raise UnusableError("bad-compression", f"{name}: {error}") from error
    return body


def _ungzip(body: bytes, most: int) -> bytes:
    """Every member of a gzip file (RFC 1952); zeros and rubbish after the last are passed over."""
    parts: list[bytes] = []
    size = 0
    while True:
        part, rest = _inflated(body, _GZIP, most - size)
        parts.append(part)
        size += len(part)
        if not rest.startswith(b"\x1f\x8b"):
            return b"".join(parts)
        body = rest


def _undeflate(body: bytes, most: int) -> bytes:
    """A zlib stream, or the bare one that some servers call deflate."""
    try:
        return _inflated(body, _ZLIB, most)[0]
    except zlib.error:
        return _inflated(body, _RAW, most)[0]


def _inflated(body: bytes, wrapping: int, most: int) -> tuple[bytes, bytes]:
    """What one stream holds, and what stands behind it."""
    unpacker = zlib.decompressobj(wrapping)
    part = unpacker.decompress(body, most + 1)
    _check(len(part), most)
    if not unpacker.eof:
        part += unpacker.flush()
    if not unpacker.eof:
        raise EOFError("cut off")
    return part, unpacker.unused_data


def _unbrotli(body: bytes, most: int) -> bytes:
    unpacker = brotli.Decompressor()
    parts = [unpacker.process(body, output_buffer_limit=_STEP)]
    size = len(parts[0])
    while not unpacker.is_finished():
        _check(size, most)
        parts.append(unpacker.process(b"", output_buffer_limit=_STEP))
        size += len(parts[-1])
        if not parts[-1]:
            raise EOFError("cut off")
    _check(size, most)
    return b"".join(parts)


def _unzstd(body: bytes, most: int) -> bytes:
    """Every frame of a Zstandard stream (RFC 8878)."""
    parts: list[bytes] = []
    size = 0
    while body:
        unpacker = zstd.ZstdDecompressor()
        parts.append(unpacker.decompress(body, most - size + 1))
        size += len(parts[-1])
        _check(size, most)
        if not unpacker.eof:
            raise EOFError("cut off")
        body = unpacker.unused_data
    if not parts:
        raise EOFError("cut off")
    return b"".join(parts)


def _check(size: int, most: int) -> None:
    if size > most:
        raise UnusableError("too-large", f"unpacks to more than {most} bytes")


_UNPACKERS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _ungzip,
    "x-gzip": _ungzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}


class Unpacking:
    """Downloader middleware in place of Scrapy's, which takes what is cut off for whole."""

    def __init__(self, most: int) -> None:
        self._most = most

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Unpacking:
        """Unpacks up to ``DOWNLOAD_MAXSIZE`` bytes."""
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        """Say what can be unpacked."""
        request.headers.setdefault("Accept-Encoding", ACCEPTED)

    def process_response(self, request: Request, response: Response) -> Response:
        """The response with its body unpacked. Raises :class:`UnusableError`."""
        said = [value.decode("latin-1") for value in response.headers.getlist("Content-Encoding")]
        if not said or not response.body:
            return response
        most = request.meta.get("download_maxsize", self._most)
        response = response.replace(body=unpack(response.body, ",".join(said), most))
        del response.headers["Content-Encoding"]
        return response
