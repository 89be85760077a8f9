"""Values of Content-Signal and Content-Usage: text in, a statement on training out. Pure.

Content-Signal is Cloudflare's (``search=yes,ai-train=no``); Content-Usage is AIPREF's, an RFC
9651 dictionary (``train-ai=n, search=y``) with the labels of draft-ietf-aipref-vocab and of
its older versions. A value that says nothing on training gives no statement.
"""

from __future__ import annotations

import re

from ftcrawler.consent.decision import Statement

_PERMITTING = {"yes", "allow"}  # docs/consent.md: anything else under ai-train denies
_PAIR_END = re.compile(r"[,;\s]+")

_LABELS = ("train-ai", "train-genai", "genai", "ai", "tdm", "all", "bots")
_MENTION = re.compile(  # what an unreadable value must not be let off with
    r"(?<![\w-])(?:train[-_]?(?:gen)?ai(?![\w-])|(?:genai|ai|tdm|all|bots)\s?=)", re.IGNORECASE
)
_KEY = r"[a-z*][a-z0-9_\-.*]*"
_BARE = (  # RFC 9651 3.3 and inner lists, near enough to find where a member ends
    r"(?:\"(?:[^\"\\]|\\[\"\\])*\"|[A-Za-z*][^\s,;()\"=]*|-?[0-9]+(?:\.[0-9]+)?|\?[01]"
    r"|:[A-Za-z0-9+/=]*:|@-?[0-9]+|%\"[^\"]*\"|\([^()]*\))"
)
_PARAMETERS = rf"(?:[ ]?;[ ]?{_KEY}(?:={_BARE})?)*"
_MEMBER = re.compile(rf"({_KEY})(?:=({_BARE}))?{_PARAMETERS}")


def content_signal(text: str, source: str) -> Statement | None:
    """What a Content-Signal says on ``ai-train``; keys and values in any case.

    >>> content_signal("search=yes, ai-train=no", "header").effect
    'deny'
    """
    spaced = "=".join(piece.strip() for piece in re.split("[=:]", text))
    pairs = [
        (key.strip("\"'").lower().replace("_", "-"), value.strip("\"'").lower())
        for key, _, value in (item.partition("=") for item in _PAIR_END.split(spaced))
    ]
    said = [(key, value) for key, value in pairs if "ai-train" in key or "ai-train" in value]
    if not said:
        return None
    if all(key == "ai-train" and value in _PERMITTING for key, value in said):
        return Statement("content-signal", source, text, "note", "ai-train is permitted")
    return Statement("content-signal", source, text, "deny", "ai-train is not permitted")


def content_usage(text: str, source: str) -> Statement | None:
    """What a Content-Usage says on training: most restrictive label, last of equal keys.

    >>> content_usage("search=y, train-ai=n", "header").effect
    'deny'
    """
    members = _dictionary(text)
    said = {label: members[label] for label in _LABELS if label in members}
    if not said and _MENTION.search(text):
        return Statement("content-usage", source, text, "deny", "unreadable, mentions training")
    refused = [f"{label}={value}" for label, value in said.items() if value != "y"]
    if refused:
        return Statement("content-usage", source, text, "deny", f"refuses: {', '.join(refused)}")
    if not said:
        return None
    return Statement("content-usage", source, text, "note", "training is permitted")


def split_path(text: str) -> tuple[str, str]:
    """The optional leading path of a robots.txt record, and the rest.

    >>> split_path("/blog/ train-ai=n"), split_path("train-ai=n")
    (('/blog/', 'train-ai=n'), ('', 'train-ai=n'))
    """
    path, _, rest = text.replace("\t", " ").partition(" ")
    return (path, rest.strip()) if path.startswith(("/", "*")) else ("", text)


def _dictionary(text: str) -> dict[str, str]:
    """RFC 9651 3.2, keys to raw values (``?1`` when bare); empty when it does not parse."""
    text = text.strip(" ")
    members: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _MEMBER.match(text, at)
        if match is None:
            return {}
        members[match[1]] = match[2] or "?1"
        at = _skip_blanks(text, match.end())
        if at == len(text):
            return members
        if text[at] != ",":
            return {}
        at = _skip_blanks(text, at + 1)
        if at == len(text):
            return {}  # a trailing comma
    return members


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at
