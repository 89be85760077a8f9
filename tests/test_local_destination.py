"""Copies in folders and object storage: whole or not there, once, checked by somebody else."""

from __future__ import annotations

import json
import shutil
import subprocess

import fsspec
import pytest
import stub_hub
from bundles import built, bundled, receipt, silent
from conftest import Crawler

from pipelines.destinations import FailedError, RefusedError, destination_of
from pipelines.destinations.targetfile import LocalTarget
from pipelines.receipts import Receipts


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    return built(tmp_path_factory.mktemp("local"))


def local(url, **more):
    return destination_of(LocalTarget(name="there", kind="local", url=str(url), **more), {})


def send(there, bundle, folder):
    note = receipt(folder, bundle, "local")
    there.send(bundle, note, silent)
    return Receipts(folder).read(note.id)


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_the_version_is_there_with_checksums_that_hold(version, tmp_path):
    bundle = bundled(version)
    assert list(local(tmp_path / "new/shelf").preflight(bundle)) == []
    assert not (tmp_path / "new").exists()
    note = send(local(tmp_path / "new/shelf"), bundle, tmp_path)
    place = tmp_path / "new/shelf/bees" / version.folder.name
    assert (note.state, note.place) == ("sent", f"file://{place}")
    held = [name for name in names(version.folder) if name.partition("/")[0] not in FORMATS]
    assert names(place) == sorted([*held, "SHA256SUMS"])
    assert {file.name for file in note.files} == set(held)
    assert {file.split for file in note.files} == {"", "train", "validation"}
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=place,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.count(": OK") == len(held)


FORMATS = ("openai-chat", "llama-factory")


def test_a_format_goes_with_a_card_of_its_own(version, tmp_path):
    send(local(tmp_path / "shelf"), bundled(version, "llama-factory"), tmp_path)
    place = tmp_path / f"shelf/bees/{version.folder.name}-llama-factory"
    found = names(place)
    rows = [name for name in found if name.startswith("llama-factory/")]
    assert [name.partition("/")[2] for name in rows] == [
        "dataset_info.json",
        "train.jsonl",
        "validation.jsonl",
    ]
    assert not [name for name in found if name.endswith("croissant.json") or name[:5] == "data/"]
    assert "path: llama-factory/validation.jsonl\n" in (place / "README.md").read_text("utf-8")


def test_what_is_there_is_not_written_again(version, tmp_path):
    bundle = bundled(version)
    send(local(tmp_path / "shelf"), bundle, tmp_path)
    place = tmp_path / "shelf/bees" / version.folder.name
    before = {name: (place / name).stat().st_ino for name in names(place)}
    send(local(tmp_path / "shelf"), bundle, tmp_path)
    assert {name: (place / name).stat().st_ino for name in names(place)} == before
    # Damage that leaves the size as it was is seen, too.
    damaged = place / "data/train-00000-of-00001.parquet"
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    send(local(tmp_path / "shelf"), bundle, tmp_path)
    assert damaged.read_bytes() == bundle.of("train")[0].path.read_bytes()
    assert names(tmp_path / "shelf/bees") == [f"{version.folder.name}/{name}" for name in before]


def test_a_call_that_was_ended_goes_on_where_it_was(version, tmp_path):
    bundle = bundled(version)

    def told(what, done, total):
        if done > total / 2:
            raise KeyboardInterrupt

    note = receipt(tmp_path, bundle, "local")
    there = local(tmp_path / "shelf")
    with pytest.raises(KeyboardInterrupt):
        there.send(bundle, note, told)
    (aside,) = (tmp_path / "shelf/bees").iterdir()
    assert aside.name == f".sending-{version.folder.name}"
    kept = {name: (aside / name).stat().st_ino for name in names(aside)}
    known = Receipts(tmp_path).read(note.id)
    assert (known.state, bool(known.place), {f.id for f in known.files}) == ("sending", True, {""})
    assert "audit/documents.parquet" in kept
    send(there, bundle, tmp_path)
    (place,) = (tmp_path / "shelf/bees").iterdir()
    same = [name for name, inode in kept.items() if (place / name).stat().st_ino == inode]
    assert len(same) >= len(kept) - 1  # the one that was being written may be half


def test_what_was_begun_can_be_withdrawn(version, tmp_path):
    def told(*_):
        raise KeyboardInterrupt

    note = receipt(tmp_path, bundled(version), "local")
    with pytest.raises(KeyboardInterrupt):
        local(tmp_path / "shelf").send(bundled(version), note, told)
    assert names(tmp_path / "shelf")
    local(tmp_path / "shelf").delete(Receipts(tmp_path).read(note.id), silent)
    assert names(tmp_path / "shelf") == []


