"""A night as the messages that people read: plain lines, and what chat programs take. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ftcrawler.alarms import Alarm, loud
from ftcrawler.nightparts import morning
from ftcrawler.nights import began, ended

MOST_ALARMS: Final = 10  # in one message
_LONGEST: Final = {"slack": 3_000, "discord": 1_900, "teams": 8_000, "generic": 20_000}
_CARD: Final = "application/vnd.microsoft.card.adaptive"
_SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
_HOSTS: Final = {
    "hooks.slack.com": "slack",
    "discord.com": "discord",
    "discordapp.com": "discord",
    "webhook.office.com": "teams",
    "logic.azure.com": "teams",
    "powerautomate.com": "teams",
    "powerplatform.com": "teams",
}


def headline(record: Mapping[str, Any], alarms: Sequence[Alarm]) -> str:
    """The night in one line, which is all that many will read."""
    bad = loud(alarms)
    new = sum(alarm.state == "raised" for alarm in bad)
    if bad:
        mark = f"{len(bad)} alarm{'s' * (len(bad) > 1)}" + (f", {new} new" if new else "")
    else:
        mark = "no alarm" if record.get("exit_code") == 0 else "trouble"
    return f"ftcrawler, {began(record)[:10] or 'no date'}: {mark}. {_line(record)}"


def _line(record: Mapping[str, Any]) -> str:
    try:
        return morning(record)
    except (KeyError, TypeError, AttributeError):  # a record of another kind
        return f"{len(record.get('sites') or ())} sites, exit code {record.get('exit_code')}"


def alarm_line(alarm: Alarm) -> str:
    """One alarm in a line or two: which, where, what changed, since when, an example, what to do.

    >>> since = "2026-11-24T03:00:00Z"
    >>> alarm_line(Alarm("zero-rows", "bees", "error", "no row", since, since, "Look."))
    'NEW error: bees zero-rows: no row. Look.'
    """
    name = f"{alarm.site} {alarm.name}".strip()
    if alarm.state == "cleared":
        over = "over, or the usual by now" if alarm.accepted else "over"
        return f"{over}: {name}, which began {alarm.since[:10]}"
    mark = "NEW" if alarm.state == "raised" else f"since {alarm.since[:10]}"
    example = f" Example: {alarm.example}" if alarm.example else ""
    return f"{mark} {alarm.severity}: {name}: {alarm.says}. {alarm.do}{example}"


def message(record: Mapping[str, Any], alarms: Sequence[Alarm]) -> str:
    """The whole message as plain text: the line, then the alarms, new ones first."""
    lines = [headline(record, alarms), *map(alarm_line, alarms[:MOST_ALARMS])]
    if more := len(alarms) - MOST_ALARMS:
        lines += [f"and {more} more: scrapy dashboard shows them"] * (more > 0)
    if record.get("errors"):
        lines += [f"noted: {error}" for error in record["errors"][:3]]
    return "\n".join(lines)


def format_of(host: str) -> str:
    """What the webhooks of a host take; anything unknown gets the generic JSON.

    >>> format_of("hooks.slack.com"), format_of("x.webhook.office.com"), format_of("a.example")
    ('slack', 'teams', 'generic')
    """
    found = (kind for name, kind in _HOSTS.items() if host == name or host.endswith(f".{name}"))
    return next(found, "generic")


def payload(kind: str, record: Mapping[str, Any], alarms: Sequence[Alarm]) -> dict[str, Any]:
    """The JSON that one kind of webhook takes: slack, discord, teams or generic."""
    said = _cut(message(record, alarms), _LONGEST[kind])
    if kind == "slack":
        plain = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return {"text": plain, "unfurl_links": False, "unfurl_media": False}
    if kind == "discord":
        return {"content": said, "allowed_mentions": {"parse": []}}
    if kind == "teams":
        return {"type": "message", "attachments": [_card(said)]}
    return {
        "text": said,
        "id": record.get("id", ""),
        "started_at": began(record),
        "ended_at": ended(record),
        "exit_code": record.get("exit_code"),
        "totals": record.get("totals") or {},
        "alarms": [alarm.as_dict() for alarm in alarms],
    }


def _card(said: str) -> dict[str, Any]:
    first, *rest = said.split("\n")
    body = [{"type": "TextBlock", "text": first, "wrap": True, "weight": "bolder"}]
    body += [{"type": "TextBlock", "text": line, "wrap": True} for line in rest]
    content = {"$schema": _SCHEMA, "type": "AdaptiveCard", "version": "1.4", "body": body}
    return {"contentType": _CARD, "contentUrl": None, "content": content}


def _cut(said: str, most: int) -> str:
    return said if len(said) <= most else f"{said[: most - 1]}…"
