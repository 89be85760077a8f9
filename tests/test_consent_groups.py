"""Which group of robots.txt is whose: RFC 9309 2.2.1 and its example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.agents import AI_TRAINING_AGENTS, named_agent_statements
from ftcrawler.consent.robots import OUR_TOKENS, parse_robots

HOST = "https://host.example"


def allowed(body, path, token="foobot"):
    body = body if isinstance(body, bytes) else body.encode()
    return parse_robots(body).check(HOST + path, [token]).allowed


RFC_FILE = """\
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""

RFC_CASES = [
    ("5.1: another bot, gif", "other", "/a.gif", False),
    ("5.1: another bot, gif with more behind", "other", "/a.gif.html", True),
    ("5.1: another bot, disallowed directory", "other", "/example/x", False),
    ("5.1: another bot, publications", "other", "/publications/x", True),
    ("5.1: another bot, anything else", "other", "/x", True),
    ("5.1: a gif in publications: longest wins", "other", "/publications/a.gif", True),
    ("5.1: foobot, everything", "foobot", "/", False),
    ("5.1: foobot, its page", "foobot", "/example/page.html", True),
    ("5.1: foobot, its gif", "foobot", "/example/allowed.gif", True),
    ("5.1: foobot, another page", "foobot", "/example/other.html", False),
    ("5.1: barbot", "barbot", "/example/page.html", False),
    ("5.1: bazbot shares the group", "bazbot", "/example/page.html", False),
    ("5.1: bazbot is not bound by *", "bazbot", "/example/x", True),
    ("5.1: quxbot may do everything", "quxbot", "/example/x", True),
    ("5.1: case of the token", "BarBot", "/example/page.html", False),
]


@pytest.mark.parametrize(
    ("token", "path", "expected"), [c[1:] for c in RFC_CASES], ids=[c[0] for c in RFC_CASES]
)
def test_simple_example_of_rfc_9309(token, path, expected):
    assert allowed(RFC_FILE, path, token) is expected


GROUPS = [
    (
        "same-token groups merge",
        "User-agent: foobot\nAllow: /a\nUser-agent: x\nAllow: /\nUser-agent: FOOBOT\nDisallow: /b",
        "/b",
        False,
    ),
    (
        "* does not bind a named bot",
        "User-agent: *\nDisallow: /\nUser-agent: foobot\nDisallow: /a",
        "/b",
        True,
    ),
    (
        "unknown records end no run",
        "User-agent: foobot\nCrawl-delay: 3\nUser-agent: x\nDisallow: /a",
        "/a",
        False,
    ),
    (
        "Sitemap ends no run",
        "User-agent: foobot\nSitemap: https://h/s\nUser-agent: x\nDisallow: /",
        "/a",
        False,
    ),
    (
        "Content-Signal ends no run",
        "User-agent: foobot\nContent-Signal: ai-train=yes\nUser-agent: x\nDisallow: /",
        "/a",
        False,
    ),
    (
        "garbage ends no run",
        "User-agent: foobot\n!!! what\nUser-agent: x\nDisallow: /",
        "/a",
        False,
    ),
    ("empty lines end no run", "User-agent: foobot\n\n\nUser-agent: x\n\nDisallow: /", "/a", False),
    (
        "an empty Disallow ends the run",
        "User-agent: foobot\nDisallow:\nUser-agent: x\nDisallow: /",
        "/a",
        True,
    ),
    (
        "an Allow ends the run",
        "User-agent: foobot\nAllow: /a\nUser-agent: x\nDisallow: /",
        "/a",
        True,
    ),
    ("version in User-agent", "User-agent: FooBot/1.0\nDisallow: /", "/a", False),
    ("spaces in User-agent", "User-agent: FooBot 2.1 beta\nDisallow: /", "/a", False),
    ("a star after the token", "User-agent: FooBot*\nDisallow: /", "/a", False),
    ("tokens match exactly: longer", "User-agent: foobot-news\nDisallow: /", "/a", True),
    ("tokens match exactly: shorter", "User-agent: foo\nDisallow: /", "/a", True),
    ("tokens match exactly: digits", "User-agent: foobot2\nDisallow: /", "/a", True),
    ("comma lists name each", "User-agent: barbot, FooBot\nDisallow: /", "/a", False),
    ("rules before any group", "Disallow: /\nUser-agent: foobot\nAllow: /b", "/a", True),
    ("an empty User-agent names nobody", "User-agent:\nDisallow: /", "/a", True),
    (
        "an empty User-agent starts a group",
        "User-agent: foobot\nAllow: /\nUser-agent:\nDisallow: /a",
        "/a",
        True,
    ),
    ("* with text behind", "User-agent: * # everybody\nDisallow: /", "/a", False),
    ("*bot is not *", "User-agent: *bot\nDisallow: /", "/a", True),
    ("only another bot", "User-agent: googlebot\nDisallow: /", "/a", True),
]


@pytest.mark.parametrize(
    ("body", "path", "expected"), [c[1:] for c in GROUPS], ids=[c[0] for c in GROUPS]
)
def test_groups(body, path, expected):
    assert allowed(body, path) is expected


OURS = [
    ("ftcrawler", "User-agent: ftcrawler\nDisallow: /a\nUser-agent: *\nAllow: /", "/a", False),
    ("Scrapy", "User-agent: Scrapy\nDisallow: /a\nUser-agent: *\nAllow: /", "/a", False),
    ("scrapy with version", "User-agent: scrapy/2.19\nDisallow: /a", "/a", False),
    (
        "both merge",
        "User-agent: ftcrawler\nAllow: /b\nUser-agent: Scrapy\nDisallow: /a",
        "/a",
        False,
    ),
    (
        "both merge: longest wins",
        "User-agent: ftcrawler\nAllow: /a/b\nUser-agent: Scrapy\nDisallow: /a",
        "/a/b",
        True,
    ),
    (
        "ours instead of *",
        "User-agent: *\nDisallow: /\nUser-agent: ftcrawler\nDisallow: /a",
        "/b",
        True,
    ),
    ("else *", "User-agent: *\nDisallow: /", "/b", False),
]


@pytest.mark.parametrize(
    ("body", "path", "expected"), [c[1:] for c in OURS], ids=[c[0] for c in OURS]
)
def test_our_own_tokens(body, path, expected):
    assert parse_robots(body.encode()).check(HOST + path, OUR_TOKENS).allowed is expected


RULES = ["Disallow: /", "Disallow: /a", "Allow: /a", "Allow: /", "Disallow: /*b$", "Disallow:"]
GROUP_LISTS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["GPTBot", "CCBot", "ClaudeBot", "x", "*"]), min_size=1),
        st.lists(st.sampled_from(RULES), max_size=3),
    ),
    max_size=6,
)


@given(GROUP_LISTS, st.sampled_from(["/", "/a", "/a/b", "/x/../a", "//a/b", "/c?a=/b"]))
def test_one_pass_over_the_groups_answers_like_a_check_of_each_agent(groups, path):
    lines = []
    for tokens, rules in groups:
        lines += [f"User-agent: {token}" for token in tokens]
        lines += rules or ["Allow: /z"]
    robots = parse_robots("\n".join(lines).encode())
    statements = named_agent_statements(robots, HOST + path)
    refused = {a for s in statements for a in s.raw.partition(";")[0][12:].split(", ")}
    named = robots.names(AI_TRAINING_AGENTS)
    assert refused == {a for a in named if not robots.check(HOST + path, [a]).allowed}
