"""The demo site over real HTTP: each odd page answers what the table claims, and stays so."""

import gzip
import http.client
import json
import re
import subprocess
import sys
import urllib.robotparser
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import pytest

from ftcrawler.demo import serve
from ftcrawler.demo.server import PAGES

ARTICLES = [
    path
    for path, page in PAGES.items()
    if page.status == 200 and page.outcome in ("document", "denied", "unseen") and not page.raw
]
NOTICES = [path for path in ARTICLES if path.startswith("/consent/") and path != "/consent/"]
NORMAL = [
    path
    for path in ARTICLES
    if PAGES[path].outcome == "document" and path != "/" and path not in NOTICES
]


@pytest.fixture(scope="module")
def site():
    with serve() as server:
        yield server


@pytest.fixture
def changing():
    with serve() as server:
        yield server


def ask(server, path, method="GET", **headers):
    """One request on a connection of its own: (status, headers, body as sent)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request(
            method, path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def fetch_on(connection, path, **headers):
    connection.request("GET", path, headers=headers)
    connection.getresponse().read()


def text_of(path, server):
    return server.body(path).decode(PAGES[path].encoding)


def article_of(path, server):
    return re.search(r"<article.*?>(.*)</article>", text_of(path, server), re.DOTALL)[1]


def words(markup):
    return len(re.sub(r"<[^>]+>", " ", markup).split())


def sentences(markup):
    """Rough on purpose: paragraphs and definitions split after a full stop and a capital."""
    for block in re.findall(r"<(?:p|dd)>(.*?)</(?:p|dd)>", markup, re.DOTALL):
        plain = " ".join(re.sub(r"<[^>]+>", "", block).split())
        split = re.split(r"(?<=[a-z0-9)][.?!]) (?=[A-Z])", plain)
        yield from (sentence for sentence in split if sentence.count(" ") > 1)


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found |= {value for name, value in attrs if name in ("href", "src") and value}


def links_of(path, server):
    """Absolute targets without fragments."""
    parser = Links()
    parser.feed(text_of(path, server))
    return {urljoin(server.url + path, link).partition("#")[0] for link in parser.found}


def known(url):
    """The path in PAGES that this URL is served from, or None."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return next((path for path in (target, parts.path) if path in PAGES), None)


@pytest.mark.parametrize("path", PAGES)
def test_path_answers_what_the_table_claims(site, path):
    page = PAGES[path]
    status, headers, body = ask(site, path)
    assert status == page.status
    assert headers["Content-Type"] == page.content_type
    assert headers["Location"] == (page.location or None)
    assert int(headers["Content-Length"]) == len(body)
    assert ("ETag" in headers) == ("Last-Modified" in headers) == (status == 200)
    assert all(headers[name] == value for name, value in page.headers)


@pytest.mark.parametrize("path", [path for path, page in PAGES.items() if page.status == 200])
def test_unchanged_page_answers_304(site, path):
    _, headers, body = ask(site, path)
    for condition in (
        {"If_None_Match": headers["ETag"]},
        {"If_None_Match": f'"other", W/{headers["ETag"]}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": headers["Last-Modified"]},
    ):
        status, again, nothing = ask(site, path, **condition)
        assert (status, nothing, again["ETag"]) == (304, b"", headers["ETag"]), condition
    for condition in (
        {"If_None_Match": '"other"', "If_Modified_Since": headers["Last-Modified"]},
        {"If_Modified_Since": "Sun, 01 Jan 2023 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
    ):
        assert ask(site, path, **condition)[::2] == (200, body), condition


@pytest.mark.parametrize("path", ["/", "/lamps", "/missing/roll-of-crews", "/feed.xml", "/nowhere"])
def test_head_answers_as_get_without_a_body(site, path):
    status, headers, _ = ask(site, path)
    head_status, head_headers, body = ask(site, path, method="HEAD")
    assert (head_status, body) == (status, b"")
    assert head_headers["Content-Length"] == headers["Content-Length"]


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("br", False),
        ("x-notgzip", False),
    ],
)
def test_gzip_only_where_it_is_accepted(site, accepted, packed):
    status, headers, body = ask(site, "/sea/tides", Accept_Encoding=accepted)
    plain = site.body("/sea/tides")
    assert (status, headers["Content-Encoding"]) == (200, "gzip" if packed else None)
    assert (gzip.decompress(body) if packed else body) == plain
    assert headers["Vary"] == "Accept-Encoding"
    assert headers["ETag"].endswith('-gzip"') == packed  # strong tags differ with the bytes


