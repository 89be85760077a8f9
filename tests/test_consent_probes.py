"""The files that every origin is asked for: what fails open, what fails closed."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.decision import decide
from ftcrawler.consent.probes import (
    MAX_BYTES,
    PROBES,
    ProbeResult,
    probe_statements,
    read_probe,
    rsl_probe,
)

URL = "https://host.example/a"
TDM, AI, _, TRUST, _, LLMS = PROBES
RSL = rsl_probe("https://host.example/license.xml")
RESERVED = b'[{"location": "/", "tdm-reservation": 1}]'
PERMITS = (
    b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
    b"<permits>all</permits></license></content></rsl>"
)
HTML = b"<!doctype html><html><head><title>Not found</title>"
TYPE = "text/plain"

ANSWERS = [
    # TDMRep: fails closed on trouble, open on absence
    ("tdmrep: read", TDM, 200, "application/json", RESERVED, "read", "deny"),
    ("tdmrep: another type", TDM, 200, "text/html", RESERVED, "read", "deny"),
    ("tdmrep: 404", TDM, 404, "text/html", HTML, "absent", "allow"),
    ("tdmrep: 410", TDM, 410, "", b"", "absent", "allow"),
    ("tdmrep: 403, as servers answer for dot folders", TDM, 403, "", b"", "absent", "allow"),
    ("tdmrep: 401", TDM, 401, "", b"", "absent", "allow"),
    ("tdmrep: 400", TDM, 400, "", b"", "absent", "allow"),
    ("tdmrep: 404 with rules in it", TDM, 404, "application/json", RESERVED, "absent", "allow"),
    ("tdmrep: 500", TDM, 500, "", b"", "unreadable", "defer"),
    ("tdmrep: 503", TDM, 503, "text/html", HTML, "unreadable", "defer"),
    ("tdmrep: 599", TDM, 599, "", b"", "unreadable", "defer"),
    ("tdmrep: 429", TDM, 429, "", b"", "unreadable", "defer"),
    ("tdmrep: no answer", TDM, None, "", b"", "unreadable", "defer"),
    ("tdmrep: a redirect to nowhere", TDM, 302, "", b"", "unreadable", "defer"),
    ("tdmrep: soft 404", TDM, 200, "text/html; charset=utf-8", HTML, "absent", "allow"),
    (
        "tdmrep: soft 404 that lies on its type",
        TDM,
        200,
        "application/json",
        HTML,
        "absent",
        "allow",
    ),
    ("tdmrep: soft 404 after blanks", TDM, 200, "", b"\xef\xbb\xbf\r\n " + HTML, "absent", "allow"),
    ("tdmrep: soft 404 in XML", TDM, 200, "text/xml", b"<Error/>", "absent", "allow"),
    ("tdmrep: text in an HTML type", TDM, 200, "text/html", b"Not found <p>", "absent", "allow"),
    ("tdmrep: empty", TDM, 200, "", b"", "absent", "allow"),
    ("tdmrep: blanks", TDM, 200, "", b" \n", "absent", "allow"),
    ("tdmrep: 204", TDM, 204, "", b"", "absent", "allow"),
    ("tdmrep: text", TDM, 200, TYPE, b"not found", "read", "allow"),
    ("tdmrep: malformed", TDM, 200, TYPE, b'[{"tdm-reservation": 1', "read", "deny"),
    ("tdmrep: BOM", TDM, 200, "", b"\xef\xbb\xbf" + RESERVED, "read", "deny"),
    ("tdmrep: UTF-16", TDM, 200, "", RESERVED.decode().encode("utf-16"), "read", "deny"),
    ("tdmrep: NUL bytes", TDM, 200, "", RESERVED.decode().encode("utf-16-le"), "read", "deny"),
    ("tdmrep: broken UTF-8", TDM, 200, "", b'\xff[{"tdm-reservation": 1}]', "read", "deny"),
    ("tdmrep: gzip", TDM, 200, "", b"\x1f\x8b\x08...", "unreadable", "defer"),
    (
        "tdmrep: too long, mentions it",
        *(TDM, 200, "", RESERVED + b" " * MAX_BYTES, "unreadable", "deny"),
    ),
    ("tdmrep: too long, mentions nothing", TDM, 200, "", b"x" * 200_000, "unreadable", "allow"),
    # ai.txt, trust.txt: fail open
    ("ai.txt: read", AI, 200, TYPE, b"User-Agent: *\nDisallow: /", "read", "deny"),
    ("ai.txt: an HTML type", AI, 200, "text/html", b"User-Agent: *\nDisallow: /", "read", "deny"),
    ("ai.txt: soft 404", AI, 200, "text/html", HTML, "absent", "allow"),
    (
        "ai.txt: soft 404 with rules in it",
        *(AI, 200, TYPE, HTML + b"\nUser-Agent: *\nDisallow: /", "absent", "allow"),
    ),
    ("ai.txt: 404", AI, 404, TYPE, b"User-Agent: *\nDisallow: /", "absent", "allow"),
    ("ai.txt: 500", AI, 500, "", b"", "unreadable", "allow"),
    ("ai.txt: no answer", AI, None, "", b"", "unreadable", "allow"),
    (
        "ai.txt: long, cut at a line",
        *(AI, 200, TYPE, b"User-Agent: *\nDisallow: /\n#" + b"x" * 200_000, "read", "deny"),
    ),
    ("trust.txt: read", TRUST, 200, TYPE, b"datatrainingallowed=no", "read", "deny"),
    ("trust.txt: soft 404", TRUST, 200, "text/html", HTML, "absent", "allow"),
    ("trust.txt: 404", TRUST, 404, "", b"", "absent", "allow"),
    ("trust.txt: 503", TRUST, 503, "", b"", "unreadable", "allow"),
    ("llms.txt: read", LLMS, 200, "text/markdown", b"# T", "read", "allow"),
    ("llms.txt: soft 404", LLMS, 200, "text/html", HTML, "absent", "allow"),
    # a declared document: fails closed
    ("rsl: read", RSL, 200, "application/rsl+xml", PERMITS, "read", "allow"),
    ("rsl: 404", RSL, 404, "", b"", "unreadable", "deny"),
    ("rsl: 403", RSL, 403, "", b"", "unreadable", "deny"),
    ("rsl: 402", RSL, 402, "", b"", "unreadable", "deny"),
    ("rsl: 500", RSL, 500, "", b"", "unreadable", "defer"),
    ("rsl: 429", RSL, 429, "", b"", "unreadable", "defer"),
    ("rsl: no answer", RSL, None, "", b"", "unreadable", "defer"),
    ("rsl: a redirect to nowhere", RSL, 301, "", b"", "unreadable", "defer"),
    ("rsl: empty", RSL, 200, "", b"", "unreadable", "deny"),
    ("rsl: 204", RSL, 204, "", b"", "unreadable", "deny"),
    ("rsl: HTML", RSL, 200, "text/html", HTML, "read", "deny"),
    ("rsl: gzip", RSL, 200, "", b"\x1f\x8b\x08...", "unreadable", "deny"),
    ("rsl: too long", RSL, 200, "", PERMITS + b" " * MAX_BYTES, "unreadable", "deny"),
]


@pytest.mark.parametrize(
    ("probe", "status", "kind", "body", "state", "decision"),
    [c[1:] for c in ANSWERS],
    ids=[c[0] for c in ANSWERS],
)
def test_answers(probe, status, kind, body, state, decision):
    result = read_probe(probe, status, kind, body)
    assert result.state == state
    assert result.why
    assert decide(probe_statements(result, URL)).decision == decision
    kept = json.loads(json.dumps(asdict(result)))
    assert ProbeResult(**kept) == result


def test_the_table_names_each_path_once():
    assert len({probe.path for probe in PROBES}) == len(PROBES)
    assert {probe.path for probe in PROBES} >= {"/.well-known/tdmrep.json", "/ai.txt", "/trust.txt"}


def test_a_result_holds_the_whole_body_s_hash_and_a_bounded_text():
    result = read_probe(AI, 200, TYPE, b"a" * 300_000 + b"\n")
    assert len(result.text) <= MAX_BYTES
    assert len(result.sha256) == 64
    assert result.sha256 != read_probe(AI, 200, TYPE, b"a" * 300_000).sha256
    assert read_probe(AI, None, "", b"").sha256 == ""


def test_the_source_is_the_path_that_answered():
    probe = PROBES[4]
    result = read_probe(probe, 200, TYPE, b"datatrainingallowed=no")
    assert probe_statements(result, URL)[0].source == "/.well-known/trust.txt line 1"


EVERY = st.sampled_from([*PROBES, RSL])
SOUP = st.binary() | st.builds(
    lambda start, rest: start + rest,
    st.sampled_from([RESERVED, PERMITS, HTML, b"User-Agent: *\n", b"\xff\xfe", b"\x1f\x8b"]),
    st.binary(),
)


@given(EVERY, st.none() | st.integers(100, 999), st.text(max_size=20), SOUP, st.text(max_size=20))
def test_byte_soup_never_raises(probe, status, kind, body, url):
    result = read_probe(probe, status, kind, body)
    json.dumps(asdict(result)).encode()
    result.text.encode()
    for statement in probe_statements(result, url):
        assert statement.effect in {"deny", "defer", "note", "allow"}


@given(EVERY, st.none() | st.integers(300, 999), SOUP)
def test_without_an_answer_nothing_is_allowed(probe, status, body):
    said = probe_statements(read_probe(probe, status, "", body), URL)
    assert "allow" not in {statement.effect for statement in said}


@given(st.sampled_from([TDM, RSL]), st.binary(max_size=40))
def test_random_bytes_never_allow(probe, body):
    said = probe_statements(read_probe(probe, 200, "", body), URL)
    assert "allow" not in {statement.effect for statement in said}