def test_object_storage_is_valid_with_its_checksums(version, tmp_path):
    bundle = bundled(version)
    there = local("memory://shelf")
    assert list(there.preflight(bundle)) == []
    note = send(there, bundle, tmp_path)
    fs = fsspec.filesystem("memory")
    place = f"/shelf/bees/{version.folder.name}"
    assert note.place == f"memory://{place}"
    assert fs.cat_file(f"{place}/SHA256SUMS").count(b"\n") == len(note.files)
    written = {path: fs.modified(path) for path in fs.find(place)}
    fs.rm(f"{place}/README.md")
    send(there, bundle, tmp_path)
    again = {path: fs.modified(path) for path in fs.find(place)}
    assert [path for path in written if again[path] != written[path]] == [f"{place}/README.md"]
    there.delete(note, silent)
    assert fs.find("/shelf") == []
    assert all(file.deleted_at for file in Receipts(tmp_path).read(note.id).files)


def test_a_dataset_that_was_changed_since_is_not_sent(version, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(version.folder, copy)
    bundle = bundled(version._replace(folder=copy))
    (copy / "data/train-00000-of-00001.parquet").write_bytes(b"other")
    with pytest.raises(RefusedError, match="was changed since; build the dataset anew"):
        send(local(tmp_path / "shelf"), bundle, tmp_path)
    assert not [path for path in (tmp_path / "shelf/copy").glob("*") if path.name[0] != "."]


def test_a_disk_that_refuses_is_said_in_a_sentence(version, tmp_path):
    (tmp_path / "shelf").write_text("a file")
    (problem,) = local(tmp_path / "shelf").preflight(bundled(version))
    assert problem.says == f"[there] url: {tmp_path / 'shelf'} is a file: name a folder"
    with pytest.raises(FailedError, match="upload again, it goes on from here"):
        send(local(tmp_path / "shelf"), bundled(version), tmp_path)


WRONG = {
    "no such storage": ({"url": "gopher://shelf"}, "install the package that fsspec names"),
    "a key in the target file": (
        {"url": "memory://s", "options": {"Secret": "x"}},
        "options.Secret: keys do not belong into the target file",
    ),
    "no room": ({"url": "{tmp}", "free": 10}, "has 10 bytes free of"),
}


@pytest.mark.parametrize(("given", "says"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_said_before(given, says, version, tmp_path, monkeypatch):
    if free := given.pop("free", 0):
        usage = type("usage", (), {"free": free})
        monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    there = local(**{k: v.format(tmp=tmp_path) if k == "url" else v for k, v in given.items()})
    assert says in " ".join(problem.says for problem in there.preflight(bundled(version)))


TARGETS = """
[shelf]
kind = "local"
url = "{folder}/shelf"

[hub]
kind = "huggingface"
repo = "bees"
endpoint = "{hub}"
"""


@pytest.mark.slow
def test_people_upload_and_take_back(tmp_path):
    """Through the commands: to a folder and to a Hub, again, and all of it back."""
    crawler = Crawler(tmp_path)
    name = built(crawler.data).name
    with stub_hub.serving() as hub:
        targets = tmp_path / "targets.toml"
        targets.write_text(TARGETS.format(folder=tmp_path, hub=hub.url))
        keys = {"HF_TOKEN": stub_hub.KEY, "HF_HUB_DISABLE_XET": "1"}

        def scrapy(*args):
            return crawler.run(*args, "-s", f"TARGETS_FILE={targets}", **keys)

        for target in ("shelf", "hub", "shelf", "hub"):
            done = scrapy("upload", "bees", "--to", target)
            assert done.code == 0, done.err
            assert f"{name} is at {target} (" in done.out
        assert (tmp_path / "shelf" / name / "SHA256SUMS").exists()
        repo = hub.repos["ann/bees"]
        assert "README.md" in repo.at("main").files
        assert len(repo.branches["main"]) == 2
        known = json.loads(scrapy("uploads", "--json").out)
        assert len(known) == 2
        done = scrapy("uploads", *[one["id"] for one in known], "--delete-files")
        assert done.code == 0, done.err
        assert repo.at("main").files.keys() == {".gitattributes"}
        assert repo.lfs == {}
        assert names(tmp_path / "shelf") == []
