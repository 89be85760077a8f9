"""TDM Reservation Protocol: the file, and which place supersedes which."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.decision import decide
from ftcrawler.consent.tdmrep import resolved, tdm_file_statements, tdm_statements

HOST = "https://host.example"


def said(text, path="/a"):
    text = text if isinstance(text, str) else json.dumps(text)
    return [s.effect for s in tdm_file_statements(text, HOST + path) if s.signal != "tdm-policy"]


def rule(location, value=1, **more):
    return {"location": location, "tdm-reservation": value, **more}


FILES = [
    ("reserved everywhere", [rule("/")], "/a", ["deny"]),
    ("not reserved", [rule("/", 0)], "/a", ["allow"]),
    ("a folder, inside", [rule("/a/")], "/a/b", ["deny"]),
    ("a folder, outside", [rule("/a/")], "/b", []),
    ("a folder is a prefix", [rule("/a")], "/ab", ["deny"]),
    ("a star", [rule("/a/*")], "/a/b/c", ["deny"]),
    ("a star in the middle", [rule("/*/art")], "/x/y/art", ["deny"]),
    ("a star in the middle, elsewhere", [rule("/*/art")], "/art", []),
    ("an end", [rule("/*.pdf$")], "/a.pdf", ["deny"]),
    ("an end, more behind", [rule("/*.pdf$")], "/a.pdf?x=1", []),
    ("a file type without slash", [rule("*.html")], "/a.html", ["deny"]),
    ("the first match wins, reserved", [rule("/a"), rule("/", 0)], "/a", ["deny"]),
    ("the first match wins, open", [rule("/a", 0), rule("/")], "/a", ["allow"]),
    ("the first match wins, longer later", [rule("/", 0), rule("/a/b")], "/a/b", ["allow"]),
    ("only the second matches", [rule("/b", 0), rule("/a")], "/a", ["deny"]),
    ("the first match without value", [{"location": "/", "tdm-policy": "p"}, rule("/")], "/a", []),
    ("the text 1", [rule("/", "1")], "/a", ["deny"]),
    ("the text 0", [rule("/", "0")], "/a", ["allow"]),
    ("true", [rule("/", value=True)], "/a", ["deny"]),
    ("false", [rule("/", value=False)], "/a", ["allow"]),
    ("1.0", [rule("/", 1.0)], "/a", ["deny"]),
    ("2 counts as not set", [rule("/", 2)], "/a", ["note"]),
    ("a word counts as not set", [rule("/", "yes")], "/a", ["note"]),
    ("null counts as not set", [rule("/", None)], "/a", ["note"]),
    ("a list counts as not set", [rule("/", [1])], "/a", ["note"]),
    ("case of keys", [{"Location": "/", "TDM-Reservation": 1}], "/a", ["deny"]),
    ("underscore in the key", [{"location": "/", "tdm_reservation": 1}], "/a", ["deny"]),
    ("no location is everywhere", [{"tdm-reservation": 1}], "/a", ["deny"]),
    ("a null location is everywhere", [rule(None)], "/a", ["deny"]),
    ("an empty location is everywhere", [rule("")], "/a", ["deny"]),
    ("a list of locations", [rule(["/x", "/a"])], "/a", ["deny"]),
    ("a location without slash", [rule("a")], "/a", ["deny"]),
    ("an absolute location", [rule("https://host.example/a")], "/a", ["deny"]),
    ("an absolute location, elsewhere", [rule("https://host.example/b")], "/a", []),
    ("percent-encoding", [rule("/caf%C3%A9")], "/caf\u00e9", ["deny"]),
    ("dot segments of the URL", [rule("/a/")], "/x/../a/b", ["deny"]),
    ("one object, no list", rule("/"), "/a", ["deny"]),
    ("an empty list", [], "/a", []),
    ("BOM", "\ufeff" + json.dumps([rule("/")]), "/a", ["deny"]),
    ("more keys", [rule("/", 1, comment="x")], "/a", ["deny"]),
    ("malformed, mentions it", '[{"location": "/", "tdm-reservation": 1,}', "/a", ["deny"]),
    ("malformed, mentions it in words", "TDM reservation: yes", "/a", ["deny"]),
    ("malformed, mentions nothing", "{not json", "/a", []),
    ("text that is no rule", '"hello"', "/a", []),
    ("wrapped rules", {"rules": [rule("/")]}, "/a", ["deny"]),
    ("an object of something else", {"error": "not found"}, "/a", []),
    ("a rule among others' objects", [{"x": 1}, rule("/")], "/a", ["deny"]),
    ("numbers", [1, 2], "/a", []),
    ("deep nesting", "[" * 100_000, "/a", []),
    ("deep nesting that mentions it", "[" * 100_000 + "tdm-reservation", "/a", ["deny"]),
]


@pytest.mark.parametrize(
    ("text", "path", "expected"), [c[1:] for c in FILES], ids=[c[0] for c in FILES]
)
def test_the_file(text, path, expected):
    assert said(text, path) == expected


def test_a_policy_is_noted_with_its_rule():
    text = json.dumps([rule("/x"), rule("/a", 1, **{"tdm-policy": "https://host.example/p.json"})])
    reserved, policy = tdm_file_statements(text, HOST + "/a")
    assert reserved.source == policy.source == "/.well-known/tdmrep.json rule 2"
    assert (policy.signal, policy.effect, policy.raw) == (
        "tdm-policy",
        "note",
        "https://host.example/p.json",
    )


PRECEDENCE = [
    ("file 1", 1, None, None, "deny"),
    ("file 0", 0, None, None, "allow"),
    ("header 0 over file 1", 1, "0", None, "allow"),
    ("header 1 over file 0", 0, "1", None, "deny"),
    ("meta 0 over file 1", 1, None, "0", "allow"),
    ("meta 1 over file 0", 0, None, "1", "deny"),
    ("meta 0 over header 1", None, "1", "0", "allow"),
    ("meta 1 over header 0", None, "0", "1", "deny"),
    ("meta 0 over both", 1, "1", "0", "allow"),
    ("meta 1 over both", 0, "0", "1", "deny"),
    ("meta 1, header 0, file 1", 1, "0", "1", "deny"),
    ("an unset header supersedes nothing", 1, "x", None, "deny"),
    ("an unset meta supersedes nothing", 1, None, "", "deny"),
    ("an unset meta leaves the header", 1, "0", "2", "allow"),
    ("an unset file", 7, None, None, "allow"),
    ("nothing anywhere", None, None, None, "allow"),
]


@pytest.mark.parametrize(
    ("file", "header", "meta", "decision"),
    [c[1:] for c in PRECEDENCE],
    ids=[c[0] for c in PRECEDENCE],
)
def test_the_later_place_supersedes(file, header, meta, decision):
    text = "[]" if file is None else json.dumps([rule("/", file)])
    headers = [] if header is None else [("tdm-reservation", header)]
    metas = [] if meta is None else [("tdm-reservation", meta)]
    statements = tdm_file_statements(text, HOST) + tdm_statements(headers, metas)
    assert decide(resolved(statements)).decision == decision
    assert decide(resolved(reversed(statements))).decision == decision
    assert resolved(resolved(statements)) == resolved(statements)


def test_what_is_superseded_stays_on_record():
    statements = tdm_file_statements(json.dumps([rule("/")]), HOST)
    statements += tdm_statements([("tdm-reservation", "0")], [])
    file, header = resolved(statements)
    assert (file.effect, header.effect) == ("note", "allow")
    assert file.reason.startswith("superseded by a later place")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("/"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["location", "tdm-reservation", "tdm-policy", "x"]), inner
        )
    ),
    max_leaves=8,
)


@given(JSON, st.text(max_size=8))
def test_soup_of_rules_never_raises(value, path):
    tdm_file_statements(json.dumps(value), HOST + "/" + path)


@given(st.text(), st.text())
def test_soup_never_raises_and_never_allows_what_mentions_a_reservation(text, url):
    tdm_file_statements(text, url)
    broken = "{" + text + '"tdm-reservation"'
    assert "allow" not in {s.effect for s in tdm_file_statements(broken, url)}


@given(JSON)
def test_a_first_rule_that_reserves_everything_denies(value):
    rules = [rule("/"), *(value if isinstance(value, list) else [value])]
    assert "deny" in said(rules)
