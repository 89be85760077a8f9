"""Tables for people: whole or refused, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import openpyxl
import pandas as pd
import pytest

from pipelines import tables
from pipelines.formats import FORMATS, FormatError
from pipelines.frame import pairs_frame
from pipelines.tables import MOST_CHARACTERS, plain_cell, safe_cell

ROWS = [
    {"prompt": "Bees", "completion": 'Say "zum",\nand more; 🐝', "kind": "title", "site": "bees"},
    {"prompt": "=1+1", "completion": "-x", "kind": "title", "site": None},
]
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "'=1", "''+1"]
HARMLESS = ["1+1", "'tis", "a=b", "", " =1", "<b>&amp;</b>", "_x0041_", "5"]


READ = {
    "csv": pd.read_csv,
    "json": pd.read_json,
    "xlsx": lambda path: pd.read_excel(path, engine="openpyxl"),
}


def written(name, rows, folder):
    path = folder / f"table.{name}"
    FORMATS[name].write(rows, path)
    return path


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_cell_that_looks_like_a_formula_is_text_in_every_table(text, tmp_path):
    row = {"prompt": text, "completion": "x"}
    raw = written("csv", [row], tmp_path).read_bytes().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(raw, newline=""))) == [
        ["prompt", "completion"],
        [f"'{text}", "x"],
    ]
    sheet = openpyxl.load_workbook(written("xlsx", [row], tmp_path)).active
    assert sheet["A2"].data_type in ("s", "inlineStr")
    assert sheet["A2"].quotePrefix
    assert sheet["A2"].value.replace("_x000D_", "\r") == text


@pytest.mark.parametrize("text", [*DANGEROUS, *HARMLESS])
def test_making_a_cell_safe_can_be_undone(text):
    assert plain_cell(safe_cell(text)) == text
    assert safe_cell(text)[:1] not in ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("text", HARMLESS)
def test_a_cell_that_is_harmless_stays_as_it_is(text):
    assert safe_cell(text) == text


@pytest.mark.parametrize("name", ["csv", "json", "xlsx"])
def test_pandas_reads_each_table_back(name, tmp_path):
    path = written(name, ROWS, tmp_path)
    read = READ[name](path)
    assert list(read.columns) == ["prompt", "completion", "kind", "site"]
    texts = [plain_cell(text) for text in read[["prompt", "completion"]].to_numpy().ravel()]
    assert texts == [row[column] for row in ROWS for column in ("prompt", "completion")]
    assert read["site"].isna().tolist() == [False, True]


@pytest.mark.parametrize("name", ["csv", "json", "xlsx"])
def test_the_tutorials_table_becomes_each_of_them(name, tmp_path):
    table = pairs_frame("One is first. Two follows. Three ends.", every=3)
    path = written(name, table.to_dict("records"), tmp_path)
    read = READ[name](path)
    pd.testing.assert_frame_equal(read, table, check_dtype=False)


@pytest.mark.parametrize("name", ["csv", "json", "xlsx"])
def test_the_same_rows_are_the_same_bytes(name, tmp_path):
    first = written(name, ROWS, tmp_path).read_bytes()
    assert written(name, iter(ROWS), tmp_path).read_bytes() == first


@pytest.mark.parametrize("name", ["csv", "json", "xlsx"])
def test_a_table_of_nothing_has_its_header(name, tmp_path):
    path = written(name, [], tmp_path)
    if name == "json":
        assert json.loads(path.read_text()) == []
        return
    read = READ[name](path)
    assert list(read.columns) == list(tables.COLUMNS)
    assert read.empty


LONG = {
    "one character too many": "x" * (MOST_CHARACTERS + 1),
    "an emoji is two": "🐝" * (MOST_CHARACTERS // 2 + 1),
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_text_too_long_for_a_cell_is_refused_and_never_cut(text, tmp_path):
    rows = [*ROWS, {"prompt": "Long", "completion": text}]
    with pytest.raises(FormatError, match=r"^row 3: completion has 32,768 characters, a cell of"):
        written("xlsx", rows, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(pd.read_csv(written("csv", rows, tmp_path))["completion"][2]) == len(text)


def test_the_longest_text_that_a_cell_holds_is_written(tmp_path):
    text = "x" * MOST_CHARACTERS
    sheet = openpyxl.load_workbook(
        written("xlsx", [{"prompt": "Long", "completion": text}], tmp_path)
    ).active
    assert sheet["B2"].value == text


def test_more_rows_than_a_sheet_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 4)
    written("xlsx", ROWS[:1] * 3, tmp_path)
    with pytest.raises(FormatError, match=r"^row 4: an Excel sheet ends at 4 rows with its header"):
        written("xlsx", ROWS[:1] * 4, tmp_path)
    assert len(pd.read_csv(written("csv", ROWS[:1] * 4, tmp_path))) == 4


def test_the_limit_of_rows_is_excels():
    assert tables.MOST_ROWS == 2**20


def test_a_control_character_is_refused_where_it_cannot_stand(tmp_path):
    row = {"prompt": "Bell \x07", "completion": "x"}
    with pytest.raises(FormatError, match=re.escape(r"prompt has the control character '\x07'")):
        written("xlsx", [row], tmp_path)
    assert json.loads(written("json", [row], tmp_path).read_text())[0]["prompt"] == "Bell \x07"


def test_text_that_looks_like_excels_escape_is_kept(tmp_path):
    row = {"prompt": "_x0041_ and _x000D_", "completion": "a\r\nb"}
    path = written("xlsx", [row], tmp_path)
    sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    assert "_x005F_x0041_ and _x005F_x000D_" in sheet
    assert "a_x000D_\nb" in sheet


def test_times_and_numbers_are_text(tmp_path):
    when = pd.Timestamp("2026-11-24T08:14:46Z")  # as pandas gives it, and as Arrow does
    rows = [
        {"prompt": "a", "completion": "b", "fetched_at": each}
        for each in (when, when.to_pydatetime())
    ]
    for name, read in READ.items():
        times = read(written(name, rows, tmp_path))["fetched_at"].astype(str).tolist()
        assert [time[:10] for time in times] == ["2026-11-24"] * 2
    raw = written("csv", rows, tmp_path).read_text("utf-8-sig")
    assert list(csv.reader(io.StringIO(raw)))[1] == ["a", "b", "2026-11-24T08:14:46Z"]
