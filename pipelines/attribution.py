"""``ATTRIBUTION``: a line for each document that a dataset is made of. The lines are pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.columns import coded, integers
from pipelines.licences import licence_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipelines.roster import Roster

UNTITLED: Final = "untitled"
_ODD: Final = "[\\x00-\\x1f]|  "
_SPACE: Final = "[\t\n\f\r ]+"
_AT_A_TIME: Final = 500_000
_LEAST: Final = 100  # of a shard's lines in a row, so that they are taken by themselves
_HEAD: Final = b"""\
The texts of this dataset were written by others. Each line names a document: its title, who wrote
it as far as the page says so, its address, its licence and what that asks for.

"""


def lines_of(
    titles: pa.ChunkedArray,
    authors: pa.ChunkedArray,
    urls: pa.ChunkedArray,
    licences: pa.ChunkedArray,
) -> pa.ChunkedArray:
    r"""A line for each document, with its end; ``authors`` are lists of names.

    >>> columns = ([["The\nbee"]], [[["Ann", "Bo"]]], [["https://a.example/"]], [["CC-BY-4.0"]])
    >>> lines_of(*map(pa.chunked_array, columns)).to_pylist()
    ['The bee by Ann, Bo. https://a.example/ CC-BY-4.0: CC-BY-4.0 (credit)\n']
    """
    named = pc.if_else(pc.equal(pc.fill_null(titles, ""), ""), UNTITLED, titles)
    names = pc.fill_null(pc.binary_join(authors, ", "), "")
    by = pc.if_else(pc.equal(names, ""), "", pc.binary_join_element_wise(" by ", _line(names), ""))
    found = coded(licences)
    terms = pa.array([_terms(text or "") for text in found.values], pa.string())
    ends = pc.binary_join_element_wise(urls, terms.take(pa.array(found.codes)), " ")
    return pc.binary_join_element_wise(_line(named), by, ". ", ends, "\n", "")


def _line(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts on one line, without spaces around."""
    odd = pc.match_substring_regex(texts, _ODD)
    if pc.any(odd).as_py():
        texts = pc.if_else(odd, pc.replace_substring_regex(texts, _SPACE, " "), texts)
    return pc.ascii_trim(texts, " ")


def _terms(licence: str) -> str:
    """What a line says of a licence."""
    if not licence:
        return "no licence named"
    found = licence_of(licence)
    asks = ", ".join(found.obligations)
    return f"{found.name or 'licence'}: {licence}" + (f" ({asks})" if asks else "")


def write_attribution(roster: Roster, used: NDArray[np.int64], path: Path) -> None:
    """A line for each page whose text is used, by its newest revision."""
    is_named = np.zeros(len(roster), dtype=bool)
    is_named[np.where(roster.newest[used] >= 0, roster.newest[used], used)] = True
    newest = np.flatnonzero(is_named)
    names = [name or "" for name in roster.site.values]
    rank = np.empty(len(names), dtype=np.int64)
    rank[np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)] = np.arange(
        len(names)
    )
    order = newest[np.argsort(rank[roster.site.codes[newest]], kind="stable")]
    with path.open("wb") as file:
        file.write(_HEAD)
        for lines in _taken(roster.rows.column("line"), roster.place[order]):
            file.write(_text(lines))


def _taken(column: pa.ChunkedArray, place: NDArray[np.int64]) -> Iterator[pa.Array]:
    """The values at these places, in parts: of one shard each, or of many."""
    begins = np.cumsum([0, *(len(chunk) for chunk in column.chunks)])
    of = np.searchsorted(begins, place, side="right") - 1
    ends = np.flatnonzero(of[1:] != of[:-1]) + 1
    if len(ends) * _LEAST < len(place):
        for mine in np.split(np.arange(len(place)), ends):
            chunk = int(of[mine[0]])
            yield column.chunk(chunk).take(integers(place[mine] - begins[chunk]))
        return
    for start in range(0, len(place), _AT_A_TIME):
        yield column.take(integers(place[start : start + _AT_A_TIME])).combine_chunks()


def _text(lines: pa.Array) -> memoryview:
    """Texts without nulls, one behind the other."""
    _, offsets, data = lines.buffers()
    if not len(lines) or data is None:
        return memoryview(b"")
    ends = np.frombuffer(offsets, dtype="<i4")[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[ends[0] : ends[-1]]