def test_same_bytes_from_two_servers(site, changing):
    def fixed(server):
        return {
            p: server.body(p).replace(server.url.encode(), b"") for p in PAGES if ".gz" not in p
        }

    assert fixed(site) == fixed(changing)


@pytest.mark.parametrize(
    "path", ["/../table.py", "/%2e%2e/table.py", "//etc/passwd", "/pages/home.html"]
)
def test_nothing_but_known_paths_is_served(site, path):
    assert ask(site, path)[0] == 404


def test_one_connection_serves_many_requests_and_all_are_recorded(changing):
    connection = http.client.HTTPConnection("127.0.0.1", changing.port, timeout=5)
    for path in ("/", "/lamps", "/nowhere"):
        fetch_on(connection, path, Accept="test")
    port_then = connection.sock.getsockname()[1]
    fetch_on(connection, "/sea/tides?utm_source=x")
    assert connection.sock.getsockname()[1] == port_then
    connection.close()
    assert [(r.method, r.path, r.status) for r in changing.requests] == [
        ("GET", "/", 200),
        ("GET", "/lamps", 301),
        ("GET", "/nowhere", 404),
        ("GET", "/sea/tides?utm_source=x", 200),
    ]
    assert changing.requests[0].headers["accept"] == "test"


def test_closed_server_answers_no_more_even_on_open_connections():
    with serve() as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        fetch_on(connection, "/")
    with pytest.raises((OSError, http.client.HTTPException)):
        fetch_on(connection, "/")
    with serve(port=server.port) as again:  # the port is free at once
        assert ask(again, "/")[0] == 200


def locations(document):
    return [node.text for node in ET.fromstring(document).iter() if node.tag.endswith("}loc")]


def test_sitemaps_lead_to_every_page_that_they_should(site):
    index = locations(ask(site, "/sitemap.xml")[2])
    assert [urlsplit(url).path for url in index] == [
        "/sitemap-pages.xml",
        "/sitemap-archive.xml.gz",
    ]
    pages = ask(site, "/sitemap-pages.xml")[2]
    archive = gzip.decompress(ask(site, "/sitemap-archive.xml.gz")[2])
    for group, document in (("pages", pages), ("archive", archive)):
        wanted = {site.url + path for path, page in PAGES.items() if page.sitemap == group}
        assert set(locations(document)) == wanted
        assert document.count(b"<lastmod>20") == len(wanted)


def test_sitemap_robots_and_feed_use_the_origin_of_the_request(site):
    host = f"localhost:{site.port}"
    for path in ("/sitemap.xml", "/sitemap-pages.xml", "/robots.txt", "/feed.xml"):
        body = ask(site, path, Host=host)[2].decode()
        assert f"http://{host}/" in body
        assert site.url not in body
    assert "<script" not in ask(site, "/feed.xml", Host="<script>")[2].decode()


def test_robots_disallows_the_private_page_and_nothing_else(site):
    rules = urllib.robotparser.RobotFileParser()
    rules.parse(ask(site, "/robots.txt")[2].decode().splitlines())
    assert rules.site_maps() == [f"{site.url}/sitemap.xml"]
    assert [path for path in PAGES if not rules.can_fetch("anyone", path)] == ["/private/logbook"]


def test_internal_links_lead_to_known_paths_and_every_page_can_be_found(site):
    seen = {"/"} | {path for path, page in PAGES.items() if page.outcome == "machine"}
    hosts = set()
    for path, page in PAGES.items():
        seen |= {path} if page.sitemap or page.feed else set()
        seen |= {page.location} if page.location else set()
        if "html" not in page.content_type or page.status != 200:
            continue
        for url in links_of(path, site):
            hosts.add(urlsplit(url).netloc)
            if url.startswith(site.url):
                assert known(url), f"{path} links to {url}"
                seen.add(known(url))
    assert hosts == {urlsplit(site.url).netloc, "example.com", "creativecommons.org"}
    assert seen == set(PAGES)


