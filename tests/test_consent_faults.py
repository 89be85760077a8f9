"""How servers answer for robots.txt, one origin a behaviour: the verdicts of docs/consent.md.

All origins are sites of one crawl. The home page of each links to ``/private/x``, which the usual
robots.txt here disallows, so that four ends can be told apart: rules that were read, no rules,
a refusal of everything, and a site that waits.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import sqlite3
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

import brotli
import pytest
from conftest import Crawl, Crawler
from web import POLICY_FILES, Answer, Handler, Web, article

RULES = b"User-agent: *\nDisallow: /private/\n"
NOTHING = b"User-agent: *\nDisallow: /\n"
LATE = b"User-agent: *\n" + b"#" * 520_000 + b"\nDisallow: /private/\n"
MEGABYTES_12 = 12_000_000
PATIENT, BRIEF = 30, 2.5  # seconds for an answer; brief where waiting is the point
OPEN, READ, DENY, DEFER = "no rules", "its rules", "deny", "defer"
ENDS = {
    OPEN: {"/": ("document", ""), "/private/x": ("document", "")},
    READ: {"/": ("document", ""), "/private/x": ("denied", "robots.txt")},
    DENY: {"/": ("denied", "robots.txt")},
    DEFER: {"/": ("deferred", "robots.txt")},
}
SITE = """
start_urls = ["{url}/"]
allowed_domains = [{domains}]
[request]
delay = 0
timeout = {timeout}
allow_private_addresses = true
"""


# -- What a server may do -------------------------------------------------------------


def text(body: bytes, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(body, status, "text/plain", named)


def moved(status: int, target: str) -> Answer:
    """A redirect; ``{here}`` and ``{there}`` are this origin and the one that helps out."""
    return Answer(b"", status, "text/plain", {"Location": target})


def hops(count: int) -> dict[str, Answer]:
    """A chain of redirects on one host, and the rules at its end."""
    chain = {f"/hop{n}": moved(301, f"/hop{n + 1}") for n in range(1, count)}
    chain |= {"/robots.txt": moved(301, "/hop1")}
    return chain | {f"/hop{count}": text(RULES)}


def raw(*parts: bytes, wait: float = 0.0, reset: bool = False) -> Handler:
    """Bytes on the wire as they are; then the end of the connection, or its reset."""

    def answer(exchange) -> None:
        for part in parts:
            exchange.wfile.write(part)
            exchange.wfile.flush()
            time.sleep(wait)
        if reset:
            linger = struct.pack("ii", 1, 0)  # close by RST
            exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            exchange.connection.close()

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
SLOW = raw(HEAD + b"Content-Length: 900\r\n\r\n", *[b"#"] * 20, wait=0.3)


@dataclass(frozen=True)
class Behaviour:
    """What the origin answers, its end, and how often it is asked for robots.txt and its goals."""

    routes: Answer | Handler | dict[str, Answer | Handler]
    end: str
    asked: int = 1
    domains: tuple[str, ...] = ("127.0.0.1",)
    timeout: float = PATIENT

    @property
    def all_routes(self) -> dict[str, Answer | Handler]:
        return self.routes if isinstance(self.routes, dict) else {"/robots.txt": self.routes}


def here(status: int, end: str) -> Behaviour:
    """A status; its body has rules that must count for 2xx only."""
    return Behaviour(text(RULES, status), end)


BOTH = ("127.0.0.1", "localhost")
BEHAVIOURS = {
    # 2xx: parse
    "200 allows": Behaviour(text(b"User-agent: *\nAllow: /\n"), OPEN),
    "200 disallows a part": here(200, READ),
    "200 disallows all": Behaviour(text(NOTHING), DENY),
    "200 empty": Behaviour(text(b""), OPEN),
    "200 after early hints": Behaviour(
        raw(b"HTTP/1.1 103 Early Hints\r\n\r\n", HEAD + b"Content-Length: 34\r\n\r\n" + RULES), READ
    ),
    "203 transformed": here(203, READ),
    "204 no content": Behaviour(raw(b"HTTP/1.1 204 No Content\r\n\r\n"), OPEN),
    "206 unasked": here(206, READ),
    # 3xx: followed, at least five times, across hosts; the rules are those of the first authority
    "301 on the host": Behaviour(
        {"/robots.txt": moved(301, "/rules.txt"), "/rules.txt": text(RULES)}, READ, 2
    ),
    "302 to another port": Behaviour(moved(302, "{there}/rules.txt"), READ),
    "303 to another port": Behaviour(moved(303, "{there}/rules.txt"), READ),
    "307 to another host": Behaviour(moved(307, "{there_named}/rules.txt"), READ, domains=BOTH),
    "308 to another host": Behaviour(moved(308, "{there_named}/rules.txt"), READ, domains=BOTH),
    "302 to a 404 elsewhere": Behaviour(moved(302, "{there}/nothing.txt"), OPEN),
    "302 to a 500 elsewhere": Behaviour(moved(302, "{there}/broken.txt"), DEFER),
    "302 to a 403 elsewhere": Behaviour(moved(302, "{there}/closed.txt"), DENY),
    "five redirects": Behaviour(hops(5), READ, 6),
    "twenty redirects": Behaviour(hops(20), DEFER, 6),
    "a redirect to itself": Behaviour(moved(302, "/robots.txt"), DEFER, 6),
    "a circle of redirects": Behaviour(
        {"/robots.txt": moved(302, "/round"), "/round": moved(302, "/robots.txt")}, DEFER, 6
    ),
    "a redirect to a file": Behaviour(moved(302, "file:///etc/passwd"), DEFER),
    "a redirect to ftp": Behaviour(moved(302, "ftp://127.0.0.1/robots.txt"), DEFER),
    "a redirect to a script": Behaviour(moved(302, "javascript:alert(1)"), DEFER),
    "a redirect to a broken address": Behaviour(moved(302, "http://[bad/"), DEFER),
    "a redirect to a private host": Behaviour(moved(302, "{there_named}/rules.txt"), DEFER),
    "a redirect without a goal": Behaviour(text(RULES, 302), DEFER),
    "300 multiple choices": here(300, DEFER),
    "304 unasked": Behaviour(raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), DEFER),
    # 4xx: no rules, but for those that refuse
    "400": here(400, OPEN),
    "401": here(401, DENY),
    "402": here(402, OPEN),
    "403": here(403, DENY),
    "404": here(404, OPEN),
    "410": here(410, OPEN),
    "418": here(418, OPEN),
    "429": here(429, DEFER),
    "451": here(451, DENY),
    # 5xx and what is no answer: later
    "500": here(500, DEFER),
    "501": here(501, DEFER),
    "502": here(502, DEFER),
    "503": here(503, DEFER),
    "504": here(504, DEFER),
    "599": here(599, DEFER),
    "status 999": here(999, DEFER),
    "no status line": Behaviour(raw(b"User-agent: *\nAllow: /\n"), DEFER),
    "refuses the connection": Behaviour({}, DEFER, 0),
    "resets before its headers": Behaviour(raw(reset=True), DEFER),
    "resets within its headers": Behaviour(raw(HEAD, wait=0.05, reset=True), DEFER),
    "resets after its headers": Behaviour(
        raw(HEAD + b"Content-Length: 900\r\n\r\n", b"User-agent: *\n", wait=0.05, reset=True), DEFER
    ),
    "closes without a word": Behaviour(raw(), DEFER),
    "does not answer": Behaviour(raw(b"", wait=6), DEFER, timeout=BRIEF),
    "drips": Behaviour(SLOW, DEFER, timeout=BRIEF),
    "body shorter than said": Behaviour(
        raw(HEAD + b"Content-Length: 900\r\n\r\nUser-agent: *\nAllow: /\n"), DEFER
    ),
    "chunks cut off": Behaviour(
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n18\r\nUser-agent: *\nAllow: /\n\r\n"), DEFER
    ),
    "gzip": Behaviour(text(gzip.compress(RULES), Content_Encoding="gzip"), READ),
    "gzip that is none": Behaviour(text(RULES, Content_Encoding="gzip"), DEFER),
    "gzip cut off": Behaviour(text(gzip.compress(LATE)[:-300], Content_Encoding="gzip"), DEFER),
    "deflate cut off": Behaviour(
        text(zlib.compress(LATE)[:-300], Content_Encoding="deflate"), DEFER
    ),
    "brotli cut off": Behaviour(text(brotli.compress(LATE)[:-20], Content_Encoding="br"), DEFER),
    "gzip that is not said": Behaviour(text(gzip.compress(RULES)), DEFER),
    "a gzip bomb": Behaviour(
        text(gzip.compress(b"#" * (200 << 20)), Content_Encoding="gzip"), DEFER
    ),
    # what the bytes may be
    "UTF-8 with its mark": Behaviour(text(b"\xef\xbb\xbf" + RULES), READ),
    "UTF-16 with its mark": Behaviour(text(RULES.decode().encode("utf-16")), READ),
    "Latin-1": Behaviour(text(b"# caf\xe9\n" + RULES), READ),
    "NUL bytes": Behaviour(text(b"\0" + RULES.replace(b"\n", b"\0\n")), READ),
    "noise before the rules": Behaviour(text(bytes(range(128, 256)) + b"\n" + RULES), READ),
    "CR only": Behaviour(text(RULES.replace(b"\n", b"\r")), READ),
    "said to be a picture": Behaviour(Answer(RULES, content_type="image/png"), READ),
    "said to be nothing": Behaviour(Answer(RULES, content_type=""), READ),
    "an HTML page": Behaviour(Answer(article("Start").encode() + RULES), OPEN),
    "12 MB, rules at the start": Behaviour(text(RULES + b"#\n" * (MEGABYTES_12 // 2)), READ),
    "12 MB, a rule after the limit": Behaviour(text(LATE.ljust(MEGABYTES_12, b"#")), OPEN),
    "20 MB, rules at the start": Behaviour(text(RULES + b"#\n" * 10_000_000), READ),
    "one line of 1 MB": Behaviour(text(b"User-agent: *" + b"#" * 1_000_000 + b"\n" + RULES), OPEN),
    "a line of 1 MB after the rules": Behaviour(text(RULES + b"#" * 1_000_000), READ),
}


# -- Many sites, one crawl ------------------------------------------------------------


@dataclass
class Field:
    """A web for each site name, those that are closed, and the one they are redirected to."""

    webs: dict[str, Web] = field(default_factory=dict)
    there: Web = field(default_factory=lambda: Web(0))

    def add(self, name: str, routes: dict[str, Answer | Handler]) -> Web:
        web = Web(0)
        web.page("/", article(f"Index {name}", links=("/private/x",)))
        web.page("/private/x", article(f"Private {name}"))
        for path, route in routes.items():
            web.routes[path] = self.placed(route, web)
        self.webs[name] = web
        return web

    def placed(self, route: Answer | Handler, web: Web) -> Answer | Handler:
        """The route with the addresses of this field in its Location."""
        if isinstance(route, Answer) and (target := route.headers.get("Location")):
            named = self.there.url.replace("127.0.0.1", "localhost")
            places = {"there": self.there.url, "there_named": named}
            return moved(route.status, target.format(here=web.url, **places))
        return route

    def start(self) -> None:
        self.there.routes["/rules.txt"] = text(RULES)
        self.there.routes["/broken.txt"] = text(RULES, 500)
        self.there.routes["/closed.txt"] = text(RULES, 403)
        for web in [*self.webs.values(), self.there]:
            threading.Thread(target=web.serve_forever, args=(0.3,), daemon=True).start()

    def stop(self) -> None:
        webs = [*self.webs.values(), self.there]
        with ThreadPoolExecutor(len(webs)) as pool:
            list(pool.map(Web.shutdown, webs))
        for web in webs:
            web.server_close()


@contextlib.contextmanager
def serving(field: Field) -> Iterator[Field]:
    field.start()
    try:
        yield field
    finally:
        field.stop()


def write_site(
    crawler: Crawler, web: Web, name: str, timeout: float, domains: tuple[str, ...] = ("127.0.0.1",)
) -> None:
    hosts = ", ".join(f'"{host}"' for host in domains)
    crawler.site(name=name, text=SITE.format(url=web.url, timeout=timeout, domains=hosts))


def crawl(crawler: Crawler) -> Crawl:
    return crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")


def outcomes(crawler: Crawler, web: Web, name: str) -> dict[str, tuple[str, str]]:
    """The end of every page that the state knows of."""
    with closing(sqlite3.connect(crawler.data / "sites" / name / "state.db")) as db:
        rows = db.execute("SELECT url, outcome, reason FROM urls").fetchall()
    return {url.removeprefix(web.url): (outcome, reason) for url, outcome, reason in rows}


def sites_of(names: dict[str, Behaviour]) -> dict[str, str]:
    """A site name for the name of each case."""
    return {name: f"s{number:02}" for number, name in enumerate(names)}


SITES = sites_of(BEHAVIOURS)


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """One crawl over all behaviours: (crawler, field, what it left)."""
    crawler = Crawler(tmp_path_factory.mktemp("faults"))
    field = Field()
    for name, behaviour in BEHAVIOURS.items():
        web = field.add(SITES[name], behaviour.all_routes)
        write_site(crawler, web, SITES[name], behaviour.timeout, behaviour.domains)
    field.webs[SITES["refuses the connection"]].server_close()
    closed = field.webs.pop(SITES["refuses the connection"])
    with serving(field):
        done = crawl(crawler)
    field.webs[SITES["refuses the connection"]] = closed
    return crawler, field, done


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_each_answer_for_robots_has_its_end(name, night):
    crawler, field, done = night
    case, site = BEHAVIOURS[name], SITES[name]
    web = field.webs[site]
    assert outcomes(crawler, web, site) == ENDS[case.end], done.err[-2000:]
    fetched = {path for path, (outcome, _) in ENDS[case.end].items() if outcome == "document"}
    seen = [path for _, path, _ in web.seen]
    after = [path for path in seen if path in POLICY_FILES or path in ENDS[OPEN]]
    asked = seen[: len(seen) - len(after)]
    assert asked[:1] == ["/robots.txt"][: case.asked]
    assert len(asked) == case.asked, seen
    assert seen == asked + after, "something was asked for before robots.txt was read"
    assert sorted(after) == sorted(fetched | set(POLICY_FILES if fetched else ()))
    assert {row["url"].removeprefix(web.url) for row in done.rows("documents", site)} == fetched


def test_a_night_of_faults_is_told_without_a_traceback(night):
    _, _, done = night
    assert done.code == 4, done.err
    assert "Traceback" not in done.err
    assert done.rows("tombstones") == []


def test_the_host_that_rules_were_moved_to_is_asked_for_nothing_else(night):
    _, field, _ = night
    wanted = {"/rules.txt", "/nothing.txt", "/broken.txt", "/closed.txt"}
    assert {path for _, path, _ in field.there.seen} == wanted


# -- The second night -----------------------------------------------------------------

DAY_AND_MORE = 90_000


@dataclass(frozen=True)
class Second:
    """What a site answers the second time, what the crawl makes of it, and what it takes back.

    ``aged`` is whether the copy of the first night is older than a day by then, ``lost`` whether
    there is none any more.
    """

    routes: Answer | Handler
    end: str
    asked: int = 1
    aged: bool = True
    lost: bool = False
    first: Answer = field(default_factory=lambda: text(RULES))
    retracted: tuple[str, ...] = ()
    timeout: float = PATIENT


SECOND = {
    "within a day nobody asks": Second(text(NOTHING), READ, 0, aged=False),
    "within a day a 404 is kept too": Second(
        text(NOTHING), OPEN, 0, aged=False, first=text(b"", 404)
    ),
    "after a day it is asked for again": Second(text(RULES), READ),
    "new rules close what was open": Second(
        text(RULES), READ, first=text(b""), retracted=("/private/x",)
    ),
    "503: the copy holds": Second(text(b"", 503), READ),
    "429: the copy holds": Second(text(b"", 429), READ),
    "reset: the copy holds": Second(raw(reset=True), READ),
    "no answer: the copy holds": Second(raw(b"", wait=6), READ, timeout=BRIEF),
    "gzip that is none: the copy holds": Second(text(RULES, Content_Encoding="gzip"), READ),
    "gzip that is not said: the copy holds": Second(text(gzip.compress(b"")), READ),
    "a redirect to a private host: the copy holds": Second(
        moved(302, "http://localhost:1/robots.txt"), READ
    ),
    "a redirect without an end: the copy holds": Second(moved(302, "/robots.txt"), READ, 6),
    "503 and no copy: it waits": Second(text(b"", 503), DEFER, lost=True),
    "404: the rules are gone": Second(text(b"", 404), OPEN),
    "403: all is closed": Second(text(b"", 403), DENY, retracted=("/",)),
    "403, then 503: it stays closed": Second(text(b"", 503), DENY, first=text(b"", 403)),
}
SECOND_SITES = sites_of(SECOND)


@pytest.fixture(scope="module")
def second_night(tmp_path_factory):
    """Two crawls with what changed between them: (crawler, field, what the second left)."""
    crawler = Crawler(tmp_path_factory.mktemp("second"))
    field = Field()
    for name, case in SECOND.items():
        web = field.add(SECOND_SITES[name], {"/robots.txt": case.first})
        write_site(crawler, web, SECOND_SITES[name], case.timeout)
    with serving(field):
        crawl(crawler)
        for name, case in SECOND.items():
            web = field.webs[SECOND_SITES[name]]
            web.seen.clear()
            web.routes["/robots.txt"] = case.routes
            age(crawler, SECOND_SITES[name], case)
        done = crawl(crawler)
    return crawler, field, done


def age(crawler: Crawler, site: str, case: Second) -> None:
    with closing(sqlite3.connect(crawler.data / "sites" / site / "state.db")) as db, db:
        if case.aged:
            db.execute("UPDATE origins SET fetched_at = fetched_at - ?", (DAY_AND_MORE,))
        if case.lost:
            db.execute("DELETE FROM origins")


@pytest.mark.parametrize("name", SECOND)
def test_the_second_night_remembers_the_first(name, second_night):
    crawler, field, done = second_night
    case, site = SECOND[name], SECOND_SITES[name]
    web = field.webs[site]
    found = outcomes(crawler, web, site)
    kept = {
        path: ("unchanged" if outcome == "document" and path in before(case) else outcome)
        for path, (outcome, _) in ENDS[case.end].items()
    }
    assert {path: found[path][0] for path in kept} == kept, done.err[-2000:]
    pages = {path for path, outcome in kept.items() if outcome in ("document", "unchanged")}
    assert {path for path in web.paths() if path in ENDS[OPEN]} == pages
    assert web.paths().count("/robots.txt") == case.asked
    gone = {row["url"].removeprefix(web.url) for row in done.rows("tombstones", site)}
    assert gone == set(case.retracted)


def before(case: Second) -> set[str]:
    """The pages that the first night made documents of."""
    if case.first.status == 403:
        return set()
    return {"/"} if case.first.body == RULES else {"/", "/private/x"}
