"""The report: numbers that add up, texts that cannot run, the same bytes, small at any size."""

import argparse
import json
import random
import re
import shutil
import sqlite3
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import pairwise

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import html as lxml_html
from scrapy.exceptions import UsageError
from scrapy.settings import Settings
from shelves import Shelves, prose

from ftcrawler.commands import report
from ftcrawler.crawlfacts import crawl_facts
from ftcrawler.exits import Exit
from ftcrawler.rendering import chromium_path
from ftcrawler.schema import SCHEMA
from pipelines import funnel
from pipelines import report as reports
from pipelines.ballot import PAIR_REASONS
from pipelines.charts import octaves
from pipelines.holdings import Recipe
from pipelines.report import report_of
from pipelines.reported import Drawn, Figures, Report, Side, Twins
from pipelines.reportpage import report_page
from pipelines.reportsample import SAMPLE_BYTES
from pipelines.reportstyle import COLOURS, GROUNDS, POLICY, SCRIPT, STYLE, source_hash
from pipelines.samples import MOST_DRAWN, MOST_SPOTS, draw, in_turn, spots, turns
from pipelines.volumes import COLUMNS
from pipelines.wordwise import MOST_SHOWN, compared

CHROMIUM = chromium_path("")
NEEDED = CHROMIUM and find_spec("playwright")
MOST_BYTES = 3_000_000
U = "https://bees.example/{}".format
HOSTILE = (
    "</script><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
)
CRAWL = {
    "bees": {
        "pages": 60, "listings": 2, "without": [["redirected", "", 3], ["", "", 20],
        ["denied", HOSTILE, 4]], "revisions": 35, "made": {"sentence": 200},
        "dropped": {"duplicate": 5, HOSTILE: 7}, "verdicts": [["deny", HOSTILE, 4]], "runs": 3,
        "first": "2026-11-01", "last": "2026-11-03",
    }
}  # fmt: skip


def words_changed(paragraphs):
    return [f"{text[:60]} {HOSTILE} {text[66:]}" for text in paragraphs[:3]] + paragraphs[3:]


@pytest.fixture(scope="module")
def shelves(tmp_path_factory):
    """Two sites over three nights, one in JSON lines, all hostile where pages may say what they
    like: titles, texts, addresses, languages, licences."""
    shelves = Shelves(tmp_path_factory.mktemp("report") / "data")
    dice = random.Random(1)
    story = prose(dice, 8, 60)
    pages = {U(n): prose(dice) for n in range(20)} | {U("story"): story}
    shelves.night(pages, language="en", title=HOSTILE)
    shared = prose(dice, 1)
    shelves.night({U("a"): [*prose(dice), *shared], U("again"): words_changed(story)}, night=2)
    more = {"javascript:alert(1)": prose(dice), "https://wasps.example/f": [*prose(dice), *shared]}
    shelves.night(more, "wasps", 3, "jsonl", language=HOSTILE, license=HOSTILE, kind="title")
    shelves.night({U("copy"): story, U("gone"): prose(dice)}, "wasps", 3)
    shelves.take_back(U("gone"), f"consent: {HOSTILE}", "wasps")
    return shelves


@pytest.fixture(scope="module")
def built(shelves):
    version = shelves.build(validation=0.2).version
    return version._replace(manifest={**version.manifest, "crawl": CRAWL})


@pytest.fixture(scope="module")
def page(shelves, built):
    return made(shelves, built)


def made(shelves, version, **config):
    with duckdb.connect(config=config) as db:
        return report_of(version, shelves.data, db)


@pytest.fixture(scope="module")
def tree(page):
    return lxml_html.document_fromstring(page)


def cells(tree, caption):
    """The rows of a table by its caption, each as texts."""
    [table] = tree.xpath("//table[caption[normalize-space()=$name]]", name=caption)
    return [[cell.text_content() for cell in row.xpath("th|td")] for row in table.xpath(".//tr")]


# -- What it says ---------------------------------------------------------------------


