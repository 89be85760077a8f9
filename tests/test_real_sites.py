"""Real pages that nobody here wrote: two saved ones, and a whole site from a Debian package."""

import functools
import os
import re
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import ROOT, SHARED, adds_up
from web import Answer

HANDBOOK = Path(os.environ.get("FTCRAWLER_HANDBOOK") or "/usr/share/doc/debian-handbook/html/en-US")


def saved(name: str) -> bytes:
    path = SHARED / "pages" / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    return path.read_bytes()


def shipped(name: str, origin: str, url: str) -> str:
    """A shipped site file, its site served on loopback."""
    text = (ROOT / "ftcrawler" / "sites" / f"{name}.toml").read_text(encoding="utf-8")
    text = text.replace(origin, url).replace(re.escape(origin), re.escape(url))
    return text.replace("[request]", "[request]\nallow_private_addresses = true")


def test_the_quotes_site_yields_each_quotation(web, crawler):
    page = saved("quotes.toscrape.com.html")
    web.routes["/"] = Answer(page)
    text = shipped("quotes", "https://quotes.toscrape.com", web.url)
    crawler.site(name="quotes", text=text.replace("delay = 1.0", "delay = 0"))
    done = crawler.run()
    assert done.code == 0, done.err
    (document,) = [row for row in done.rows("documents") if row["url"] == f"{web.url}/"]
    quotations = re.findall(r'itemprop="text">(.*?)</span>', page.decode())
    assert len(quotations) == 10
    blocks = [block["text"] for block in document["blocks"]]
    assert blocks == [quotation.replace("&#39;", "'") for quotation in quotations]
    assert "/login" not in web.paths()
    assert "/page/2/" in web.paths()


def test_the_encyclopaedia_yields_headings_with_their_paragraphs(web, crawler):
    web.routes["/wiki/Beautiful_Soup_(HTML_parser)"] = Answer(saved("en.wikipedia.org.tsne.html"))
    text = shipped("wikipedia", "https://en.wikipedia.org", web.url)
    crawler.site(name="wikipedia", text=text.replace("delay = 2.0", "delay = 0"))
    done = crawler.run()
    assert done.code == 0, done.err
    rows = done.rows()
    headings = {row["prompt"]: row["completion"] for row in rows if row["kind"] == "heading"}
    assert set(headings) >= {"Details", "Software"}
    assert headings["Details"].startswith("Given a set of")
    assert "ELKI contains tSNE" in headings["Software"]
    titles = [row["prompt"] for row in rows if row["kind"] == "title"]
    assert titles == ["t-distributed stochastic neighbor embedding"]
    everything = "\n".join(row["prompt"] + "\n" + row["completion"] for row in rows)
    for frame in ("Jump to navigation", "[edit]", "Contents", "Privacy policy", "Retrieved from"):
        assert frame not in everything
    sentences = [row for row in rows if row["kind"] == "sentence"]
    assert sentences
    assert not [row for row in sentences if re.search(r"\[\d+\]", row["prompt"])]


@pytest.mark.slow
def test_a_whole_handbook(crawler):
    if not HANDBOOK.is_dir():
        pytest.skip("debian-handbook is not here (.ci/run fetches it)")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    pages = {path.name for path in HANDBOOK.glob("*.html")}
    with Server(("127.0.0.1", 0), functools.partial(Quiet, directory=str(HANDBOOK))) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        crawler.site(
            name="handbook",
            text=f'start_urls = ["{url}/index.html"]\n[request]\ndelay = 0\n'
            "allow_private_addresses = true\n",
        )
        done = crawler.run(timeout=300)
        counts, rows = done.counts("handbook"), done.rows()
        again = crawler.run(timeout=300)
        server.shutdown()
    assert done.code == 0, done.err
    fetched = {row["url"].rsplit("/", 1)[-1] for row in done.rows("documents")}
    assert len(pages) > 100
    assert counts["page/document"] >= 0.95 * len(pages), counts
    assert fetched <= pages
    reached = sum(counts.get(f"page/{n}", 0) for n in ("document", "rejected", "failed"))
    assert adds_up(counts, reached)
    assert counts["pairs/heading"] > 300
    assert counts["pairs/title"] > 100
    assert again.rows() == rows
