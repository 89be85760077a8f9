"""One spelling for each URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.urls import MAX_LENGTH, canonical, host_of, origin_of

SPELLINGS = {
    "case of scheme and host": ("HTTP://Example.COM/Path", "http://example.com/Path"),
    "default port": ("https://example.com:443/a", "https://example.com/a"),
    "another port": ("http://example.com:443/a", "http://example.com:443/a"),
    "fragment": ("http://a.example/x#y", "http://a.example/x"),
    "no path": ("http://a.example", "http://a.example/"),
    "query without path": ("http://a.example?q=1", "http://a.example/?q=1"),
    "dot segments": ("http://a.example/a/./b/../c", "http://a.example/a/c"),
    "above the root": ("http://a.example/../../c", "http://a.example/c"),
    "ends with dots": ("http://a.example/a/b/..", "http://a.example/a/"),
    "tracking": ("http://a.example/?utm_source=x&id=7&fbclid=1", "http://a.example/?id=7"),
    "only tracking": ("http://a.example/?gclid=x", "http://a.example/"),
    "order of parameters stays": ("http://a.example/?b=1&a=2", "http://a.example/?b=1&a=2"),
    "an empty value stays": ("http://a.example/?a=&b", "http://a.example/?a=&b"),
    "case of escapes": ("http://a.example/%c3%a9", "http://a.example/%C3%A9"),
    "non-ASCII": ("http://a.example/é?q=é", "http://a.example/%C3%A9?q=%C3%A9"),
    "needless escapes": ("http://a.example/%41%7e", "http://a.example/A~"),
    "an escaped slash stays": ("http://a.example/a%2Fb", "http://a.example/a%2Fb"),
    "a broken escape": ("http://a.example/100%", "http://a.example/100%25"),
    "space": ("  http://a.example/a b ", "http://a.example/a%20b"),
    "line break": ("http://a.example/a\nb", "http://a.example/ab"),
    "international host": ("http://bücher.example/", "http://xn--bcher-kva.example/"),
    "credentials": ("http://user:secret@a.example/", "http://a.example/"),
    "a backslash is a slash": (r"http://a.example\.b.example/x", "http://a.example/.b.example/x"),
    "IPv6": ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
}

UNUSABLE = [
    "http://a<b.example/",
    "http://{a}.example/",
    "http://*.example/",
    "",
    "mailto:a@b.example",
    "javascript:alert(1)",
    "ftp://a.example/",
    "//a.example/",
    "http://",
    "http://a.example:port/",
    "http://[::1/",
    "http:///path",
    "data:text/html,x",
    "http://a.example/" + "x" * MAX_LENGTH,
]


@pytest.mark.parametrize("name", SPELLINGS)
def test_spelling(name):
    given_, expected = SPELLINGS[name]
    assert canonical(given_) == expected


@pytest.mark.parametrize("url", UNUSABLE)
def test_what_is_no_page_is_empty(url):
    assert canonical(url) == ""


@given(st.text(max_size=80))
def test_any_text_is_answered_and_the_answer_stays(text):
    once = canonical(f"http://a.example/{text}")
    assert canonical(once) == once
    assert once.isascii()


def test_parts():
    assert host_of("http://a.example:8080/x") == "a.example"
    assert origin_of("http://a.example:8080/x?y") == "http://a.example:8080"
