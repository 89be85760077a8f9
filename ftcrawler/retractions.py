"""What the operator took back by hand: it stays out until the retraction is lifted."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from ftcrawler.urls import canonical

if TYPE_CHECKING:
    from ftcrawler.state import State

Kind = Literal["url", "match", "site"]
_STANDING = "SELECT id, kind, pattern, reason, at FROM retractions WHERE lifted_at=0 ORDER BY id"


@dataclass(frozen=True)
class Retraction:
    """One decision of the operator; ``pattern`` is a URL, a regular expression, or a site name."""

    id: int
    kind: Kind
    pattern: str
    reason: str
    at: float

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def covers(self, url: str) -> bool:
        """Whether a canonical URL is taken back.

        >>> Retraction(1, "match", "/drafts/", "asked by mail", 0.0).covers("https://a.b/drafts/1")
        True
        """
        if self.kind == "match":
            return bool(self._regex.search(url))
        return self.kind == "site" or url == self.pattern


def standing(state: State) -> list[Retraction]:
    """The retractions of a site that hold, oldest first."""
    return standing_of(state.db)


def standing_of(db: sqlite3.Connection) -> list[Retraction]:
    """The same, of a memory that is only looked at."""
    return [Retraction(*row) for row in db.execute(_STANDING)]


def add(state: State, kind: Kind, pattern: str, reason: str, now: float) -> Retraction:
    """Keep a retraction, inside the caller's transaction; one that stands already is the same.

    Raises :class:`ValueError` for what is no URL or no regular expression.
    """
    if kind == "url" and not (pattern := canonical(pattern)):
        raise ValueError("not an absolute http:// or https:// URL")
    if kind == "match":
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
    for known in standing(state):
        if (known.kind, known.pattern) == (kind, pattern):
            return known
    cursor = state.db.execute(
        "INSERT INTO retractions(kind, pattern, reason, at) VALUES (?, ?, ?, ?)",
        (kind, pattern, reason, now),
    )
    return Retraction(int(cursor.lastrowid or 0), kind, pattern, reason, now)


def lift(state: State, number: int, now: float) -> bool:
    """End a retraction: its URLs are crawled again. Whether there was one to end."""
    query = "UPDATE retractions SET lifted_at=? WHERE id=? AND lifted_at=0"
    return state.db.execute(query, (now, number)).rowcount == 1
