"""Statements in, verdict out: any deny wins. Pure.

The rule is that of docs/consent.md: each protocol is first resolved by its own specification,
then any deny wins, then any defer. Silence is unknown, never a permission: the site file's
profile says what unknown means.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from ftcrawler.consent.versions import LIST_VERSION, RULES_VERSION
from pipelines.records import Decision, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Effect = Literal["deny", "defer", "nofollow", "note", "allow"]
Profile = Literal["default", "strict"]

MAX_RAW = 2_000  # characters of a signal's raw text that are kept as evidence
PERMISSION_SIGNAL = "written permission"
SILENCE_SIGNAL = "silence"
_SILENCE = "strict profile: no statement allows training, and silence is no permission"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one signal says about one URL.

    ``signal`` is the protocol (``"content-signal"``), ``source`` where it stood
    (``"robots.txt line 3"``), ``raw`` the text as read, ``reason`` a sentence for people,
    ``spec`` the specification that gives it its meaning. ``defer`` says that a signal could not
    be read now; ``nofollow`` forbids following the page's links only; ``note`` is kept as
    evidence; ``allow`` permits training in so many words, which the strict profile asks for.
    """

    signal: str
    source: str
    raw: str
    effect: Effect
    reason: str
    spec: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """A site's written permission to train on its pages.

    ``by`` is who gave it, ``when`` its date, ``text`` its words, ``reference`` the document
    that holds them. Raises ValueError unless it says who, when and one of the other two.
    """

    by: str
    when: str
    text: str = ""
    reference: str = ""

    def __post_init__(self) -> None:
        said = self.by.strip() and self.when.strip()
        if not (said and (self.text.strip() or self.reference.strip())):
            raise ValueError("a permission says by whom, when, and its text or reference")


def decide(
    statements: Iterable[Statement],
    *,
    profile: Profile = "default",
    permission: Permission | None = None,
) -> Verdict:
    """The verdict on using a page: the first denying statement decides.

    ``strict`` also denies where no statement allows. A permission turns a refusal of use into
    an allow and is named in the verdict; it never opens what robots.txt keeps closed, for that
    is asked before the fetch. ``evidence`` is JSON of every statement, ``""`` if there is none.

    >>> decide([Statement("meta robots", "meta", "noai", "deny", "no training")]).decision
    'deny'
    >>> decide([]).reason
    'no signal denies'
    """
    said = tuple(statements)
    decision, signal, reason = _decided(said, profile)
    used = permission if decision != "allow" else None
    if used:
        decision, signal, reason = "allow", PERMISSION_SIGNAL, _overriding(used, said)
    return Verdict(decision, signal, reason, _evidence(said, used))


def may_follow(statements: Iterable[Statement]) -> bool:
    """Whether the page's links may be followed: no statement says nofollow."""
    return all(statement.effect != "nofollow" for statement in statements)


def read_evidence(evidence: str) -> tuple[list[Statement], Permission | None]:
    """The statements and the permission that a verdict's evidence holds.

    >>> said = [Statement("ai.txt", "/ai.txt line 2", "Disallow: /", "deny", "no training")]
    >>> read_evidence(decide(said).evidence)[0] == said
    True
    """
    if not evidence.startswith("{"):
        return [], None
    kept = json.loads(evidence)
    permission = kept.get("permission")
    statements = [Statement(**row) for row in kept["statements"]]
    return statements, Permission(**permission) if permission else None


def clean(text: str) -> str:
    """The text as files and databases can hold it: no lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def _decided(said: Sequence[Statement], profile: Profile) -> tuple[Decision, str, str]:
    for effect in ("deny", "defer"):
        for statement in said:
            if statement.effect == effect:
                return effect, statement.signal, clean(statement.reason)
    if profile == "default":
        return "allow", "", "no signal denies"
    for statement in said:
        if statement.effect == "allow":
            return "allow", statement.signal, clean(statement.reason)
    return "deny", SILENCE_SIGNAL, _SILENCE


def _overriding(permission: Permission, said: Sequence[Statement]) -> str:
    refusals = [s for s in said if s.effect in {"deny", "defer"}]
    overridden = "; ".join(dict.fromkeys(f"{s.signal} ({s.source})" for s in refusals))
    given = ", ".join(filter(None, (permission.when, permission.reference)))
    return clean(f"permission by {permission.by} ({given}) overrides {overridden or _SILENCE}")


def _evidence(said: Sequence[Statement], permission: Permission | None) -> str:
    """Compact JSON in the order of the statements, with the versions of rules and list."""
    if not said and permission is None:
        return ""
    kept: dict[str, object] = {"rules": RULES_VERSION, "agents": LIST_VERSION}
    if permission:
        kept["permission"] = asdict(permission)
    kept["statements"] = [
        {
            "signal": s.signal,
            "source": s.source,
            "raw": s.raw if len(s.raw) <= MAX_RAW else f"{s.raw[:MAX_RAW]}…",
            "effect": s.effect,
            "reason": s.reason,
            "spec": s.spec,
        }
        for s in said
    ]
    return clean(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