def manifest(documents=10, pairs=100, crawl=None, **more):
    return {
        "documents": {"all": documents, "used": documents - 3, "left_out": {"duplicate": 3}},
        "pairs": {"all": pairs, "train": pairs - 20, "validation": 10, "left_out": {"cap": 10}},
        "crawl": crawl or {}, "by": [], "inputs": [], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("documents", "pairs", "odd"),
    [
        (35, 200, []),
        (30, 190, ["in no shard that was read"]),
        (44, 230, ["of shards that no memory knows, or imported"]),
    ],
    ids=["as the memory says", "rows wait for their shard", "imported"],
)
def test_every_step_adds_up(documents, pairs, odd):
    told = manifest(documents, pairs, CRAWL)
    assert [step.number for step in funnel.pages(told)] == [60, 20, 4, 3, 33]
    for steps, last in ((funnel.documents(told), documents - 3), (funnel.pairs(told), pairs - 10)):
        left = steps[0].number
        for step in steps[1:]:
            left += {"in": 1, "out": -1}.get(step.sort, 0) * step.number
            assert step.left == left
            assert step.sort != "left" or step.number == left
        assert left == last
        assert [step.what for step in steps if "shard" in step.what and step.sort != "left"] == odd


def test_without_the_sites_memory_the_steps_begin_at_the_shards():
    assert funnel.pages(manifest()) == []
    assert funnel.documents(manifest())[0] == funnel.Step("all", "documents", 10, 10)
    assert funnel.pairs(manifest())[-1].number == 90


def test_every_reason_of_a_build_is_put_into_words():
    assert set(funnel.MEANS) == {*PAIR_REASONS, "no-pairs"}


def test_the_tables_say_what_the_manifest_says(tree, built):
    pairs = built.manifest["pairs"]
    kinds = {row[0]: row[1:] for row in cells(tree, "Pairs in shards and what became of them")}
    assert kinds["what"] == ["sentence", "title", "all"]
    for state in ("train", "validation"):
        assert int(kinds[state][-1]) == pairs[state]
    for reason, count in pairs["left_out"].items():
        assert int(kinds[reason][-1]) == count
    assert all(sum(map(int, row[:-1])) == int(row[-1]) for row in list(kinds.values())[1:])
    [head, *sites, total] = cells(tree, "Each site, those with the most rows first")
    for place in range(1, len(head)):
        known = [int(row[place].replace(",", "")) for row in sites if row[place] != "\u2013"]
        assert sum(known) == int(total[place].replace(",", ""))
    used = head.index("used")
    assert int(total[used]) == built.manifest["documents"]["used"]
    assert int(total[head.index("documents")]) == built.manifest["documents"]["all"]
    days = cells(tree, "Rows by day")
    assert int(days[-1][-1]) == pairs["train"] + pairs["validation"]
    rows = sum(int(row[-1]) for row in cells(tree, "Documents and rows by language")[1:])
    assert rows == pairs["train"] + pairs["validation"]


