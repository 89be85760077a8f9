"""The tutorial's table: its two examples, its files, its errors."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.frame import pairs_frame

BEES = [f"Sentence number {number} is here." for number in range(1, 9)]


def test_eight_sentences_with_a_title_every_third():
    frame = pairs_frame(" ".join(BEES), every=3, title="Bees")
    assert list(frame.columns) == ["prompt", "completion"]
    assert frame.to_numpy().tolist() == [
        [BEES[0], f"{BEES[1]} {BEES[2]}"],
        [BEES[3], f"{BEES[4]} {BEES[5]}"],
        [BEES[6], BEES[7]],
        ["Bees", " ".join(BEES)],
    ]


def test_fifty_sentences_every_fifth():
    sentences = [f"Sentence number {number} is here." for number in range(50)]
    frame = pairs_frame(" ".join(sentences), every=5)
    assert frame["prompt"].tolist() == sentences[::5]
    assert [text.count("here.") for text in frame["completion"]] == [4] * 10


def test_lines_are_not_joined():
    frame = pairs_frame("A line without a stop\nAnother one\n\nThe end.", every=3)
    assert frame.to_numpy().tolist() == [["A line without a stop", "Another one\nThe end."]]


def test_one_sentence_gives_no_row_but_both_columns():
    frame = pairs_frame("Only one sentence.")
    assert frame.empty
    assert list(frame.columns) == ["prompt", "completion"]


@pytest.mark.parametrize("title", [None, "", "  "])
def test_without_a_title_there_is_no_title_row(title):
    assert len(pairs_frame("One. Two.", title=title)) == 1


@pytest.mark.parametrize("suffix", ["xlsx", "csv", "json"])
def test_files_hold_the_same_table(tmp_path, suffix):
    text = 'He said "no; never", twice.\nÉté = 3 €? Yes.\n日本語の文。 Done, at last.'
    frame = pairs_frame(text, every=2, title="Quotes, and signs")
    path = tmp_path / f"pairs.{suffix}"
    if suffix == "xlsx":
        frame.to_excel(path, index=False)
        again = pd.read_excel(path)
    elif suffix == "csv":
        frame.to_csv(path, index=False)
        again = pd.read_csv(path)
    else:
        frame.to_json(path, orient="records", force_ascii=False)
        again = pd.read_json(path, orient="records")
    assert again.to_numpy().tolist() == frame.to_numpy().tolist()
    assert list(again.columns) == ["prompt", "completion"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"text": ""}, ValueError, "text has no words in it: 0 characters"),
        ({"text": " \n\t"}, ValueError, "text has no words in it: 3 characters"),
        ({"every": 1}, ValueError, "every must be 2 or more, 1 was given"),
        ({"every": -3}, ValueError, "every must be 2 or more, -3 was given"),
        ({"every": True}, TypeError, "every must be an integer, not bool: True"),
        ({"every": 2.0}, TypeError, "every must be an integer, not float: 2.0"),
        ({"every": "5"}, TypeError, "every must be an integer, not str: '5'"),
        ({"text": b"One. Two."}, TypeError, "text must be a string, not bytes"),
        ({"text": None}, TypeError, "text must be a string, not NoneType"),
        ({"title": 5}, TypeError, "title must be a string or None, not int"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        pairs_frame(**{"text": "One. Two.", **arguments})
