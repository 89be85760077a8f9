"""Sites whose text their scripts write: a real Chromium, without a network of its own."""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import ROOT, adds_up
from web import Answer, article, serving

from ftcrawler.errands import MOST_REQUESTS, may_ask
from ftcrawler.rendering import chromium_path
from ftcrawler.sitetext import load_site
from pipelines.archive import page_record, read_page
from pipelines.records import Page, Verdict

CHROMIUM = chromium_path("")
NEEDED = CHROMIUM and find_spec("playwright")


def in_browser(test):
    """Mark a test that runs a real Chromium."""
    why = "needs requirements-render.txt and Debian's chromium"
    return pytest.mark.slow(pytest.mark.skipif(not NEEDED, reason=why)(test))


RENDER = "render = true"
JSON = "application/json"
SCRIPT = "text/javascript"


def inner(title: str, tag: str = "") -> str:
    return re.search(r"<article>.*</article>", article(title, tag=tag), re.DOTALL)[0]


def shell(script: str, head: str = "") -> str:
    """A page with no text of its own; ``say(html)`` writes it."""
    return (
        f"<!doctype html><html lang=en><head><title>Shell</title>{head}</head><body>"
        "<noscript>Please switch on your scripts, this page is empty without them.</noscript>"
        "<main id=app></main>"
        f"<script>const say = html => {{ app.innerHTML = html }};{script}</script></body></html>"
    )


def saying(title: str, before: str = "", after: str = "") -> str:
    return shell(f"{before};say({json.dumps(inner(title))});{after}")


def data(html: str, **options) -> Answer:
    return Answer(json.dumps({"html": html}).encode(), content_type=JSON, **options)


FETCH = "fetch('/api/text.json').then(r => r.json()).then(d => say(d.html))"


@contextlib.contextmanager
def listening(kind=socket.SOCK_STREAM):
    """A port of this machine, and a function that tells whether anybody came."""
    with socket.socket(socket.AF_INET, kind) as ear:
        ear.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            ear.listen(50)
        ear.setblocking(False)

        def heard() -> bool:
            with contextlib.suppress(BlockingIOError):
                if kind == socket.SOCK_STREAM:
                    ear.accept()[0].close()
                else:
                    ear.recvfrom(100)
                return True
            return False

        yield ear.getsockname()[1], heard


@pytest.fixture
def watched(tmp_path):
    """A Chromium that notes its process and environment whenever it is started."""
    log = tmp_path / "started"
    script = tmp_path / "watched-chromium"
    script.write_text(f'#!/bin/sh\necho $$ >>"{log}"\nenv >"{log}.env"\nexec "{CHROMIUM}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)

    class Watched:
        path = str(script)

        def pids(self) -> list[int]:
            return [int(line) for line in log.read_text().split()] if log.exists() else []

        def environment(self) -> str:
            return Path(f"{log}.env").read_text()

        def gone(self, seconds: float = 15) -> bool:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                if not any(Path(f"/proc/{pid}").exists() for pid in self.pids()):
                    return True
                time.sleep(0.1)
            return False

    return Watched()


# -- What a page may ask for --------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://example.com/api", True),
        ("https://api.example.com/v1", True),
        ("https://cdn.example.net/app.js", True),
        ("http://cdn.example.net/app.js", False),
        ("https://cdn.example.net:8443/app.js", False),
        ("https://sub.cdn.example.net/app.js", False),
        ("https://example.com:9200/_search", False),
        ("http://api.example.com/v1", False),
        ("https://example.com.evil.test/", False),
        ("https://169.254.169.254/latest/", False),
        ("https://other.test/", False),
        ("", False),
    ],
)
def test_a_page_may_ask_its_own_origin_the_sites_and_those_named(url, may):
    site = load_site(
        'start_urls = ["https://example.com/"]\n[request]\nrender_hosts = ["cdn.example.net"]', "x"
    )
    assert may_ask(site, "https://example.com/page", url) is may