@pytest.mark.parametrize(
    "path",
    ["/annex/lightships", "/news/relighting-scarrow"],
    ids=["linked only from the sitemap", "linked only from the feed"],
)
def test_hidden_page_is_linked_from_no_page(site, path):
    for other, page in PAGES.items():
        if "html" in page.content_type and page.status == 200 and other != path:
            assert site.url + path not in links_of(other, site)
    listed = (
        site.body("/feed.xml")
        if PAGES[path].feed
        else gzip.decompress(site.body("/sitemap-archive.xml.gz"))
    )
    assert path.encode() in listed


@pytest.mark.parametrize("path", ARTICLES)
def test_article_is_prose_under_its_title(site, path):
    article = article_of(path, site)
    assert re.search(r"<h1>(.*?)</h1>", article)[1] == PAGES[path].title.replace("&", "&amp;")
    short = path in NOTICES or path == "/private/logbook"
    assert len(re.findall(r"<h2", article)) >= (1 if short else 2)
    if path in NOTICES:
        assert 50 <= words(article) <= 120
    if path in NORMAL:
        low, high = (3000, 5000) if path == "/keepers/one-whole-night" else (250, 600)
        assert low <= words(article) <= high


def test_no_sentence_is_repeated_across_the_site(site):
    seen = {}
    for path in ARTICLES:
        if path == "/signals/fog-horns-revised":
            continue
        for sentence in sentences(article_of(path, site)):
            assert sentence not in seen, f"{path} repeats {seen[sentence]}: {sentence}"
            seen[sentence] = path
    assert len(seen) > 900


def test_set_shows_every_kind_of_block(site):
    everything = "".join(article_of(path, site) for path in NORMAL)
    for tag in (
        "h3",
        "ul>\n<li",
        "ol>\n<li",
        "blockquote",
        "table",
        "pre",
        "figcaption",
        "dl",
        "abbr",
        "em",
    ):
        assert f"<{tag}" in everything, tag


def test_duplicates_differ_as_they_should(site):
    assert article_of("/print/lenses", site) == article_of("/optics/lenses", site)
    assert '<link rel="canonical" href="/optics/lenses">' in text_of("/print/lenses", site)
    original, edited = (
        set(sentences(article_of(path, site)))
        for path in ("/signals/fog-horns", "/signals/fog-horns-revised")
    )
    assert 0 < len(original - edited) <= 4
    assert site.body("/index.html") == site.body("/")


def test_every_page_that_speaks_to_machines_is_explained_on_one(site):
    linked = {link.removeprefix(site.url) for link in links_of("/consent/", site)}
    signalled = {path for path, page in PAGES.items() if page.signal or path in NOTICES}
    assert signalled - linked == {"/consent/beyond-the-rope", "/private/logbook"}


def test_policies_are_what_they_claim_to_be(site):
    [rule] = json.loads(ask(site, "/.well-known/tdmrep.json")[2])
    assert (rule["location"], rule["tdm-reservation"]) == ("/consent/tdm-file", 1)
    for path in ("/license.xml", "/consent/terms.xml"):
        assert ET.fromstring(ask(site, path)[2]).tag == "{https://rslstandard.org/rsl}rsl"
    assert ask(site, "/consent/lost-terms.xml")[0] == 404
    robots = ask(site, "/robots.txt")[2].decode()
    assert f"License: {site.url}/license.xml\n" in robots
    for path in re.findall(r" (/consent/\S+)", robots + ask(site, "/ai.txt")[2].decode()):
        assert not PAGES[path].asked_for


