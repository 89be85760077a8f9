"""What headers and meta elements of a page say about its use, as one list. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftcrawler.consent.gather import page_signals
from ftcrawler.consent.robots import OUR_TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ftcrawler.consent.decision import Statement


def page_statements(
    headers: Iterable[tuple[str, str]],
    metas: Iterable[tuple[str, str]],
    now_iso: str,
    tokens: Sequence[str] = OUR_TOKENS,
) -> list[Statement]:
    """The statements of :func:`~ftcrawler.consent.gather.page_signals` without links and JSON-LD.

    >>> page_statements([("X-Robots-Tag", "googlebot: noai")], [], "2026-11-24T02:00:00Z")
    []
    """
    return list(page_signals(headers, metas, (), (), now_iso, tokens=tokens).statements)