def test_lengths_are_those_of_the_rows(tree, built):
    tokens = sorted(
        (len(row["completion"].encode()) + 3) // 4
        for file in (built.folder / "data").iterdir()
        for row in pq.read_table(file).to_pylist()
        if row["kind"] == "title"
    )
    [shown] = [row for row in cells(tree, "Tokens of a prompt and of a completion")
               if row[0] == "title"]  # fmt: skip
    assert int(shown[1]) == len(tokens)
    assert int(shown[5]) == tokens[(len(tokens) - 1) // 2]
    assert int(shown[7]) == tokens[-1]


def test_octaves_lose_nothing():
    dice = random.Random(2)
    counts = {dice.randrange(30_000_000): dice.randrange(1, 9) for _ in range(500)} | {0: 1}
    bins = octaves(counts)
    assert sum(count for _, _, count in bins) == sum(counts.values())
    assert all(a <= b for a, b, _ in bins[:-1])
    assert [a for a, _, _ in bins[1:]] == [b + 1 for _, b, _ in bins[:-1]]


def test_duplicates_stand_side_by_side_with_what_differs_marked(tree):
    twins = tree.xpath("//div[@class='twins']")
    assert len(twins) == 3
    near, same, pair = twins
    assert re.match(r"(\d\d)% alike: near-duplicate", near.text_content())
    left, right = near.xpath("div")
    assert "left out" in left.text_content()
    assert left.xpath(".//del")[0].text_content().startswith("</script>")
    assert right.xpath(".//ins")
    assert not right.xpath(".//del")
    assert not same.xpath(".//del|.//ins")
    assert same.xpath("h4")[0].text_content() == "100% alike: duplicate"
    assert "https://wasps.example/f" in pair.text_content()
    assert U("a") in pair.text_content()


def test_the_sample_says_where_each_pair_comes_from(tree, built):
    rows = {row["pair_id"]: row for file in (built.folder / "data").iterdir()
            for row in pq.read_table(file).to_pylist()}  # fmt: skip
    shown = tree.xpath("//ol[@id='pairs']/li")
    assert len(shown) == len(rows)  # fewer than are drawn
    texts = sorted(row["prompt"] for row in rows.values())
    assert sorted(item.xpath("p[1]")[0].text_content() for item in shown) == texts
    row = next(iter(rows.values()))
    [item] = [item for item in shown if row["prompt"] == item.xpath("p")[0].text_content()]
    meta = item.xpath("p[@class='meta']")[0].text_content()
    place = f"{row['completion_start']:,}\u2013{row['completion_end']:,}"
    at = f"{row['fetched_at']:%Y-%m-%dT%H:%M:%SZ}"
    for said in (row["url"], row["document_id"], row["site"], row["kind"], at, place):
        assert said in meta


def test_the_sample_is_even_over_sites_and_kinds():
    found = {("big", kind): [f"{kind}{n}" for n in range(90)] for kind in "abc"}
    found |= {("small", "a"): ["s"], ("other", "b"): ["o1", "o2"]}
    order = in_turn(found, 30)
    assert set(order[:3]) >= {"s"}
    assert {"s", "o1", "o2"} <= set(order)
    assert [sum(one.startswith(kind) for one in order) for kind in "abc"] == [9, 9, 9]
    many = {(f"site{n}", "a"): [f"{n * 7919 % 1000:04x}"] for n in range(1000)}
    some = in_turn(many, 40)
    assert len(set(some)) == 40
    assert some == in_turn(dict(reversed(many.items())), 40)
    assert max(int(one, 16) for one in some) < 50  # by lot, not by name
    assert turns([1] * 1000, 400) == 1


def test_what_is_rare_is_drawn_from_wherever_it_stands(tmp_path):
    """1,000 rows in 100 row groups, of which not all are looked at first."""
    (tmp_path / "data").mkdir()
    rare = {7, 512, 993}
    rows = [
        {
            **dict.fromkeys(COLUMNS.names), "pair_id": f"{n * 7919 % 1000:032x}",
            "site": "rare" if n in rare else f"site{n % 3}", "kind": "ab"[n // 500],
            "prompt": f"prompt {n}", "completion": f"completion {n}", "url": U(n),
            "document_id": f"{n:032x}", "fetched_at": datetime(2026, 11, 1, tzinfo=UTC),
        }
        for n in range(1000)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, COLUMNS), tmp_path / "data" / "train.parquet",
                   row_group_size=10)  # fmt: skip
    by = Counter((row["site"], row["kind"]) for row in rows)
    told = {"files": [{"split": "train", "name": "train.parquet"}], "recipe": {"seed": 0},
            "by": [[site, kind, "train", n, 9] for (site, kind), n in by.items()]}  # fmt: skip
    with duckdb.connect() as db:
        drawn = draw(tmp_path, told, db)
        assert drawn == draw(tmp_path, told, db)
        other = draw(tmp_path, {**told, "recipe": {"seed": 1}}, db)
    assert len(drawn) == MOST_DRAWN == len({one.pair_id for one in drawn})
    assert all(one.completion == one.prompt.replace("prompt", "completion") for one in drawn)
    counts = Counter((one.site, one.kind) for one in drawn)
    assert counts["rare", "a"] + counts["rare", "b"] == 3
    assert {counts[f"site{n}", kind] for n in range(3) for kind in "ab"} <= {66, 67}
    assert {one.pair_id for one in other} != {one.pair_id for one in drawn}
    found = spots(tmp_path, told)
    assert len(found) == MOST_SPOTS
    assert (found[0].group, found[-1].group) == (0, 99)


def test_words_that_differ_are_all_that_differs():
    dice = random.Random(3)
    for _ in range(30):
        left = dice.choices("ab cd ef gh".split(), k=40)
        right = [word for word in left if dice.random() < 0.9] + ["end"]
        runs = compared(" ".join(left), " ".join(right))
        for words, side in zip((left, right), runs, strict=True):
            shown = " ".join("".join(run.words for run in side).split())
            assert shown == " ".join(words) or any(run.left_out for run in side)
        same = ["".join(run.words for run in side if run.same).split() for side in runs]
        assert same[0] == same[1]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("蜂蜜" * 9000, "蜂巢" * 9000),
        ("x" * 50_000, "y" * 50_000),
        ("a b " * 9000, "b a " * 8000),
        ("", "something"),
    ],
    ids=["a script without spaces", "one endless word", "two words", "nothing"],
)
def test_texts_of_any_size_are_compared(left, right):
    for side in compared(left, right):
        assert sum(len(run.words) for run in side) <= 3 * MOST_SHOWN


