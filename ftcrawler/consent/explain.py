"""Statements and verdicts in sentences that a lawyer understands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftcrawler.consent.decision import PERMISSION_SIGNAL, SILENCE_SIGNAL
from ftcrawler.consent.versions import LIST_VERSION, RULES_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ftcrawler.consent.decision import Statement
    from ftcrawler.consent.probes import ProbeResult
    from pipelines.records import Verdict

MAX_QUOTE = 200  # characters of a signal that a sentence quotes

_VERDICTS = {
    "allow": "The page may be used for training.",
    "deny": "The page must not be used for training.",
    "defer": "The page is not used for now: the site is asked again later.",
}
_EFFECTS = {
    "deny": "This forbids use for training.",
    "defer": "Until it can be read, the page is not used.",
    "nofollow": "The page's links are not followed; its use is not affected.",
    "note": "This neither forbids nor permits; it is kept on record.",
    "allow": "This permits use for training.",
}


def explain(
    statements: Iterable[Statement], verdict: Verdict, probes: Iterable[ProbeResult] = ()
) -> list[str]:
    r"""One sentence or two a line: the verdict, why, each statement, what was looked for in vain.

    >>> from ftcrawler.consent.decision import Statement, decide
    >>> said = [Statement("meta robots", "meta robots", "noai", "deny", "not for training AI")]
    >>> print(*explain(said, decide(said))[:2], sep="\n")
    The page must not be used for training.
    The deciding signal is meta robots: not for training AI.
    """
    lines = [_VERDICTS[verdict.decision], _why(verdict)]
    said = list(statements)
    if not said:
        lines.append("No signal about the use of this page was found.")
    lines += [_sentence(statement) for statement in said]
    lines += [f"{probe.path}: {_probed(probe)}." for probe in probes if probe.state != "read"]
    lines.append(f"Rules of {RULES_VERSION}, list of AI agents of {LIST_VERSION}.")
    return lines


def _why(verdict: Verdict) -> str:
    if verdict.signal == PERMISSION_SIGNAL:
        return f"The site gave its written permission: {_ended(verdict.reason)}"
    if verdict.signal == SILENCE_SIGNAL:
        return f"The site is silent: {_ended(verdict.reason)}"
    if not verdict.signal:
        return f"The reason: {_ended(verdict.reason)}"
    return f"The deciding signal is {verdict.signal}: {_ended(verdict.reason)}"


def _sentence(statement: Statement) -> str:
    quoted = _quoted(statement.raw)
    says = f" says {quoted}" if quoted else ""
    source = f" ({statement.spec})" if statement.spec else ""
    place = _place(statement)
    return (
        f"{place}{says}, meaning: {_ended(statement.reason)} {_EFFECTS[statement.effect]}{source}"
    )


def _place(statement: Statement) -> str:
    if statement.source.endswith(" header"):
        return f"The response header {statement.source.removesuffix(' header')}"
    name = statement.source.removeprefix("meta ").removesuffix(" meta")
    if name != statement.source:
        return f"The page's meta element {name}"
    place = statement.source or statement.signal
    return place if "://" in place else place[:1].upper() + place[1:]


def _quoted(raw: str) -> str:
    text = " ".join(raw.split())
    if not text:
        return ""
    return f'"{text[:MAX_QUOTE]}…"' if len(text) > MAX_QUOTE else f'"{text}"'


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _probed(probe: ProbeResult) -> str:
    if probe.state == "absent":
        return f"looked for, not there ({probe.why})"
    return f"looked for, could not be read ({probe.why})"