def test_charsets_are_as_odd_as_the_table_says(site):
    french = ask(site, "/fr/phare")[2]
    assert "bâti en granit".encode("latin-1") in french
    assert b"charset" not in french.partition(b"<title>")[0]
    with pytest.raises(UnicodeDecodeError):
        french.decode()
    _, headers, cafe = ask(site, "/visit/cafe")
    assert "iso-8859-1" in headers["Content-Type"]
    assert "Łukasz" in cafe.decode()
    assert '<html lang="de">' in text_of("/de/leuchtturm", site)


def test_odd_pages_are_odd(site):
    assert 0 < words(article_of("/visit/opening-hours", site)) < 10
    broken = text_of("/craft/lantern-glass", site)
    assert "</article>" not in broken
    assert broken.count('"') % 2 == 1  # cut off inside an attribute
    assert '<meta name="robots" content="noai">' in text_of("/essays/keepers-diary", site)
    draft = ask(site, "/essays/draft-on-automation")
    assert draft[1]["X-Robots-Tag"] == "noindex"
    assert b'name="robots"' not in draft[2]
    assert ask(site, "/files/tide-table.pdf")[2].startswith(b"%PDF-")
    assert ask(site, "/images/tower.png")[2].startswith(b"\x89PNG")
    assert ask(site, "/old/start")[1]["Location"] == "/old/daily"


def test_replaced_page_changes_its_validators_and_the_sitemap(changing):
    _, before, _ = ask(changing, "/sea/tides")
    _, sitemap_before, _ = ask(changing, "/sitemap-pages.xml")
    changing.replace("/sea/tides", "<h1>New</h1>")
    status, after, body = ask(changing, "/sea/tides", If_None_Match=before["ETag"])
    assert (status, body) == (200, b"<h1>New</h1>")
    assert after["ETag"] != before["ETag"]
    assert ask(changing, "/sea/tides", If_Modified_Since=before["Last-Modified"])[0] == 200
    assert ask(changing, "/sitemap-pages.xml", If_None_Match=sitemap_before["ETag"])[0] == 200


def test_added_and_removed_pages_join_and_leave_the_sitemap(changing):
    changing.replace("/new", b"\xff", status=200, content_type="text/plain", headers={"X-A": "b"})
    changing.remove("/sea/waves")
    status, headers, body = ask(changing, "/new")
    assert (status, headers["X-A"], headers["Content-Type"], body) == (
        200,
        "b",
        "text/plain",
        b"\xff",
    )
    assert ask(changing, "/sea/waves")[0] == 404
    listed = changing.body("/sitemap-pages.xml").decode()
    assert "/new</loc>" in listed
    assert "/sea/waves<" not in listed


def test_every_change_moves_last_modified_on_even_after_a_removal(changing):
    dates = []
    for change in (
        lambda: changing.replace("/new", "one"),
        lambda: changing.remove("/new"),
        lambda: changing.replace("/new", "two"),
    ):
        change()
        dates.append(ask(changing, "/sitemap-pages.xml")[1]["Last-Modified"])
    assert dates == sorted(set(dates))
    assert ask(changing, "/new")[1]["Last-Modified"] == dates[-1]


def test_generated_file_and_status_can_be_replaced(changing):
    changing.replace("/robots.txt", "User-agent: *\nDisallow: /\n", content_type="text/plain")
    changing.replace("/sea/tides", "", status=503)
    changing.replace("/sea/waves", "", status=301, headers={"Location": "/"})
    assert ask(changing, "/robots.txt")[2] == b"User-agent: *\nDisallow: /\n"
    assert ask(changing, "/sea/tides")[0] == 503
    assert ask(changing, "/sea/waves")[1]["Location"] == "/"
    with pytest.raises(KeyError):
        changing.body("/nowhere")


def test_command_prints_the_url_first_and_serves(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "ftcrawler.demo"], stdout=subprocess.PIPE, text=True
    )
    try:
        port = urlsplit(process.stdout.readline().strip()).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def test_starts_without_scrapy_or_the_rest_of_the_project():
    code = (
        "import sys, ftcrawler.demo\n"
        "print([m for m in sys.modules if m.startswith(('scrapy', 'twisted', 'pipelines'))"
        " or m.startswith('ftcrawler.') and not m.startswith('ftcrawler.demo')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
