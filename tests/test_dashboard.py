"""The dashboard: what it shows is what there is, and nothing that was crawled can run there."""

from __future__ import annotations

import fcntl
import json
import random
import sqlite3
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import html as lxml_html
from madenights import quarter
from shelves import Shelves, prose

from ftcrawler.alarms import find_alarms
from ftcrawler.board import Boards
from ftcrawler.commands.dashboard import Pages
from ftcrawler.dashboardpage import PAGE_STYLE, POLICY, dashboard_page, spark
from ftcrawler.pageserver import PageServer
from ftcrawler.rendering import chromium_path
from ftcrawler.schema import SCHEMA
from pipelines.reportstyle import source_hash

CHROMIUM = chromium_path("")
HOSTILE = (
    "</script><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
    "<style>*{display:none}</style>"
)
NOW = datetime(2026, 9, 12, 12, tzinfo=UTC)


def memory(data: Path, site: str, urls: int) -> None:
    """A site's memory as a crawl leaves it."""
    folder = data / "sites" / site
    folder.mkdir(parents=True)
    db = sqlite3.connect(folder / "state.db")
    db.execute("PRAGMA synchronous=off")
    db.execute("PRAGMA journal_mode=wal")
    db.executescript(SCHEMA)
    began = NOW.timestamp() - 9 * 3600
    db.execute("INSERT INTO runs VALUES (1, 'crawl', ?, ?, '')", (began, began + 60))
    rows = [
        (b"%d" % n, f"https://{site}.example/{n}", *(("done", "document", "", 1) if n % 4
         else ("pending", "", "", 0) if n % 8 else ("done", "rejected", HOSTILE, 0)))
        for n in range(urls)
    ]  # fmt: skip
    db.executemany(
        "INSERT INTO urls(key, url, kind, rank, depth, status, outcome, reason, revision) "
        "VALUES (?, ?, 'page', 0, 0, ?, ?, ?, ?)", rows)  # fmt: skip
    made = [(f"{site}{n}", n, "" if n else "http-404") for n in range(urls // 2)]
    db.executemany("INSERT INTO documents VALUES (?, ?, 1, ?)", made)
    for fmt in ("parquet", "jsonl"):
        db.execute("INSERT INTO shards VALUES (?, 'pairs', 1, 30, 9, 'x', 1)", (fmt,))
    db.execute("INSERT INTO retractions VALUES (1, 'match', '/x', ?, 0, 0)", (HOSTILE,))
    db.execute("INSERT INTO counts VALUES (1, 'pairs/title', 30)")
    db.commit()
    db.close()


def build(root: Path, sites: int, urls: int) -> Path:
    """Sites with memories, site files, shards of the first, and twelve nights of records."""
    data, files = root / "data", root / "sites"
    files.mkdir(parents=True)
    (data / "runs").mkdir(parents=True)
    for number in range(sites):
        name = f"s{number:02}"
        memory(data, name, urls)
        (files / f"{name}.toml").write_text(f'start_urls = ["https://{name}.example/"]\n')
    for record in quarter(find_alarms, 1, {1: dict.fromkeys(range(9, 12), "redesign")},
                          sites=min(sites, 20), nights=12):  # fmt: skip
        for site in record["sites"].values():
            site["rows"] = {"pairs": site["counts"].get("pairs/title", 0)}
            site["pages"] = {"fetched": 9}
            site["says"] = HOSTILE
        sums = dict.fromkeys(("fetched", "new", "changed", "documents", "tombstones"), 3)
        sums["pairs"] = sum(site["rows"]["pairs"] for site in record["sites"].values())
        stamp = record["started_at"].replace("-", "").replace(":", "")
        record |= {"totals": sums, "stages": {}, "errors": [HOSTILE], "exit_code": 0, "seconds": 90,
                   "ended_at": record["started_at"], "id": stamp}  # fmt: skip
        for alarm in record["alarms"]:
            alarm |= {"says": f"{alarm['says']} {HOSTILE}", "example": "javascript:alert(1)"}
        (data / "runs" / f"{stamp}.json").write_text(json.dumps(record))
    shelves, dice = Shelves(data), random.Random(1)
    pages = {"https://s00.example/a": [HOSTILE, *prose(dice, 2)]}
    pages |= {"javascript:alert(1)": prose(dice, 2), "https://s00.example/gone": prose(dice, 1)}
    shelves.night(pages, "s00", 11, title=HOSTILE)
    shelves.night({"https://s01.example/b": prose(dice, 3)}, "s01", 10, "jsonl")
    shelves.take_back("https://s00.example/gone", f"consent: {HOSTILE}", "s00")
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = build(tmp_path_factory.mktemp("board") / "here", 3, 40)
    (root / "sites" / "odd.toml").write_text('start_urls = ["<b>"]\n')
    (root / "data" / "runs" / "20260911T000000Z.json").write_text("{")
    return root


@pytest.fixture(scope="module")
def boards(root):
    return Boards(root / "data", root / "sites", "0 3 * * *", "UTC")


@pytest.fixture(scope="module")
def page(boards):
    return dashboard_page(boards.look(NOW))


@pytest.fixture(scope="module")
def tree(page):
    return lxml_html.document_fromstring(page)


def cells(tree, section):
    """The rows of a section's tables, each as texts."""
    rows = tree.xpath(f"//section[@id='{section}']//table//tr")
    return [[cell.text_content().strip() for cell in row.xpath("th|td")] for row in rows]


def test_sites_stand_with_their_numbers_and_those_with_alarms_first(tree):
    head, *rows = cells(tree, "sites")
    assert [row[0] for row in rows] == ["s01", "odd", "s00", "s02"]
    assert dict(zip(head, rows[0], strict=True)) == {
        "site": "s01", "state": "due", "alarms": "1", "last crawl": "2026-09-12 03:00",
        "next": "2026-09-13 03:00", "documents": "19", "pairs": "30", "waiting": "5",
        "new pairs by night": rows[0][-1],
    }  # fmt: skip
    assert rows[1][1] == "disabled, or its file is wrong"


def test_every_part_says_what_there_is(tree):
    said = tree.xpath("normalize-space(//section[@id='alarms'])")
    assert "s01: redesign error, since 2026-09-10" in said
    assert "odd.toml: start_urls: not an absolute" in said
    assert "20260911T000000Z.json is no record of a run" in said
    assert len(cells(tree, "runs")) - 1 >= 12
    assert cells(tree, "funnel")[1][:2] == ["page addresses known", "120"]
    assert cells(tree, "funnel")[-1][:2] == ["pages with a document", "90"]
    assert tree.xpath("string(//title)") == "1 alarm \u2013 ftcrawler"
    pairs = tree.xpath("//section[@id='pairs']//li")
    assert {"s00", "s01"} == {li.xpath("string(.//p[@class='meta']/span[2])") for li in pairs}
    assert not [li for li in pairs if "s00.example/gone" in li.text_content()]
    assert "https://s00.example/gone" in tree.xpath("string(//section[@id='gone'])")


def test_nothing_that_was_crawled_is_markup_or_a_link_that_runs(tree, page):
    assert tree.xpath("//script | //img | //iframe | //body//style | //@onerror") == []
    assert len(tree.xpath("//style")) == 1
    assert page.count("&lt;/script&gt;") > 10
    assert {url.partition(":")[0] for url in tree.xpath("//a/@href") if url[0] != "#"} == {"https"}
    assert tree.xpath("//@src | //link | //form | //input") == []
    assert source_hash(PAGE_STYLE) in POLICY


def test_without_anything_there_is_a_page_too(tmp_path):
    said = dashboard_page(Boards(tmp_path, tmp_path, "0 3 * * *", "UTC").look(NOW))
    assert "No night so far" in said
    assert "no site files" in said


def test_a_run_that_did_not_begin_is_told_from_outside(boards):
    late = boards.look(datetime(2026, 9, 20, tzinfo=UTC))
    assert [a.name for a in late.alarms] == ["run-missing", "redesign"]
    assert "run-missing" in dashboard_page(late)


def test_a_crawl_that_works_is_neither_held_up_nor_changed(root, boards):
    """It holds its lock and writes, and the page shows what was committed before."""
    folder = root / "data" / "sites" / "s02"
    with (folder / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.write("1")
        lock.flush()
        writer = sqlite3.connect(folder / "state.db", isolation_level=None)
        writer.execute("UPDATE runs SET ended_at=NULL")
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("DELETE FROM documents")
        begun = time.monotonic()
        [line] = [line for line in boards.look(NOW).sites if line.name == "s02"]
        assert time.monotonic() - begun < 1
        assert (line.state, line.memory.held) == ("being crawled", 19)
        writer.execute("COMMIT")
        [line] = [line for line in boards.look(NOW).sites if line.name == "s02"]
        assert line.memory.held == 0
        writer.close()
    (folder / "lock").write_text("99999999")
    [line] = [line for line in boards.look(NOW).sites if line.name == "s02"]
    assert line.state != "being crawled"


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\x00" * 200])
def test_a_memory_that_cannot_be_read_is_named(content, tmp_path):
    (tmp_path / "sites" / "bad").mkdir(parents=True)
    (tmp_path / "sites" / "bad" / "state.db").write_bytes(content)
    board = Boards(tmp_path, tmp_path, "0 3 * * *", "UTC").look(NOW)
    assert [line.state for line in board.sites] == ["memory damaged"]
    assert any("state.db cannot be read" in fault for fault in board.faults)


def test_bars_say_what_they_show():
    assert 'aria-label="9 at most, 3 last night"' in spark([0, 9, 3])
    assert spark([0, 0]) == ""
    assert spark([]) == ""


# -- As commands, in a browser, at size ------------------------------------------------------


@pytest.mark.slow
def test_the_command_writes_the_page_and_names_what_it_cannot(root, crawler):
    where = {"FTCRAWLER_DATA": str(root / "data"), "FTCRAWLER_SITES": str(root / "sites")}
    file = root / "page.html"
    done = crawler.run("dashboard", "--html", str(file), **where)
    assert (done.code, done.out.strip()) == (0, str(file))
    assert "<h1>ftcrawler</h1>" in file.read_text("utf-8")
    gone = crawler.run("dashboard", "--html", str(root / "gone" / "x.html"), **where)
    assert (gone.code, "x.html: cannot be written" in gone.err) == (6, True)
    server = PageServer(lambda _: None, 0)
    taken = crawler.run("dashboard", "--port", str(server.port), **where)
    server.close()
    assert (taken.code, "choose another, or 0" in taken.err) == (2, True)


@pytest.mark.slow
def test_two_hundred_sites_are_shown_within_seconds_and_then_at_once(tmp_path):
    build(tmp_path / "here", 200, 400)
    boards = Boards(tmp_path / "here/data", tmp_path / "here/sites", "0 3 * * *", "UTC")
    spent = []
    for _ in range(3):
        begun = time.process_time()
        page = dashboard_page(boards.look(NOW))
        spent.append(time.process_time() - begun)
    assert spent[0] < 3
    assert spent[-1] < 0.5
    assert len(page) < 500_000


@pytest.mark.slow
@pytest.mark.skipif(
    not (CHROMIUM and find_spec("playwright")),
    reason="needs requirements-render.txt and Debian's chromium",
)
def test_in_a_browser_nothing_runs_and_nothing_is_asked_for(boards, web):
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not in all requirements

    server = PageServer(Pages(boards).show, 0)
    url = f"http://localhost:{server.port}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width, scheme in ((1200, "light"), (1200, "dark"), (360, "light")):
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme
            )
            tab, heard = context.new_page(), []
            tab.on("console", lambda said, heard=heard: heard.append(said.text))
            tab.on("pageerror", lambda fault, heard=heard: heard.append(str(fault)))
            tab.on("request", lambda asked, heard=heard: heard.append(asked.url))
            answer = tab.goto(url)
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            tab.wait_for_timeout(100)
            assert [said for said in heard if not said.endswith("/favicon.ico")] == [url]
            assert tab.title().endswith("ftcrawler")
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert tab.locator("#gone").is_visible()
        tab.evaluate(
            """url => {
                const script = document.createElement("script");
                script.textContent = "document.title = 'ran'";
                document.body.append(script);
                const picture = document.createElement("img");
                picture.src = url;
                document.body.append(picture);
            }""",
            f"{web.url}/asked",
        )
        tab.wait_for_timeout(100)
        assert tab.title() != "ran"
        assert web.seen == []
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        browser.close()
    server.close()
