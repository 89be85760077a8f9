"""Datasets on the Hugging Face Hub, over HTTP on loopback: once, whole, and what goes wrong."""

from __future__ import annotations

import pytest
import stub_hub
from bundles import built, bundled, receipt, silent

from pipelines.destinations import FailedError, RefusedError, destination_of, huggingface
from pipelines.destinations.targetfile import HuggingFaceTarget
from pipelines.hubanswers import sentence
from pipelines.receipts import Receipts

pytest.importorskip("huggingface_hub")
KEYS = {"HF_TOKEN": stub_hub.KEY}


@pytest.fixture(autouse=True)
def _as_of_old(monkeypatch):
    """Without Xet, which speaks to storage by itself, and without its long waits."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    return built(tmp_path_factory.mktemp("hub"))


@pytest.fixture
def hub():
    with stub_hub.serving() as hub:
        yield hub
        assert hub.broken == []


def at(hub, keys=KEYS, **more):
    given = {"name": "hub", "kind": "huggingface", "repo": "ann/bees", "endpoint": hub.url}
    there = destination_of(HuggingFaceTarget(**{**given, **more}), keys)
    there._sleep = lambda _: None
    return there


def send(there, bundle, folder, tell=silent):
    note = receipt(folder, bundle, "huggingface", "hub")
    there.send(bundle, note, tell)
    return Receipts(folder).read(note.id)


def titles(hub, branch="main"):
    return [commit.title for commit in hub.repos["ann/bees"].branches[branch]]


def test_a_version_is_one_commit_in_a_private_repository(hub, version, tmp_path):
    bundle = bundled(version)
    assert list(at(hub).preflight(bundle)) == []
    assert hub.repos == {}
    note = send(at(hub, repo="bees"), bundle, tmp_path)
    repo = hub.repos["ann/bees"]
    assert repo.private
    title = f"bees/{version.folder.name} ({bundle.digest[:12]})"
    assert titles(hub) == ["initial commit", title]
    assert note.revision == repo.at("main").oid
    assert (note.state, note.place) == ("sent", f"{hub.url}/datasets/ann/bees/tree/main")
    sent = repo.at("main").files
    assert sent["data/train-00000-of-00001.parquet"] == bundle.of("train")[0].path.read_bytes()
    assert {".ftcrawler.json", "README.md", "croissant.json", "ATTRIBUTION"} <= sent.keys()
    assert not [name for name in sent if name.startswith("openai-chat")]
    assert {file.name for file in note.files} == sent.keys() - {".gitattributes"}


def test_a_second_call_sends_nothing(hub, version, tmp_path):
    send(at(hub), bundled(version), tmp_path)
    before, hub.seen = len(titles(hub)), []
    send(at(hub), bundled(version), tmp_path)
    assert len(titles(hub)) == before
    assert {line.partition(" ")[0] for line in hub.seen} == {"GET"}


@pytest.mark.slow
def test_the_next_version_takes_the_place_of_the_one_before(hub, version, tmp_path):
    hub.repo().commit("main", "by hand", {"NOTES.md": b"mine", ".gitattributes": b""})
    send(at(hub), bundled(version, "openai-chat"), tmp_path)
    later = built(tmp_path / "later", seed=2)
    send(at(hub), bundled(later), tmp_path)
    held = hub.repos["ann/bees"].at("main").files
    assert not [name for name in held if name.startswith("openai-chat")]
    assert held["data/train-00000-of-00001.parquet"] == (
        (later.folder / "data/train-00000-of-00001.parquet").read_bytes()
    )
    assert held["NOTES.md"] == b"mine"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["", "openai-chat"])
def test_what_is_there_loads_as_it_is(form, hub, version, tmp_path):
    datasets = pytest.importorskip("datasets")
    bundle = bundled(version, form)
    send(at(hub), bundle, tmp_path)
    hub.write(tmp_path / "clone")
    loaded = datasets.load_dataset(str(tmp_path / "clone"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in loaded.items()} == {
        name: sum(file.rows for file in bundle.of(name)) for name in ("train", "validation")
    }
    assert ("messages" if form else "prompt") in loaded["train"].column_names


FAULTS = {
    "a lost answer to the commit": ("POST", "/commit/", "lost"),
    "a reset in the middle of a file": ("PUT", "/lfs-put/", "reset"),
    "busy at first": ("GET", "/revision/", 503),
    "too many requests": ("POST", "preupload", 429),
    "somebody else commits meanwhile": ("POST", "/commit/", 412),
    "broken at the commit": ("POST", "/commit/", 500),
}
_OFTEN = next(iter(FAULTS))
_FAULTS = [
    pytest.param(fault, id=name, marks=[] if name == _OFTEN else pytest.mark.slow)
    for name, fault in FAULTS.items()
]


@pytest.mark.parametrize("fault", _FAULTS)
def test_faults_that_pass_leave_one_commit(fault, hub, version, tmp_path):
    hub.fail(*fault)
    send(at(hub), bundled(version), tmp_path)
    assert hub.faults == []
    assert len(titles(hub)) == 2


@pytest.mark.slow
def test_a_call_that_gave_up_goes_on(hub, version, tmp_path):
    hub.fail("POST", "/commit/", 500, times=4)
    told = []
    with pytest.raises(FailedError, match=r"\(HTTP 500\): upload again, it goes on from here"):
        send(at(hub), bundled(version), tmp_path, lambda what, *_: told.append(what))
    assert len([what for what in told if "the next try is in" in what]) == 3
    sent = [line for line in hub.seen if line.startswith("PUT")]
    send(at(hub), bundled(version), tmp_path)
    assert [line for line in hub.seen if line.startswith("PUT")] == sent
    assert len(titles(hub)) == 2


def nothing(hub):
    del hub


def foreign(hub):
    hub.repo().commit("main", "theirs", {"data/train-0.parquet": b"x"})


WRONG = {
    "no key": (nothing, {"keys": {}}, "needs a key: set the environment variable HF_TOKEN"),
    "a wrong key": (nothing, {"keys": {"HF_TOKEN": "x"}}, "does not take the key in HF_TOKEN"),
    "a key that reads": (
        lambda hub: hub.me["auth"]["accessToken"].update(role="read"),
        {},
        "the key in HF_TOKEN may only read",
    ),
    "somebody else's name": (nothing, {"repo": "bob/bees"}, "can make one only for ann, hive"),
    "a public repository": (lambda hub: hub.repo(private=False), {}, "ann/bees is public"),
    "other rows": (foreign, {}, "has data/train-0.parquet from somewhere else"),
    "to the public": (nothing, {"private": False}, "private = false publishes 12 documents"),
    "a page for people": (
        lambda hub: hub.fail("GET", "whoami", "html"), {}, "does not answer as the Hugging Face"
    ),
    "nobody": (nothing, {"endpoint": "http://127.0.0.1:9"}, "127.0.0.1:9 does not answer"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "target", "says"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_said_before(given, target, says, hub, version):
    given(hub)
    try:
        problems = [problem.says for problem in at(hub, **target).preflight(bundled(version))]
    except RefusedError as error:
        problems = [str(error)]
    assert len(problems) == 1
    assert says in problems[0]
    assert not [line for line in hub.seen if not line.startswith(("GET", "HEAD"))]


REFUSALS = {
    "full": (("POST", "/commit/", 403), "has no room left for ann/bees (storage limit reached)"),
    "too large": (("PUT", "/lfs-put/", 413), "has no room left"),
    "no such branch": (("POST", "preupload", 404), "knows no ann/bees"),
}


@pytest.mark.parametrize(("fault", "says"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_are_sentences_and_not_tried_again(fault, says, hub, version, tmp_path):
    hub.fail(*fault)
    with pytest.raises(RefusedError) as caught:
        send(at(hub), bundled(version), tmp_path)
    assert says in str(caught.value)
    assert len(titles(hub)) == 1


@pytest.mark.slow
def test_a_withdrawn_dataset_leaves_nothing(hub, version, tmp_path):
    first = send(at(hub), bundled(version), tmp_path)
    later = built(tmp_path / "later", seed=2)
    bundle = bundled(later)
    second = send(at(hub), bundle, tmp_path)
    send(at(hub, branch="kept"), bundle, tmp_path)
    repo = hub.repos["ann/bees"]
    old = bundled(version).of("train")[0].sha256
    assert old in repo.lfs
    at(hub).delete(first, silent)  # the branch holds the later one: only history goes
    assert old not in repo.lfs
    assert (len(titles(hub)), "README.md" in repo.at("main").files) == (1, True)
    at(hub).delete(second, silent)
    assert repo.at("main").files.keys() == {".gitattributes"}
    assert len(titles(hub)) == 1
    assert bundle.of("train")[0].sha256 in repo.lfs  # the other branch has it
    at(hub, branch="kept").delete(second, silent)
    assert repo.lfs == {}
    at(hub).delete(second, silent)


def test_without_the_client_the_remedy_is_said(hub, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(RefusedError, match=r"\[hub\] the Hub's client is not installed: make"):
        at(hub)
    assert "requirements-hub.txt" in huggingface.MISSING


def test_an_error_of_no_known_kind_is_said_too():
    target = HuggingFaceTarget(name="hub", kind="huggingface", repo="a/b")
    said = sentence(RuntimeError("odd\nand more"), target, "https://hub.example")
    assert str(said) == "[hub] odd: upload again, it goes on from here"
