"""What robots.txt says on training: named agents, Content-Signal, Content-Usage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.agents import (
    AI_TRAINING_AGENTS,
    named_agent_statements,
    robots_statements,
)
from ftcrawler.consent.decision import decide, read_evidence
from ftcrawler.consent.robots import OUR_TOKENS, parse_robots

HOST = "https://host.example"
MANAGED = """\
# managed content
User-agent: *
Content-Signal: search=yes,ai-train=no
Allow: /

User-agent: Amazonbot
Disallow: /

User-agent: GPTBot
Disallow: /

User-agent: Bytespider
Disallow: /
"""


def named(body, path="/"):
    return decide(named_agent_statements(parse_robots(body.encode()), HOST + path)).decision


def records(body, path="/"):
    return decide(robots_statements(parse_robots(body.encode()), HOST + path)).decision


def test_a_managed_file_denies_where_a_parser_alone_allows():
    robots = parse_robots(MANAGED.encode())
    assert robots.check(HOST + "/").allowed
    assert named(MANAGED) == records(MANAGED) == "deny"


NAMED = [
    *[(agent, f"User-agent: {agent}\nDisallow: /", "/", "deny") for agent in AI_TRAINING_AGENTS],
    ("case", "user-agent: gptbot\nDisallow: /", "/", "deny"),
    ("version", "User-agent: GPTBot/1.2\nDisallow: /", "/", "deny"),
    ("two words", "User-agent: Kangaroo Bot\nDisallow: /", "/", "deny"),
    (
        "in a long group",
        "User-agent: x\nUser-agent: CCBot\nUser-agent: y\nDisallow: /",
        "/",
        "deny",
    ),
    ("only a path: inside", "User-agent: GPTBot\nDisallow: /blog", "/blog/1", "deny"),
    ("only a path: outside", "User-agent: GPTBot\nDisallow: /blog", "/news/1", "allow"),
    ("allowed", "User-agent: GPTBot\nAllow: /", "/", "allow"),
    ("empty Disallow", "User-agent: GPTBot\nDisallow:", "/", "allow"),
    ("one of two", "User-agent: GPTBot\nAllow: /\nUser-agent: CCBot\nDisallow: /", "/", "deny"),
    ("nobody named", "User-agent: *\nDisallow: /", "/", "allow"),
    ("Googlebot is no training agent", "User-agent: Googlebot\nDisallow: /", "/", "allow"),
    *[
        (f"search or user agent {agent}", f"User-agent: {agent}\nDisallow: /", "/", "allow")
        for agent in (
            "OAI-SearchBot",
            "PerplexityBot",
            "ChatGPT-User",
            "Claude-User",
            "Claude-SearchBot",
            "Perplexity-User",
            "meta-externalfetcher",
        )
    ],
    (
        "our token is named",
        "User-agent: GPTBot\nDisallow: /\nUser-agent: ftcrawler\nAllow: /",
        "/",
        "allow",
    ),
    (
        "Scrapy is named",
        "User-agent: GPTBot\nDisallow: /\nUser-agent: Scrapy\nAllow: /",
        "/",
        "allow",
    ),
    ("* is not our token", "User-agent: GPTBot\nDisallow: /\nUser-agent: *\nAllow: /", "/", "deny"),
    ("a longer token", "User-agent: GPTBot-News\nDisallow: /", "/", "allow"),
    ("HTML", "<html>\nUser-agent: GPTBot\nDisallow: /", "/", "allow"),
]


@pytest.mark.parametrize(
    ("body", "path", "decision"), [c[1:] for c in NAMED], ids=[c[0] for c in NAMED]
)
def test_named_agents(body, path, decision):
    assert named(body, path) == decision


def test_a_list_that_names_scrapy_names_us():
    """Its Disallow is then a matter of the fetch gate."""
    body = "User-agent: GPTBot\nUser-agent: Scrapy\nDisallow: /"
    assert not parse_robots(body.encode()).check(HOST + "/", OUR_TOKENS).allowed


def test_the_list_has_no_search_agents_and_not_us():
    assert not {a.lower() for a in AI_TRAINING_AGENTS} & {"scrapy", "ftcrawler", "oai-searchbot"}
    assert len({a.lower() for a in AI_TRAINING_AGENTS}) == len(AI_TRAINING_AGENTS)


def test_one_statement_for_each_rule_with_its_agents():
    body = b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\nUser-agent: ClaudeBot\nDisallow: /"
    statements = named_agent_statements(parse_robots(body), HOST + "/")
    assert [(s.source, s.raw) for s in statements] == [
        ("robots.txt line 3", "User-agent: CCBot, GPTBot; Disallow: /"),
        ("robots.txt line 5", "User-agent: ClaudeBot; Disallow: /"),
    ]


RECORDS = [
    ("signal no", "User-agent: *\nContent-Signal: ai-train=no", "/", "deny"),
    ("signal yes", "User-agent: *\nContent-Signal: ai-train=yes", "/", "allow"),
    ("signal, case of the key", "User-agent: *\ncontent-SIGNAL: ai-train=no", "/", "deny"),
    ("signal after the rules", "User-agent: *\nAllow: /\nContent-Signal: ai-train=no", "/", "deny"),
    (
        "signal before any group",
        "Content-Signal: ai-train=no\nUser-agent: *\nAllow: /",
        "/",
        "deny",
    ),
    ("signal, plural", "User-agent: *\nContent-Signals: ai-train=no", "/", "deny"),
    ("signal for another bot", "User-agent: x\nContent-Signal: ai-train=no", "/", "allow"),
    ("signal in our group", "User-agent: Scrapy\nContent-Signal: ai-train=no", "/", "deny"),
    (
        "our group replaces *",
        (
            "User-agent: *\nContent-Signal: ai-train=no\nAllow: /\n"
            "User-agent: ftcrawler\nContent-Signal: ai-train=yes"
        ),
        "/",
        "allow",
    ),
    (
        "our group is silent",
        "User-agent: *\nContent-Signal: ai-train=no\nAllow: /\nUser-agent: ftcrawler\nAllow: /",
        "/",
        "allow",
    ),
    (
        "signals of one group, most restrictive",
        "User-agent: *\nContent-Signal: ai-train=yes\nContent-Signal: ai-train=no",
        "/",
        "deny",
    ),
    (
        "* named twice",
        (
            "User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\nUser-agent: *\n"
            "Content-Signal: ai-train=no"
        ),
        "/",
        "deny",
    ),
    (
        "signal with a path, inside",
        "User-agent: *\nContent-Signal: /art ai-train=no",
        "/art/1",
        "deny",
    ),
    (
        "signal with a path, outside",
        "User-agent: *\nContent-Signal: /art ai-train=no",
        "/b",
        "allow",
    ),
    ("signal with comment", "User-agent: *\nContent-Signal: ai-train=no # please", "/", "deny"),
    ("usage n", "User-agent: *\nContent-Usage: train-ai=n", "/", "deny"),
    ("usage y", "User-agent: *\nContent-Usage: train-ai=y", "/", "allow"),
    ("usage with root path", "User-agent: *\nContent-Usage: / train-ai=n", "/a", "deny"),
    ("usage with a path, inside", "User-agent: *\nContent-Usage: /a train-ai=n", "/a/b", "deny"),
    ("usage with a path, outside", "User-agent: *\nContent-Usage: /a train-ai=n", "/b", "allow"),
    ("usage with a tab", "User-agent: *\nContent-Usage: /a\ttrain-ai=n", "/a", "deny"),
    ("usage with a pattern", "User-agent: *\nContent-Usage: /*.pdf$ train-ai=n", "/a.pdf", "deny"),
    (
        "longest path permits",
        "User-agent: *\nContent-Usage: / train-ai=n\nContent-Usage: /ai-ok/ train-ai=y",
        "/ai-ok/x",
        "allow",
    ),
    (
        "attach draft's example, elsewhere",
        "User-agent: *\nContent-Usage: / train-ai=n\nContent-Usage: /ai-ok/ train-ai=y",
        "/test",
        "deny",
    ),
    (
        "longest path refuses",
        "User-agent: *\nContent-Usage: / train-ai=y\nContent-Usage: /no/ train-ai=n",
        "/no/x",
        "deny",
    ),
    (
        "same path, most restrictive",
        "User-agent: *\nContent-Usage: /a train-ai=y\nContent-Usage: /a train-ai=n",
        "/a",
        "deny",
    ),
    (
        "no path is the root",
        "User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: / train-ai=y",
        "/a",
        "deny",
    ),
    (
        "silence on training takes nothing back",
        "User-agent: *\nContent-Usage: / train-ai=n\nContent-Usage: /blog/ search=y",
        "/blog/1",
        "deny",
    ),
    (
        "malformed at the longest path",
        "User-agent: *\nContent-Usage: / train-ai=y\nContent-Usage: /a train-ai=?",
        "/a",
        "deny",
    ),
    ("usage for another bot", "User-agent: ExampleBot\nContent-Usage: / train-ai=n", "/", "allow"),
    ("older label", "User-agent: *\nContent-Usage: genai=n", "/", "deny"),
    (
        "both protocols, one refuses",
        "User-agent: *\nContent-Usage: train-ai=y\nContent-Signal: ai-train=no",
        "/",
        "deny",
    ),
    ("silence", "User-agent: *\nAllow: /", "/", "allow"),
    ("CR only", "User-agent: *\rContent-Signal: ai-train=no\rAllow: /", "/", "deny"),
]


@pytest.mark.parametrize(
    ("body", "path", "decision"), [c[1:] for c in RECORDS], ids=[c[0] for c in RECORDS]
)
def test_records(body, path, decision):
    assert records(body, path) == decision


def test_evidence_is_the_record_with_its_path_and_line():
    robots = parse_robots(b"User-agent: *\nContent-Usage: /a  train-ai=n\n")
    verdict = decide(robots_statements(robots, HOST + "/a"))
    ((statement,), _) = read_evidence(verdict.evidence)
    assert (statement.source, statement.raw) == ("robots.txt line 2", "/a  train-ai=n")


LINES = st.sampled_from(
    [
        "User-agent: *",
        "User-agent: GPTBot",
        "User-agent: CCBot",
        "Disallow: /",
        "Disallow: /a",
        "Allow: /",
        "Allow: /a/b",
        "Content-Signal: ai-train=no",
        "Content-Signal: ai-train=yes",
        "Content-Usage: /a train-ai=y",
        "Content-Usage: train-ai=n",
        "Crawl-delay: 1",
        "x",
        "",
    ]
)


@given(st.lists(LINES, max_size=12), st.sampled_from(["/", "/a", "/a/b/c"]))
def test_adding_a_denying_group_denies(lines, path):
    signal = ["User-agent: *", "Content-Signal: ai-train=no", "Allow: /"]
    agent = ["User-agent: ClaudeBot", "Disallow: /"]
    assert records("\n".join([*lines, "Allow: /z", *signal]), path) == "deny"
    assert named("\n".join([*lines, "Allow: /z", *agent]), path) == "deny"


@given(st.binary(), st.text())
def test_byte_soup_never_raises(body, url):
    for start in (b"", b"User-agent: *\nContent-Usage: ", b"User-agent: *\nContent-Signal: "):
        robots = parse_robots(start + body)
        assert decide(robots_statements(robots, url)).decision in {"allow", "deny"}
        assert decide(named_agent_statements(robots, url)).decision in {"allow", "deny"}
