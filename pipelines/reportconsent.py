"""The part of a report about what pages say of themselves: languages, licences, consent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pipelines import funnel
from pipelines.licences import licence_of
from pipelines.markup import Column, cut, table
from pipelines.reported import Report

MOST_LINES: Final = 25  # of a table of what pages say
_LONGEST: Final = 200  # characters of what a page says
_NONE: Final = "\u2013"

Line = tuple[str | int, ...]


def consent(report: Report) -> Iterator[str]:
    """Languages, licences, and the signals that decided."""
    manifest, figures = report.manifest, report.figures
    heads = [Column("documents", number=True), Column("rows", number=True)]
    yield "<h3>Languages</h3>"
    yield table(
        "Documents and rows by language",
        [Column("language"), *heads],
        shortened(
            (code or "not known", count, figures.languages.get(code, 0))
            for code, count in _ordered(manifest["languages"])
        ),
    )
    yield "<h3>Licences</h3>"
    yield table(
        "Documents and rows by licence",
        [Column("as the page says"), Column("known as"), Column("asks for"), *heads],
        shortened(
            (*_licence(said), count, figures.licences.get(said, 0))
            for said, count in _ordered(manifest["licenses"])
        ),
    )
    yield "<h3>Consent</h3>"
    yield (
        "<p>A page is read only where robots.txt, policy files, headers and the page itself "
        "permit it; without an answer it is not. Each document carries the evidence in its "
        "column <code>consent</code>, <code>scrapy consent URL</code> explains it.</p>"
    )
    if crawl := manifest.get("crawl"):
        yield table(
            "What decided, as of each address's last visit",
            [Column("verdict"), Column("signal that decided"), Column("addresses", number=True)],
            shortened(
                (verdict, signal or "nothing against it", count)
                for (verdict, signal), count in _ordered(funnel.totals(crawl).verdicts)
            ),
        )
    taken = {key: count for key, count in figures.details.items() if key[1]}
    if taken:
        yield table(
            "Documents that were read once, and are left out now",
            [Column("reason"), Column("what was said"), Column("documents", number=True)],
            shortened((*key, count) for key, count in _ordered(taken)),
        )


def _ordered(counts: Mapping[Any, int]) -> list[tuple[Any, int]]:
    """The most numerous first."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _licence(said: str) -> tuple[str, str, str]:
    """What a page says, which licence that is, what it asks for."""
    if not said:
        return "none named", _NONE, _NONE
    found = licence_of(said)
    return said, found.name or "not known", ", ".join(found.obligations) or _NONE


def shortened(lines: Iterator[Line], most: int = MOST_LINES) -> Sequence[Line]:
    """The first lines, texts cut, and one for all others: numbers are added up.

    >>> shortened(iter([("a", 3), ("b", 2), ("c", 1)]), 1)
    [('a', 3), ('2 others', 3)]
    """
    every = [tuple(_cell(value) for value in line) for line in lines]
    if len(every) <= most + 1:
        return every
    sums = [
        sum(values) if isinstance(values[0], int) else ""
        for values in zip(*every[most:], strict=True)
    ]
    return [*every[:most], (f"{len(every) - most:,} others", *sums[1:])]


def _cell(value: str | int) -> str | int:
    return cut(value, _LONGEST) if isinstance(value, str) else value
