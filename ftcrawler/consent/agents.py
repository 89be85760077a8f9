"""What robots.txt says about training beyond fetching: named AI agents and records. Pure.

The list holds product tokens whose operators, or the public list kept at
github.com/ai-robots-txt/ai.robots.txt, say that what they fetch trains models. Tokens that
serve search or a person's request (``OAI-SearchBot``, ``PerplexityBot``, ``Claude-User``) make
a different statement and are left out; so is ``Scrapy``, which is our own token.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ftcrawler.consent.decision import Statement
from ftcrawler.consent.patterns import PathPattern, compile_pattern, url_paths
from ftcrawler.consent.preferences import content_signal, content_usage, split_path
from ftcrawler.consent.robots import OUR_TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ftcrawler.consent.robots import Record, Robots

AI_TRAINING_AGENTS_VERSION = "2026-11-24"
AI_TRAINING_AGENTS = (
    "AI2Bot",
    "Ai2Bot-Dolma",
    "Amazonbot",
    "anthropic-ai",
    "Applebot-Extended",
    "Brightbot",
    "Bytespider",
    "CCBot",
    "ChatGLM-Spider",
    "Claude-Web",
    "ClaudeBot",
    "CloudVertexBot",
    "cohere-ai",
    "cohere-training-data-crawler",
    "Cotoyogi",
    "Crawlspace",
    "DeepSeekBot",
    "Diffbot",
    "FacebookBot",
    "Factset_spyderbot",
    "FirecrawlAgent",
    "FriendlyCrawler",
    "Google-CloudVertexBot",
    "Google-Extended",
    "GPTBot",
    "ICC-Crawler",
    "img2dataset",
    "ISSCyberRiskCrawler",
    "Kangaroo",  # written "Kangaroo Bot": a product token ends at the space
    "laion-huggingface-processor",
    "LAIONDownloader",
    "meta-externalagent",
    "omgili",
    "omgilibot",
    "PanguBot",
    "SBIntuitionsBot",
    "Sidetrade",  # written "Sidetrade indexer bot"
    "TerraCotta",
    "TikTokSpider",
    "Timpibot",
    "VelenPublicWebCrawler",
    "Webzio-Extended",
    "YandexAdditional",
    "YandexAdditionalBot",
)


def named_agent_statements(
    robots: Robots, url: str, tokens: Sequence[str] = OUR_TOKENS
) -> list[Statement]:
    """A denial for each rule that keeps named training agents from the URL.

    Not binding on us by RFC 9309, but it says "not for training" (docs/consent.md). Where a group
    names our own token the site has spoken to us, and what it says to others does not count.
    """
    if robots.names(tokens):
        return []
    refused: dict[tuple[int, str], list[str]] = {}
    for agent in robots.names(AI_TRAINING_AGENTS):
        answer = robots.check(url, [agent])
        if not answer.allowed:
            refused.setdefault((answer.line, answer.rule), []).append(agent)
    return [
        Statement(
            "named ai agents",
            f"robots.txt line {line}",
            f"User-agent: {', '.join(agents)}; {rule}",
            "deny",
            f"AI training agents are not allowed (list {AI_TRAINING_AGENTS_VERSION})",
        )
        for (line, rule), agents in sorted(refused.items())
    ]


def robots_statements(
    robots: Robots, url: str, tokens: Sequence[str] = OUR_TOKENS
) -> list[Statement]:
    """What our group's Content-Signal and Content-Usage records say on training.

    Every Content-Signal whose path matches counts. Of the Content-Usage records that speak
    about training, those with the longest matching path count (draft-ietf-aipref-attach 3.1);
    a record on something else takes nothing back.
    """
    paths = url_paths(url)
    found: list[Statement] = []
    for record, _, text in _matching(robots.records("content-signal", tokens), paths):
        statement = content_signal(text, f"robots.txt line {record.line}")
        found += [replace(statement, raw=record.value)] if statement else []
    ranked: list[tuple[int, Statement]] = []
    for record, pattern, text in _matching(robots.records("content-usage", tokens), paths):
        statement = content_usage(text, f"robots.txt line {record.line}")
        if statement:
            ranked.append((pattern.octets, replace(statement, raw=record.value)))
    longest = max((octets for octets, _ in ranked), default=0)
    return found + [statement for octets, statement in ranked if octets == longest]


def _matching(
    records: tuple[Record, ...], paths: tuple[bytes, ...]
) -> Iterator[tuple[Record, PathPattern, str]]:
    """The records whose path, ``/`` by default, matches any spelling of the URL's."""
    for record in records:
        path, text = split_path(record.value)
        pattern = compile_pattern(path or "/")
        if any(pattern.matches(spelling) for spelling in paths):
            yield record, pattern, text
