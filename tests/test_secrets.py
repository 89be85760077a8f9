"""Keys stay where they belong: in a request to the site that they are for, and nowhere else."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import ROOT, Crawl, Crawler
from web import POLICY_FILES, Answer, article, serving

from ftcrawler.frontier import SiteQueue
from ftcrawler.site import SiteError
from ftcrawler.sitetext import load_site

TOKEN = "tok-7f3Qz9LmX2"  # in .env, for the site's Authorization header
HEADERS = {  # by name: what the server is to get, and what nobody else is to see
    "Authorization": (f"Bearer {TOKEN}", "Bearer ${MY_SITE_TOKEN}"),
    "X-Api-Key": ("lit-5Yb8KwR1vD", "lit-5Yb8KwR1vD"),  # written into the site file as it is
    "Cookie": ("session=env-0Hn6TcJ4sP", "session=${FTCRAWLER_SESSION}"),
}
DOTENV = {"MY_SITE_TOKEN": TOKEN, "OPENAI_API_KEY": "sk-dot-2Gk7Vx5Ea9"}
ENVIRONMENT = {
    "HF_TOKEN": "hf_8Wq1Zr6Ub3",
    "FTCRAWLER_SESSION": "env-0Hn6TcJ4sP",
    "FTCRAWLER_ANYTHING": "any-4Df9Lp0Ci7",
    "AWS_SECRET_ACCESS_KEY": "aws/3Jt8Nv2Os6",
}
SECRETS = {
    *DOTENV.values(),
    *ENVIRONMENT.values(),
    "lit-5Yb8KwR1vD",
}
SITE = """
start_urls = ["{url}/"]
[request]
delay = 0
timeout = 2
allow_private_addresses = true
[request.headers]
{headers}
[archive]
warc = true
"""


class Clone(Crawler):
    """A copy of the program with an ``.env`` of its own, so that no real one is touched."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.root = folder / "clone"
        self.root.mkdir()
        shutil.copy(ROOT / "scrapy.cfg", self.root)
        for package in ("ftcrawler", "pipelines"):
            shutil.copytree(ROOT / package, self.root / package)
        lines = "".join(f"{name}={value}\n" for name, value in DOTENV.items())
        (self.root / ".env").write_text(lines)

    def run(self, *args: str, timeout: float = 100, **environment: str) -> Crawl:
        kept = self.environment(**ENVIRONMENT, **environment)
        for name in DOTENV:
            kept.pop(name, None)
        kept["PYTHONPATH"] = str(self.root)
        done = subprocess.run(
            self.command(*args),
            cwd=self.root,
            env=kept,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Crawl(done.returncode, done.stdout, done.stderr, self.data)


def found_in(text: str) -> set[str]:
    return {secret for secret in SECRETS if secret in text}


def written(data: Path) -> dict[str, str]:
    """Every file below a folder as text, packed ones unpacked."""
    return {str(path.relative_to(data)): read(path) for path in data.rglob("*") if path.is_file()}


def read(path: Path) -> str:
    if path.suffix == ".parquet":
        return json.dumps(pq.read_table(path).to_pylist(), default=str)
    if path.suffix == ".db":
        with closing(sqlite3.connect(path)) as db:
            return "\n".join(db.iterdump()) + path.read_bytes().decode("latin-1")
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode("latin-1")
    return path.read_bytes().decode("latin-1")


def site_text(url: str) -> str:
    lines = (f'{name} = "{text}"' for name, (_, text) in HEADERS.items())
    return SITE.format(url=url, headers="\n".join(lines))


def carries(headers: dict[str, str]) -> set[str]:
    """Which of the site's own headers a request carried."""
    return {name for name in HEADERS if name in headers}


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


@pytest.mark.slow
def test_a_whole_crawl_at_debug_level_writes_no_key_anywhere(web, clone):
    """With pages, faults, an archive and a second night: the server gets the keys, nobody else."""
    links = ("/a", "/gone", "/reset", "/moved", "/away")
    web.page("/", article("Index", links=links), etag=True)
    web.page("/a", article("Alpha"), etag=True)
    web.routes["/gone"] = Answer(b"", 500)
    web.routes["/reset"] = lambda exchange: exchange.connection.close()
    web.routes["/moved"] = Answer(b"", 302, headers={"Location": "/a?again"})
    web.routes["/away"] = Answer(b"", 302, headers={"Location": "http://localhost:1/"})
    clone.site(text=site_text(web.url))
    debug = ("-L", "DEBUG", "-s", "RETRY_TIMES=1")
    nights = [clone.run("crawl", "articles", *debug) for _ in range(2)]
    nights.append(clone.run("crawl", "articles", "--full", "-s", "LOG_LEVEL=DEBUG"))
    assert nights[0].code == 0, nights[0].err
    assert "DEBUG" in nights[0].err
    for name, (value, _) in HEADERS.items():
        assert {headers.get(name) for _, _, headers in web.seen} == {value}
    for done in nights:
        assert found_in(done.out + done.err) == set()
    files = written(clone.data)
    assert {Path(name).suffix for name in files} >= {".parquet", ".jsonl", ".db", ".json", ".gz"}
    assert {name: found for name, text in files.items() if (found := found_in(text))} == {}


COMMANDS = {  # and the exit code that says that it did what it is here for
    "sites": (("sites",), 0),
    "state": (("state", "web", "--check"), 0),
    "reextract": (("reextract", "--site", "web", "-L", "DEBUG"), 0),
    "consent, one URL live": (("consent", "{url}/"), 0),
    "consent, the ledger": (("consent", "--export"), 0),
    "consent, looked at again": (("consent", "--recheck"), 0),
    "retract": (("retract", "{url}/", "--reason", "asked by letter"), 0),
    "a wrong argument": (("crawl", "articles", "-a", "sites=web", "-L", "DEBUG"), 2),
}


@pytest.mark.slow
def test_no_command_shows_a_key(web, clone):
    web.page("/", article("Index"))
    clone.site(text=site_text(web.url))
    assert clone.run("crawl", "articles").code == 0
    for name, (command, code) in COMMANDS.items():
        done = clone.run(*(part.format(url=web.url) for part in command))
        assert done.code == code, (name, done.err)
        assert done.out + done.err, name
        assert found_in(done.out + done.err) == set(), name
    files = written(clone.data)
    assert any(name.startswith("consent/") and name.endswith(".csv") for name in files)
    assert {name: found for name, text in files.items() if (found := found_in(text))} == {}


CRASHES = {
    "DATA_DIR is a file": {"FTCRAWLER_DATA": "{folder}/scrapy.cfg"},
    "the state is not a database": {"FTCRAWLER_DATA": "{folder}/broken"},
    "no server at all": {},
}


@pytest.mark.parametrize("name", CRASHES)
def test_no_crash_shows_a_key(name, clone):
    folder = clone.root / "broken" / "sites" / "web"
    folder.mkdir(parents=True)
    (folder / "state.db").write_bytes(b"this is not a database" * 100)
    clone.site(text=site_text("http://127.0.0.1:9"))
    told = {key: value.format(folder=clone.root) for key, value in CRASHES[name].items()}
    done = clone.run("crawl", "articles", "-L", "DEBUG", **told)
    assert done.code != 0
    assert done.err
    assert found_in(done.out + done.err) == set()


# -- A site file that is wrong ---------------------------------------------------------

KEY = "key-6Mx1Yh8Qw4"
START = 'start_urls = ["http://a.example/"]\n'
WRONG = {
    "an unknown key": START + 'token = "${KEY}"',
    "an unknown key in a table": START + '[request]\ntoken = "${KEY}"',
    "a header's name": START + '[request.headers]\n"Bad Name" = "${KEY}"',
    "a header that is ours": START + '[request.headers]\nHost = "${KEY}"',
    "a header with a line break": START + '[request.headers]\nX = "${KEY}\\nY: 1"',
    "a literal key in a list": START + f'[request.headers]\nX = ["{KEY}"]',
    "a missing variable beside it": START + '[request.headers]\nX = "${KEY}"\nY = "${NOWHERE}"',
    "not TOML": START + f'[request.headers]\nX = "{KEY}',
    "a start URL": 'start_urls = ["${KEY}"]',
    "a domain": START + 'allowed_domains = ["${KEY}/x"]',
    "sitemaps": START + 'sitemaps = "${KEY}"',
    "a number": START + '[request]\ndelay = "${KEY}"',
    "a whole number": START + '[request]\nconcurrency = "${KEY}"',
    "a choice": START + '[pairs]\nstrategies = ["${KEY}"]',
    "a profile": START + '[consent]\nprofile = "${KEY}"',
    "a yes or no": START + 'enabled = "${KEY}"',
    "a regular expression": START + '[follow]\nallow = ["(${KEY}"]',
    "a selector": START + '[extract]\narticle = "p[${KEY}"',
    "headers as one string": START + '[request]\nheaders = "Authorization: ${KEY}"',
    "a table as a string": START + 'request = "${KEY}"',
    "a permission as a string": START + '[consent]\npermission = "${KEY}"',
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_site_file_is_said_without_the_key(text):
    with pytest.raises(SiteError) as caught:
        load_site(text, "web", environment={"KEY": KEY})
    assert KEY not in str(caught.value)


def test_the_program_says_what_is_wrong_without_the_key(clone):
    clone.site(text=START + '[request]\nconcurrency = "${MY_SITE_TOKEN}"')
    for command in (("crawl", "articles"), ("sites",)):
        done = clone.run(*command)
        assert done.code == 2
        assert "request.concurrency" in done.err
        assert found_in(done.out + done.err) == set()


def test_a_password_in_a_start_url_is_no_part_of_it():
    site = load_site(
        'start_urls = ["https://me:${KEY}@a.example/"]', "web", environment={"KEY": KEY}
    )
    assert site.start_urls == ["https://a.example/"]


# -- To another host ------------------------------------------------------------------

TARGETS = [
    pytest.param("https://a.example/x", True, id="the site itself"),
    pytest.param("https://a.example/robots.txt", True, id="its robots.txt"),
    pytest.param("https://b.example/", False, id="another host"),
    pytest.param("https://a.example.b.example/", False, id="a host that begins alike"),
    pytest.param("https://nota.example/", False, id="a host that ends alike"),
    pytest.param("https://a.example@b.example/", False, id="the site's name as a user"),
    pytest.param("https://b.example/?https://a.example/", False, id="the site's name in a query"),
    pytest.param("http://a.example/x", False, id="plain http"),
    pytest.param("https://a.example:8443/x", False, id="another port"),
]


@pytest.mark.parametrize(("url", "expected"), TARGETS)
def test_a_sites_headers_go_to_the_site_alone(url, expected):
    text = 'start_urls = ["https://a.example/"]\n[request.headers]\nAuthorization = "${KEY}"'
    site = load_site(text, "web", environment={"KEY": KEY})
    store: Any = SimpleNamespace(fetched=int, clock=float, retractions=list)
    sent = SiteQueue(site, store, "agent").headers(url)
    assert (sent.get("Authorization") == KEY) is expected
    assert sent["User-Agent"] == "agent"


def test_no_redirect_or_link_takes_the_headers_to_another_port(web, clone):
    """Of a page, of robots.txt and of a policy file, and the robots.txt of the other origin."""
    with serving() as other:
        other.page("/there", article("There"))
        other.page("/linked", article("Linked"))
        other.routes["/rules.txt"] = Answer(b"User-agent: *\nAllow: /\n")
        web.page("/", article("Index", links=("/moved", f"{other.url}/linked")))
        web.routes["/moved"] = Answer(b"", 302, headers={"Location": f"{other.url}/there"})
        for path in ("/robots.txt", "/ai.txt"):
            web.routes[path] = Answer(b"", 302, headers={"Location": f"{other.url}/rules.txt"})
        clone.site(text=site_text(web.url))
        assert clone.run("crawl", "articles").code == 0
        asked = {path for _, path, _ in other.seen} - set(POLICY_FILES)
        assert asked == {"/robots.txt", "/rules.txt", "/there", "/linked"}
        assert {path for _, path, headers in other.seen if carries(headers)} == set()


def test_the_two_sites_of_a_run_keep_their_headers_apart(web, clone):
    with serving() as other:
        for one in (web, other):
            one.page("/", article("Index"))
        clone.site(text=site_text(web.url))
        plain = f'start_urls = ["{other.url}/"]\n[request]\nallow_private_addresses = true\n'
        clone.site(name="plain", text=plain + "delay = 0")
        assert clone.run("crawl", "articles").code == 0
        assert {name for _, _, headers in other.seen for name in carries(headers)} == set()
        assert all(carries(headers) == set(HEADERS) for _, _, headers in web.seen)