# -- That it is safe -------------------------------------------------------------------


def test_no_text_of_a_page_becomes_markup(page, tree):
    assert page.count("<script") == 1
    assert tree.xpath("//script/@src | //img | //iframe | //object | //link | //style[2]") == []
    assert [name for name in tree.xpath("//@*") if name.attrname.startswith("on")] == []
    assert tree.xpath("//@style") == []
    links = [url for url in tree.xpath("//@href") if not url.startswith("#")]
    assert links
    assert all(url.startswith("https://") for url in links)
    assert "javascript:alert(1)" in tree.xpath("//main")[0].text_content()
    assert tree.xpath("//*[@lang and not(@lang='en')]") == []
    assert "\u2028" not in page
    assert page.count(f"<h1>{'all'}</h1>") == 1


def test_the_policy_lets_only_the_two_own_parts_pass(tree):
    [said] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert said == POLICY
    assert said.startswith("default-src 'none';")
    [script], [style] = tree.xpath("//script/text()"), tree.xpath("//style/text()")
    assert f"script-src {source_hash(script)};" in said
    assert f"style-src {source_hash(style)};" in said
    assert (script, style) == (SCRIPT, STYLE)
    assert "unsafe" not in said


def test_it_is_read_without_sight(tree):
    levels = [int(name.tag[1]) for name in tree.xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert [len(tree.xpath(f"//{name}")) for name in ("header", "nav", "main", "footer")] == [1] * 4
    assert tree.xpath("//th[not(@scope)]") == []
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in tree.xpath("//svg"))
    names = set(tree.xpath("//@id"))
    assert len(names) == len(tree.xpath("//@id"))
    assert {link[1:] for link in tree.xpath("//@href") if link[0] == "#"} <= names
    assert set(" ".join(tree.xpath("//@aria-labelledby")).split()) <= names
    assert all(control.xpath("ancestor::label") for control in tree.xpath("//input|//select"))