def test_turning_it_on_or_changing_its_hosts_reads_pages_anew():
    def rules(more: str) -> str:
        text = f'start_urls = ["https://example.com/"]\n[request]\n{more}'
        return load_site(text, "x").rules_hash()

    plain, on = rules(""), rules(RENDER)
    assert plain == rules("delay = 3") == rules('render_hosts = ["a.test"]')
    assert len({plain, on, rules(f'{RENDER}\nrender_hosts = ["a.test"]')}) == 3


def test_the_archive_holds_what_came_and_what_it_became(tmp_path):
    came = Page(
        "web",
        "https://example.com/",
        200,
        (("content-type", "text/html; charset=iso-8859-1"), ("etag", '"1"')),
        b"<p>caf\xe9",
        "2026-11-24T02:00:00Z",
        Verdict("allow"),
    )
    made = Page(
        came.site,
        came.url,
        came.status,
        (("content-type", "text/html; charset=utf-8"), ("etag", '"1"')),
        "<p>café, écrit".encode(),
        came.fetched_at,
        came.verdict,
        source=came,
    )
    path = tmp_path / "a.warc.gz"
    path.write_bytes(page_record(came) + page_record(made))
    length = len(page_record(came))
    assert read_page(path, 0, length, "web").source is None
    read = read_page(path, length, path.stat().st_size - length, "web")
    assert (read.body, read.header("content-type")) == (made.body, "text/html; charset=utf-8")
    assert read.source
    assert read.source.body == came.body
    assert read.source.header("content-type") == "text/html; charset=iso-8859-1"


# -- Without what it needs -----------------------------------------------------------


def test_without_chromium_the_run_ends_before_the_first_request(web, crawler):
    web.page("/", saying("Lamp"))
    crawler.site(web, request=RENDER)
    done = crawler.run(FTCRAWLER_CHROMIUM="/nowhere/chromium")
    assert done.code == 2
    [line] = [line for line in done.err.splitlines() if "render" in line]
    assert f"{crawler.sites}/web.toml: request.render: " in line
    assert "/nowhere/chromium" in line
    assert "`pip install -r requirements-render.txt`" in line
    assert "`apt-get install chromium`" in line
    assert web.seen == []


