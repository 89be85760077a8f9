"""Bytes of robots.txt: spelling, encodings, sizes and the traps seen in the wild."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.robots import MAX_BYTES, Robots, parse_robots

HOST = "https://host.example"


def allowed(body, path, token="foobot"):
    body = body if isinstance(body, bytes) else body.encode()
    return parse_robots(body).check(HOST + path, [token]).allowed


SPELLING = [
    ("case of keys", b"uSER-aGENT: FooBot\ndISALLOW: /a", "/a", False),
    ("case of paths matters", b"User-agent: *\nDisallow: /A", "/a", True),
    ("blanks around the colon", b"  User-agent \t:\t* \n\tDisallow : /a  ", "/a", False),
    ("no blank after the colon", b"User-agent:*\nDisallow:/a", "/a", False),
    ("comments", b"# x\nUser-agent: * # y\nDisallow: /a # z\n", "/a", False),
    ("a comment with a rule", b"User-agent: *\n# Disallow: /a", "/a", True),
    ("a comment without a blank", b"User-agent: *\nDisallow: /a#z", "/a", False),
    ("BOM", b"\xef\xbb\xbfUser-agent: *\nDisallow: /a", "/a", False),
    ("BOM inside", b"Sitemap: https://h/s\n\xef\xbb\xbfUser-agent: *\nDisallow: /a", "/a", False),
    ("CR only", b"User-agent: *\rDisallow: /a\rAllow: /b", "/a", False),
    ("CRLF", b"User-agent: *\r\nDisallow: /a\r\n", "/a", False),
    ("line ends mixed", b"User-agent: *\r\n\rDisallow: /x\n\rDisallow: /a", "/a", False),
    ("UTF-16 LE", "\ufeffUser-agent: *\nDisallow: /a".encode("utf-16-le"), "/a", False),
    ("UTF-16 BE", "\ufeffUser-agent: *\nDisallow: /a".encode("utf-16-be"), "/a", False),
    ("UTF-16 without BOM", "User-agent: *\nDisallow: /a".encode("utf-16-le"), "/a", False),
    ("UTF-32 LE", "\ufeffUser-agent: *\nDisallow: /a".encode("utf-32-le"), "/a", False),
    (
        "UTF-16 and not ASCII",
        "\ufeffUser-agent: *\nDisallow: /é".encode("utf-16-le"),
        "/%C3%A9",
        False,
    ),
    ("NUL bytes", b"User-agent: *\0\nDis\0allow: /a\0", "/a", False),
    ("U+2028 is not a line end", "User-agent: *\nDisallow: /b\u2028Allow: /a".encode(), "/a", True),
    (
        "U+2028 inside a comment",
        "# a\u2028Disallow: /a\nUser-agent: *\nDisallow: /a".encode(),
        "/a",
        False,
    ),
    ("U+0085 is not a line end", "User-agent: *\nDisallow: /\x85\nAllow: /a".encode(), "/b", False),
    ("NBSP around", "User-agent:\u00a0*\u00a0\nDisallow:\u00a0/a\u00a0".encode(), "/a", False),
    ("Latin-1 path", b"User-agent: *\nDisallow: /caf\xe9", "/caf%E9", False),
    ("no colon", b"User-agent *\nDisallow /a", "/a", False),
    ("misspelt Disallow", b"User-agent: *\nDissallow: /a", "/a", False),
    ("User agent in two words", b"User agent: *\nDisallow: /a", "/a", False),
    ("Useragent in one word", b"Useragent: *\nDisallow: /a", "/a", False),
    ("no last newline", b"User-agent: *\nDisallow: /a", "/a", False),
    ("empty file", b"", "/a", True),
    ("only blanks", b" \n\t\n", "/a", True),
]


@pytest.mark.parametrize(
    ("body", "path", "expected"), [c[1:] for c in SPELLING], ids=[c[0] for c in SPELLING]
)
def test_spelling_and_encoding(body, path, expected):
    assert allowed(body, path) is expected


def test_answer_names_rule_line_and_group():
    body = b"User-agent: *\nDisallow: /\n\nUser-agent: Scrapy\nuser-agent: x\nDISALLOW: /p # why\n"
    answer = parse_robots(body).check(HOST + "/p/1")
    assert (answer.allowed, answer.rule, answer.line, answer.group) == (
        False,
        "Disallow: /p",
        6,
        "Scrapy",
    )


def test_answer_without_a_rule():
    answer = parse_robots(b"User-agent: x\nDisallow: /").check(HOST + "/")
    assert (answer.allowed, answer.rule, answer.line, answer.group) == (True, "", 0, "")


HTML = [
    ("doctype", b"<!DOCTYPE html>\n<pre>\nUser-agent: *\nDisallow: /\n</pre>"),
    ("html", b"<html lang=en>\nUser-agent: *\nDisallow: /\n"),
    ("blanks and BOM before", b"\xef\xbb\xbf\r\n  <!doctype HTML>\nUser-agent: *\nDisallow: /\n"),
]


@pytest.mark.parametrize("body", [c[1] for c in HTML], ids=[c[0] for c in HTML])
def test_html_has_no_rules(body):
    robots = parse_robots(body)
    assert robots.kind == "html"
    assert robots.check(HOST + "/").allowed


def test_a_tag_within_rules_is_not_html():
    assert not allowed(b"# <html>\nUser-agent: *\nDisallow: /", "/")


@pytest.mark.parametrize("magic", [b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd"], ids=["gzip", "zstd"])
def test_a_body_that_is_still_compressed_denies(magic):
    """It could not be read: the caller defers, and whoever asks is told no."""
    robots = parse_robots(magic + b"...")
    assert robots.kind == "compressed"
    assert not robots.check(HOST + "/").allowed


def padded(last, size):
    """A file whose last line ends at byte ``size``."""
    head = b"User-agent: *\nDisallow: /first\n"
    filler = b"#" * (size - len(head) - len(last) - 1) + b"\n"
    return head + filler + last


SIZES = [
    ("all within", padded(b"Disallow: /last", MAX_BYTES), False),
    ("complete at the limit, more behind", padded(b"Disallow: /last", MAX_BYTES) + b"\n#", False),
    ("cut at the limit", padded(b"Disallow: /last", MAX_BYTES) + b"x", True),
    ("after the limit", padded(b"Disallow: /last", MAX_BYTES + 9000), True),
    ("12 MB", padded(b"Disallow: /last", 12_000_000), True),
]


@pytest.mark.parametrize(
    ("body", "last_allowed"), [c[1:] for c in SIZES], ids=[c[0] for c in SIZES]
)
def test_only_complete_lines_within_the_limit_count(body, last_allowed):
    assert allowed(body, "/last") is last_allowed
    assert not allowed(body, "/first")


def test_one_endless_line_is_no_line():
    assert allowed(b"User-agent: *" * 100_000, "/a")


def test_sitemaps_are_absolute_once_and_in_order():
    body = b"Sitemap: https://h/b\nSITEMAP:http://h/a#x\nSitemap: /no\nsitemap: https://h/b\n"
    assert parse_robots(body).sitemaps == ("https://h/b", "http://h/a")


def test_records_keep_value_and_line():
    body = (
        b"License: https://h/l.xml\nUser-agent: *\nContent-Usage: /a train-ai=n\nAllow: /\n"
        b"Content-Signal: ai-train=no\nUser-agent: x\nLicense: https://h/x.xml\n"
    )
    robots = parse_robots(body)
    assert [(r.value, r.line) for r in robots.records("content-usage")] == [("/a train-ai=n", 3)]
    assert [(r.value, r.line) for r in robots.records("content-signal")] == [("ai-train=no", 5)]
    assert [r.line for r in robots.records("license")] == [1]
    assert [r.line for r in robots.licenses()] == [1, 7]
    assert robots.group_tokens == {"*", "x"}


def test_undecodable_bytes_are_shown_clean():
    answer = parse_robots(b"User-agent: *\nDisallow: /\xff\xfe").check(HOST + "/%FF%FE")
    assert answer.rule == "Disallow: /\ufffd\ufffd"


@given(st.binary(), st.text())
def test_byte_soup_never_raises(body, url):
    robots = parse_robots(body)
    assert robots.check(url).allowed in {True, False}
    robots.crawl_delay(), robots.request_rate(), robots.visit_time(), robots.licenses()


FRAGMENTS = st.sampled_from(
    [
        "User-agent: *",
        "user-agent:Scrapy",
        "Disallow: /",
        "Allow: /a*$",
        "Disallow",
        "\r",
        "\n",
        "\r\n",
        ":",
        "#",
        "%",
        "%zz",
        "*",
        "$",
        "\0",
        "\ufeff",
        "\u2028",
        "Crawl-delay: 1e9",
        "Visit-time: 9999-0000",
        "Request-rate: 1/0",
        "\ud800",
        "é",
        "Sitemap: http://[",
    ]
)


@given(st.lists(FRAGMENTS, max_size=30), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_soup_of_real_fragments_never_raises(parts, encoding):
    robots = parse_robots("".join(parts).encode(encoding, "surrogatepass"))
    robots.check("https://host/a?b")
    robots.crawl_delay(), robots.request_rate(), robots.visit_time()
    for group in robots.groups:
        for rule in group.rules:
            rule.text.encode()


def test_an_unparsed_file_allows():
    assert Robots().check(HOST + "/").allowed
