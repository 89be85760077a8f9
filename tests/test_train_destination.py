"""Kind ``train`` as a destination: what it asks for before, what it notes, what it removes."""

from __future__ import annotations

import json

import pytest

from pipelines import training, trainingmodel
from pipelines.destinations import Bundle, BundleFile, FailedError, RefusedError
from pipelines.destinations.targetfile import TargetError, TrainTarget, load_targets
from pipelines.destinations.train import destination
from pipelines.receipts import Receipt
from pipelines.trainingfolder import RECEIPT, BrokenError, TrainingError, write_json
from pipelines.versions import Version

TOLD = []


def tell(*line):
    TOLD.append(line)


def target(**more) -> TrainTarget:
    return TrainTarget.model_validate({"kind": "train", "name": "small", "model": "m", **more})


def bundle(folder, rows=(20, 4), form="") -> Bundle:
    version = Version(folder / "datasets" / "bees" / "1", {"licenses": {}})
    files = tuple(
        BundleFile(folder / f"{split}.parquet", split, 100, number, "ab" * 32)
        for split, number in zip(("train", "validation"), rows, strict=True)
    )
    return Bundle(version, form, "cd" * 32, files)


def receipt() -> Receipt:
    return Receipt(id="r1", target="small", kind="train", dataset="bees/1", digest="cd" * 32)


def said(where, what) -> list[str]:
    return [problem.says for problem in where.preflight(what)]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A destination whose extra is there and whose model is a folder."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    monkeypatch.setattr(trainingmodel, "NEEDED", ("json",))
    monkeypatch.setattr(trainingmodel, "device_of", lambda plan: plan.device)
    return destination(target(model=str(tmp_path / "model")), {})


def test_a_dataset_that_can_be_trained_on_has_no_problems(here, tmp_path):
    assert said(here, bundle(tmp_path)) == []


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"rows": (0, 4)}, "there are no pairs to train on"),
        ({"rows": (20, 0)}, "there is no validation data"),
        ({"form": "trl"}, "[small] format trl: training reads the rows themselves"),
    ],
)
def test_what_is_wrong_with_the_data_is_told(here, tmp_path, more, problem):
    (only,) = said(here, bundle(tmp_path, **more))
    assert only.startswith(problem)


def test_all_problems_are_told_at_once(here, tmp_path, monkeypatch):
    (tmp_path / "model" / "config.json").unlink()
    found = said(here, bundle(tmp_path, rows=(0, 4)))
    assert len(found) == 2
    assert found[1].startswith(f"[small] model {tmp_path / 'model'}: the folder must hold")
    monkeypatch.setattr(trainingmodel, "NEEDED", ("json", "there_is_none"))
    assert "make setup-train" in said(here, bundle(tmp_path))[0]


def trained(folder) -> dict:
    (folder / "adapter").mkdir(parents=True)
    (folder / "adapter" / "adapter_model.safetensors").write_bytes(b"weights")
    losses = {"base": {"loss": 3.0}, "tuned": {"loss": 2.0}}
    found = {"state": "finished", "steps": 9, "kept_step": 9, "comparison": losses}
    write_json(folder / RECEIPT, found)
    return found


def test_what_was_trained_is_neither_checked_nor_trained_again(here, tmp_path):
    what = bundle(tmp_path, rows=(0, 0))
    folder = here.order(what).folder
    assert folder.parent == tmp_path / "models"
    trained(folder)
    assert said(here, what) == []
    noted = receipt()
    here.send(what, noted, tell)
    assert (noted.state, noted.place) == ("sent", str(folder / "adapter"))
    assert (noted.job.status, noted.job.model) == ("succeeded", str(folder / "adapter"))
    assert noted.notes["steps"] == 9
    lines = [line for line, _, _ in TOLD[-5:]]
    assert lines[0] == "was trained already, 9 steps; nothing is done"
    assert [line.split() for line in lines[1:3]] == [
        ["before", "after"],
        ["validation", "loss", "3.000", "2.000"],
    ]


@pytest.mark.parametrize(
    ("kind", "raised"), [(BrokenError, FailedError), (TrainingError, RefusedError)]
)
def test_a_training_that_fails_leaves_a_receipt(here, tmp_path, monkeypatch, kind, raised):
    def fail(_order, _tell):
        raise kind("the memory does not suffice: lower it")

    monkeypatch.setattr(training, "train", fail)
    noted = receipt()
    with pytest.raises(raised, match=r"^\[small\] the memory does not suffice: lower it$"):
        here.send(bundle(tmp_path), noted, tell)
    assert (noted.state, noted.job.status) == ("sending", "failed")
    assert noted.job.error == "the memory does not suffice: lower it"


def test_what_is_deleted_are_texts_and_not_the_adapter(here, tmp_path):
    folder = here.order(bundle(tmp_path)).folder
    trained(folder)
    for name in ("comparison.json", "comparison.md"):
        (folder / name).write_text("They live in hives.")
    for name in (".cache", "checkpoints"):
        (folder / name).mkdir()
    noted = receipt()
    noted.notes["folder"] = str(folder)
    here.delete(noted, tell)
    assert sorted(path.name for path in folder.iterdir()) == ["adapter", RECEIPT]
    here.delete(receipt(), tell)  # one that names no folder


def test_an_answer_needs_an_adapter(here):
    with pytest.raises(RefusedError, match="there is no adapter: upload again"):
        here.answer(receipt(), [{"prompt": "Bees", "completion": ""}], tuned=True)


def test_a_target_is_the_same_upload_on_another_device():
    assert target(device="cpu").identity() == target().identity()
    assert target(seed=1).identity() != target().identity()
    assert json.dumps(target().identity())
    assert target(hyperparameters={"epochs": 1}).plan().hyperparameters.epochs == 1


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("", "model: field required"),
        ('model="m"\nmethod="full"', "method: input should be 'lora'"),
        ('model="m"\ndevice="tpu"', "device: 'tpu': auto, cpu, mps, cuda, or cuda:1"),
        ('model="m"\nhyperparameters={epoch=1}', "hyperparameters.epoch: unknown key; allowed "
         "here: epochs, steps"),
        ('model="m"\nhyperparameters={batch_size=3}', "batch_size 3 is no multiple of "
         "micro_batch_size 2"),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_is_told_by_key(lines, problem):
    with pytest.raises(TargetError) as found:
        load_targets(f'[small]\nkind="train"\n{lines}')
    assert problem in found.value.problems[0]
