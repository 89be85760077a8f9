"""robots.txt: RFC 9309, its examples, and the traps seen in the wild."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.robots import MAX_BYTES, OUR_TOKENS, Robots, fetch_policy, parse_robots

HOST = "https://host.example"


def allowed(body, path, token="foobot"):
    body = body if isinstance(body, bytes) else body.encode()
    return parse_robots(body).check(HOST + path, [token]).allowed


RFC_FILE = """\
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""

RFC_CASES = [
    ("5.1: another bot, gif", "other", "/a.gif", False),
    ("5.1: another bot, gif with more behind", "other", "/a.gif.html", True),
    ("5.1: another bot, disallowed directory", "other", "/example/x", False),
    ("5.1: another bot, publications", "other", "/publications/x", True),
    ("5.1: another bot, anything else", "other", "/x", True),
    ("5.1: a gif in publications: longest wins", "other", "/publications/a.gif", True),
    ("5.1: foobot, everything", "foobot", "/", False),
    ("5.1: foobot, its page", "foobot", "/example/page.html", True),
    ("5.1: foobot, its gif", "foobot", "/example/allowed.gif", True),
    ("5.1: foobot, another page", "foobot", "/example/other.html", False),
    ("5.1: barbot", "barbot", "/example/page.html", False),
    ("5.1: bazbot shares the group", "bazbot", "/example/page.html", False),
    ("5.1: bazbot is not bound by *", "bazbot", "/example/x", True),
    ("5.1: quxbot may do everything", "quxbot", "/example/x", True),
    ("5.1: case of the token", "BarBot", "/example/page.html", False),
]


@pytest.mark.parametrize(
    ("token", "path", "expected"), [c[1:] for c in RFC_CASES], ids=[c[0] for c in RFC_CASES]
)
def test_simple_example_of_rfc_9309(token, path, expected):
    assert allowed(RFC_FILE, path, token) is expected


GROUPS = [
    (
        "same-token groups merge",
        "User-agent: foobot\nDisallow: /a\nUser-agent: x\nDisallow:\nUser-agent: FOOBOT\nDisallow: /b",
        "/b",
        False,
    ),
    (
        "* does not bind a named bot",
        "User-agent: *\nDisallow: /\nUser-agent: foobot\nDisallow: /a",
        "/b",
        True,
    ),
    (
        "unknown records end no run",
        "User-agent: foobot\nCrawl-delay: 3\nUser-agent: x\nDisallow: /a",
        "/a",
        False,
    ),
    (
        "Sitemap ends no run",
        "User-agent: foobot\nSitemap: https://h/s\nUser-agent: x\nDisallow: /",
        "/a",
        False,
    ),
    (
        "Content-Signal ends no run",
        "User-agent: foobot\nContent-Signal: ai-train=yes\nUser-agent: x\nDisallow: /",
        "/a",
        False,
    ),
    (
        "garbage ends no run",
        "User-agent: foobot\n!!! what\nUser-agent: x\nDisallow: /",
        "/a",
        False,
    ),
    ("empty lines end no run", "User-agent: foobot\n\n\nUser-agent: x\n\nDisallow: /", "/a", False),
    (
        "an empty Disallow ends the run",
        "User-agent: foobot\nDisallow:\nUser-agent: x\nDisallow: /",
        "/a",
        True,
    ),
    (
        "an Allow ends the run",
        "User-agent: foobot\nAllow: /a\nUser-agent: x\nDisallow: /",
        "/a",
        True,
    ),
    ("version in User-agent", "User-agent: FooBot/1.0\nDisallow: /", "/a", False),
    ("spaces in User-agent", "User-agent: FooBot 2.1 beta\nDisallow: /", "/a", False),
    ("a star after the token", "User-agent: FooBot*\nDisallow: /", "/a", False),
    ("tokens match exactly: longer", "User-agent: foobot-news\nDisallow: /", "/a", True),
    ("tokens match exactly: shorter", "User-agent: foo\nDisallow: /", "/a", True),
    ("tokens match exactly: digits", "User-agent: foobot2\nDisallow: /", "/a", True),
    ("comma lists name each", "User-agent: barbot, FooBot\nDisallow: /", "/a", False),
    ("rules before any group", "Disallow: /\nUser-agent: foobot\nAllow: /b", "/a", True),
    ("an empty User-agent names nobody", "User-agent:\nDisallow: /", "/a", True),
    (
        "an empty User-agent starts a group",
        "User-agent: foobot\nAllow: /\nUser-agent:\nDisallow: /a",
        "/a",
        True,
    ),
    ("* with text behind", "User-agent: * # everybody\nDisallow: /", "/a", False),
    ("*bot is not *", "User-agent: *bot\nDisallow: /", "/a", True),
    ("only another bot", "User-agent: googlebot\nDisallow: /", "/a", True),
]


