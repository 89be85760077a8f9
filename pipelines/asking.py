"""Asking trafilatura where the article is: its own steps, with what is known already. Pure.

Its public function copies the tree, reads its settings anew and writes out its text; here a tree
is copied once, lighter where that changes nothing. A test holds both to the same answers.
"""

from __future__ import annotations

from copy import copy
from typing import Final, cast

import trafilatura
from lxml import etree
from trafilatura.settings import Extractor

from pipelines.pruning import trafilatura_sequence

EXTRACTOR_VERSION: Final = f"trafilatura {trafilatura.__version__}"

# Any format but its own: in that, its text is written out besides.
_FAST: Final = Extractor(output_format="xml", fast=True, comments=False, tables=True)
_SLOW: Final = Extractor(output_format="xml", fast=False, comments=False, tables=True)
_EMPTY: Final = etree.XPath("//div[not(node() or @id)]")
_MANY_EMPTY: Final = 150


def find_body(page: etree._Element, *, fast: bool) -> etree._Element | None:
    """The tree that trafilatura makes of the page's article; the page stays as it is."""
    tree = copy(page)
    options = _FAST if fast else _SLOW
    if fast:
        _thin(tree)
    try:
        body, text, _, comments = trafilatura_sequence(tree, options)
    except (TypeError, ValueError):
        return None
    is_small = len(text) < options.min_output_size
    if is_small and len(comments) < options.min_output_comm_size:
        return None
    return body


def _thin(page: etree._Element) -> None:
    """Where the page has many empty boxes, leave of each row of them only one.

    trafilatura looks at each box's names before it drops those that are empty.
    """
    found = cast("list[etree._Element]", _EMPTY(page))  # noqa: SLF001 - lxml names it no other way
    if len(found) < _MANY_EMPTY:
        return
    before: etree._Element | None = None
    rows: list[list[etree._Element]] = []
    for box in found:
        tail = box.tail
        if tail and not tail.isspace():
            before = None
            continue
        if before is None or box.getprevious() is not before:
            rows.append([])
        else:
            rows[-1].append(box)
        before = box
    for row in filter(None, rows):
        parent = row[0].getparent()
        if parent is not None:
            start = parent.index(row[0])
            del parent[start : start + len(row)]