def contrast(one, other):
    """WCAG 2.2, 1.4.3."""

    def light(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_told_apart(scheme):
    colours = {name: pair[scheme] for name, pair in COLOURS.items()}
    for ground in GROUNDS:
        for name in ("ink", "quiet", "link"):
            assert contrast(colours[name], colours[ground]) >= 4.5
    for name in ("gone", "came"):
        assert contrast(colours["ink"], colours[name]) >= 4.5
    for name in ("train", "validation", "out"):
        assert contrast(colours[name], colours["ground"]) >= 3


# -- That it is repeatable, small and whole ----------------------------------------------


def test_the_same_version_gives_the_same_bytes(shelves, built, page):
    kept = shelves.data / "datasets" / ".figures" / "all.json"
    assert made(shelves, built, threads=1, memory_limit="100MB") == page
    told = kept.read_bytes()
    for damaged in (
        b"",
        b"{",
        b'{"version": 2}',
        b"2",
        told.replace(b'"version":', b'"version":1'),
    ):
        kept.write_bytes(damaged)
        assert made(shelves, built) == page
        assert json.loads(kept.read_bytes()) == json.loads(told)


def test_what_was_counted_of_a_file_is_not_counted_again(shelves, built, page):
    kept = shelves.data / "datasets" / ".figures" / "all.json"
    told = json.loads(kept.read_bytes())
    assert set(told["files"]) == {file["sha256"] for file in built.manifest["files"]}
    assert len(told["sides"]) == 5
    for counts in told["files"].values():
        counts["days"] = {"1999-12-31": 12345}
    stale, *others = told["sides"].values()
    stale[0], stale[-1] = "0" * 64, "of a shard that is no more"
    for side in others:
        side[-1] = "of a shard as it is"
    kept.write_text(json.dumps(told))
    try:
        changed = made(shelves, built)
    finally:
        kept.unlink()
    assert "12,345" in changed
    assert "of a shard that is no more" not in changed
    assert "of a shard as it is" in changed


def test_without_its_shards_it_is_there_all_the_same(shelves, built, tmp_path):
    shutil.copytree(built.folder, tmp_path / "datasets" / "all" / built.folder.name)
    version = built._replace(folder=tmp_path / "datasets" / "all" / built.folder.name)
    with duckdb.connect() as db:
        page = report_of(version, tmp_path, db)
    assert page.count("Its text is in no shard that is at hand.") == 6


def test_a_version_of_before_has_a_page(shelves, built):
    old = {name: value for name, value in built.manifest.items() if name != "crawl"}
    assert "is not known: this version was built" in made(shelves, built._replace(manifest=old))


def endless(sites):
    """A report of more than any page can show, every text as long as it may be in bytes."""
    names = [f"site-{n:05d}-{'x' * 50}" for n in range(sites)]
    text = "<&\"'>\U00020000 " * 3000
    side = Side("0" * 32, f"https://bees.example/{text}", names[0], "2026-11-24T00:00:00Z", text,
                text)  # fmt: skip
    other = side._replace(text=text.replace("<", "{"))
    reasons = [f"reason {n} {text[:200]}" for n in range(100)]
    crawl = {
        name: {**CRAWL["bees"], "without": [["failed", one, 1] for one in reasons], "pages": 100,
               "revisions": 0, "dropped": dict.fromkeys(reasons, 1),
               "verdicts": [["deny", one, 1] for one in reasons]}
        for name in names
    }  # fmt: skip
    sizes = {kind: {n * n: n + 1 for n in range(2000)} for kind in ("heading", "sentence", "title")}
    days = {(f"{1990 + n // 12}-{n % 12 + 1:02d}-01", "train"): n for n in range(400)}
    drawn = Drawn("0" * 32, text, text, "title", names[0], f"https://bees.example/{text}",
                  "0" * 32, "2026-11-24T00:00:00Z", "en", "train", ((0, 9), (9, 99)))  # fmt: skip
    many = {f"{n} {text[:300]}": n for n in range(1, 3000)}
    return Report(
        {
            **manifest(crawl=crawl), "dataset": "all", "version": "1", "date": "2026-11-24",
            "by": [[name, kind, state, 10, 90] for name in names for kind in sizes
                   for state in ("train", "validation", "near-duplicate", "cap")],
            "tokens": {"train": 1, "validation": 1}, "files": [], "formats": [], "damaged": [],
            "sequence": 1, "predecessor": None, "rules": {}, "software": {}, "languages": many,
            "recipe": asdict(Recipe()),
            "licenses": many,
        },
        Figures(sizes, sizes, days, dict.fromkeys(names, 1), {}, {("denied", one): 1
                for one in many}, dict.fromkeys(range(101), 5), many, many),
        [Twins("near-duplicate", 0.9, side, other)] * 12,
        [drawn] * 400,
    )  # fmt: skip


def test_a_page_is_small_whatever_is_in_the_dataset():
    whole = endless(400)
    page = report_page(whole)
    size = len(page.encode())
    assert SAMPLE_BYTES < size < MOST_BYTES
    assert "375 other sites" in page
    assert "250 other sites" in page
    assert page.count('<th scope="row">2,974 others</th>') == 3
    assert len(report_page(replace(whole, sample=whole.sample[:1])).encode()) < size


def run(data, *argv):
    """The command in this process; its exit code."""
    command = report.Command()
    command.settings = Settings({"DATA_DIR": str(data)})
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    opts, args = parser.parse_known_args(argv)
    command.run(args, opts)
    return command.exitcode


def test_the_command_makes_it_again(shelves, built, page, tmp_path, capsys):
    assert run(shelves.data) == 0
    written = built.folder / "report.html"
    assert capsys.readouterr().out.strip() == str(written)
    assert len(written.read_text("utf-8")) > len(page) * 0.8
    assert run(shelves.data, "all/2026", "--out", str(tmp_path / "out.html")) == 0
    assert (tmp_path / "out.html").read_bytes() == written.read_bytes()
    assert run(shelves.data, "none") == Exit.CONFIGURATION
    assert "none: no such version, or more than one; datasets: all" in capsys.readouterr().err
    assert run(shelves.data, "--out", str(tmp_path / "no" / "out.html")) == Exit.STORAGE
    with pytest.raises(UsageError):
        run(shelves.data, "all", "more")


def test_a_damaged_version_leaves_the_page_as_it_was(shelves, built, tmp_path, capsys):
    data = shutil.copytree(shelves.data, tmp_path / "data", symlinks=True)
    folder = data / "datasets" / "all" / built.folder.name
    (folder / "report.html").write_text("as it was")
    (folder / "data" / built.manifest["files"][0]["name"]).write_bytes(b"PAR1")
    assert run(data) == Exit.STORAGE
    assert "no report: " in capsys.readouterr().err
    assert (folder / "report.html").read_text() == "as it was"
    assert [path for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_build_writes_it_before_the_version_is_there(tmp_path, shelves, page):
    data = shutil.copytree(shelves.data, tmp_path / "data", symlinks=True)
    other = replace(shelves, data=data, facts={"bees": {"crawl": CRAWL["bees"]}})
    built = other.build("again", order={"report": True}, validation=0.2)
    said = (built.version.folder / "report.html").read_text("utf-8")
    assert built.version.manifest["crawl"] == CRAWL
    assert "report.html" not in built.version.manifest["written"]
    again = page.replace("<h1>all</h1>", "<h1>again</h1>").replace("<title>all,", "<title>again,")
    assert said == again
    other.facts["bees"]["crawl"] = {**CRAWL["bees"], "runs": 4}
    assert not other.build("again", order={"report": True}, validation=0.2).fresh


def test_no_version_is_left_when_the_report_cannot_be_written(tmp_path, shelves, monkeypatch):
    data = shutil.copytree(shelves.data, tmp_path / "data", symlinks=True)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reports, "write_report", full)
    with pytest.raises(OSError, match="No space"):
        replace(shelves, data=data).build("full", order={"report": True})
    assert not (data / "datasets" / "full").exists()


# -- Where its numbers come from -----------------------------------------------------------


def test_the_memory_of_a_site_is_counted():
    db = sqlite3.connect(":memory:")
    db.executescript(SCHEMA)
    rows = [
        ("page", "done", "document", "", 2), ("page", "done", "denied", "robots.txt", 0),
        ("page", "done", "failed", "http-404", 1), ("page", "pending", "", "", 0),
        ("sitemap", "done", "read", "", 0), ("page", "handmade", "handmade", "", 0),
    ]  # fmt: skip
    columns = "key, url, kind, status, outcome, reason, revision, rank, depth"
    for n, row in enumerate(rows):
        values = (str(n), U(n), *row)
        db.execute(f"INSERT INTO urls({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)", values)
    db.execute("INSERT INTO runs(kind, started_at) VALUES ('crawl', 86400.0), ('crawl', 172800.0)")
    db.executemany(
        "INSERT INTO counts VALUES (?, ?, ?)",
        [(1, "pairs/title", 3), (2, "pairs/title", 4), (1, "dropped/paywall", 2), (1, "pairsx", 9)],
    )
    assert crawl_facts(db) == {
        "pages": 4, "listings": 1, "without": [["", "", 1], ["denied", "robots.txt", 1]],
        "revisions": 3, "made": {"title": 7}, "dropped": {"paywall": 2}, "verdicts": [],
        "runs": 2, "first": "1970-01-02", "last": "1970-01-03",
    }  # fmt: skip
    assert json.dumps(crawl_facts(db))


# -- In a browser ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not in all requirements

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, page, tmp_path):
    """Opens the report from the disk: its page, and what it asked for or complained of."""
    file = tmp_path / "report.html"
    file.write_text(page, "utf-8")
    contexts = []

    def open_page(width=1200, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, **options))
        tab = contexts[-1].new_page()
        heard = []
        tab.on("console", lambda said: heard.append(said.text))
        tab.on("pageerror", lambda fault: heard.append(str(fault)))
        tab.on("dialog", lambda said: heard.append(said.message))
        tab.on("request", lambda asked: heard.append(asked.url))
        tab.goto(file.as_uri())
        assert heard == [file.as_uri()]
        return tab, heard

    yield open_page
    for context in contexts:
        context.close()


