"""What a version says of itself, who can read it, and what differs between two."""

import json
import random
import re

import pytest
from shelves import Shelves, left_out, prose, rows

from pipelines.difference import difference
from pipelines.records import Block
from pipelines.sitewide import block_key
from pipelines.versions import find, names, versions
from pipelines.volumes import COLUMNS

U = "https://bees.example/{}".format


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    dice = random.Random(1)
    shelves = Shelves(tmp_path_factory.mktemp("datasets"))
    by = "https://creativecommons.org/licenses/by/4.0/"
    shelves.night({U(n): prose(dice) for n in range(30)}, license=by)
    odd = {"title": 'A "title"\nof | two: lines', "authors": ["Zoë\nX"], "language": "de"}
    shelves.night({U("odd"): prose(dice), U("~bare"): prose(dice)}, "wasps", 2, **odd)
    return shelves.build("bees-and-wasps", validation=0.3, order={"formats": ("openai-chat",)})


def test_the_card_has_the_files_as_the_hub_wants_them(built):
    card = (built.version.folder / "README.md").read_text("utf-8")
    front = card.split("---\n")[1]
    assert "license: other" in front  # one site names none
    assert '- "de"\n- "en"' in front
    assert re.findall(r"split: (\w+)\n    path: (\S+)", front) == [
        ("train", "data/train-*.parquet"),
        ("validation", "data/validation-*.parquet"),
    ]
    assert "- n<1K" in front
    assert f"{built.version.manifest['pairs']['train']:,} pairs to train on" in card
    assert "| none named | not known | nothing that is known | 2 |" in card


def test_everybody_is_credited_on_a_line_of_their_own(built):
    lines = (built.version.folder / "ATTRIBUTION").read_text("utf-8").splitlines()[3:]
    assert {row["url"] for row in rows(built)} == {
        re.search(r"https://bees\S+", x)[0] for x in lines
    }
    assert f"About {U(3)} by Ann, Bo. {U(3)} CC-BY-4.0: " in "\n".join(lines)
    assert lines[-1] == f'A "title" of | two: lines by Zoë X. {U("~bare")} no licence named'
    assert all(line.endswith(" (credit)") for line in lines if "CC-BY" in line)


def test_the_manifest_has_what_a_report_needs(built):
    manifest = built.version.manifest
    assert sum(number for *_, number, _ in manifest["by"]) == manifest["pairs"]["all"]
    assert {row[2] for row in manifest["by"]} == {"train", "validation"}
    assert manifest["software"].keys() == {"python", "duckdb", "numpy", "pyarrow"}
    files = {path.name for path in (built.version.folder / "data").iterdir()}
    assert {file["name"] for file in manifest["files"]} == files
    text = (built.version.folder / "manifest.json").read_text("utf-8")
    assert str(built.version.folder.parents[2]) not in text


def test_croissant_names_every_file_and_column(built):
    described = json.loads((built.version.folder / "croissant.json").read_text("utf-8"))
    files = {one["@id"]: one["sha256"] for one in described["distribution"]}
    assert files == {f"data/{f['name']}": f["sha256"] for f in built.version.manifest["files"]}
    assert len(described["recordSet"]) == len(files)
    for record_set in described["recordSet"]:
        assert [field["name"] for field in record_set["field"]] == COLUMNS.names


@pytest.mark.slow
def test_mlcroissant_finds_it_valid_and_reads_its_rows(built):
    croissant = pytest.importorskip("mlcroissant")
    dataset = croissant.Dataset(jsonld=str(built.version.folder / "croissant.json"))
    found = list(dataset.records("validation-00000-of-00001"))
    prompts = {record["validation-00000-of-00001/prompt"].decode() for record in found}
    assert prompts == {row["prompt"] for row in rows(built, "validation")}


@pytest.mark.slow
@pytest.mark.parametrize("streaming", [False, True])
def test_the_folder_loads_as_it_is(built, tmp_path, streaming):
    hub = pytest.importorskip("datasets")
    loaded = hub.load_dataset(
        str(built.version.folder), cache_dir=str(tmp_path), streaming=streaming
    )
    assert set(loaded) == {"train", "validation"}
    for split in loaded:
        found = [row["pair_id"] for row in loaded[split]]
        assert found == [row["pair_id"] for row in rows(built, split)]


def test_versions_are_found_by_name_and_beginning(built):
    data = built.version.folder.parents[2]
    (name,) = names(data)
    version = built.version.folder.name
    for text in (name, f"{name}/latest", f"{name}/{version}", f"{name}/{version[:-3]}", version):
        expected = None if text == version else built.version.folder
        found = find(data, text)
        assert (found.folder.resolve() if found else None) == expected
    assert find(data, str(built.version.folder)).folder == built.version.folder
    assert find(data, "../etc") is None


def test_what_came_went_and_changed_is_told_with_its_reason(tmp_path):
    dice = random.Random(2)
    story, said = prose(dice, 5), prose(dice, 1)[0]
    shelves = Shelves(tmp_path)
    shelves.night({U("a"): story, U("b"): [*prose(dice), said], U("c"): prose(dice)})
    shelves.night({U("copy"): story}, "wasps", 2)
    whole = "\n".join([*prose(dice, 1), said])
    shelves.night({U("d"): [whole]}, night=3)
    old = shelves.build(validation=0)
    shelves.take_back(U("a"), "http-404")
    shelves.take_back(U("c"), "retracted: by mail")
    shelves.night({U("new"): prose(dice)}, night=4)
    new = shelves.build(validation=0)
    found = difference(old.version, new.version)
    assert found.came.counts == {"was left out: duplicate": 5, "new": 4}
    assert found.went.counts == {"tombstone": 5, "retracted": 4}
    assert (found.changed.counts, found.recipe) == ({}, {})
    assert found.same == len(rows(old)) - 9
    examples = [one for one in found.went.examples if one.reason == "retracted"]
    assert {one.url for one in examples} == {U("c")}
    assert len(examples) == 3
    few = shelves.build(validation=0, min_words=31)
    told = difference(new.version, few.version)
    assert set(told.went.counts) == {"too-short"}
    assert told.recipe == {"min_words": (0, 31)}
    assert [one.manifest["sequence"] for one in versions(tmp_path, "all")] == [1, 2, 3]


def test_a_pair_that_something_was_cut_out_of_has_changed(tmp_path):
    dice = random.Random(3)
    frame = "Rated 17 by our readers of this week"
    shelves = Shelves(tmp_path)
    text = prose(dice, 2)
    document, made = shelves_page(text, frame)
    shelves.write("documents", "bees", [document])
    shelves.write("pairs", "bees", made)
    old = shelves.build(validation=0)
    shelves.facts["bees"] = {
        "boilerplate": {block_key(Block("paragraph", frame)): "2026-11-30T02:00:00Z"}
    }
    new = shelves.build(validation=0)
    found = difference(old.version, new.version)
    assert found.changed.counts == {"boilerplate": 1}
    assert found.went.counts == {"boilerplate": 1}
    assert len(left_out(new, "pairs")) == 1


def shelves_page(text, frame):
    """A page of three blocks with a title's pair over all of them."""
    from shelves import page  # noqa: PLC0415 - beside its only use

    document, made = page(U("b"), [text[1], frame, text[0]], "bees", 2)
    whole = {**made[0], "prompt": "All of it", "completion": document["text"], "kind": "title"}
    whole |= {"completion_end": len(document["text"]), "pair_id": "f" * 32}
    return document, [made[1], whole]
