"""What a look at a URL found, in words for people who did not write this. Pure."""

from __future__ import annotations

import json
from typing import Any

from ftcrawler.consent.decision import read_evidence
from ftcrawler.consent.explain import explain
from ftcrawler.consent.probes import ProbeResult
from pipelines.records import Harvest, Page, Trace
from pipelines.rows import consent_record

_OUTCOMES = {
    "redirected": "The address leads to another one, which is asked for its own permission.",
    "failed": "The page could not be read: {reason}.",
}


def as_harvest(seen: Page | Harvest) -> Harvest:
    """A page that may be used as the harvest that it would begin."""
    if isinstance(seen, Harvest):
        return seen
    return Harvest(
        seen.site, seen.url, "document", "", seen.status, seen.fetched_at, verdict=seen.verdict
    )


def as_record(seen: Page | Harvest) -> dict[str, Any]:
    """All of a look for programs, with the keys of ``documents.consent``."""
    harvest = as_harvest(seen)
    return {"url": harvest.url, "outcome": harvest.outcome} | consent_record(harvest)


def testimony(seen: Page | Harvest) -> list[str]:
    """A sentence a line: who asked, what robots.txt says, the verdict with every signal."""
    harvest = as_harvest(seen)
    trace = harvest.verdict.trace or Trace()
    origin = json.loads(trace.origin) if trace.origin else {}
    lines = [_asked(harvest, origin), _robots(trace, origin)]
    if harvest.outcome in _OUTCOMES and harvest.verdict.decision == "allow":
        lines.append(_OUTCOMES[harvest.outcome].format(reason=harvest.reason))
        return list(filter(None, lines))
    statements, _ = read_evidence(harvest.verdict.evidence)
    probes = [ProbeResult("", p["path"], p["state"], p["why"]) for p in origin.get("probed", ())]
    return list(filter(None, lines)) + explain(statements, harvest.verdict, probes)


def _asked(harvest: Harvest, origin: dict[str, Any]) -> str:
    if not harvest.status:
        return "The page was not asked for."
    agent = origin.get("user_agent", "")
    return f'Asked at {harvest.fetched_at} as "{agent}", the answer was {harvest.status}.'


def _robots(trace: Trace, origin: dict[str, Any]) -> str:
    """What robots.txt says about fetching."""
    robots = origin.get("robots")
    if not robots or "status" not in robots:
        return ""
    head = f"{robots['url']} (status {robots['status']}, read at {robots['fetched_at']}"
    head += f", SHA-256 {robots['sha256'][:16]}…)" if robots.get("sha256") else ")"
    if trace.robots_rule:
        return (
            f"{head}: line {trace.robots_line}, for {trace.robots_group}, says "
            f'"{trace.robots_rule}".'
        )
    if trace.robots_group:
        return f"{head}: no rule for {trace.robots_group} speaks of this page."
    return f"{head}: no rules for us." if robots["status"] else f"{head}: {robots['why']}."
