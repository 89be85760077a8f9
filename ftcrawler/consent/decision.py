"""Statements in, verdict out: any deny wins. Pure.

The rule is that of docs/consent.md: each protocol is first resolved by its own specification,
then any deny wins. Silence is unknown, and what unknown means is the site file's choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipelines.records import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

Effect = Literal["deny", "nofollow", "note"]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one signal says about one URL.

    ``signal`` is the protocol (``"content-signal"``), ``source`` where it stood
    (``"robots.txt line 3"``), ``raw`` the text as read, ``reason`` a sentence for people.
    ``nofollow`` forbids following the page's links only; ``note`` is kept as evidence.
    """

    signal: str
    source: str
    raw: str
    effect: Effect
    reason: str


def decide(statements: Iterable[Statement]) -> Verdict:
    """The verdict on using a page: the first denying statement decides.

    >>> decide([Statement("meta robots", "meta", "noai", "deny", "no training")])
    Verdict(decision='deny', signal='meta robots', reason='no training', evidence='meta: noai')
    >>> decide([]).decision
    'allow'
    """
    for statement in statements:
        if statement.effect == "deny":
            evidence = f"{statement.source}: {statement.raw}"
            return Verdict("deny", statement.signal, statement.reason, evidence)
    return Verdict("allow", reason="no signal denies")


def may_follow(statements: Iterable[Statement]) -> bool:
    """Whether the page's links may be followed: no statement says nofollow."""
    return all(statement.effect != "nofollow" for statement in statements)