def test_without_playwright_too(web, crawler, tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text("import sys\nsys.modules['playwright'] = None\n")
    web.page("/", saying("Lamp"))
    crawler.site(web, request=RENDER)
    done = crawler.run(PYTHONPATH=f"{hidden}:{ROOT}", FTCRAWLER_CHROMIUM=sys.executable)
    assert (done.code, web.seen) == (2, [])
    assert "Playwright is missing" in done.err
    assert "Traceback" not in done.err
    looked = crawler.run(
        "consent",
        f"{web.url}/",
        PYTHONPATH=f"{hidden}:{ROOT}",
        FTCRAWLER_CHROMIUM=sys.executable,
    )
    assert (looked.code, web.seen) == (2, [])


def test_sites_that_are_not_rendered_need_neither(web, crawler):
    web.page("/", article("Lamp"))
    crawler.site(web)
    done = crawler.run(FTCRAWLER_CHROMIUM="/nowhere/chromium")
    assert (done.code, done.counts()["page/document"]) == (0, 1)


# -- Pages ----------------------------------------------------------------------------


@in_browser
def test_what_scripts_write_becomes_a_document(web, crawler, watched):
    web.page("/", shell("", head="<script src=/app.js defer></script>"), etag=True)
    web.routes["/app.js"] = Answer(FETCH.encode(), content_type=SCRIPT)
    web.routes["/api/text.json"] = data(inner("Lamp") + "<p><a href='/next?a=1'>On</a></p>")
    web.page("/next?a=1", article("Boat"))
    crawler.site(web, request=RENDER, more="[archive]\nwarc = true")
    first = crawler.run(FTCRAWLER_CHROMIUM=watched.path, SOME_TOKEN="s3cret")
    assert first.code == 0, first.err
    counts = first.counts()
    assert (counts["page/document"], counts["render/pages"], counts["render/requests"]) == (2, 2, 2)
    texts = [row["text"] for row in first.rows("documents")]
    assert "letter 2" in texts[0]
    assert "Please switch on" not in str(texts)
    assert len(watched.pids()) == 1, "one browser for all pages"
    assert watched.gone()
    assert "s3cret" not in watched.environment()
    agents = {headers["User-Agent"] for _, _, headers in web.seen}
    assert [agent for agent in agents if not agent.startswith("ftcrawler/")] == []

    web.seen.clear()
    again = crawler.run()
    assert again.counts()["page/unchanged/same body"] == 2
    assert not [h for _, path, h in web.seen if "If-None-Match" in h and path != "/robots.txt"]
    web.routes["/api/text.json"] = data(inner("Lighthouse"))
    changed = crawler.run()
    assert changed.counts()["page/document"] == 1, "the HTML is the same, the data is not"

    fresh = crawler.run("reextract", "--into", str(crawler.data.parent / "fresh"))
    assert fresh.code == 0, fresh.err
    rows = type(changed)(0, "", "", crawler.data.parent / "fresh").rows()
    assert sorted(row["pair_id"] for row in rows) == sorted(r["pair_id"] for r in changed.rows())


@in_browser
def test_requests_of_pages_keep_the_sites_pace_and_are_counted(web, crawler):
    asking = "".join(f"fetch('/api/{n}.json');" for n in range(5))
    web.page("/", saying("Lamp", before=asking + "fetch('/api/1.json');fetch('/api/1.json')"))
    for n in range(5):
        web.routes[f"/api/{n}.json"] = data("x")
    site = f'start_urls = ["{web.url}/"]\n[request]\nallow_private_addresses = true\n'
    crawler.site(text=f"{site}{RENDER}\ndelay = 0.4\ntimeout = 3")
    done = crawler.run()
    assert done.counts()["page/document"] == 1
    assert done.counts()["render/requests"] == 5
    asked = [path for path in web.paths() if path.startswith("/api/")]
    assert sorted(asked) == [f"/api/{n}.json" for n in range(5)]
    times = [at for at, _, _ in web.seen]
    gaps = [b - a for a, b in pairwise(times)]
    assert min(gaps) > 0.25  # a server that is busy reads late
    assert sum(gaps) / len(gaps) > 0.38


@in_browser
def test_robots_txt_holds_for_what_a_page_asks_for(web, crawler):
    web.routes["/robots.txt"] = Answer(
        b"User-agent: *\nDisallow: /api/private", content_type="text/plain"
    )
    web.page("/", saying("Lamp", before="fetch('/api/private/1.json');fetch('/api/open.json')"))
    crawler.site(web, request=RENDER)
    done = crawler.run()
    assert "/api/open.json" in web.paths()
    assert "/api/private/1.json" not in web.paths()
    assert (done.counts()["page/document"], done.counts()["render/refused"]) == (1, 1)


@in_browser
def test_an_answer_that_refuses_use_is_not_handed_to_the_page(web, crawler):
    headers = (("X-Robots-Tag", "noai"), ("Content-Usage", "train-ai=n"))
    web.page("/", article("Index", links=("/p0", "/p1")))
    for place, header in enumerate(headers):
        asked = FETCH.replace("/api/text.json", f"/api/{place}.json")
        web.page(f"/p{place}", saying(f"Lamp {place}", after=asked))
        web.routes[f"/api/{place}.json"] = data(inner("Secret"), headers=dict([header]))
    crawler.site(web, request=RENDER)
    done = crawler.run()
    assert {"/api/0.json", "/api/1.json"} <= set(web.paths())
    texts = [row["text"] for row in done.rows("documents")]
    assert len(texts) == 3
    assert not any("Secret" in text for text in texts)
    assert done.counts()["render/refused"] == 2


REFUSING = {
    "added by a script": (
        saying(
            "Lamp",
            before="const m = document.createElement('meta');"
            "m.name = 'robots'; m.content = 'noai'; document.head.append(m)",
        ),
        "meta robots",
    ),
    "removed by a script": (
        shell(
            f"document.querySelector('meta').remove();say({json.dumps(inner('Lamp'))})",
            head="<meta name=robots content=noai><script src=/app.js></script>",
        ),
        "meta robots",
    ),
    "another protocol": (
        saying(
            "Lamp",
            before="const m = document.createElement('meta');"
            "m.name = 'tdm-reservation'; m.content = '1'; document.head.append(m)",
        ),
        "tdm-reservation",
    ),
}


@in_browser
def test_a_signal_refuses_wherever_it_stands(web, crawler):
    links = tuple(f"/p{place}" for place in range(len(REFUSING)))
    web.page("/", article("Index", links=links))
    for link, (page, _) in zip(links, REFUSING.values(), strict=True):
        web.page(link, page)
    crawler.site(web, request=RENDER)
    done = crawler.run()
    counts = done.counts()
    assert counts["page/rejected/consent: meta robots"] == 2
    assert counts["page/rejected/consent: tdm-reservation"] == 1
    assert [row["url"] for row in done.rows("documents")] == [f"{web.url}/"]
    assert "/app.js" not in web.paths(), "what the server's HTML refuses is not rendered"


# -- No way out -----------------------------------------------------------------------

ESCAPES = """
const tcp = %(tcp)d, udp = %(udp)d;
const hosts = ['127.0.0.1', 'localhost', '127.1', '0x7f000001', '2130706433', '0.0.0.0',
  '[::1]', '[::ffff:127.0.0.1]', 'localhost.', 'x.localhost'];
for (const host of hosts) {
  const base = `http://${host}:${tcp}`;
  fetch(base + '/fetch').catch(() => {});
  fetch(base + '/post', {method: 'POST', body: 'x', mode: 'no-cors', keepalive: true})
    .catch(() => {});
  new Image().src = base + '/image';
  const script = document.createElement('script');
  script.src = base + '/script.js'; document.head.append(script);
  for (const rel of ['preconnect', 'dns-prefetch', 'prefetch', 'preload', 'icon', 'manifest',
      'modulepreload', 'stylesheet', 'prerender']) {
    const link = document.createElement('link');
    link.rel = rel; link.href = base + '/' + rel; link.as = 'script'; document.head.append(link);
  }
  const frame = document.createElement('iframe'); frame.src = base + '/frame';
  document.body.append(frame);
  try { new WebSocket(`ws://${host}:${tcp}/`) } catch (e) {}
  try { new EventSource(base + '/events') } catch (e) {}
  try { new WebTransport(`https://${host}:${udp}/`) } catch (e) {}
  try { navigator.sendBeacon(base + '/beacon', 'x') } catch (e) {}
  import(base + '/module.js').catch(() => {});
}
const inside = `fetch('http://127.0.0.1:${tcp}/worker').catch(() => {});
  try { new WebSocket('ws://127.0.0.1:${tcp}/') } catch (e) {}
  try { importScripts('http://127.0.0.1:${tcp}/import.js') } catch (e) {}`;
const blob = URL.createObjectURL(new Blob([inside], {type: 'text/javascript'}));
try { new Worker(blob) } catch (e) {}
try { new SharedWorker(blob) } catch (e) {}
const rules = document.createElement('script'); rules.type = 'speculationrules';
rules.textContent = JSON.stringify({prefetch: [{source: 'list', eagerness: 'immediate',
  urls: [`http://127.0.0.1:${tcp}/speculation`]}]});
document.head.append(rules);
const form = document.createElement('form'); form.method = 'post'; form.target = '_blank';
form.action = `http://127.0.0.1:${tcp}/form`; document.body.append(form); form.submit();
const ping = document.createElement('a'); ping.href = '#x';
ping.ping = `http://127.0.0.1:${tcp}/ping`; document.body.append(ping); ping.click();
const peer = new RTCPeerConnection({iceServers: [
  {urls: `stun:127.0.0.1:${udp}`},
  {urls: `turn:127.0.0.1:${tcp}?transport=tcp`, username: 'a', credential: 'b'}]});
peer.createDataChannel('x'); peer.createOffer().then(o => peer.setLocalDescription(o));
fetch('http://169.254.169.254/latest/meta-data/').catch(() => {});
fetch('/away').catch(() => {});
fetch('/own-post', {method: 'POST'}).catch(() => {});
navigator.sendBeacon('/own-beacon');
fetch('https://localhost/named').catch(() => {});
fetch('file:///etc/passwd').then(r => r.text()).then(t => { document.title = t }).catch(() => {});
"""


@in_browser
def test_a_page_reaches_nothing_but_what_the_crawl_fetches_for_it(web, crawler):
    with listening() as (tcp, connected), listening(socket.SOCK_DGRAM) as (udp, spoken):
        script = ESCAPES % {"tcp": tcp, "udp": udp}
        hold = "fetch('/slow').then(r => r.text()).then(() => fetch('/slower'))"
        web.page("/", saying("Lamp", before=script, after=hold))
        web.routes["/away"] = Answer(
            status=302, headers={"Location": f"http://127.0.0.1:{tcp}/redirected"}
        )
        for path in ("/slow", "/slower"):
            web.routes[path] = lambda exchange: (time.sleep(2), exchange.answer(Answer(b"x")))
        crawler.site(web, request=f'{RENDER}\nrender_hosts = ["localhost"]')
        done = crawler.run()
        assert not connected(), "a connection to another port"
        assert not spoken(), "a datagram"
    assert done.counts()["page/document"] == 1, done.err
    assert sorted(web.paths()) == ["/", "/away", "/robots.txt", "/slow", "/slower"]
    assert done.counts()["render/requests"] == 4  # the fourth: https://localhost, then refused
    assert "render/failed" not in done.counts()


@in_browser
def test_the_escapes_would_be_heard(web, tmp_path):
    """The same script in a Chromium as it is reaches both ports: the test above can fail."""
    with listening() as (tcp, connected), listening(socket.SOCK_DGRAM) as (udp, spoken):
        web.page("/", shell(ESCAPES % {"tcp": tcp, "udp": udp}))
        flags = ["--headless", "--no-sandbox", f"--user-data-dir={tmp_path}", f"{web.url}/"]
        plain = subprocess.Popen([CHROMIUM, *flags], stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 30
            left = [connected, spoken]
            while left and time.monotonic() < until:
                left = [heard for heard in left if not heard()]
                time.sleep(0.1)
            assert left == []
        finally:
            plain.kill()
            plain.wait()


@in_browser
def test_a_thousand_requests_are_cut(web, crawler):
    many = "for (let n = 0; n < 1000; n++) fetch('/api/' + n).catch(() => {});"
    web.page("/", saying("Lamp", before=many))
    web.page("/api/999", "x")
    crawler.site(web, request=RENDER)
    done = crawler.run()
    assert done.counts()["page/document"] == 1
    assert len(web.paths()) == 2 + MOST_REQUESTS
    assert done.counts()["render/requests"] == MOST_REQUESTS
    assert done.counts()["render/cut"] == 1000 - MOST_REQUESTS


@in_browser
def test_the_bytes_of_a_page_are_cut(web, crawler):
    many = "for (let n = 0; n < 20; n++) fetch('/api/' + n).catch(() => {});"
    web.page("/", saying("Lamp", before=many))
    for n in range(20):
        web.routes[f"/api/{n}"] = Answer(b"x" * 100_000, content_type=JSON)
    crawler.site(web, request=RENDER)
    done = crawler.run("crawl", "articles", "-s", "DOWNLOAD_MAXSIZE=350000")
    assert done.counts()["page/document"] == 1
    asked = [path for path in web.paths() if path.startswith("/api/")]
    assert 3 <= len(asked) <= 6, "three fit; of the rest only those that were under way"


# -- Pages that misbehave --------------------------------------------------------------


BOTHERS = (
    ("alert(1);confirm('x');prompt('y')", ""),
    ("", "window.onbeforeunload = () => 'stay'; print()"),
    ("for (let n = 0; n < 50; n++) window.open('/popup' + n)", ""),
    (
        "const a = document.createElement('a'); a.download = 'x.bin';"
        "a.href = URL.createObjectURL(new Blob(['x'.repeat(1e6)])); a.click();"
        "a.href = '/file.bin'; a.click()",
        "",
    ),
    (
        "navigator.serviceWorker.register('/sw.js').catch(() => {});"
        "Notification.requestPermission(); navigator.geolocation.getCurrentPosition(() => {})",
        "",
    ),
    ("", "location.href = 'data:text/html,gone'"),
    ("", "location.href = 'file:///etc/passwd'"),
    ("", "setInterval(() => fetch('/robots.txt'), 50)"),
    ("", "history.pushState({}, '', '/pushed')"),
    ("", "const i = document.createElement('iframe'); i.src = '/'; document.body.append(i)"),
)


@in_browser
def test_what_would_bother_a_visitor_does_not_bother_us(web, crawler):
    links = tuple(f"/p{place}" for place in range(len(BOTHERS)))
    web.page("/", article("Index", links=links))
    for link, (before, after) in zip(links, BOTHERS, strict=True):
        web.page(link, saying(f"Lamp {link}", before=before, after=after))
    for path in ("/elsewhere", "/popup1", "/file.bin", "/sw.js"):
        web.page(path, article("Elsewhere"))
    crawler.site(web, request=RENDER)
    done = crawler.run(timeout=90)
    texts = {row["url"].removeprefix(web.url): row["text"] for row in done.rows("documents")}
    assert set(texts) == {"/", *links}, (done.counts(), done.err)
    assert all("letter 2" in text for text in texts.values())
    assert set(web.paths()) == {"/", "/robots.txt", *links}


@in_browser
@pytest.mark.parametrize(
    "script", ["location.href = '/b'", "setTimeout(() => location.replace('/b'), 200)"]
)
def test_where_a_script_leads_is_a_redirect(web, crawler, script):
    web.page("/", article("Index", links=("/a", "/away")))
    web.page("/a", saying("Lamp", after=script))
    web.page("/b", saying("Boat"))
    web.page("/away", shell("location.href = 'https://other.test/'"))
    crawler.site(web, request=RENDER)
    done = crawler.run()
    counts = done.counts()
    assert (counts["page/document"], counts["page/redirected"]) == (2, 2)
    assert counts["page/redirected/off-site"] == 1
    assert {row["url"] for row in done.rows("documents")} == {f"{web.url}/", f"{web.url}/b"}


UNREADABLE = (
    ("while (true) {}", "timeout"),
    ("setTimeout(() => { while (true) {} }, 300)", "timeout"),
    ("const w = () => Promise.resolve().then(w); w()", "timeout"),
    ("location.href = 'about:blank'", "redirect-nowhere"),
    ("document.write('<form method=post>'); document.forms[0].submit()", "redirect-nowhere"),
    ("document.body.textContent = 'word '.repeat(300_000)", "too-large"),
    ("location.reload()", "redirect-loop"),
)


@in_browser
def test_pages_that_cannot_be_read_fail_alone(web, crawler, watched):
    links = tuple(f"/p{place}" for place in range(len(UNREADABLE)))
    web.page("/", article("Index", links=(*links, "/good")))
    web.page("/good", saying("Boat"))
    for link, (script, _) in zip(links, UNREADABLE, strict=True):
        web.page(link, shell(script))
    # One page at a time: a browser that has to be ended costs the pages beside it, too.
    crawler.site(web, request=f"{RENDER}\nconcurrency = 1", timeout=3)
    most = "DOWNLOAD_MAXSIZE=1000000"
    done = crawler.run("crawl", "articles", "-s", most, timeout=90, FTCRAWLER_CHROMIUM=watched.path)
    assert done.code == 0, done.err
    with contextlib.closing(sqlite3.connect(done.data / "sites" / "web" / "state.db")) as db:
        known = dict(db.execute("SELECT url, reason FROM urls WHERE outcome = 'failed'"))
    expected = {f"{web.url}{link}": why for link, (_, why) in zip(links, UNREADABLE, strict=True)}
    assert known == expected
    assert done.counts()["page/document"] == 2
    assert adds_up(done.counts(), 2 + len(links))
    assert watched.gone()


@in_browser
def test_a_crashed_browser_costs_its_page_and_is_started_anew(web, crawler, watched):
    def deadly(exchange):
        os.kill(watched.pids()[-1], signal.SIGKILL)
        exchange.answer(Answer(b"{}", content_type=JSON))

    web.page("/", article("Index", links=("/bad",)))
    web.page("/bad", saying("Lamp", before="fetch('/deadly')") + "<a href=/good>")
    web.routes["/deadly"] = deadly
    web.page("/good", saying("Boat"))
    crawler.site(web, request=f"{RENDER}\nconcurrency = 1")
    done = crawler.run(FTCRAWLER_CHROMIUM=watched.path)
    assert done.counts()["page/failed/renderer-crashed"] == 1, done.err
    web.routes["/deadly"] = Answer(b"{}", content_type=JSON)
    web.page("/after", saying("Boat"))
    web.page("/", article("Index", links=("/bad", "/after")))
    again = crawler.run(FTCRAWLER_CHROMIUM=watched.path)
    assert again.counts()["page/document"] >= 2, again.err
    assert len(watched.pids()) == 2
    assert watched.gone()


@in_browser
def test_a_chromium_that_does_not_start_fails_loudly(web, crawler, tmp_path):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    web.page("/", saying("Lamp"))
    crawler.site(web, request=RENDER)
    done = crawler.run(FTCRAWLER_CHROMIUM=str(broken))
    assert done.code == 3
    assert done.counts()["page/failed/renderer-crashed"] == 1
    assert "Traceback" not in done.err


@in_browser
def test_other_sites_of_the_same_crawl_are_read_as_ever(web, crawler, watched):
    with serving() as other:
        web.page("/", saying("Lamp"))
        other.page("/", article("Boat") + "<script src=/app.js></script>", etag=True)
        crawler.site(web, request=RENDER)
        crawler.site(other, name="plain")
        done = crawler.run(FTCRAWLER_CHROMIUM=watched.path)
        assert done.counts()["page/document"] == 1
        assert done.counts("plain") == {
            name: n for name, n in done.counts("plain").items() if not name.startswith("render/")
        }
        assert done.counts("plain")["page/document"] == 1
        assert "/app.js" not in other.paths()
        alone = crawler.run(
            "crawl", "articles", "-a", "site=plain", FTCRAWLER_CHROMIUM=watched.path
        )
        assert alone.counts("plain")["page/unchanged/not modified"] == 1
        assert len(watched.pids()) == 1, "no browser without a page to render"


@in_browser
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill -9"])
def test_however_a_run_ends_no_browser_is_left(web, crawler, watched, how):
    web.page("/", saying("Lamp", after="fetch('/slow')"))
    web.routes["/slow"] = lambda exchange: (time.sleep(3), exchange.answer(Answer(b"x")))
    crawler.site(web, request=RENDER)
    process = subprocess.Popen(
        crawler.command("crawl", "articles"),
        cwd=ROOT,
        env=crawler.environment(FTCRAWLER_CHROMIUM=watched.path),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + 30
    while "/slow" not in web.paths() and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(process.pid, how)  # as a terminal does: the whole group hears it
    code = process.wait(timeout=20)
    assert watched.gone()
    assert code == (7 if how == signal.SIGINT else -signal.SIGKILL)
    if how == signal.SIGINT:
        assert crawler.run("state").code == 0
        again = crawler.run(FTCRAWLER_CHROMIUM=watched.path)
        assert again.code == 0
        assert len(again.rows("documents")) == 1
