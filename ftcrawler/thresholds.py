"""When an alarm is raised: the numbers of ``[alarms]``, and what a check finds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, NamedTuple

from ftcrawler.nights import Night

NIGHTS: Final = 28  # that are looked back on
ACCEPTED: Final = 10  # nights after which what is so is the usual

Severity = Literal["error", "warning", "notice"]


@dataclass(frozen=True)
class Thresholds:
    """One site's numbers; docs/alarms.md says what each does."""

    min_nights: int = 7
    errors: float = 0.2
    gone: float = 0.2
    yield_fell: float = 0.5
    yield_rose: float = 5.0
    content_fell: float = 0.3
    duplicates: float = 0.3
    mute: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: Any) -> Thresholds:
        """From an ``[alarms]`` table, as a model or as a mapping; None gives the usual ones.

        >>> Thresholds.of({"errors": 0.5, "mute": ["yield-rose"]}).errors
        0.5
        """
        if isinstance(table, cls):
            return table
        if hasattr(table, "model_dump"):
            table = table.model_dump()
        given = dict(table or {})
        given["mute"] = tuple(given.get("mute") or ())
        return cls(**{f.name: given[f.name] for f in fields(cls) if f.name in given})


class Finding(NamedTuple):
    """What a check found: what changed, the numbers, a page that shows it."""

    says: str
    numbers: Mapping[str, Any] = {}
    example: str = ""


# What a check says when it could look and all is as before; None is when it could not tell.
FINE: Final = Finding("")


@dataclass(frozen=True)
class Case:
    """What a check is given: the site, its nights up to tonight, and the numbers.

    ``flagged`` says by alarm's name on which nights (by ``Night.at``) it stood.
    """

    site: str
    nights: list[Night]
    rules: Thresholds = field(default_factory=Thresholds)
    flagged: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def tonight(self) -> Night:
        """The newest night."""
        return self.nights[-1]

    def past(self, names: Iterable[str], most: int = NIGHTS) -> list[Night]:
        """Nights before in which no alarm of these names stood; see :func:`usual_nights`."""
        marked: frozenset[str] = frozenset().union(*(self.flagged.get(n, ()) for n in names))
        return usual_nights(self.nights[:-1], marked)[-most:]


def usual_nights(nights: list[Night], marked: frozenset[str]) -> list[Night]:
    """Nights to compare with: those that are not marked, unless so many in a row are.

    Then they are the new usual, and what was before counts no more.
    """
    begin, row = 0, 0
    for place, night in enumerate(nights):
        row = row + 1 if night.at in marked else 0
        if row >= ACCEPTED:
            begin = place - row + 1
            marked = marked - {n.at for n in nights[begin : place + 1]}
            row = 0
    return [night for night in nights[begin:] if night.at not in marked]
