"""What robots.txt says about training beyond fetching: named AI agents and records. Pure.

The list holds product tokens whose operators, or the public list kept at
github.com/ai-robots-txt/ai.robots.txt, say that what they fetch trains models. Tokens that
serve search or a person's request (``OAI-SearchBot``, ``PerplexityBot``, ``Claude-User``) make
a different statement and are left out; so is ``Scrapy``, which is our own token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftcrawler.consent.aipref import robots_content_usage
from ftcrawler.consent.contentsignal import robots_content_signals
from ftcrawler.consent.decision import Statement
from ftcrawler.consent.patterns import url_paths
from ftcrawler.consent.robots import OUR_TOKENS
from ftcrawler.consent.rsl import robots_pointer_statements
from ftcrawler.consent.versions import LIST_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ftcrawler.consent.robots import Robots, Rule

AI_TRAINING_AGENTS_VERSION = LIST_VERSION
_SPEC = "named AI agents in robots.txt (RFC 9309, ai.robots.txt)"
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
_BY_TOKEN = {agent.lower(): agent for agent in AI_TRAINING_AGENTS}


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
    for agent, rule in _refusals(robots, url).items():
        refused.setdefault((rule.line, rule.text), []).append(agent)
    return [
        Statement(
            "named ai agents",
            f"robots.txt line {line}",
            f"User-agent: {', '.join(sorted(agents, key=str.lower))}; {rule}",
            "deny",
            f"AI training agents are not allowed (list {LIST_VERSION})",
            _SPEC,
        )
        for (line, rule), agents in sorted(refused.items())
    ]


def robots_statements(
    robots: Robots, url: str, tokens: Sequence[str] = OUR_TOKENS
) -> list[Statement]:
    """What our group's Content-Signal and Content-Usage records say on training.

    Also License records that point nowhere; what the others point at has to be read (see ``rsl``).
    """
    said = robots_content_signals(robots, url, tokens) + robots_content_usage(robots, url, tokens)
    return said + robots_pointer_statements(robots, url)


def _refusals(robots: Robots, url: str) -> dict[str, Rule]:
    """The rule that keeps each named agent from the URL; one pass over the groups.

    The same answers as ``Robots.check`` for each agent, which would look through all groups
    for all of them: 44 agents in groups of their own are usual.
    """
    wanted = robots.group_tokens & _BY_TOKEN.keys()
    if not wanted:
        return {}
    refused: dict[str, Rule] = {}
    for path in url_paths(url):
        for token, rule in _deciding(robots, path, wanted).items():
            if not rule.allow:
                refused.setdefault(_BY_TOKEN[token], rule)
    return refused


def _deciding(robots: Robots, path: bytes, wanted: frozenset[str]) -> dict[str, Rule]:
    best: dict[str, Rule] = {}
    for group in robots.groups:
        if wanted.isdisjoint(group.tokens):
            continue
        for rule in group.rules:  # the best first
            if rule.pattern.matches(path):
                for token in group.tokens & wanted:
                    if token not in best or _beats(rule, best[token]):
                        best[token] = rule
                break
    return best


def _beats(rule: Rule, other: Rule) -> bool:
    """Most octets win, Allow wins ties (RFC 9309 2.2.2)."""
    return (rule.pattern.octets, rule.allow) > (other.pattern.octets, other.allow)