@pytest.mark.parametrize(
    ("body", "path", "expected"), [c[1:] for c in GROUPS], ids=[c[0] for c in GROUPS]
)
def test_groups(body, path, expected):
    assert allowed(body, path) is expected


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


D, A = "Disallow: ", "Allow: "
MATCHING = [
    ("prefix", [D + "/fish"], "/fishheads/yummy.html", False),
    ("prefix, case", [D + "/fish"], "/Fish", True),
    ("prefix, not in the middle", [D + "/fish"], "/catfish", True),
    ("directory", [D + "/fish/"], "/fish", True),
    ("query counts", [D + "/fish?id"], "/fish?id=3", False),
    ("query after a directory rule", [D + "/fish/"], "/fish/?id=3", False),
    ("trailing star", [D + "/fish*"], "/fishes", False),
    ("star in the middle", [D + "/a*z"], "/abcz", False),
    ("star matches nothing too", [D + "/a*z"], "/az", False),
    ("star over slashes", [D + "/*/z"], "/a/b/c/z", False),
    ("leading star", [D + "*.php"], "/dir/file.php?x", False),
    ("dollar", [D + "/*.php$"], "/file.php", False),
    ("dollar and query", [D + "/*.php$"], "/file.php?x", True),
    ("dollar and slash", [D + "/*.php$"], "/file.php/", True),
    ("dollar needs both ends apart", [D + "/ab*ba$"], "/aba", True),
    ("dollar takes the last place", [D + "/*b$"], "/abab", False),
    ("dollar alone after slash", [D + "/$"], "/a", True),
    ("dollar alone, home page", [D + "/$"], "/", False),
    ("dollar in the middle is literal", [D + "/a$b"], "/a$b", False),
    ("star then dollar", [D + "/a*$"], "/anything", False),
    ("no path in the URL", [D + "/"], "", False),
    ("no path but a query", [D + "/?x"], "?x=1", False),
    ("fragment does not count", [D + "/*z"], "/a#z", True),
    ("longest wins: allow", [A + "/p", D + "/"], "/page", True),
    ("longest wins: disallow", [A + "/", D + "/p"], "/page", False),
    ("order does not matter", [D + "/", A + "/p"], "/page", True),
    ("tie: allow", [D + "/folder", A + "/folder"], "/folder/page", True),
    ("tie: allow, other order", [A + "/folder", D + "/folder"], "/folder/page", True),
    ("stars count as octets", [A + "/page", D + "/*.htm"], "/page.htm", False),
    ("dollar counts as an octet", [A + "/$", D + "/"], "/", True),
    ("dollar does not reach further", [A + "/$", D + "/"], "/page.htm", False),
    ("octets, not characters", [A + "/éa", D + "/é*a*"], "/éa", False),
    (
        "RFC 5.2 longest match",
        [A + "/example/page/", D + "/example/page/disallowed.gif"],
        "/example/page/disallowed.gif",
        False,
    ),
    ("empty Disallow allows all", [D], "/a", True),
    ("empty Allow says nothing", [A, D + "/a"], "/a", False),
    ("empty Disallow beside another", [D, D + "/a"], "/a", False),
    ("Disallow without slash", [D + "private"], "/private/x", False),
    ("Disallow without slash, elsewhere", [D + "private"], "/x/private", True),
    ("Allow without slash says nothing", [A + "private", D + "/"], "/private", False),
    ("Disallow with a whole URL", [D + HOST + "/private"], "/private/x", False),
    ("robots.txt itself", [D + "/"], "/robots.txt", True),
    ("robots.txt with a query", [D + "/"], "/robots.txt?x", True),
    ("not quite robots.txt", [D + "/"], "/robots.txt/a", False),
    ("unreserved encoded in the URL", [D + "/foo/bar/baz"], "/foo/bar/%62%61%7A", False),
    ("unreserved encoded in the rule", [D + "/foo/bar/%62%61%7A"], "/foo/bar/baz", False),
    ("not ASCII: raw rule", [D + "/foo/bar/ツ"], "/foo/bar/%E3%83%84", False),
    ("not ASCII: raw URL", [D + "/foo/bar/%E3%83%84"], "/foo/bar/ツ", False),
    ("case of %xx", [D + "/%e3%83%84"], "/%E3%83%84", False),
    ("tilde", [D + "/%7Ejoe/"], "/~joe/index.html", False),
    ("%2F is not a slash in a path", [D + "/a%2Fb"], "/a/b", True),
    ("%2F is itself", [D + "/a%2fb"], "/a%2Fb.html", False),
    (
        "RFC 2.2.2 table, query raw",
        [D + "/foo/bar?baz=https://foo.bar"],
        "/foo/bar?baz=https%3A%2F%2Ffoo.bar",
        False,
    ),
    (
        "RFC 2.2.2 table, query encoded",
        [D + "/foo/bar?baz=https%3A%2F%2Ffoo.bar"],
        "/foo/bar?baz=https://foo.bar",
        False,
    ),
    ("a rule over an encoded query", [D + "/*%2Fsecret"], "/go?u=%2Fsecret", False),
    ("RFC 2.2.3: literal star", [D + "/file-with-a-%2A.html"], "/file-with-a-*.html", False),
    ("RFC 2.2.3: literal star is no wildcard", [D + "/file-%2A.html"], "/file-x.html", True),
    ("RFC 2.2.3: literal dollar", [D + "/foo-%24"], "/foo-$", False),
    ("blank in the rule", [D + "/my file"], "/my%20file", False),
    ("stray per cent sign", [D + "/100%"], "/100%", False),
    ("dot segments", [D + "/private"], "/a/../private/x", False),
    ("dot segments, encoded", [D + "/private"], "/a/%2e%2E/private/x", False),
    ("double slash", [D + "/private"], "//private/x", False),
    ("above the root", [D + "/private"], "/../../private", False),
    ("URL in the query", [D + "/go?u=http://a"], "/go?u=http://a/b", False),
    ("a star does not stop inside %A9", [A + "/*A", D + "/caf"], "/caf%C3%A9", False),
    ("double star", [D + "/a**b"], "/a/x/b", False),
]


