"""Licences that pages name: which they are, what they oblige to, what they mean for training."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.licences import (
    Licence,
    LicencePolicy,
    jsonld_licences,
    licence_statements,
    linked_licences,
    obligations,
    read_licence,
)
from ftcrawler.consent.linkheader import PageLink

URL = "https://host.example/a"
CC = "https://creativecommons.org/licenses"

# name, attribution, share alike, noncommercial, no derivatives
KNOWN = [
    (f"{CC}/by/4.0/", "CC BY 4.0", "A"),
    (f"{CC}/by-sa/4.0/", "CC BY-SA 4.0", "AS"),
    (f"{CC}/by-nc/4.0/", "CC BY-NC 4.0", "AN"),
    (f"{CC}/by-nd/4.0/", "CC BY-ND 4.0", "AD"),
    (f"{CC}/by-nc-sa/4.0/", "CC BY-NC-SA 4.0", "ASN"),
    (f"{CC}/by-nc-nd/4.0/", "CC BY-NC-ND 4.0", "AND"),
    (f"{CC}/by-nd-nc/1.0/", "CC BY-ND-NC 1.0", "AND"),
    (f"{CC}/nc-sa/1.0/", "CC NC-SA 1.0", "SN"),
    (f"{CC}/by-sa/3.0/de/", "CC BY-SA 3.0 DE", "AS"),
    (f"{CC}/by-sa/3.0/igo/", "CC BY-SA 3.0 IGO", "AS"),
    (f"{CC}/by/4.0/deed.fr", "CC BY 4.0", "A"),
    (f"{CC}/by/4.0/legalcode", "CC BY 4.0", "A"),
    (f"{CC}/by/4.0", "CC BY 4.0", "A"),
    (f"{CC}/by/4.0/?ref=chooser", "CC BY 4.0", "A"),
    (f"{CC}/by/", "CC BY", "A"),
    ("http://creativecommons.org/licenses/by/2.0/", "CC BY 2.0", "A"),
    ("https://www.creativecommons.org/licenses/by/2.0/", "CC BY 2.0", "A"),
    ("//creativecommons.org/licenses/by/2.0/", "CC BY 2.0", "A"),
    ("HTTPS://CreativeCommons.org/Licenses/BY-SA/4.0/", "CC BY-SA 4.0", "AS"),
    ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0", ""),
    ("https://creativecommons.org/publicdomain/mark/1.0/", "Public Domain Mark 1.0", ""),
    (f"{CC}/sampling+/1.0/", "CC SAMPLING+ 1.0", "N"),
    ("CC-BY-4.0", "CC BY 4.0", "A"),
    ("CC BY-NC-SA 4.0", "CC BY-NC-SA 4.0", "ASN"),
    ("cc by-nd", "CC BY-ND", "AD"),
    ("CC0-1.0", "CC0 1.0", ""),
    ("CC0", "CC0", ""),
    ("https://host.example/terms", "", ""),
    ("https://creativecommons.org/", "", ""),
    ("https://creativecommons.org.evil.example/licenses/by/4.0/", "", ""),
    ("https://host.example/?https://creativecommons.org/licenses/by/4.0/", "", ""),
    ("CC BYE", "", ""),
    ("All rights reserved", "", ""),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "name", "duties"), KNOWN, ids=[c[0] or "empty" for c in KNOWN])
def test_known_licences(text, name, duties):
    licence = read_licence(text)
    assert licence == Licence(text, name, *(letter in duties for letter in "ASND"))
    assert licence.is_free is (bool(name) and not set(duties) & {"N", "D"})


def test_obligations_in_words():
    assert obligations(read_licence(f"{CC}/by-nc-nd/4.0/")) == (
        "CC BY-NC-ND 4.0: name the author, not for commercial use, no derivatives"
    )
    assert obligations(read_licence("CC0")) == "CC0: no obligations"
    assert "not known" in obligations(read_licence("https://host.example/terms"))


LINKS = [
    ("rel=license", ("license", f"{CC}/by/4.0/", ""), "rel=license"),
    ("several relations", ("nofollow License", f"{CC}/by/4.0/", ""), "rel=license"),
    ("an own licence", ("license", "/terms", "text/html"), "rel=license"),
    ("a link without relation", ("", f"{CC}/by/4.0/", ""), "a link to Creative Commons"),
    ("another link", ("", "/terms", ""), None),
    ("RSL", ("license", "/license.xml", "application/rsl+xml"), None),
]


@pytest.mark.parametrize(("link", "source"), [c[1:] for c in LINKS], ids=[c[0] for c in LINKS])
def test_links(link, source):
    assert [s for _, s in linked_licences([PageLink(*link)], URL)] == ([source] if source else [])


def test_a_relative_licence_is_made_absolute():
    ((licence, _),) = linked_licences([PageLink("license", "terms")], URL)
    assert licence.url == "https://host.example/terms"


BY = f"{CC}/by/4.0/"
JSONLD = [
    ("an article", {"@type": "Article", "license": BY}, [BY]),
    ("no type", {"license": BY}, [BY]),
    ("a list of nodes", [{"@type": "WebSite"}, {"@type": "Article", "license": BY}], [BY]),
    ("a graph", {"@graph": [{"@type": "NewsArticle", "license": BY}]}, [BY]),
    ("the main entity", {"@type": "WebPage", "mainEntity": {"license": BY}}, [BY]),
    ("an object with @id", {"license": {"@id": BY}}, [BY]),
    ("an object with url", {"license": {"@type": "CreativeWork", "url": BY}}, [BY]),
    ("an object with name", {"license": {"name": "CC BY 4.0"}}, ["CC BY 4.0"]),
    ("a list of licences", {"license": [BY, f"{CC}/by-sa/4.0/"]}, [BY, f"{CC}/by-sa/4.0/"]),
    ("a list of types", {"@type": ["Article", "Report"], "license": BY}, [BY]),
    ("a picture at the top", {"@type": "ImageObject", "license": BY}, []),
    ("a picture within", {"@type": "Article", "image": {"license": BY}}, []),
    ("a video in the graph", {"@graph": [{"@type": "VideoObject", "license": BY}]}, []),
    ("a number", {"license": 4}, []),
    ("null", {"license": None}, []),
    ("an empty text", {"license": " "}, []),
    ("an empty object", {"license": {}}, []),
    ("nested lists", [[{"license": BY}]], [BY]),
    ("not an object", "license", []),
]


@pytest.mark.parametrize(("data", "urls"), [c[1:] for c in JSONLD], ids=[c[0] for c in JSONLD])
def test_jsonld(data, urls):
    found = [licence for licence, _ in jsonld_licences([json.dumps(data)], URL)]
    assert [licence.url for licence in found] == urls
    assert all(licence.name.startswith("CC BY") for licence in found)


BROKEN = [
    ("not JSON", '{"license": '),
    ("deep", '{"license": ' + "[" * 100_000),
    ("too long", '{"license": "x"}' + " " * 600_000),
    ("without the word", "{}"),
    ("empty", ""),
]


@pytest.mark.parametrize("text", [c[1] for c in BROKEN], ids=[c[0] for c in BROKEN])
def test_broken_jsonld_names_no_licence(text):
    assert list(jsonld_licences([text], URL)) == []


NC, ND, OWN = f"{CC}/by-nc/4.0/", f"{CC}/by-nd/4.0/", "https://host.example/terms"
POLICIES = [
    ("free", [BY], {}, ["allow"]),
    ("share alike is free", [f"{CC}/by-sa/4.0/"], {}, ["allow"]),
    ("NC is a note", [NC], {}, ["note"]),
    ("ND is a note", [ND], {}, ["note"]),
    ("NC by policy", [NC], {"noncommercial": "deny"}, ["deny"]),
    ("ND by policy", [ND], {"no_derivatives": "deny"}, ["deny"]),
    ("NC under a policy on ND", [NC], {"no_derivatives": "deny"}, ["note"]),
    ("free under both policies", [BY], {"noncommercial": "deny"}, ["allow"]),
    ("an unknown licence", [OWN], {}, ["note"]),
    ("free and NC: neither allows", [BY, NC], {}, ["note", "note"]),
    ("free and unknown: neither allows", [BY, OWN], {}, ["note", "note"]),
    ("two free ones", [BY, "CC0"], {}, ["allow", "allow"]),
    ("none", [], {}, []),
]


@pytest.mark.parametrize(
    ("urls", "policy", "effects"), [c[1:] for c in POLICIES], ids=[c[0] for c in POLICIES]
)
def test_policies(urls, policy, effects):
    found = [(read_licence(url), "rel=license") for url in urls]
    said = licence_statements(found, LicencePolicy(**policy))
    assert [s.effect for s in said] == effects


def test_a_mere_link_allows_nothing_and_may_deny():
    link = [(read_licence(BY), "a link to Creative Commons")]
    assert [s.effect for s in licence_statements(link)] == ["note"]
    link = [(read_licence(NC), "a link to Creative Commons")]
    said = licence_statements(link, LicencePolicy(noncommercial="deny"))
    assert [s.effect for s in said] == ["deny"]


@given(st.text(), st.text())
def test_soup_never_raises(text, url):
    read_licence(text), read_licence(f"{CC}/{text}")
    found = [*linked_licences([PageLink("license", text)], url), *jsonld_licences([text], url)]
    found += jsonld_licences([json.dumps({"license": [text, {"url": text}]})], url)
    for statement in licence_statements(found):
        statement.raw.encode()
