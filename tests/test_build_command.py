"""``scrapy build``, ``datasets`` and ``diff`` over a crawled demo, and every way to ask wrongly."""

import argparse
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import Crawler
from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings

from ftcrawler.commands import build, datasets, diff
from ftcrawler.exits import Exit
from ftcrawler.holdings import holdings, known_sites
from pipelines.ballot import PAIR_REASONS
from pipelines.licences import POLICIES
from pipelines.rows import document_id
from pipelines.shards import SCHEMAS
from pipelines.versions import latest, versions
from pipelines.volumes import COLUMNS


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    crawler = Crawler(tmp_path_factory.mktemp("build"))
    done = crawler.run("demo", FTCRAWLER_SITES="")
    assert done.code == 0, done.err
    return crawler


@pytest.fixture
def data(demo, tmp_path):
    """A copy of the crawled data: hashes and sizes are the same, and the state with it."""
    shutil.copytree(demo.data, tmp_path / "data")
    return tmp_path / "data"


def run(module, data, *argv):
    """A command in this process; its exit code."""
    command = module.Command()
    command.settings = Settings({"DATA_DIR": str(data)})
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    opts, args = parser.parse_known_args(argv)
    command.run(args, opts)
    return command.exitcode


@pytest.mark.slow
def test_the_demo_becomes_a_dataset(demo):
    """As a user does it, in a process of its own."""
    done = demo.run("build", "--name", "demo", "--format", "openai-chat,csv", FTCRAWLER_SITES="")
    assert done.code == 0, done.err
    version = latest(demo.data, "demo")
    manifest = version.manifest
    assert str(version.folder) in done.out
    assert f"{manifest['pairs']['train']:,}  train" in done.out
    lines = (version.folder / "openai-chat" / "train.jsonl").read_text().splitlines()
    assert len(lines) == manifest["pairs"]["train"] > 100
    assert json.loads(lines[0])["messages"][0]["role"] == "user"
    assert (version.folder / "csv" / "validation.csv").exists()
    stored = pq.read_table(demo.data / "documents" / "site=demo", partitioning=None)
    assert stored.column("minhash").null_count == 0
    assert {row["file"].split("/")[0] for row in manifest["inputs"]} == {"documents", "pairs"}
    shutil.rmtree(demo.data / "datasets")


