"""All signals of a page together."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from ftcrawler.consent.decision import decide
from ftcrawler.consent.gather import page_signals
from ftcrawler.consent.licences import LicencePolicy
from ftcrawler.consent.linkheader import PageLink
from ftcrawler.consent.meta import page_statements
from ftcrawler.consent.probes import PROBES, probe_statements, read_probe

NOW = "2026-11-24T02:00:00Z"
URL = "https://host.example/a/b"
CC = "https://creativecommons.org/licenses"
RSL = "application/rsl+xml"


def signals(headers=(), metas=(), links=(), jsonld=(), **rest):
    return page_signals(headers, metas, links, jsonld, NOW, url=URL, **rest)


def verdict(*args, profile="default", **rest):
    return decide(signals(*args, **rest).statements, profile=profile).decision


# headers, metas, links, JSON-LD, default, strict
PAGES = [
    ("nothing", [], [], [], [], "allow", "deny"),
    ("Content-Signal yes", [("Content-Signal", "ai-train=yes")], [], [], [], "allow", "allow"),
    ("Content-Usage y", [("Content-Usage", "train-ai=y")], [], [], [], "allow", "allow"),
    ("TDM 0", [("tdm-reservation", "0")], [], [], [], "allow", "allow"),
    ("TDM unset", [("tdm-reservation", "x")], [], [], [], "allow", "deny"),
    ("robots: all", [], [("robots", "all")], [], [], "allow", "deny"),
    ("robots: index", [], [("robots", "index, follow")], [], [], "allow", "deny"),
    ("noimageai", [], [("robots", "noimageai")], [], [], "allow", "deny"),
    (
        "googlebot: noai",
        [("X-Robots-Tag", "googlebot: noindex, noai")],
        [],
        [],
        [],
        "allow",
        "deny",
    ),
    ("meta googlebot", [], [("googlebot", "noindex, noai")], [], [], "allow", "deny"),
    ("CC BY", [], [], [("license", f"{CC}/by/4.0/", "")], [], "allow", "allow"),
    ("CC0", [], [], [("license", f"{CC[:-8]}publicdomain/zero/1.0/", "")], [], "allow", "allow"),
    ("CC BY-NC", [], [], [("license", f"{CC}/by-nc/4.0/", "")], [], "allow", "deny"),
    ("CC BY-ND", [], [], [("license", f"{CC}/by-nd/4.0/", "")], [], "allow", "deny"),
    ("CC BY of a picture", [], [], [("", f"{CC}/by/4.0/", "")], [], "allow", "deny"),
    ("an own licence", [], [], [("license", "/terms", "")], [], "allow", "deny"),
    ("JSON-LD CC BY", [], [], [], [json.dumps({"license": f"{CC}/by/4.0/"})], "allow", "allow"),
    (
        "a licence in a Link header",
        *([("Link", f'<{CC}/by/4.0/>; rel="license"')], [], [], [], "allow", "allow"),
    ),
    (
        "CC BY, and the header refuses",
        *([("tdm-reservation", "1")], [], [("license", f"{CC}/by/4.0/", "")], [], "deny", "deny"),
    ),
    (
        "two protocols, one permits, one refuses",
        *([("Content-Signal", "ai-train=yes"), ("X-Robots-Tag", "noai")], [], [], []),
        *("deny", "deny"),
    ),
    (
        "header permits, meta refuses",
        *([("Content-Signal", "ai-train=yes")], [("content-signal", "ai-train=no")], [], []),
        *("deny", "deny"),
    ),
    (
        "a header twice, the second refuses",
        *([("Content-Usage", "train-ai=y"), ("content-usage", "train-ai=n")], [], [], []),
        *("deny", "deny"),
    ),
    ("a price", [("Crawler-Price", "USD 0.10")], [], [], [], "deny", "deny"),
    (
        "a pointer that is no address",
        *([], [], [("license", "mailto:x@y", RSL)], [], "deny", "deny"),
    ),
]


@pytest.mark.parametrize(
    ("headers", "metas", "links", "jsonld", "default", "strict"),
    [c[1:] for c in PAGES],
    ids=[c[0] for c in PAGES],
)
def test_pages(headers, metas, links, jsonld, default, strict):
    assert verdict(headers, metas, links, jsonld) == default
    assert verdict(headers, metas, links, jsonld, profile="strict") == strict


def test_status_402_denies():
    assert verdict(status=402) == "deny"


def test_the_site_s_own_statements_come_first_and_are_resolved():
    probe = read_probe(PROBES[0], 200, "", b'[{"location": "/a/*", "tdm-reservation": 1}]')
    site = probe_statements(probe, URL)
    assert verdict(site=site) == "deny"
    read = signals([("tdm-reservation", "0")], site=site)
    assert [s.effect for s in read.statements] == ["note", "allow"]
    assert verdict([("tdm-reservation", "x")], site=site) == "deny"
    unreadable = probe_statements(read_probe(PROBES[0], 503, "", b""), URL)
    assert verdict(site=unreadable) == "defer"
    assert verdict(metas=[("tdm-reservation", "0")], site=unreadable) == "allow"


def test_declared_documents_are_named_to_be_read():
    headers = [("Link", f'</l.xml>; rel="license"; type="{RSL}"')]
    links = [PageLink("license", "m.xml", RSL), PageLink("license", "/l.xml", RSL)]
    read = signals(headers, links=links)
    assert read.rsl_urls == ("https://host.example/l.xml", "https://host.example/a/m.xml")
    assert read.licences == ()


def test_an_embedded_document_is_read():
    terms = (
        '<rsl xmlns="https://rslstandard.org/rsl"><content url=""><license>'
        "<prohibits>ai-train</prohibits></license></content></rsl>"
    )
    assert verdict(rsl_texts=[terms]) == "deny"
    assert verdict(rsl_texts=["broken"]) == "deny"


def test_licences_are_kept_once_with_their_obligations():
    url = f"{CC}/by-sa/4.0/"
    read = signals(
        links=[("license", url, ""), ("license", url, "")], jsonld=[f'{{"license":"{url}"}}']
    )
    (licence,) = read.licences
    assert (licence.url, licence.attribution, licence.share_alike) == (url, True, True)
    assert [s.source for s in read.statements] == ["rel=license", "JSON-LD license"]


def test_a_policy_on_licences_denies():
    links = [("license", f"{CC}/by-nc/4.0/", "")]
    assert verdict(links=links, policy=LicencePolicy(noncommercial="deny")) == "deny"


def test_nofollow_is_apart():
    read = signals(metas=[("robots", "nofollow")])
    assert read.nofollow
    assert decide(read.statements).decision == "allow"


def test_page_statements_are_the_same_statements():
    headers, metas = [("X-Robots-Tag", "noai")], [("tdm-reservation", "0")]
    assert page_statements(headers, metas, NOW) == list(signals(headers, metas).statements)


def test_every_statement_names_its_specification():
    headers = [("X-Robots-Tag", "noai, noindex, nofollow, noimageai"), ("tdm-policy", "p")]
    headers += [("tdm-reservation", "1"), ("content-usage", "train-ai=n"), ("crawler-price", "1")]
    metas = [("robots", "unavailable_after: 2020-01-01"), ("content-signal", "ai-train=no")]
    links = [("license", f"{CC}/by/4.0/", ""), ("license", "mailto:x", RSL)]
    said = signals(headers, metas, links, status=402).statements
    assert len(said) == 13
    assert [s for s in said if not s.spec] == []


# -- Traps in HTML: what a reader of the tree hands over ---------------------------------

HTML = [
    ("in the head", "<head><meta name=robots content=noai></head>", "deny"),
    ("in the body", "<body><meta name=robots content=noai></body>", "deny"),
    ("upper case", '<META NAME="ROBOTS" CONTENT="NOAI">', "deny"),
    ("in a comment", "<head><!-- <meta name=robots content=noai> --></head>", "allow"),
    ("in a script", "<script>'<meta name=robots content=noai>'</script>", "allow"),
    ("in a title", "<title><meta name=robots content=noai></title>", "allow"),
    ("in a textarea", "<textarea><meta name=robots content=noai></textarea>", "allow"),
    ("in noscript of the head", "<noscript><meta name=robots content=noai></noscript>", "deny"),
    ("entities", "<meta name=robots content='no&#97;i'>", "deny"),
    ("two elements", "<meta name=robots content=index><meta name=robots content=noai>", "deny"),
    ("no content", "<meta name=robots>", "allow"),
    ("property for name", "<meta property=robots content=noai>", "allow"),
]


@pytest.mark.parametrize(("html", "decision"), [c[1:] for c in HTML], ids=[c[0] for c in HTML])
def test_html(html, decision):
    nodes = LexborHTMLParser(html).css("meta[name][content]")
    metas = [(n.attributes["name"] or "", n.attributes["content"] or "") for n in nodes]
    assert verdict(metas=metas) == decision


# -- Properties -------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        *("x-robots-tag", "robots", "tdm-reservation", "tdm-policy", "content-usage", "link"),
        *("content-signal", "crawler-price", "ftcrawler", "googlebot"),
    ]
)
VALUES = st.text(max_size=30) | st.sampled_from(
    [
        *("noai", "nofollow", "all", "0", "1", "ai-train=yes", "train-ai=y", "train-ai=n"),
        *("USD 0", f'<{CC}/by/4.0/>; rel="license"', f'<l>; rel=license; type="{RSL}"'),
    ]
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=4)
LINKS = st.lists(st.tuples(VALUES, VALUES, st.sampled_from(["", RSL])), max_size=3)
DENIALS = st.sampled_from(
    [
        {"headers": [("X-Robots-Tag", "noai")]},
        {"headers": [("x-robots-tag", "none")]},
        {"headers": [("Content-Usage", "train-ai=n")]},
        {"headers": [("Content-Signal", "ai-train=no")]},
        {"headers": [("crawler-price", "USD 1")]},
        {"metas": [("robots", "noml")]},
        {"metas": [("scrapy", "noindex")]},
        {"metas": [("tdm-reservation", "1")]},
        {"metas": [("content-signal", "ai-train=disallow")]},
        {"links": [("license", "mailto:x", RSL)]},
        {"rsl_texts": ["<html>"]},
        {"status": 402},
    ]
)


@given(PAIRS, PAIRS, LINKS, st.lists(VALUES, max_size=2), DENIALS)
def test_adding_any_denial_denies(headers, metas, links, jsonld, more):
    page = {"headers": headers, "metas": metas, "links": links, "jsonld": jsonld}
    for key, value in more.items():
        page[key] = page[key] + value if key in page else value
    assert verdict(**page) == "deny"
    assert verdict(**page, profile="strict") == "deny"


@given(PAIRS, PAIRS, LINKS, st.lists(VALUES, max_size=2), st.text(max_size=30))
def test_soup_never_raises(headers, metas, links, jsonld, text):
    read = page_signals(headers, metas, links, jsonld, text, url=text, rsl_texts=[text])
    decide(read.statements).evidence.encode()


@given(st.lists(st.tuples(st.text(max_size=10), st.text(max_size=30)), max_size=4))
def test_random_text_permits_nothing(pairs):
    said = signals(pairs, pairs, [(a, b, a) for a, b in pairs], [b for _, b in pairs]).statements
    assert "allow" not in {statement.effect for statement in said}
