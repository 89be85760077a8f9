"""What pages say in headers and meta elements, and the decision on it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.decision import Statement, decide, may_follow, read_evidence
from ftcrawler.consent.meta import page_statements

NOW = "2026-11-24T02:00:00Z"


def effects(headers=(), metas=()):
    return {statement.effect for statement in page_statements(headers, metas, NOW)}


NONE, DENY, NOTE = set(), {"deny"}, {"note"}
FOLLOW_NOT = {"nofollow"}

RULES = [
    ("noindex", "noindex", DENY),
    ("none", "none", DENY | FOLLOW_NOT),
    ("noarchive", "noarchive", DENY),
    ("nocache", "nocache", DENY),
    ("noai", "noai", DENY),
    ("noml", "noml", DENY),
    ("nofollow", "nofollow", FOLLOW_NOT),
    ("noimageai", "noimageai", NOTE),
    ("case", "NoIndex", DENY),
    ("list", "index, follow, noai", DENY),
    ("list without blanks", "max-snippet:-1,noai,noimageai", DENY | NOTE),
    ("negatives add up", "noindex, index", DENY),
    ("blanks instead of commas", "index noai", DENY),
    ("semicolons instead of commas", "index; noai", DENY),
    ("hyphen", "no-ai", DENY),
    ("full stop", "noindex.", DENY),
    ("quotes", '"noai"', DENY),
    ("value behind", "noindex: true", DENY),
    ("positive", "all", NONE),
    ("index, follow", "index, follow", NONE),
    ("snippets and translation", "nosnippet, notranslate, max-image-preview:large", NONE),
    ("unknown word", "noanything", NONE),
    ("a word that only contains one", "noaircraft", NONE),
    ("empty", "", NONE),
    ("only commas", ",,,", NONE),
    ("googlebot: ours not", "googlebot: noindex, noai", NONE),
    ("googlebot behind ours", "noai, googlebot: nofollow", DENY),
    ("ours behind googlebot", "googlebot: index, ftcrawler: noai", DENY),
    ("our token", "ftcrawler: noindex", DENY),
    ("Scrapy", "Scrapy: noindex", DENY),
    ("Scrapy with version", "scrapy/2.19: noindex", DENY),
    ("star as the bot", "*: noindex", DENY),
    ("a bot and its date", "googlebot: unavailable_after: 2020-01-01", NONE),
    ("a rule that looks like a bot", "max-snippet: 20, noai", DENY),
    ("noai that looks like a bot", "noai: yes", DENY),
]


@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in RULES], ids=[c[0] for c in RULES])
def test_robots_rules_are_read_alike_in_header_and_meta(text, expected):
    assert effects(headers=[("X-Robots-Tag", text)]) == expected
    assert effects(metas=[("robots", text)]) == expected


DATES = [
    ("ISO day, passed", "2026-11-23", DENY),
    ("ISO day, to come", "2026-11-25", NOTE),
    ("ISO second, passed", "2026-11-24T01:59:59Z", DENY),
    ("ISO second, to come", "2026-11-24T02:00:01+00:00", NOTE),
    ("ISO with zone, passed", "2026-11-24T03:59:00+02:00", DENY),
    ("this very moment", NOW, DENY),
    ("RFC 822, passed", "25 Jun 2010 15:00:00 PST", DENY),
    ("RFC 822, to come", "25 Jun 2090 15:00:00 PST", NOTE),
    ("RFC 822 with weekday and comma", "Sun, 25 Jun 2090 15:00:00 GMT", NOTE),
    ("RFC 822 with weekday, passed", "Fri, 25 Jun 2010 15:00:00 GMT", DENY),
    ("RFC 850", "25-Aug-2007 15:00:00 EST", DENY),
    ("RFC 850, to come", "25-Aug-2067 15:00:00 EST", NOTE),
    ("asctime", "Fri Jun 25 15:00:00 2010", DENY),
    ("day without time", "1 Jan 2090", NOTE),
    ("full month", "1 January 2090 00:00", NOTE),
    ("unreadable", "soon", DENY),
    ("empty", "", DENY),
    ("ambiguous", "06/07/2090", DENY),
    ("endless", "2090-01-01" + " " * 500 + "x", DENY),
]


@pytest.mark.parametrize(("date", "expected"), [c[1:] for c in DATES], ids=[c[0] for c in DATES])
def test_unavailable_after(date, expected):
    for spelling in ("unavailable_after: ", "Unavailable_After:", "unavailable-after: "):
        assert effects(headers=[("x-robots-tag", spelling + date)]) == expected
        assert effects(metas=[("robots", spelling + date)]) == expected


def test_a_rule_behind_a_date_is_read():
    text = "unavailable_after: Sun, 25 Jun 2090 15:00:00 GMT, noai"
    assert effects(metas=[("robots", text)]) == DENY | NOTE


def test_a_hostile_list_costs_little():
    start = time.perf_counter()
    assert effects(metas=[("robots", "unavailable_after: 1" + ",x" * 300_000)]) == DENY
    assert time.perf_counter() - start < 4


def test_a_clock_that_cannot_be_read_denies():
    header = [("x-robots-tag", "unavailable_after: 2090-01-01")]
    assert decide(page_statements(header, [], "yesterday")).decision == "deny"


NAMES = [
    ("robots", "robots", DENY),
    ("ROBOTS", " ROBOTS ", DENY),
    ("ours", "ftcrawler", DENY),
    ("ours, other case", "SCRAPY", DENY),
    ("another bot", "googlebot", NONE),
    ("another AI bot", "GPTBot", NONE),
    ("no name", "", NONE),
    ("description", "description", NONE),
]


@pytest.mark.parametrize(("name", "expected"), [c[1:] for c in NAMES], ids=[c[0] for c in NAMES])
def test_meta_names(name, expected):
    assert effects(metas=[(name, "noai")]) == expected


def test_repeated_headers_all_count():
    headers = [("X-Robots-Tag", "googlebot: index"), ("x-robots-tag", "noai")]
    assert effects(headers) == DENY


TDM = [
    ("header 1", [("TDM-Reservation", "1")], [], "deny"),
    ("header 0", [("tdm-reservation", "0")], [], "allow"),
    ("meta 1", [], [("tdm-reservation", "1")], "deny"),
    ("meta 0", [], [("tdm-reservation", "0")], "allow"),
    ("meta supersedes header", [("tdm-reservation", "1")], [("TDM-reservation", "0")], "allow"),
    (
        "meta supersedes header, denying",
        [("tdm-reservation", "0")],
        [("tdm-reservation", "1")],
        "deny",
    ),
    ("other value is unset", [("tdm-reservation", "true")], [], "allow"),
    (
        "unset meta supersedes nothing",
        [("tdm-reservation", "1")],
        [("tdm-reservation", "x")],
        "deny",
    ),
    ("blanks", [("tdm-reservation", " 1 ")], [], "deny"),
    ("quotes", [], [("tdm-reservation", '"1"')], "deny"),
    ("repeated", [("tdm-reservation", "0"), ("tdm-reservation", "1")], [], "deny"),
    ("joined", [("tdm-reservation", "0, 1")], [], "deny"),
    ("11 is not 1", [("tdm-reservation", "11")], [], "allow"),
    ("a policy alone", [("tdm-policy", "https://h/p.json")], [], "allow"),
]


@pytest.mark.parametrize(
    ("headers", "metas", "decision"), [c[1:] for c in TDM], ids=[c[0] for c in TDM]
)
def test_tdm_reservation(headers, metas, decision):
    assert decide(page_statements(headers, metas, NOW)).decision == decision


@pytest.mark.parametrize("where", ["headers", "metas"])
@pytest.mark.parametrize(
    ("name", "text"), [("Content-Signal", "ai-train=no"), ("Content-Usage", "train-ai=n")]
)
def test_preferences_in_header_and_meta(where, name, text):
    assert effects(**{where: [(name, text)]}) == DENY


def test_evidence_is_the_raw_text():
    verdict = decide(
        page_statements([("X-Robots-Tag", "all"), ("X-Robots-Tag", "NoAI, x")], [], NOW)
    )
    assert (verdict.decision, verdict.signal) == ("deny", "x-robots-tag")
    (statement,), permission = read_evidence(verdict.evidence)
    assert (statement.source, statement.raw) == ("X-Robots-Tag header", "NoAI, x")
    assert permission is None
    assert "noai" in verdict.reason


def test_the_first_denial_decides():
    statements = page_statements([("content-usage", "train-ai=n")], [("robots", "noindex")], NOW)
    assert decide(statements).signal == "meta robots"


def test_silence_is_allowed_with_a_reason():
    assert decide([]).reason == "no signal denies"


def test_following_is_apart_from_using():
    statements = page_statements([], [("robots", "nofollow")], NOW)
    assert decide(statements).decision == "allow"
    assert not may_follow(statements)


STATEMENTS = st.builds(
    Statement,
    st.text(),
    st.text(),
    st.text(),
    st.sampled_from(["deny", "nofollow", "note", "allow"]),
    st.text(),
)


@given(st.lists(STATEMENTS), STATEMENTS, st.integers(0, 9))
def test_adding_a_statement_never_turns_deny_into_allow(statements, more, at):
    before = decide(statements).decision
    after = decide([*statements[:at], more, *statements[at:]]).decision
    assert after == ("deny" if more.effect == "deny" or before == "deny" else "allow")


NAMED = st.sampled_from(
    ["x-robots-tag", "robots", "tdm-reservation", "content-usage", "content-signal", "scrapy"]
)
WORDS = st.lists(
    st.sampled_from(
        [
            "noai",
            "none",
            "index",
            ",",
            ":",
            ";",
            "=",
            " ",
            "googlebot",
            "unavailable_after",
            "1",
            "train-ai",
            "ai-train",
            "y",
            "no",
            '"',
            "(",
            "2090-01-01",
            "Sun, 1 Jan 99999 00:00",
            "-",
        ]
    )
).map("".join)
PAIRS = st.lists(st.tuples(NAMED, st.text() | WORDS), max_size=5)


@given(PAIRS, PAIRS)
def test_soup_never_raises(headers, metas):
    assert decide(page_statements(headers, metas, NOW)).decision in {"allow", "deny"}


@given(PAIRS, PAIRS, st.sampled_from(["noai", "NOINDEX", "none", "unavailable_after: x", "noml"]))
def test_adding_a_denying_header_denies(headers, metas, rule):
    statements = page_statements([*headers, ("X-Robots-Tag", rule)], metas, NOW)
    assert decide(statements).decision == "deny"
