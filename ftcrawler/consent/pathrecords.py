"""Records of robots.txt that may begin with a path: ``Content-Usage: /a train-ai=n``. Pure.

Source: draft-ietf-aipref-attach 3.1; Content-Signal is seen with paths in the wild too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ftcrawler.consent.patterns import compile_pattern, url_paths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ftcrawler.consent.robots import Record


class Match(NamedTuple):
    """A record whose path matches: the value behind the path, and the path's octets."""

    record: Record
    text: str
    octets: int


def split_path(text: str) -> tuple[str, str]:
    """The optional leading path of a record's value, and the rest.

    >>> split_path("/blog/ train-ai=n"), split_path("train-ai=n")
    (('/blog/', 'train-ai=n'), ('', 'train-ai=n'))
    """
    path, _, rest = text.replace("\t", " ").partition(" ")
    return (path, rest.strip()) if path.startswith(("/", "*")) else ("", text)


def matching(records: Iterable[Record], url: str) -> list[Match]:
    """The records whose path, ``/`` by default, matches any spelling of the URL's."""
    found = []
    for record in records:
        path, text = split_path(record.value)
        pattern = compile_pattern(path or "/")
        if any(pattern.matches(spelling) for spelling in url_paths(url)):
            found.append(Match(record, text, pattern.octets))
    return found
