"""Columns that stay on disk: read as they were written, whole or not at all."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from pipelines.attribution import lines_of
from pipelines.columns import coded, may_repeat, open_columns, read_fixed, write_columns


@pytest.mark.parametrize("rows", [0, 1, 3000])
def test_a_column_of_one_width_is_read_as_it_was_written(tmp_path, rows):
    path = tmp_path / "rows.arrow"
    marks = np.arange(rows * 4, dtype="<u8").reshape(rows, 4)
    values = pa.array([row.tobytes() for row in marks], pa.binary(32))
    names = pa.array([f"n{row}" for row in range(rows)], pa.string())
    write_columns(pa.table({"name": names, "mark": values}), path)
    found = np.zeros((rows, 4), dtype="<u8")
    read_fixed(path, "mark", found)
    assert np.array_equal(found, marks)
    assert open_columns(path).column("name").to_pylist() == names.to_pylist()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(pa.ArrowInvalid):
        open_columns(path)


def test_values_that_shards_number_otherwise_are_numbered_anew():
    one, other = (pa.array(values).dictionary_encode() for values in (["a", "b"], ["b", None, "c"]))
    found = coded(pa.chunked_array([one, other, other.slice(2)]))
    assert [found.values[code] for code in found.codes] == ["a", "b", "b", None, "c", "c"]
    assert found.holds(lambda text: text == "b").tolist() == [False, True, True] + [False] * 3


def test_an_identifier_that_is_there_twice_is_noticed():
    names = [f"{number:032x}" for number in range(500)]
    assert not may_repeat(pa.chunked_array([names[:200], names[200:]]))
    assert may_repeat(pa.chunked_array([names, names[7:8]]))
    assert not may_repeat(pa.chunked_array([pa.array(names).slice(100), names[:100]]))


WORKS = {
    "plain": ("Bees", ["Ann"], "Bees by Ann. U no licence named\n"),
    "no title": (None, None, "untitled. U no licence named\n"),
    "an empty title and no author": ("", [], "untitled. U no licence named\n"),
    "over lines": (" The\tbee\n\n ", ["A\nLee"], "The bee by A Lee. U no licence named\n"),
}  # fmt: skip


@pytest.mark.parametrize(("title", "authors", "line"), WORKS.values(), ids=WORKS)
def test_a_line_of_attribution(title, authors, line):
    columns = (pa.array([title], pa.string()), pa.array([authors], pa.list_(pa.string())),
               pa.array(["U"]), pa.array([None], pa.string()))  # fmt: skip
    assert lines_of(*(pa.chunked_array([column]) for column in columns)).to_pylist() == [line]


LIGHTLY = """
import sys
from ftcrawler.startup import start_lightly
start_lightly()
import pyarrow as pa
pa.array(["a"]), pa.table({"a": [1]})
assert "pandas" not in sys.modules
import pandas
"""


def test_a_light_start_goes_without_pandas_but_does_not_forbid_it():
    subprocess.run([sys.executable, "-c", LIGHTLY], check=True)
