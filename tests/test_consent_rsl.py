"""RSL: where documents are declared, and what they say."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.linkheader import PageLink, absolute, read_link_header
from ftcrawler.consent.robots import parse_robots
from ftcrawler.consent.rsl import (
    page_pointers,
    robots_pointer_statements,
    robots_pointers,
    rsl_statements,
)

HOST = "https://host.example"
NS = 'xmlns="https://rslstandard.org/rsl"'
PERMIT = '<permits type="usage">ai-train</permits>'
CC = "https://creativecommons.org/licenses/by/4.0/"


def licence(*inside, content='url="/"', root=NS):
    licences = "".join(f"<license>{part}</license>" for part in inside)
    return f"<rsl {root}><content {content}>{licences}</content></rsl>"


def effects(text, path="/a/b"):
    return [s.effect for s in rsl_statements(text, HOST + path, "license.xml")]


TERMS = [
    ("permits ai-train", licence(PERMIT), "allow"),
    ("permits all", licence('<permits type="usage">all</permits>'), "allow"),
    ("permits ai-all", licence('<permits type="usage">ai-all</permits>'), "allow"),
    ("permits a list", licence('<permits type="usage">search, ai-train</permits>'), "allow"),
    (
        "permits a list of words",
        licence('<permits type="usage">search ai-train</permits>'),
        "allow",
    ),
    ("permits twice", licence('<permits type="usage">search</permits>' + PERMIT), "allow"),
    ("usage is the default type", licence("<permits>ai-train</permits>"), "allow"),
    ("case of tokens", licence('<permits type="Usage">AI-Train</permits>'), "allow"),
    ("a draft's token", licence('<permits type="usage">train-ai</permits>'), "allow"),
    ("permits search only", licence('<permits type="usage">search</permits>'), "deny"),
    ("permits ai-input only", licence('<permits type="usage">ai-input</permits>'), "deny"),
    ("permits ai-index only", licence('<permits type="usage">ai-index</permits>'), "deny"),
    ("permits nothing", licence('<permits type="usage"></permits>'), "deny"),
    ("permits an unknown token", licence('<permits type="usage">reading</permits>'), "deny"),
    ("says nothing on use", licence("<legal>x</legal>"), "deny"),
    ("an empty licence", licence(""), "deny"),
    ("no licence", f'<rsl {NS}><content url="/"></content></rsl>', "deny"),
    ("prohibits ai-train", licence('<prohibits type="usage">ai-train</prohibits>'), "deny"),
    ("prohibits ai-all", licence('<prohibits type="usage">ai-all</prohibits>'), "deny"),
    ("prohibits all", licence('<prohibits type="usage">all</prohibits>'), "deny"),
    ("prohibits a draft's token", licence("<prohibits>train-ai</prohibits>" + PERMIT), "deny"),
    (
        "prohibits over permits",
        licence('<permits>all</permits><prohibits type="usage">ai-train</prohibits>'),
        "deny",
    ),
    (
        "prohibits search, permits training",
        licence(PERMIT + "<prohibits>search</prohibits>"),
        "allow",
    ),
    ("prohibits search, says no more", licence("<prohibits>search</prohibits>"), "deny"),
    ("free", licence(PERMIT + '<payment type="free"/>'), "allow"),
    ("a payment without type or terms", licence(PERMIT + "<payment/>"), "allow"),
    ("attribution", licence(PERMIT + '<payment type="attribution"/>'), "allow"),
    (
        "attribution by Creative Commons",
        licence(PERMIT + f'<payment type="attribution"><standard>{CC}</standard></payment>'),
        "allow",
    ),
    *[
        (f"payment {kind}", licence(PERMIT + f'<payment type="{kind}"/>'), "deny")
        for kind in ("purchase", "subscription", "training", "crawl", "use", "inference", "other")
    ],
    (
        "an amount",
        licence(PERMIT + '<payment type="free"><amount currency="USD">1</amount></payment>'),
        "deny",
    ),
    (
        "a collective's licence",
        licence(
            PERMIT + "<payment><standard>https://rslcollective.org/license</standard></payment>"
        ),
        "deny",
    ),
    ("custom terms", licence(PERMIT + "<payment><custom>https://h/</custom></payment>"), "deny"),
    ("a server", licence(PERMIT, content='url="/" server="https://l.example"'), "deny"),
    ("a server, case", licence(PERMIT, content='url="/" Server="l.example"'), "deny"),
    ("an empty server", licence(PERMIT, content='url="/" server=""'), "allow"),
    ("a server element", licence(PERMIT + '<server url="https://l.example"/>'), "deny"),
    ("encrypted", licence(PERMIT, content='url="/" encrypted="true"'), "deny"),
    ("not encrypted", licence(PERMIT, content='url="/" encrypted="false"'), "allow"),
    ("only certain users", licence(PERMIT + '<permits type="user">education</permits>'), "deny"),
    ("all users", licence(PERMIT + '<permits type="user">all</permits>'), "allow"),
    ("only certain countries", licence(PERMIT + '<permits type="geo">US</permits>'), "deny"),
    (
        "not certain users",
        licence(PERMIT + '<prohibits type="user">commercial</prohibits>'),
        "deny",
    ),
    ("two licences, both permit", licence(PERMIT, "<permits>all</permits>"), "allow"),
    ("two licences, one sells", licence(PERMIT, PERMIT + '<payment type="use"/>'), "deny"),
    ("no namespace", licence(PERMIT, root=""), "allow"),
    ("a prefix", licence(PERMIT).replace("xmlns=", "xmlns:r="), "allow"),
    ("an XML declaration", '<?xml version="1.0" encoding="UTF-16"?>' + licence(PERMIT), "allow"),
    ("BOM", "\ufeff" + licence(PERMIT), "allow"),
    ("a comment that permits", licence(f"<!-- {PERMIT} -->"), "deny"),
]


@pytest.mark.parametrize(("text", "effect"), [c[1:] for c in TERMS], ids=[c[0] for c in TERMS])
def test_terms(text, effect):
    assert effects(text) == [effect]


def test_a_prefixed_namespace_is_read():
    text = (
        '<r:rsl xmlns:r="https://rslstandard.org/rsl"><r:content url="/"><r:license>'
        "<r:prohibits>all</r:prohibits></r:license></r:content></r:rsl>"
    )
    assert effects(text) == ["deny"]


def test_a_licence_feed_is_read_and_its_media_are_not():
    text = (
        '<rss xmlns:rsl="https://rslstandard.org/rsl" xmlns:m="http://search.yahoo.com/mrss/">'
        '<channel><item><m:content url="https://host.example/a.jpg"/>'
        '<rsl:content url="https://host.example/a/b"><rsl:license><rsl:permits>search'
        "</rsl:permits></rsl:license></rsl:content></item></channel></rss>"
    )
    assert effects(text) == ["deny"]
    assert effects(text, "/other") == ["note"]


UNREADABLE = [
    ("empty", ""),
    ("text", "All rights reserved"),
    ("HTML", "<!doctype html><title>Terms</title><p>x"),
    ("XHTML", "<html><body><content/></body></html>"),
    ("open tag", licence(PERMIT)[:-3]),
    ("entity", '<!DOCTYPE r [<!ENTITY e "ai-train">]>' + licence("<permits>&e;</permits>")),
    ("external entity", '<!DOCTYPE r SYSTEM "http://127.0.0.1/x">' + licence(PERMIT)),
    ("undeclared entity", licence("<permits>&e;</permits>")),
    ("no content", f"<rsl {NS}></rsl>"),
    ("another root", "<note><to/></note>"),
    ("too long", licence(PERMIT) + " " * 200_000),
    ("deep", "<rsl>" * 2_000 + "</rsl>" * 2_000),
    ("NUL", licence(PERMIT) + "\0"),
]


@pytest.mark.parametrize("text", [c[1] for c in UNREADABLE], ids=[c[0] for c in UNREADABLE])
def test_what_cannot_be_read_denies(text):
    (statement,) = rsl_statements(text, HOST + "/a", "license.xml")
    assert statement.effect == "deny"
    assert "cannot be read" in statement.reason


COVERS = [
    ("root", "/", "/a", True),
    ("a folder", "/a/", "/a/b", True),
    ("another folder", "/x/", "/a/b", False),
    ("star", "/a/*", "/a/b", True),
    ("end", "/*.pdf$", "/a/b", False),
    ("absolute", "https://host.example/a/b", "/a/b", True),
    ("absolute root", "https://host.example/", "/a/b", True),
    ("absolute without path", "https://host.example", "/a/b", True),
    ("http for https", "http://host.example/a", "/a/b", True),
    ("www", "https://www.host.example/", "/a/b", True),
    ("case of the host", "https://HOST.example/", "/a/b", True),
    ("another host", "https://other.example/", "/a/b", False),
    ("a star for a host", "https://*.example/", "/a/b", True),
    ("a host that ends alike", "https://*.ost.example/", "/a/b", False),
    ("empty means what points at it", "", "/a/b", True),
    ("without slash", "a/b", "/a/b", True),
    ("broken", "https://[", "/a/b", False),
]


@pytest.mark.parametrize(
    ("pattern", "path", "covered"), [c[1:] for c in COVERS], ids=[c[0] for c in COVERS]
)
def test_which_pages_a_content_covers(pattern, path, covered):
    terms = licence("<prohibits>all</prohibits>", content=f'url="{pattern}"')
    assert effects(terms, path) == (["deny"] if covered else ["note"])


def test_of_several_contents_that_cover_a_page_the_most_restrictive_counts():
    one, other = licence(PERMIT), licence("<prohibits>all</prohibits>", content='url="/a/"')
    text = one.replace("</rsl>", other.removeprefix(f"<rsl {NS}>"))
    assert effects(text) == ["allow", "deny"]
    assert effects(text, "/elsewhere") == ["allow"]


RSL = "application/rsl+xml"
LINKS = [
    ("relation and type", ("license", "/l.xml", RSL), True),
    ("case", ("LICENSE", "/l.xml", "Application/RSL+XML"), True),
    ("several relations", ("nofollow license", "/l.xml", RSL), True),
    ("type with a parameter", ("license", "/l.xml", f"{RSL}; charset=utf-8"), True),
    ("type without relation", ("", "/l.xml", RSL), True),
    ("another relation", ("alternate", "/feed", RSL), False),
    ("no type", ("license", "/terms", ""), False),
    ("no type, named rsl.xml", ("license", "/rsl.xml", ""), True),
    ("no type, named license.xml", ("license", "/x/license.xml?v=1", ""), True),
    ("no type, ending in .rsl", ("license", "/a.rsl", ""), True),
    ("HTML", ("license", CC, "text/html"), False),
    ("Creative Commons by mistake", ("license", CC, RSL), False),
]


@pytest.mark.parametrize(("link", "found"), [c[1:] for c in LINKS], ids=[c[0] for c in LINKS])
def test_which_links_declare_a_document(link, found):
    assert bool(page_pointers([PageLink(*link)], HOST + "/a")) is found


def test_pointers_of_robots_txt_are_absolute_and_once():
    robots = parse_robots(
        b"License: https://host.example/l.xml\nUser-agent: *\nLicense: /m.xml\nAllow: /\n"
        b"License: https://host.example/l.xml\nLicense: mailto:x@y\nLicense:\n"
        b"License: https://creativecommons.org/licenses/by/4.0/\n"
    )
    url = HOST + "/robots.txt"
    assert robots_pointers(robots, url) == (HOST + "/l.xml", HOST + "/m.xml")
    (statement,) = robots_pointer_statements(robots, url)
    assert (statement.effect, statement.source) == ("deny", "robots.txt line 6")


HEADERS = [
    ("quoted", '</l>; rel="license"; type="a/b"', [("license", "/l", "a/b")]),
    ("tokens", "</l>;rel=license;type=a/b", [("license", "/l", "a/b")]),
    ("case", "</l>; REL=license", [("license", "/l", "")]),
    ("two", '<a>; rel="next", <b>; rel="prev"', [("next", "a", ""), ("prev", "b", "")]),
    ("a comma in the URL", '<a,b>; rel="license"', [("license", "a,b", "")]),
    ("a comma in quotes", '<a>; title="x, y"; rel=license', [("license", "a", "")]),
    ("no relation", "<a>", [("", "a", "")]),
    ("open bracket", "<a", []),
    ("no link", "license", []),
    ("empty", "", []),
]


@pytest.mark.parametrize(("value", "links"), [c[1:] for c in HEADERS], ids=[c[0] for c in HEADERS])
def test_link_headers(value, links):
    assert read_link_header(value) == links


def test_hostile_values_cost_little():
    start = time.perf_counter()
    for value in ("<" * 200_000, "<a>;" * 50_000, '<a>;rel="' * 30_000, "<a>" + "r=" * 200_000):
        read_link_header(value)
    rsl_statements("<a>" * 30_000, HOST, "x")
    assert time.perf_counter() - start < 2


@given(st.text(), st.text())
def test_soup_never_raises_or_allows(text, url):
    effects = {s.effect for s in rsl_statements(text, url, "x")}
    effects |= {s.effect for s in rsl_statements(f"<rsl {NS}>{text}</rsl>", url, "x")}
    assert "allow" not in effects
    read_link_header(text), read_link_header(f"<{text}>; {text}"), absolute(text, url)
    page_pointers([PageLink(text, url, text)], text)


PARTS = st.sampled_from(
    [
        PERMIT,
        "<permits>all</permits>",
        "<permits/>",
        '<payment type="free"/>',
        "<prohibits>search</prohibits>",
        "<legal>x</legal>",
        '<permits type="user">all</permits>',
    ]
)


@given(st.lists(PARTS, max_size=5), st.integers(0, 5))
def test_adding_a_prohibition_denies(parts, at):
    parts = [*parts[:at], "<prohibits>ai-train</prohibits>", *parts[at:]]
    assert effects(licence("".join(parts))) == ["deny"]