@pytest.mark.parametrize(
    ("rules", "path", "expected"), [c[1:] for c in MATCHING], ids=[c[0] for c in MATCHING]
)
def test_matching(rules, path, expected):
    assert allowed("\n".join(["User-agent: *", *rules]), path) is expected


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


OURS = [
    ("ftcrawler", "User-agent: ftcrawler\nDisallow: /a\nUser-agent: *\nAllow: /", "/a", False),
    ("Scrapy", "User-agent: Scrapy\nDisallow: /a\nUser-agent: *\nAllow: /", "/a", False),
    ("scrapy with version", "User-agent: scrapy/2.19\nDisallow: /a", "/a", False),
    (
        "both merge",
        "User-agent: ftcrawler\nAllow: /b\nUser-agent: Scrapy\nDisallow: /a",
        "/a",
        False,
    ),
    (
        "both merge: longest wins",
        "User-agent: ftcrawler\nAllow: /a/b\nUser-agent: Scrapy\nDisallow: /a",
        "/a/b",
        True,
    ),
    (
        "ours instead of *",
        "User-agent: *\nDisallow: /\nUser-agent: ftcrawler\nDisallow: /a",
        "/b",
        True,
    ),
    ("else *", "User-agent: *\nDisallow: /", "/b", False),
]


@pytest.mark.parametrize(
    ("body", "path", "expected"), [c[1:] for c in OURS], ids=[c[0] for c in OURS]
)
def test_our_own_tokens(body, path, expected):
    assert parse_robots(body.encode()).check(HOST + path, OUR_TOKENS).allowed is expected


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


PACE = [
    ("whole", "Crawl-delay: 10", 10.0, None),
    ("fraction", "crawl-delay: 0.5", 0.5, None),
    ("comma", "crawl-delay: 1,5", 1.5, None),
    ("point first", "crawl-delay: .5", 0.5, None),
    ("seconds", "crawl-delay: 10s", 10.0, None),
    ("minutes", "crawl-delay: 2m", 120.0, None),
    ("milliseconds", "crawl-delay: 500ms", 0.5, None),
    ("negative", "crawl-delay: -1", None, None),
    ("not a number", "crawl-delay: nan", None, None),
    ("infinite", "crawl-delay: inf", None, None),
    ("empty", "crawl-delay:", None, None),
    ("the slowest of several", "crawl-delay: 2\ncrawl-delay: 9\ncrawl-delay: 4", 9.0, None),
    ("rate per ten minutes", "Request-rate: 1/10m 0600-0845", None, 600.0),
    ("rate in seconds", "Request-rate: 1/5", None, 5.0),
    ("rate of several", "Request-rate: 4/1m", None, 15.0),
    ("rate per unit", "Request-rate: 1/h", None, 3600.0),
    ("rate of none", "Request-rate: 0/5", None, None),
    ("rate unreadable", "Request-rate: often", None, None),
    ("the slowest rate", "Request-rate: 1/5\nRequest-rate: 1/7", None, 7.0),
]


