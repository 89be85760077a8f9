"""Paths of robots.txt rules and of URLs, and how they match (RFC 9309 2.2.2, 2.2.3). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ALIKE_RESERVED = frozenset(b":@!'(),;[]")  # RFC 9309 2.2.2: the same encoded and not
_DECODED = _UNRESERVED | _ALIKE_RESERVED
_TO_NORMALISE = re.compile(rb"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~:/?#\[\]@!&'()+,;=]")
_HIGH_OCTET = re.compile(rb"%([89A-F][0-9A-F])")  # packed, so that no star stops inside %A9
_LOOSE = ((b"%2F", b"/"), (b"%3F", b"?"))  # in a query only: the table of RFC 9309 2.2.2
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*")


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path with ``*`` and ``$`` in normal form; ``octets`` ranks it among its rivals.

    ``parts`` stand between the stars; ``loose`` are the same with the query's ``%2F`` and
    ``%3F`` decoded; ``anchored`` means that it ended in ``$``.
    """

    octets: int
    parts: tuple[bytes, ...]
    loose: tuple[bytes, ...]
    anchored: bool

    def matches(self, path: bytes) -> bool:
        """Whether it matches a path in normal form, query included (see ``url_paths``)."""
        if _glob(self.parts, path, anchored=self.anchored):
            return True
        loose = _loosened(path)
        if loose == path and self.loose == self.parts:
            return False
        return _glob(self.loose, loose, anchored=self.anchored)


@lru_cache(maxsize=4_096)  # Content-Usage paths come again with every page
def compile_pattern(text: str) -> PathPattern:
    """A rule's path, with the bytes of undecodable files as surrogate escapes.

    >>> pattern = compile_pattern("/a/*.php$")
    >>> pattern.matches(b"/a/b.php"), pattern.matches(b"/a/b.php?x")
    (True, False)
    """
    anchored = text.endswith("$")
    raw = _octets(text.removesuffix("$")).split(b"*")
    encoded = b"*".join(_normalised(part) for part in raw)
    normal = _packed(encoded)
    return PathPattern(
        octets=len(_loosened(encoded)) + anchored,  # two spellings of a path rank alike
        parts=tuple(normal.split(b"*")),
        loose=tuple(_loosened(normal).split(b"*")),
        anchored=anchored,
    )


@lru_cache(maxsize=64)  # one page is asked about several times in a row
def url_paths(url: str) -> tuple[bytes, ...]:
    r"""The URL's path and query in normal form, then as servers resolve it if that differs.

    >>> url_paths("https://host/%7Eme/../caf\u00e9?q#top")
    (b'/~me/../caf\xc3\xa9?q', b'/caf\xc3\xa9?q')
    """
    url = url.strip().partition("#")[0]
    authority = _AUTHORITY.match(url)
    rest = url[authority.end() :] if authority else url
    path = _packed(_normalised(_octets(rest if rest.startswith("/") else f"/{rest}")))
    resolved = _resolved(path)
    return (path,) if resolved == path else (path, resolved)


def _octets(text: str) -> bytes:
    """UTF-8, with surrogate escapes as the bytes they stand for; never raises."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _normalised(path: bytes) -> bytes:
    """Unreserved octets decoded, all but URI characters encoded, ``%xx`` in upper case."""
    return _TO_NORMALISE.sub(_normalised_octet, path)


def _normalised_octet(match: re.Match[bytes]) -> bytes:
    found = match[0]
    if len(found) == 1:
        return b"%%%02X" % found[0]
    octet = int(found[1:], 16)
    return bytes([octet]) if octet in _DECODED else found.upper()


def _packed(path: bytes) -> bytes:
    return _HIGH_OCTET.sub(lambda match: bytes([int(match[1], 16)]), path)


def _loosened(path: bytes) -> bytes:
    before, mark, query = path.partition(b"?")
    for encoded, plain in _LOOSE:
        query = query.replace(encoded, plain)
    return before + mark + query


def _resolved(path: bytes) -> bytes:
    """Dot segments removed (RFC 3986 5.2.4) and double slashes merged, as servers do."""
    before, mark, query = path.partition(b"?")
    if b"//" not in before and b"/." not in before:
        return path
    kept: list[bytes] = []
    segments = before.split(b"/")
    for segment in segments:
        if segment == b"..":
            kept = kept[:-1]
        elif segment not in {b"", b"."}:
            kept.append(segment)
    closing = b"/" if kept and segments[-1] in {b"", b".", b".."} else b""
    return b"/" + b"/".join(kept) + closing + mark + query


def _glob(parts: tuple[bytes, ...], path: bytes, *, anchored: bool) -> bool:
    """Leftmost placement of each part: no backtracking is needed for stars alone."""
    if not path.startswith(parts[0]):
        return False
    if len(parts) == 1:
        return not anchored or path == parts[0]
    at = len(parts[0])
    for part in parts[1:-1] if anchored else parts[1:]:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return not anchored or (len(path) - len(parts[-1]) >= at and path.endswith(parts[-1]))
