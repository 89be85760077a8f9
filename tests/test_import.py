"""Hand-made tables: every kind is read, every fault is named by row and column, each pair once."""

from __future__ import annotations

import argparse
import base64
import codecs
import io
import json
import sqlite3
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path

import hypothesis
import openpyxl
import pytest
from conftest import Crawler
from hypothesis import given
from hypothesis import strategies as st
from scrapy.settings import Settings

from ftcrawler import retractions
from ftcrawler import settings as project
from ftcrawler.exits import Exit
from ftcrawler.importing import import_file
from ftcrawler.opening import open_store
from ftcrawler.site import Site
from pipelines.cells import LONGEST, Problem, Record, TableError
from pipelines.formats import FORMATS
from pipelines.frame import pairs_frame
from pipelines.handmade import HELD, made_pairs, read_table
from pipelines.quality import PAIR_REASONS
from pipelines.records import Pair
from pipelines.rows import measures
from pipelines.rules import PairRules
from pipelines.shards import read_rows

PAIRS = [("Wie heißt sie?", "Maja."), ("Bees?", "In hives,\nof wax."), ("= what?", "-1 it is")]
HEADER = ("prompt", "completion")


def csv_of(rows, delimiter=","):
    cells = ([f'"{cell}"' for cell in row] for row in rows)
    return "".join(delimiter.join(row) + "\r\n" for row in cells)


def xlsx_of(rows, change=lambda _sheet: None):
    book = openpyxl.Workbook()
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row, start=1):
            cell = book.active.cell(number, place, value)
            if isinstance(value, str) and not value.startswith("=SUM"):
                cell.data_type = "s"
    change(book.active)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(name, data, folder, **options):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(read_table(path, **options))


def texts(found):
    found = list(found)
    assert [each for each in found if isinstance(each, Problem)] == []
    return [(each.prompt, each.completion) for each in found]


TABLE = [HEADER, *PAIRS]
GOOD = {
    "csv": ("a.csv", csv_of(TABLE)),
    "semicolons, as Excel writes in German": ("a.csv", csv_of(TABLE, ";")),
    "tabs": ("a.tsv", csv_of(TABLE, "\t")),
    "UTF-8 with a mark": ("a.csv", codecs.BOM_UTF8 + csv_of(TABLE).encode()),
    "UTF-16 with a mark": ("a.csv", csv_of(TABLE).encode("utf-16")),
    "UTF-16 without one": ("a.csv", csv_of(TABLE).encode("utf-16-le")),
    "UTF-16 the other way round": ("a.tsv", csv_of(TABLE, "\t").encode("utf-16-be")),
    "Windows-1252": ("a.csv", csv_of(TABLE).encode("cp1252")),
    "plural, capitals, spaces": ("a.csv", csv_of([(" PROMPTS ", "Completions"), *PAIRS])),
    "more columns, in another order": (
        "a.csv",
        csv_of([("No", "completion", "Prompt"), *((1, c, p) for p, c in PAIRS)]),
    ),
    "empty rows": ("a.csv", csv_of([(), HEADER, PAIRS[0], ("", " "), PAIRS[1], (), PAIRS[2], ()])),
    "xlsx": ("a.xlsx", xlsx_of(TABLE)),
    "xlsx with empty rows": ("a.xlsx", xlsx_of([HEADER, PAIRS[0], (), PAIRS[1], ("",), PAIRS[2]])),
    "json": ("a.json", json.dumps([dict(zip(HEADER, row, strict=True)) for row in PAIRS])),
    "json as pandas writes it": (
        "a.json",
        json.dumps(
            {n: {str(i): row[k] for i, row in enumerate(PAIRS)} for k, n in enumerate(HEADER)}
        ),
    ),
    "jsonl": (
        "a.jsonl",
        "\n".join(json.dumps({"Prompts": p, "completions": c, "id": 5}) for p, c in PAIRS),
    ),
}


@pytest.mark.parametrize(("name", "data"), GOOD.values(), ids=GOOD)
def test_every_kind_of_table_is_read(name, data, tmp_path):
    assert texts(read(name, data, tmp_path)) == PAIRS


@pytest.mark.parametrize("name", ["csv", "json", "xlsx"])
def test_our_own_tables_come_back_as_they_were(name, tmp_path):
    table = pairs_frame("One is first. - Two follows. Three ends. @four.", every=2)
    rows = [*table.to_dict("records"), *({"prompt": p, "completion": c} for p, c in PAIRS)]
    path = tmp_path / f"table.{name}"
    FORMATS[name].write(rows, path)
    assert texts(read_table(path)) == [(row["prompt"], row["completion"]) for row in rows]


TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t=+-@'\"_x;,"),
    min_size=1,
    max_size=30,
).filter(str.strip)


@pytest.mark.parametrize("name", ["csv", "json", "xlsx"])
@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
@hypothesis.settings(max_examples=40, deadline=None)
def test_whatever_people_write_comes_back(name, rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{name}"
        FORMATS[name].write(({"prompt": p, "completion": c} for p, c in rows), path)
        assert texts(read_table(path)) == [(p.strip(), c.strip()) for p, c in rows]


def test_the_row_is_that_of_the_spreadsheet(tmp_path):
    rows = [HEADER, ("a", "b"), (), ("c", "")]
    for name, data in (("a.csv", csv_of(rows)), ("a.xlsx", xlsx_of(rows))):
        assert read(name, data, tmp_path) == [
            Record(2, "a", "b"),
            Problem(4, "completion", "empty: write a text, or remove the row"),
        ]


def test_language_and_licence_are_taken_too(tmp_path):
    rows = [(*HEADER, "Language", "Licence"), ("a", "b", "de", "CC0")]
    assert read("a.csv", csv_of(rows), tmp_path) == [Record(2, "a", "b", "de", "CC0")]


def test_numbers_and_dates_of_excel_are_read_as_people_see_them(tmp_path):
    import datetime as dt  # noqa: PLC0415 - only here

    rows = [HEADER, (42, 1.5), (2.0, True), (dt.date(2026, 11, 24), dt.time(8, 30))]
    assert texts(read("a.xlsx", xlsx_of(rows), tmp_path)) == [
        ("42", "1.5"),
        ("2", "TRUE"),
        ("2026-11-24 00:00:00", "08:30:00"),
    ]


def test_a_sheet_is_chosen_by_its_name(tmp_path):
    def more(sheet):
        other = sheet.parent.create_sheet("second")
        other.append(HEADER)
        other.append(("x", "y"))

    data = xlsx_of(TABLE, more)
    assert texts(read("a.xlsx", data, tmp_path, sheet="second")) == [("x", "y")]
    with pytest.raises(TableError, match="no sheet 'third': there are Sheet, second"):
        read("a.xlsx", data, tmp_path, sheet="third")


def merged(sheet):
    sheet.merge_cells("A2:A3")


BAD = {
    "no prompt": ("a.csv", csv_of([HEADER, ("", "b")]), Problem(2, "prompt", "empty: write")),
    "too few cells": ("a.csv", csv_of([HEADER, ("a",)]), Problem(2, "completion", "empty")),
    "NUL": (
        "a.csv",
        csv_of([HEADER, ("a\x00", "b")]),
        Problem(2, "prompt", "the control character U+0000"),
    ),
    "a formula": (
        "a.xlsx",
        xlsx_of([HEADER, ("a", "=SUM(A1:A2)")]),
        Problem(2, "completion", "a formula"),
    ),
    "merged cells": (
        "a.xlsx",
        xlsx_of([HEADER, ("a", "b"), ("c", "d")], merged),
        Problem(2, "prompt", "part of merged cells"),
    ),
    "an error of Excel": (
        "a.xlsx",
        xlsx_of([HEADER, ("a", "x")], lambda s: setattr(s["A2"], "value", "#N/A")),
        Problem(2, "prompt", "the error #N/A"),
    ),
    "half a surrogate pair": (
        "a.jsonl",
        '{"prompt": "a\\ud800", "completion": "b"}',
        Problem(1, "prompt", "half of a surrogate pair at character 2"),
    ),
    "the same in an array": (
        "a.json",
        '[{"prompt": "a\\ud800", "completion": "b"}]',
        Problem(1, "prompt", "half of a surrogate pair"),
    ),
    "a list for a text": (
        "a.jsonl",
        '{"prompt": ["a"], "completion": "b"}',
        Problem(1, "prompt", "no text, but list"),
    ),
    "no JSON": ("a.jsonl", '{"prompt": \n', Problem(1, "", "not JSON")),
    "no object": ("a.json", '["a"]', Problem(1, "", "no object, but str")),
    "keys of another kind": (
        "a.jsonl",
        '{"question": "a"}',
        Problem(1, "", "it has no column prompt and no column completion; its keys: question"),
    ),
    "too long": (
        "a.csv",
        csv_of([HEADER, ("a", "x" * (LONGEST + 1))]),
        Problem(2, "completion", "1,000,001 characters: 1,000,000 at most"),
    ),
}


@pytest.mark.parametrize(("name", "data", "problem"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_named_by_row_and_column(name, data, problem, tmp_path):
    first = read(name, data, tmp_path)[0]
    assert (first.row, first.column) == (problem.row, problem.column)
    assert first.says.startswith(problem.says)


def bomb(member, text):
    buffer = io.BytesIO(xlsx_of(TABLE))
    with zipfile.ZipFile(buffer) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts[member] = text
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return out.getvalue()


LAUGHS = (
    b"<!DOCTYPE l [<!ENTITY a 'ha'>"
    + b"".join(
        b"<!ENTITY %c '%s'>" % (after, b"&%c;" % before * 10)
        for before, after in zip(b"abcdefghi", b"bcdefghij", strict=True)
    )
    + b"]><worksheet><sheetData><row><c t='inlineStr'><is><t>&j;</t></is></c></row></sheetData>"
    + b"</worksheet>"
)
SHEET = "xl/worksheets/sheet1.xml"
UNREADABLE = {
    "an empty file": ("a.csv", b"", "there is nothing in it"),
    "an empty sheet": ("a.xlsx", xlsx_of([]), "there is nothing in it"),
    "an empty array": ("a.json", b"[]", "there is nothing in it"),
    "no lines": ("a.jsonl", b"", "there is nothing in it"),
    "no such column": (
        "a.csv",
        b"Frage,completion\na,b\n",
        "no column prompt; it has: Frage, completion",
    ),
    "a column twice": ("a.csv", b"prompt,Prompts,completion\n", "two columns are called prompt"),
    "100,000 columns": (
        "a.csv",
        b"x," * 99_999 + b"x\n",
        "100,000 columns: a table of pairs has 1,000",
    ),
    "16,384 columns": ("a.xlsx", xlsx_of([["x"] * 1500]), "1,001 columns"),
    "an open quote": ("a.csv", b'prompt,completion\n"a,b\n', "is each quote closed"),
    "another charset": ("a.csv", b"prompt,completion\n\x81,b\n", "neither UTF-8 nor UTF-16"),
    "no Excel file": ("a.xlsx", b"prompt,completion\n", "cannot be read as an Excel file"),
    "an old Excel file": ("a.xlsx", b"\xd0\xcf\x11\xe0" * 99, "an old .xls or one with a password"),
    "half an Excel file": ("a.xlsx", xlsx_of(TABLE)[:-900], "cannot be read as an Excel file"),
    "a zip of something else": (
        "a.xlsx",
        bomb("[Content_Types].xml", b"x"),
        "cannot be read as an",
    ),
    "a zip bomb": ("a.xlsx", bomb(SHEET, b" " * 40_000_000), "unpacks to 38 MB, from 1"),
    "a billion laughs": ("a.xlsx", bomb(SHEET, LAUGHS), "cannot be read as an Excel file"),
    "not JSON": ("a.json", b"{", "not JSON"),
    "an object": ("a.json", b'{"a": 1}', "not an array of objects"),
    "JSON nested deeply": ("a.json", b"[" * 100_000, "not JSON"),
    "an array for lines": ("a.jsonl", b'[{"prompt": 1}]', "one JSON array"),
    "another kind": ("a.txt", b"x", "not one of .xlsx, .csv"),
}


@pytest.mark.parametrize(("name", "data", "says"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_table_is_refused_in_a_sentence(name, data, says, tmp_path):
    with pytest.raises(TableError) as caught:
        read(name, data, tmp_path)
    assert says in str(caught.value)


# -- Into the store -------------------------------------------------------------------


def command_settings(**more):
    own = {name: getattr(project, name) for name in dir(project) if name.isupper()}
    return Settings({**own, **more})


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The command in this process; called with arguments, it gives its exit code."""
    monkeypatch.chdir(tmp_path)
    made = import_module("ftcrawler.commands.import").Command()
    made.settings = command_settings(DATA_DIR=str(tmp_path / "data"), SITES_DIR=str(tmp_path))
    parser = argparse.ArgumentParser()
    made.add_options(parser)

    def run(*args):
        made.exitcode = 0
        options, names = parser.parse_known_args(list(args))
        made.run(names, options)
        return made.exitcode

    return run


def stored(folder, stream="pairs", site="mine"):
    return [
        row
        for path in sorted(folder.glob(f"data/{stream}/site={site}/[!._]*.parquet"))
        for row in read_rows(path)
    ]


def test_a_second_import_adds_nothing_and_a_changed_file_what_is_new(command, tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text(csv_of([HEADER, *PAIRS[:2], PAIRS[0]]))
    assert command("a.csv", "--site", "mine") == Exit.OK
    assert "a.csv: 2 new pairs; 1 were known" in capsys.readouterr().out
    first = stored(tmp_path)
    assert [(row["prompt"], row["completion"]) for row in first] == PAIRS[:2]
    assert command("a.csv", "--site", "mine") == Exit.OK
    assert "a.csv: 0 new pairs; 3 were known" in capsys.readouterr().out
    assert stored(tmp_path) == first
    path.rename(tmp_path / "b.csv")
    (tmp_path / "b.csv").write_text(csv_of([HEADER, *PAIRS]))
    assert command("b.csv", "--site", "mine") == Exit.OK
    assert stored(tmp_path)[:2] == first
    assert [row["prompt"] for row in stored(tmp_path)[2:]] == ["= what?"]


def test_a_row_leads_back_to_its_file(command, tmp_path):
    (tmp_path / "a.csv").write_text(csv_of([HEADER, PAIRS[1]]))
    command("a.csv", "--site", "mine")
    (pair,), (document,) = stored(tmp_path), stored(tmp_path, "documents")
    assert (pair["kind"], pair["extractor"], pair["rules_version"]) == ("handmade", "handmade", 0)
    assert pair["document_id"] == document["document_id"]
    assert pair["completion"] == document["text"][pair["completion_start"] : pair["completion_end"]]
    assert pair["url"].startswith("handmade:")
    found = measures(Pair(pair["prompt"], pair["completion"], "title"))
    assert (pair["words"], pair["tokens"]) == (found["words"], found["tokens"])
    assert base64.b64decode(pair["text_key"]) == found["text_key"]
    consent = json.loads(document["consent"])
    assert (consent["decision"], consent["signal"]) == ("allow", "handmade")
    assert consent["evidence"][0]["file"] == "a.csv"
    assert consent["evidence"][0]["row"] == 2
    assert len(consent["evidence"][0]["sha256"]) == 64


def test_with_a_bad_row_nothing_is_imported_unless_asked_to(command, tmp_path, capsys):
    rows = [HEADER, *PAIRS, *[("", "x")] * 30]
    (tmp_path / "a.csv").write_text(csv_of(rows))
    assert command("a.csv", "--site", "mine") == Exit.CONFIGURATION
    said = capsys.readouterr().err.splitlines()
    assert (
        said[0] == "ftcrawler: a.csv: row 5, column prompt: empty: write a text, or remove the row"
    )
    assert len(said) == 21
    assert "a.csv: 30 bad rows; mend them" in said[-1]
    assert not (tmp_path / "data").exists()
    assert command("a.csv", "--site", "mine", "--dry-run") == Exit.CONFIGURATION
    assert "a.csv: 3 good rows, 30 bad ones" in capsys.readouterr().out
    assert command("a.csv", "--site", "mine", "--skip-bad") == Exit.OK
    assert len(stored(tmp_path)) == 3


def test_one_bad_file_keeps_the_others_out_too(command, tmp_path):
    (tmp_path / "a.csv").write_text(csv_of(TABLE))
    (tmp_path / "b.csv").write_text("nothing")
    assert command("a.csv", "b.csv", "--site", "mine") == Exit.CONFIGURATION
    assert not (tmp_path / "data").exists()


def test_the_rules_of_the_site_hold_for_people_as_well(command, tmp_path, capsys):
    (tmp_path / "mine.toml").write_text(
        'start_urls = ["https://site.example/"]\n[pairs]\nsystem_prompt = "Be brief."\n'
    )
    rows = [HEADER, ("Who?", "Who?"), ("Mail?", "To jane@uni-bonn.de it goes."), PAIRS[0]]
    (tmp_path / "a.csv").write_text(csv_of(rows))
    assert command("a.csv", "--site", "mine") == Exit.OK
    said = capsys.readouterr().out
    assert "2 new pairs, personal data masked in 1; 0 were known" in said
    assert "left out: prompt-is-completion: 1 (rows 2)" in said
    assert {row["system_prompt"] for row in stored(tmp_path)} == {"Be brief."}
    assert [row["masked"] for row in stored(tmp_path)] == [True, False]
    assert stored(tmp_path)[0]["completion"] == "To [email] it goes."


@pytest.mark.parametrize("answer", ["Six.", "42", "x = 1", "SELECT 1", "And so on"])
def test_a_short_answer_is_as_short_as_it_is_meant(answer):
    assert [reason for _, reason in made_pairs([Record(2, "It?", answer)], PairRules())] == [""]


def test_the_rules_that_hold_for_people_exist():
    assert set(HELD) <= set(PAIR_REASONS)


WRONG = {
    "no site": ((), "--site is missing"),
    "a bad name": (("--site", "My Site!"), "--site My Site!: "),
    "no such file": (("--site", "mine"), "nowhere.csv: No such file"),
}


@pytest.mark.parametrize(("args", "says"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_done_is_said(args, says, command, tmp_path, capsys):
    assert command("nowhere.csv", *args) == Exit.CONFIGURATION
    assert says in capsys.readouterr().err


class Killed(BaseException):
    """The process ends here, as far as the store can tell."""


@pytest.mark.parametrize(
    "step", ["pairs-parquet-written", "pairs-parquet-renamed", "pairs-recorded", "documents-sealed"]
)
def test_an_import_that_is_killed_goes_on_with_the_next(step, tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    rows = [(f"Question {number}?", f"Answer {number}.") for number in range(700)]
    path.write_text(csv_of([HEADER, *rows]))
    options = command_settings(SHARD_ROWS=300, SHARD_FORMATS=["parquet"])
    site = Site(name="mine", start_urls=["https://site.invalid/"])

    def kill(name):
        if name == step:
            raise Killed

    monkeypatch.setattr("ftcrawler.opening.killer", lambda _where: kill)
    store = open_store(site, options, tmp_path / "data", lambda: 1e9)
    with pytest.raises(Killed):
        import_file(store, path, site.pair_rules)
    store.close()
    monkeypatch.setattr("ftcrawler.opening.killer", lambda _where: lambda _name: None)
    store = open_store(site, options, tmp_path / "data", lambda: 1e9)
    result = import_file(store, path, site.pair_rules)
    store.close()
    assert result.new + result.known == 700
    assert sorted(row["prompt"] for row in stored(tmp_path)) == sorted(p for p, _ in rows)
    assert len({row["document_id"] for row in stored(tmp_path, "documents")}) == 700


def test_no_crawl_and_no_recheck_asks_for_a_hand_made_pair(command, tmp_path):
    (tmp_path / "a.csv").write_text(csv_of(TABLE))
    assert command("a.csv", "--site", "mine") == Exit.OK
    site = Site(name="mine", start_urls=["https://site.invalid/"])
    store = open_store(site, command_settings(), tmp_path / "data", lambda: 2e9)
    store.begin("other rules", full=True)
    assert store.claim(9) == []
    store.end("finished")
    store.begin_recheck("other rules")
    assert store.claim(9) == []
    store.close()


def test_what_was_taken_back_stays_out_until_that_ends(command, tmp_path, capsys):
    (tmp_path / "a.csv").write_text(csv_of(TABLE))
    command("a.csv", "--site", "mine")
    site = Site(name="mine", start_urls=["https://site.invalid/"])
    store = open_store(site, command_settings(), tmp_path / "data", lambda: 2e9)
    urls = store.retractable("match", "^handmade:")
    assert store.retract("match", "^handmade:", urls, "asked to") == 3
    store.close()
    assert len(stored(tmp_path, "tombstones")) == 3
    command("a.csv", "--site", "mine")
    assert "left out: retracted: 3 (rows 2, 3, 4)" in capsys.readouterr().out
    store = open_store(site, command_settings(), tmp_path / "data", lambda: 2e9)
    retractions.lift(store.state, 1, 2e9)
    store.close()
    command("a.csv", "--site", "mine")
    assert "3 new pairs" in capsys.readouterr().out
    gone = {row["document_id"] for row in stored(tmp_path, "tombstones")}
    assert len([row for row in stored(tmp_path) if row["document_id"] not in gone]) == 3


@pytest.mark.slow
def test_hand_made_pairs_beside_crawled_ones(tmp_path, web):
    """Through Scrapy: import, crawl, crawl anew, recheck, verify, check the files."""
    web.page("/", "<h1>Bees</h1><p>" + "Bees live in hives, and they know why. " * 9 + "</p>")
    crawler = Crawler(tmp_path)
    crawler.site(web)
    path = tmp_path / "a.csv"
    path.write_text(csv_of([HEADER, *PAIRS]))
    for args in (("import", str(path), "--site", "web"), (), ("crawl", "articles", "--full")):
        done = crawler.run(*args)
        assert done.code == Exit.OK, done.err
    for args in (("consent", "--recheck"), ("verify", "web"), ("state", "--check")):
        done = crawler.run(*args)
        assert done.code == Exit.OK, done.err
    db = sqlite3.connect(tmp_path / "data/sites/web/state.db")
    state = db.execute("SELECT status, visits FROM urls WHERE url LIKE 'handmade:%'").fetchall()
    assert state == [("handmade", 0)] * 3
    assert [row["kind"] for row in done.rows()].count("handmade") == 3
    assert {"/", "/robots.txt"} <= set(web.paths())