@pytest.mark.parametrize(
    ("lines", "delay", "rate"), [c[1:] for c in PACE], ids=[c[0] for c in PACE]
)
def test_pace(lines, delay, rate):
    robots = parse_robots(f"User-agent: *\n{lines}\nDisallow:".encode())
    assert (robots.crawl_delay(), robots.request_rate()) == (delay, rate)


def test_pace_is_our_groups():
    body = b"User-agent: *\nCrawl-delay: 9\nDisallow: /x\nUser-agent: Scrapy\nCrawl-delay: 2\n"
    assert parse_robots(body).crawl_delay(OUR_TOKENS) == 2.0
    assert parse_robots(body).crawl_delay(["other"]) == 9.0


def test_pace_before_any_group_speaks_to_all():
    assert parse_robots(b"Crawl-delay: 7\nUser-agent: x\nDisallow:").crawl_delay() == 7.0


VISITS = [
    ("plain", "Visit-time: 0600-0845", (360, 525)),
    ("colons", "Visit-time: 06:00 - 08:45", (360, 525)),
    ("over midnight", "Visit-time: 2200-0600", (1320, 360)),
    ("to the end of the day", "Visit-time: 1200-2400", (720, 1440)),
    ("no such hour", "Visit-time: 0600-2500", None),
    ("no such minute", "Visit-time: 0660-0700", None),
    ("unreadable", "Visit-time: at night", None),
    ("the shortest", "Visit-time: 0100-0900\nVisit-time: 0200-0300", (120, 180)),
]


@pytest.mark.parametrize(("lines", "expected"), [c[1:] for c in VISITS], ids=[c[0] for c in VISITS])
def test_visit_time(lines, expected):
    assert parse_robots(f"User-agent: *\n{lines}".encode()).visit_time() == expected


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


STATUSES = [
    *[(status, "parse") for status in (200, 203, 204, 206, 299)],
    *[(status, "no-rules") for status in (400, 402, 404, 405, 410, 418, 499)],
    *[(status, "deny") for status in (401, 403, 451)],
    *[(status, "defer") for status in (429, 500, 502, 503, 504, 599, 300, 301, 302, 304, 308)],
    *[(status, "defer") for status in (None, 0, -1, 100, 103, 600, 999)],
]


@pytest.mark.parametrize(("status", "policy"), STATUSES)
def test_fetch_policy(status, policy):
    assert fetch_policy(status) == policy


BOMBS = [
    ("stars", "Disallow: /" + "a*" * 5000 + "b", "/" + "a" * 8000),
    ("stars and dollar", "Disallow: /" + "*a" * 5000 + "$", "/" + "a" * 4999 + "b"),
    ("blanks", "Disallow: /" + " " * 400_000 + "x", "/a"),
    ("many rules", "\n".join(f"Disallow: /{i}*x" for i in range(20_000)), "/a"),
    ("blank key", " " * 400_000 + "x", "/a"),
    ("dashes", "-_ " * 100_000 + ": x", "/a"),
    ("dot segments", "Disallow: /x", "/.." * 20_000),
]


@pytest.mark.parametrize(("lines", "path"), [c[1:] for c in BOMBS], ids=[c[0] for c in BOMBS])
def test_hostile_files_cost_little(lines, path):
    body = f"User-agent: *\n{lines}".encode()
    start = time.perf_counter()
    parse_robots(body).check(HOST + path)
    assert time.perf_counter() - start < 2


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


@given(
    st.lists(st.text("/ab*$%?", max_size=8).map("/".__add__), max_size=6),
    st.text("/ab%?", max_size=8).map("/".__add__),
    st.text("/ab*$", max_size=8),
)
def test_adding_a_disallow_never_allows(paths, path, more):
    lines = ["User-agent: *", *(f"Disallow: {p}" for p in paths)]
    before = allowed("\n".join(lines), path)
    after = allowed("\n".join([*lines, f"Disallow: {more}"]), path)
    assert before or not after


def test_an_unparsed_file_allows():
    assert Robots().check(HOST + "/").allowed
