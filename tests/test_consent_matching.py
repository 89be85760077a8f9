"""Which robots.txt rule matches a URL: RFC 9309 2.2.2 and 2.2.3."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.robots import parse_robots

HOST = "https://host.example"


def allowed(body, path, token="foobot"):
    body = body if isinstance(body, bytes) else body.encode()
    return parse_robots(body).check(HOST + path, [token]).allowed


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