def test_datasets_and_diff_tell_what_came_and_went(data, capsys):
    assert run(build, data, "--name", "demo") == 0
    gone = latest(data, "demo")
    url = pq.read_table(gone.folder / "data" / gone.manifest["files"][0]["name"])["url"][0].as_py()
    with sqlite3.connect(data / "sites" / "demo" / "state.db") as db:
        db.execute(
            "UPDATE documents SET retracted='retracted: asked by mail' WHERE document_id=?",
            (document_id("demo", url, 1),),
        )
    assert run(build, data, "--name", "demo") == 0
    assert run(datasets, data) == 0
    assert run(datasets, data, "demo", "--json") == 0
    out = capsys.readouterr().out
    assert out.count("(latest)") == 1
    assert all(one.folder.name in out for one in versions(data, "demo"))
    assert len(json.loads(out[out.index("[\n") :])) == 2
    assert run(diff, data, "demo", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["went"]["counts"]["retracted"] > 0
    assert found["changed"]["counts"] == {}
    assert {example["url"] for example in found["went"]["examples"]} == {url}
    assert run(diff, data, f"demo/{gone.folder.name}", "demo") == 0
    assert f"{found['same']:,}  as before" in capsys.readouterr().out
    (part,) = (latest(data, "demo").folder / "audit").glob("pairs-*")
    part.rename(part.with_name("pairs.parquet"))  # as older versions have it
    assert run(diff, data, "demo", "--json") == 0
    assert json.loads(capsys.readouterr().out) == found


WRONG = {
    "a name with a slash": (["--name", "a/b"], "--name a/b"),
    "the name of a link": (["--name", "latest"], "--name latest"),
    "no such site": (["--sites", "dmeo"], "--sites dmeo: none such; known: demo"),
    "no such kind": (["--kinds", "sentences"], "known: title, heading, sentence, window, handmade"),
    "no such format": (["--format", "openai-chta"], "--format openai-chta"),
    "no date": (["--since", "yesterday"], "--since yesterday"),
    "all of it for validation": (["--validation", "1"], "from 0 to below 1"),
    "more than alike": (["--similarity", "1.5"], "--similarity 1.5"),
    "too little memory": (["--memory", "1MB"], "256MB at least"),
    "no memory": (["--memory", "much"], "--memory much"),
    "a weight without a budget": (["--weight", "demo=2"], "--max-tokens"),
    "a cap of an unknown site": (["--cap", "dmeo=2"], "dmeo: no such site"),
    "a cap of nothing": (["--cap", "demo=0"], "--cap"),
    "nothing is left": (["--since", "2099-01-01"], "none of them for training"),
}


@pytest.mark.parametrize(("argv", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_and_nothing_is_built(demo, capsys, argv, said):
    assert run(build, demo.data, *argv) == Exit.CONFIGURATION
    assert said in capsys.readouterr().err
    assert not list(demo.data.glob("datasets/[!.]*/*"))


def test_before_there_is_anything(tmp_path, capsys):
    assert run(build, tmp_path) == Exit.CONFIGURATION
    assert "nothing was crawled so far" in capsys.readouterr().err
    assert run(datasets, tmp_path) == 0
    assert "no dataset was built so far" in capsys.readouterr().err
    assert run(datasets, tmp_path, "demo") == Exit.CONFIGURATION
    assert run(diff, tmp_path, "demo") == Exit.CONFIGURATION
    assert "demo: no such version" in capsys.readouterr().err


def test_a_damaged_shard_ends_it_with_its_name(data, capsys):
    path = data / "pairs" / "site=demo" / "pairs-000001.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    assert run(build, data) == Exit.STORAGE
    said = capsys.readouterr().err
    assert "pairs/site=demo/pairs-000001.parquet: its content is not what was written" in said
    assert "scrapy state --check" in said
    assert run(build, data, "--skip-damaged") == Exit.CONFIGURATION
    assert "0 pairs, none of them for training" in capsys.readouterr().err


def test_only_shards_that_the_memory_recorded_are_read(data):
    folder = data / "pairs" / "site=demo"
    shutil.copy(folder / "pairs-000001.parquet", folder / "pairs-000002.parquet")
    assert [one.file for one in holdings(data, "demo").sources] == [
        "documents/site=demo/documents-000001.parquet",
        "pairs/site=demo/pairs-000001.parquet",
    ]
    assert known_sites(data) == ["demo"]


def test_without_a_memory_all_files_count(data):
    shutil.rmtree(data / "sites")
    (data / "pairs" / "site=demo" / "pairs-000001.parquet").unlink()
    found = holdings(data, "demo")
    assert [one.file for one in found.sources] == [
        "documents/site=demo/documents-000001.parquet",
        "pairs/site=demo/_pairs-000001.jsonl",
    ]
    assert run(build, data) == 0


def test_what_the_memory_says_no_to_is_left_out(data):
    before = holdings(data, "demo")
    with sqlite3.connect(data / "sites" / "demo" / "state.db") as db:
        urls = db.execute(
            "SELECT document_id, url FROM documents JOIN urls ON urls.id = url_id "
            "WHERE retracted = '' ORDER BY url LIMIT 3"
        ).fetchall()
        (one, _), (two, url), (three, _) = urls
        db.execute("UPDATE documents SET retracted='consent: noai' WHERE document_id=?", (one,))
        db.execute(
            "INSERT INTO retractions(kind, pattern, reason, at) VALUES ('url', ?, 'by mail', 1)",
            (url,),
        )
        db.execute("UPDATE documents SET retracted='http-410' WHERE document_id=?", (three,))
        db.execute("INSERT INTO boilerplate VALUES (?, '2026-11-24T02:00:00Z')", (b"12345678",))
    found = holdings(data, "demo")
    new = {name: why for name, why in found.refused.items() if name not in before.refused}
    assert new == {
        one: "denied: noai",
        two: "retracted: by mail",
        three: "tombstone: http-410",
    }
    assert found.boilerplate == {b"12345678": "2026-11-24T02:00:00Z"}
    run(build, data)
    audit = pq.read_table(latest(data, "all").folder / "audit" / "documents.parquet").to_pylist()
    reasons = {row["document_id"]: (row["reason"], row["detail"]) for row in audit}
    assert reasons[two] == ("retracted", "by mail")
    assert {one, two, three} <= reasons.keys()


def test_a_memory_of_an_older_version_is_read_as_it_is(data):
    with sqlite3.connect(data / "sites" / "demo" / "state.db") as db:
        db.execute("DROP TABLE retractions")
        db.execute("DROP TABLE boilerplate")
    found = holdings(data, "demo")
    assert (len(found.sources), found.boilerplate) == (2, {})


def test_a_memory_that_cannot_be_read_is_told(data, capsys):
    (data / "sites" / "demo" / "state.db").write_bytes(b"no database" * 999)
    assert run(build, data) == Exit.STORAGE
    assert "state.db cannot be read" in capsys.readouterr().err


def test_every_reason_option_and_policy_is_explained():
    page = (Path(__file__).resolve().parent.parent / "docs" / "datasets.md").read_text("utf-8")
    named = set(re.findall(r"`([^`\n]+)`", page))
    command = build.Command()
    command.settings = Settings()
    parser = argparse.ArgumentParser(add_help=False)
    ScrapyCommand.add_options(command, parser)
    general = set(parser._option_string_actions)
    parser = argparse.ArgumentParser(add_help=False)
    command.add_options(parser)
    own = set(parser._option_string_actions) - general
    assert len(own) > 15
    assert own - named == set()
    assert {*PAIR_REASONS, *POLICIES, "no-pairs"} - named == set()
    columns = set(COLUMNS.names) - set(SCHEMAS["pairs"].names)
    assert columns | {"kept_id", "similarity", "cluster", "detail", "reason"} <= named