in_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(not NEEDED, reason="needs requirements-render.txt and Debian's chromium"),
]


def browses(test):
    for mark in in_browser:
        test = mark(test)
    return test


@browses
def test_hostile_texts_do_not_run_and_nothing_else_can(opened, web):
    tab, heard = opened()
    assert tab.title().startswith("all, version ")
    del heard[:]
    tab.evaluate(
        """url => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'ran'";
            document.body.append(script);
            const picture = document.createElement("img");
            picture.src = url;
            document.body.append(picture);
            document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>red</p>");
        }""",
        f"{web.url}/asked",
    )
    tab.wait_for_timeout(200)
    assert tab.title().startswith("all, version ")
    assert web.seen == []
    assert len([said for said in heard if "Content Security Policy" in said]) == 3


@browses
def test_the_search_filters(opened):
    tab, _ = opened()
    rows = tab.locator("#pairs > li")
    every = rows.count()
    assert tab.text_content("#told") == f"{every} of {every} pairs"
    prompt = rows.nth(3).locator("p").first.text_content()
    tab.fill("#words", f" {prompt.upper()} ")
    tab.locator("#told", has_text=re.compile(f"^1 of {every}")).wait_for()
    assert tab.locator("#pairs > li:visible").count() == 1
    tab.click("button[type=reset]")
    tab.locator("#told", has_text=re.compile(f"^{every} of")).wait_for()
    tab.select_option("#site", "wasps")
    tab.select_option("#kind", "title")
    shown = tab.locator("#pairs > li:visible")
    assert 0 < shown.count() < every
    assert {shown.nth(n).get_attribute("data-site") for n in range(shown.count())} == {"wasps"}
    tab.fill("#words", "nothing has these words")
    tab.keyboard.press("Enter")
    assert tab.text_content("#told").startswith("0 of")
    assert tab.url.startswith("file:")


@browses
def test_without_scripts_all_but_the_search_is_there(opened):
    tab, _ = opened(java_script_enabled=False)
    assert not tab.locator("form").is_visible()
    assert tab.locator("#pairs > li:visible").count() > 50


@browses
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1600])
def test_it_fits_any_screen_by_day_and_night(opened, width, scheme):
    tab, _ = opened(width, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    ground = COLOURS["ground"][scheme == "dark"]
    rgb = tuple(int(ground[place : place + 2], 16) for place in (1, 3, 5))
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == f"rgb{rgb}"
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.url.endswith("#main")
