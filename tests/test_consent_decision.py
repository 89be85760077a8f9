"""The decision: profiles, written permissions, the evidence, and its words for people."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.agents import (
    AI_TRAINING_AGENTS_VERSION,
    named_agent_statements,
    robots_statements,
)
from ftcrawler.consent.decision import (
    MAX_RAW,
    Permission,
    Statement,
    decide,
    may_follow,
    read_evidence,
)
from ftcrawler.consent.explain import explain
from ftcrawler.consent.gather import page_signals
from ftcrawler.consent.probes import PROBES, read_probe
from ftcrawler.consent.robots import parse_robots
from ftcrawler.consent.versions import LIST_VERSION, RULES_VERSION

NOW = "2026-11-24T02:00:00Z"
DENY = Statement("meta robots", "meta robots", "noai", "deny", "noai: no training", "S")
DEFER = Statement("tdm-reservation", "/.well-known/tdmrep.json", "", "defer", "status 503")
NOFOLLOW = Statement("meta robots", "meta robots", "nofollow", "nofollow", "no following")
NOTE = Statement("llms.txt", "/llms.txt", "# T", "note", "exists")
ALLOW = Statement("content-signal", "header", "ai-train=yes", "allow", "ai-train is permitted")
LETTER = Permission("Ada Byron, host.example", "2026-10-01", "You may train.", "letter 17")

# statements, profile, permission, decision, signal
CASES = [
    ("silence", [], "default", None, "allow", ""),
    ("silence, strict", [], "strict", None, "deny", "silence"),
    ("a note", [NOTE], "default", None, "allow", ""),
    ("a note, strict", [NOTE], "strict", None, "deny", "silence"),
    ("nofollow, strict", [NOFOLLOW], "strict", None, "deny", "silence"),
    ("an allow", [ALLOW], "default", None, "allow", ""),
    ("an allow, strict", [ALLOW], "strict", None, "allow", "content-signal"),
    ("deny", [DENY], "default", None, "deny", "meta robots"),
    ("deny, strict", [DENY], "strict", None, "deny", "meta robots"),
    ("deny over allow", [ALLOW, DENY], "default", None, "deny", "meta robots"),
    ("deny over allow, strict", [ALLOW, DENY], "strict", None, "deny", "meta robots"),
    ("defer", [DEFER], "default", None, "defer", "tdm-reservation"),
    ("defer over allow", [ALLOW, DEFER], "strict", None, "defer", "tdm-reservation"),
    ("deny over defer", [DEFER, DENY], "default", None, "deny", "meta robots"),
    ("permission over deny", [DENY], "default", LETTER, "allow", "written permission"),
    ("permission over defer", [DEFER], "default", LETTER, "allow", "written permission"),
    ("permission over silence", [], "strict", LETTER, "allow", "written permission"),
    ("permission, strict", [DENY, NOTE], "strict", LETTER, "allow", "written permission"),
    ("permission not needed", [NOTE], "default", LETTER, "allow", ""),
    ("permission not needed, strict", [ALLOW], "strict", LETTER, "allow", "content-signal"),
]


@pytest.mark.parametrize(
    ("statements", "profile", "permission", "decision", "signal"),
    [c[1:] for c in CASES],
    ids=[c[0] for c in CASES],
)
def test_decisions(statements, profile, permission, decision, signal):
    verdict = decide(statements, profile=profile, permission=permission)
    assert (verdict.decision, verdict.signal) == (decision, signal)
    assert verdict.reason


def test_a_permission_is_recorded_with_all_that_it_overrides():
    verdict = decide([DENY, NOTE, DEFER], permission=LETTER)
    assert verdict.reason == (
        "permission by Ada Byron, host.example (2026-10-01, letter 17) overrides "
        "meta robots (meta robots); tdm-reservation (/.well-known/tdmrep.json)"
    )
    assert read_evidence(verdict.evidence) == ([DENY, NOTE, DEFER], LETTER)


def test_a_permission_that_was_not_used_is_not_recorded():
    assert read_evidence(decide([NOTE], permission=LETTER).evidence) == ([NOTE], None)


INCOMPLETE = [
    ("nobody", ("", "2026-10-01", "text", "")),
    ("blanks", (" ", "2026-10-01", "text", "")),
    ("no date", ("Ada", "", "text", "")),
    ("neither text nor reference", ("Ada", "2026-10-01", "", " ")),
]


@pytest.mark.parametrize("fields", [c[1] for c in INCOMPLETE], ids=[c[0] for c in INCOMPLETE])
def test_an_incomplete_permission_is_an_error(fields):
    with pytest.raises(ValueError, match="by whom, when"):
        Permission(*fields)


def test_a_permission_changes_nothing_about_following():
    assert not may_follow([NOFOLLOW])


def test_evidence_is_compact_json_in_order_with_versions():
    evidence = json.loads(decide([NOTE, DENY]).evidence)
    assert list(evidence) == ["rules", "agents", "statements"]
    assert (evidence["rules"], evidence["agents"]) == (RULES_VERSION, LIST_VERSION)
    assert LIST_VERSION == AI_TRAINING_AGENTS_VERSION
    assert [row["signal"] for row in evidence["statements"]] == ["llms.txt", "meta robots"]
    assert list(evidence["statements"][1]) == [
        *("signal", "source", "raw", "effect", "reason", "spec")
    ]
    assert ": " not in decide([NOTE]).evidence


def test_evidence_is_bounded_and_clean():
    long = Statement("x", "header", "a" * 100_000 + "\ud800", "deny", "\udcff")
    verdict = decide([long, Statement("y", "z", "\ud800é", "note", "")])
    ((first, second), _) = read_evidence(verdict.evidence)
    assert len(first.raw) == MAX_RAW + 1
    assert second.raw == "?é"
    verdict.evidence.encode(), verdict.reason.encode()


@pytest.mark.parametrize("text", ["", "Disallow: /", "status 503"])
def test_evidence_of_the_fetch_gate_holds_no_statements(text):
    assert read_evidence(text) == ([], None)


TEXTS = st.text(max_size=20)
EFFECTS = st.sampled_from(["deny", "defer", "nofollow", "note", "allow"])
STATEMENTS = st.builds(Statement, TEXTS, TEXTS, TEXTS, EFFECTS, TEXTS, TEXTS)
PROFILES = st.sampled_from(["default", "strict"])


@given(st.lists(STATEMENTS), STATEMENTS, st.integers(0, 9), PROFILES)
def test_adding_a_statement_never_turns_deny_into_allow(statements, more, at, profile):
    silent = profile == "strict" and not any(s.effect == "allow" for s in statements)
    before = decide(statements, profile=profile).decision
    after = decide([*statements[:at], more, *statements[at:]], profile=profile).decision
    speaks = silent and more.effect in {"allow", "defer"}
    if more.effect == "deny" or (before == "deny" and not speaks):
        assert after == "deny"
    if before == "defer":
        assert after in {"deny", "defer"}


@given(st.lists(STATEMENTS), PROFILES)
def test_strict_never_allows_what_the_default_does_not(statements, profile):
    strict = decide(statements, profile="strict").decision
    default = decide(statements).decision
    assert strict != "allow" or default == "allow"
    assert decide(statements, profile=profile, permission=LETTER).decision == "allow"


@given(st.lists(STATEMENTS, max_size=4), PROFILES, st.none() | st.just(LETTER))
def test_every_verdict_can_be_kept_and_explained(statements, profile, permission):
    verdict = decide(statements, profile=profile, permission=permission)
    verdict.evidence.encode(), verdict.reason.encode()
    lines = explain(statements, verdict)
    assert len(lines) == 3 + max(len(statements), 1)
    if statements:
        assert len(read_evidence(verdict.evidence)[0]) == len(statements)


# -- In words ---------------------------------------------------------------------------


def test_a_denial_in_words():
    lines = explain([DENY, NOFOLLOW], decide([DENY, NOFOLLOW]))
    assert lines == [
        "The page must not be used for training.",
        "The deciding signal is meta robots: noai: no training.",
        'The page\'s meta element robots says "noai", meaning: noai: no training. '
        "This forbids use for training. (S)",
        'The page\'s meta element robots says "nofollow", meaning: no following. '
        "The page's links are not followed; its use is not affected.",
        f"Rules of {RULES_VERSION}, list of AI agents of {LIST_VERSION}.",
    ]


WORDS = [
    ("silence", [], {}, "No signal about the use of this page was found."),
    ("silence, strict", [], {"profile": "strict"}, "The site is silent: strict profile"),
    ("defer", [DEFER], {}, "The page is not used for now"),
    ("permission", [DENY], {"permission": LETTER}, "The site gave its written permission: "),
    ("allow, strict", [ALLOW], {"profile": "strict"}, "The deciding signal is content-signal"),
    ("a place", [NOTE], {}, '/llms.txt says "# T"'),
]


@pytest.mark.parametrize(
    ("statements", "rest", "words"), [c[1:] for c in WORDS], ids=[c[0] for c in WORDS]
)
def test_words(statements, rest, words):
    text = "\n".join(explain(statements, decide(statements, **rest)))
    assert words in text


def test_headers_and_long_signals_in_words():
    said = page_signals([("X-Robots-Tag", "noai" + " x" * 400)], (), (), (), NOW).statements
    line = explain(said, decide(said))[2]
    assert line.startswith('The response header X-Robots-Tag says "noai x x')
    assert "…" in line
    assert len(line) < 500


def test_what_was_looked_for_in_vain_in_words():
    probes = [read_probe(PROBES[0], 404, "", b""), read_probe(PROBES[1], 500, "", b"")]
    lines = explain([], decide([]), probes)
    assert "/.well-known/tdmrep.json: looked for, not there (status 404)." in lines
    assert "/ai.txt: looked for, could not be read (status 500)." in lines


def test_the_managed_file_of_a_content_delivery_network_denies():
    """CONSENT: a robots parser alone answers that the page may be fetched."""
    robots = parse_robots(
        b"# managed\nUser-agent: *\nContent-Signal: search=yes,ai-train=no\nAllow: /\n\n"
        b"User-agent: Amazonbot\nDisallow: /\n\nUser-agent: GPTBot\nDisallow: /\n"
    )
    url = "https://host.example/a"
    assert robots.check(url).allowed
    site = robots_statements(robots, url) + named_agent_statements(robots, url)
    said = page_signals((), (), (), (), NOW, url=url, site=site).statements
    verdict = decide(said)
    assert (verdict.decision, verdict.signal) == ("deny", "content-signal")
    assert [s.signal for s in said] == ["content-signal", *["named ai agents"] * 2]
