"""Links and meta elements of a page, read with one parse."""

import pytest

from ftcrawler.links import MAX_LINKS, is_too_deep, read_frame

URL = "http://a.example/dir/page"
LINKS = {
    "relative": ('<a href="x">x</a>', ["http://a.example/dir/x"]),
    "from the root": ('<a href="/x">x</a>', ["http://a.example/x"]),
    "each once": ('<a href="/x">x</a><a href="/x#y">y</a>', ["http://a.example/x"]),
    "base": ('<base href="/b/"><a href="x">x</a>', ["http://a.example/b/x"]),
    "a base that is a trick": (
        '<base href="javascript:0"><a href="x">x</a>',
        ["http://a.example/dir/x"],
    ),
    "rel=nofollow": ('<a rel="ugc NoFollow" href="/x">x</a>', []),
    "in a comment": ('<!-- <a href="/x">x</a> -->', []),
    "not for browsers": ('<a href="mailto:a@b.example">m</a><a href="javascript:0">j</a>', []),
    "area": ('<map><area href="/x"></map>', ["http://a.example/x"]),
    "next page": ('<link rel="next" href="?page=2">', ["http://a.example/dir/page?page=2"]),
    "a stylesheet is no page": ('<link rel="stylesheet" href="/x.css">', []),
    "refresh": ('<meta http-equiv="Refresh" content="0; URL=\'/x\'">', ["http://a.example/x"]),
    "a broken address": ('<a href="http://[::1">x</a><a href="/x">x</a>', ["http://a.example/x"]),
    "no value": ("<a href>x</a>", ["http://a.example/dir/page"]),
}


@pytest.mark.parametrize("name", LINKS)
def test_links(name):
    html, expected = LINKS[name]
    assert list(read_frame(f"<html><body>{html}", URL).links) == expected


def test_a_trap_of_links_is_bounded():
    html = "".join(f'<a href="/{n}">x</a>' for n in range(MAX_LINKS + 100))
    assert len(read_frame(html, URL).links) == MAX_LINKS


DEPTHS = {
    "nested for ever": ("<div>" * 100_000, True),
    "nested and closed again": ("<div>" * 20_000 + "</div>" * 20_000, True),
    "nested in capitals": ("<DIV><B>" * 20_000, True),
    "a long flat page": ("<div><p>text<br></div>" * 20_000, False),
    "paragraphs that are never closed": ("<p>text" * 20_000, False),
    "a long list": ("<ul>" + "<li><a href=x>x</a>" * 20_000, False),
    "a wide table": ("<table>" + "<tr><td>x<td>y" * 10_000, False),
    "a small page": ("<div>" * 100, False),
}


@pytest.mark.parametrize("name", DEPTHS)
def test_depth(name):
    html, expected = DEPTHS[name]
    assert is_too_deep(html) is expected


def test_metas_have_lower_case_names():
    html = '<META NAME="Robots" CONTENT="NoAI"><!-- <meta name=robots content=none> -->'
    assert read_frame(html, URL).metas == (("robots", "NoAI"),)
