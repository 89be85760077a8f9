"""``scrapy check`` as people and programs use it."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest
from conftest import Crawler
from scrapy.settings import Settings

from ftcrawler.checking import CheckError, Price, cost_of, load_price, sources_of, split_of
from ftcrawler.commands.check import Command
from ftcrawler.exits import Exit
from pipelines.formats import FORMATS

ROWS = [
    {"prompt": f"What is {word}?", "completion": f"{word.title()} is a word."}
    for word in "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu".split()
]


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The command in this process; called with arguments, it gives its exit code."""
    monkeypatch.chdir(tmp_path)
    made = Command()
    made.settings = Settings({"DATA_DIR": str(tmp_path / "data")})
    parser = argparse.ArgumentParser()
    made.add_options(parser)

    def run(*args):
        made.exitcode = 0
        options, names = parser.parse_known_args(list(args))
        made.run(names, options)
        return made.exitcode

    return run


def test_a_bad_file_is_not_fit(tmp_path):
    """Once in a process of its own, through Scrapy."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"messages": []}\n')
    done = Crawler(tmp_path).run("check", str(bad), "--target", "openai")
    assert (done.code, done.err) == (Exit.FAILED, "")
    said = "ERROR no-messages: no messages (1); at least a user's and the assistant's"
    assert f"{said}\n  {bad}, line 1" in done.out
    assert "2 errors, 0 warnings: is not fit for openai" in done.out


def test_people_read_a_table(command, tmp_path, capsys):
    FORMATS["openai-chat"].write(ROWS, tmp_path / "train.jsonl")
    assert command("train.jsonl", "--target", "openai") == Exit.OK
    said = capsys.readouterr().out
    assert re.search(r"^train\.jsonl +train +12 +[0-9,]+ +\d+ +chat", said, re.MULTILINE)
    assert "WARNING few-examples: fewer than 100 examples (1); " in said
    assert "0 errors, 2 warnings: is fit for openai" in said


def test_warnings_count_when_asked_to(command, tmp_path):
    FORMATS["openai-chat"].write(ROWS, tmp_path / "train.jsonl")
    assert command("train.jsonl", "--target", "openai") == Exit.OK
    assert command("train.jsonl", "--target", "openai", "--strict") == Exit.FAILED


def test_programs_get_the_whole_report(command, tmp_path, capsys):
    FORMATS["openai-chat"].write(ROWS, tmp_path / "train.jsonl")
    (tmp_path / "prices.toml").write_text("[small]\nper_million_tokens = 8\nepochs = 4\n")
    price = ("--price", "small", "--prices", "prices.toml")
    assert command("train.jsonl", "--target", "openai", "--json", *price) == Exit.OK
    said = json.loads(capsys.readouterr().out)
    assert said["errors"] == 0
    assert {each["name"] for each in said["findings"]} == {"few-examples", "common-prefix"}
    assert said["files"][0]["examples"] == 12
    assert said["files"][0]["tokens"] == said["tokens"]["total"] == said["cost"]["tokens"]
    assert said["cost"]["total"] == pytest.approx(said["tokens"]["total"] * 8 * 4 / 1e6)


WRONG = {
    "an unknown target": (("train.jsonl", "--target", "gpt"), "known targets are openai, azure"),
    "no such file": (("nowhere.jsonl",), "nowhere.jsonl: no such file, folder or dataset"),
    "another kind of file": (("note.txt",), "note.txt: not .jsonl, .jsonl.gz, .parquet, .csv"),
    "an empty folder": (("empty",), "empty: no .parquet or .jsonl files in it"),
    "no price": (("train.jsonl", "--price", "gpt"), "no price [gpt]; there are: none"),
    "a price of nothing": (("train.jsonl", "--no-tokens", "--price", "x"), "want tokens"),
}


@pytest.mark.parametrize(("args", "says"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_checked_is_said(args, says, command, tmp_path, capsys):
    FORMATS["openai-chat"].write(ROWS, tmp_path / "train.jsonl")
    (tmp_path / "note.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    assert command(*args) == Exit.CONFIGURATION
    assert says in capsys.readouterr().err


def test_a_file_that_breaks_off_is_a_matter_of_storage(command, tmp_path, capsys):
    (tmp_path / "train.parquet").write_bytes(b"PAR1 no more")
    assert command("train.parquet") == Exit.STORAGE
    assert "train.parquet: cannot be read as Parquet" in capsys.readouterr().err


def test_the_newest_version_of_a_dataset_is_checked(tmp_path):
    for version in ("1", "2"):
        folder = tmp_path / "data/datasets/bees" / version
        (folder / "data").mkdir(parents=True)
        (folder / "data/train-00000-of-00001.parquet").write_bytes(b"")
        (folder / "data/validation-00000-of-00001.parquet").write_bytes(b"")
        (folder / "manifest.json").write_text("{}")
    found = sources_of(["bees"], [], tmp_path / "data")
    assert [(each.path.parent.parent.name, each.split) for each in found] == [
        ("2", "train"),
        ("2", "validation"),
    ]
    assert sources_of([str(folder)], [], tmp_path) == found


def test_a_file_is_checked_once_whatever_it_is_called(tmp_path):
    path = tmp_path / "held.jsonl"
    path.write_text("{}")
    (tmp_path / "again.jsonl").symlink_to(path)
    names = [str(path), str(tmp_path / "again.jsonl")]
    assert len(sources_of(names, [], tmp_path)) == 1
    (source,) = sources_of(names, [str(path)], tmp_path)
    assert source.split == "validation"


SPLITS = {
    "train.jsonl": "train",
    "validation-00000-of-00002.parquet": "validation",
    "val.jsonl.gz": "validation",
    "openai-chat/test.jsonl": "validation",
    "validation/part.jsonl": "validation",
    "test_data/part.jsonl": "train",
    "values.jsonl": "train",
    "contest.jsonl": "train",
}


@pytest.mark.parametrize(("name", "split"), SPLITS.items())
def test_the_side_of_the_split_is_in_the_name(name, split):
    assert split_of(Path(name)) == split


def test_prices_are_checked(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('[a]\nper_million_tokens = -1\nunit = "token"\n')
    with pytest.raises(CheckError) as caught:
        load_price(path, "a")
    assert len(caught.value.problems) == 2
    path.write_text("[a\n")
    with pytest.raises(CheckError, match=r"prices\.toml"):
        load_price(path, "a")


def test_epochs_of_the_command_go_before_those_of_the_table():
    price = Price(per_million_tokens=2.5, epochs=3)
    assert cost_of("a", price, 1_000_000).total == 7.5
    assert cost_of("a", price, 1_000_000, epochs=1).total == 2.5
