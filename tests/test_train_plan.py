"""What a training is to be, its folder, its pages: without a trainer."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from pipelines import trainingmodel
from pipelines.destinations.targetfile import Common, TrainTarget
from pipelines.trainingcard import card
from pipelines.trainingcompare import figures, page
from pipelines.trainingfolder import (
    RECEIPT,
    TrainingError,
    is_finished,
    last_checkpoint,
    locked,
    losses,
    model_state,
    read_receipt,
    seal,
    write_json,
)
from pipelines.trainingplan import Hyperparameters, Plan
from pipelines.trainingrun import Progress

PLAN = Plan(model="some/model")


@pytest.mark.parametrize(
    ("said", "rows", "steps"),
    [
        ({}, 8, 3),
        ({}, 9, 6),
        ({"epochs": 0.5}, 100, 7),
        ({"batch_size": 16, "micro_batch_size": 1}, 33, 9),
        ({"steps": 5}, 1000, 5),
    ],
)
def test_steps_are_known_before_the_training(said, rows, steps):
    """As transformers counts them: test_train.py holds it to that."""
    assert Hyperparameters(**said).steps_of(rows) == steps


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"device": "cpu"}, True),
        ({"seed": 1}, False),
        ({"model": "other/model"}, False),
        ({"hyperparameters": Hyperparameters(epochs=4)}, False),
        ({"keep": "last"}, False),
    ],
)
def test_what_decides_about_the_outcome_is_another_training(change, is_same):
    other = PLAN.model_copy(update=change)
    assert (other.fingerprint("ab") == PLAN.fingerprint("ab")) is is_same
    assert PLAN.fingerprint("ab") != PLAN.fingerprint("cd")


def test_a_model_folder_that_changed_is_another_model(tmp_path):
    (tmp_path / "config.json").write_text('{"layers": 2}')
    first = model_state(str(tmp_path))
    (tmp_path / "config.json").write_text('{"layers": 3}')
    assert model_state(str(tmp_path)) != first
    assert model_state("some/model") == ""


def checkpoint(folder, step, *, is_whole=True):
    path = folder / "checkpoints" / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "adapter_model.safetensors").write_bytes(b"weights")
    if is_whole:
        seal(path)
    return path


def test_a_checkpoint_that_is_not_whole_is_not_gone_on_from(tmp_path):
    assert last_checkpoint(tmp_path) is None
    whole = checkpoint(tmp_path, 9)
    checkpoint(tmp_path, 10, is_whole=False)
    (checkpoint(tmp_path, 11) / "adapter_model.safetensors").write_bytes(b"wei")
    (checkpoint(tmp_path, 12) / "whole.json").write_text("[")
    assert last_checkpoint(tmp_path) == (9, whole)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["checkpoint-9"]


def test_one_training_at_a_time_in_a_folder(tmp_path):
    with locked(tmp_path), pytest.raises(TrainingError, match="another process"), locked(tmp_path):
        pass


def test_a_training_is_finished_when_its_adapter_is_there(tmp_path):
    assert not is_finished(tmp_path)
    write_json(tmp_path / RECEIPT, {"state": "finished"})
    assert not is_finished(tmp_path)
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_model.safetensors").write_bytes(b"weights")
    assert is_finished(tmp_path)
    write_json(tmp_path / RECEIPT, {"state": "training"})
    assert not is_finished(tmp_path)
    (tmp_path / RECEIPT).write_text("[]")
    with pytest.raises(TrainingError, match="remove the folder"):
        read_receipt(tmp_path)


class State:
    global_step = 7
    max_steps = 20
    epoch = 0.5


def test_progress_is_told_and_logged(tmp_path):
    told = []
    progress = Progress(tmp_path, lambda *line: told.append(line))
    progress.on_log(State, {"loss": 2.5, "learning_rate": 0.1, "note": "text"})
    progress.on_log(State, {"eval_loss": 2.25})
    progress.on_save(State, checkpoint(tmp_path, 7, is_whole=False))
    assert told[0][0].startswith("epoch 0.50, loss 2.500, ")
    assert told[0][1:] == (7, 20)
    assert told[1:] == [("step 7 of 20, epoch 0.50: loss 2.500, validation loss 2.250", 0, 0)]
    assert last_checkpoint(tmp_path)[0] == 7
    assert losses(tmp_path) == [(7, 2.5, 2.25)]
    with pytest.raises(TrainingError, match="lower learning_rate"):
        progress.on_log(State, {"loss": float("nan")})


def test_a_long_log_is_thinned_out(tmp_path):
    lines = [json.dumps({"step": step, "loss": 1.0}) for step in range(1000)]
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + '\n{"step": 10')
    assert [step for step, _, _ in losses(tmp_path, 4)] == [0, 250, 500, 750]


COMPARISON = {
    "validation_examples": 24,
    "base": {"loss": 3.0, "perplexity": 20.09, "mean_token_accuracy": 0.1},
    "tuned": {"loss": 2.0, "perplexity": 7.39, "mean_token_accuracy": 0.25},
    "samples": [
        {
            "prompt": "# <script>alert(1)</script>",
            "base": "```\n| a |",
            "tuned": "",
            "completion": "They live in hives." * 200,
        }
    ],
}


def test_a_comparison_as_a_page_holds_whatever_models_say():
    said = page(COMPARISON, "Before and after")
    assert "| validation loss | 3.000 | 2.000 |" in said
    assert "    # <script>" in said
    assert "    ```\n    | a |" in said
    assert "    (nothing)" in said
    assert len(said) < 2000


MANIFEST = {
    "licenses": {"": 3, "https://creativecommons.org/licenses/by/4.0/": 2},
    "languages": {"en": 4, "": 1},
    "date": "2026-11-24",
}


@pytest.mark.parametrize(
    ("model", "is_folder", "base"),
    [("some/model", False, "some/model"), ("/tmp/models/tiny", True, "tiny")],
)
def test_a_card_names_data_licences_and_software(model, is_folder, base):
    receipt = {
        "base_model": model,
        "model_commit": "c0ffee",
        "plan": PLAN.model_dump(mode="json"),
        "dataset": "bees/20261124-ab",
        "dataset_sha256": "ab" * 32,
        "steps": 1200,
        "rows": {"train": 5000, "validation": 100},
        "software": {"torch": "2.13.0"},
    }
    said = card(receipt, MANIFEST, COMPARISON, is_folder=is_folder)
    assert said.startswith(f'---\nbase_model: "{base}"\n')
    for part in (
        '"revision": "c0ffee"',
        "bees/20261124-ab",
        "ab" * 32,
        "CC-BY-4.0 | credit | 2",
        "| torch | 2.13.0 |",
    ):
        assert part in said
    assert "/tmp" not in said
    assert figures(COMPARISON)[2] == ("tokens guessed right", "10.0%", "25.0%")


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(trainingmodel, "NEEDED", ("json", "there_is_no_such_package"))
    with pytest.raises(TrainingError, match="needs there_is_no_such_package: run make setup-train"):
        trainingmodel.require_extra()


def test_a_folder_that_is_no_model_is_told_before_the_training(tmp_path):
    with pytest.raises(TrainingError, match=r"must hold config\.json"):
        trainingmodel.look_for(Plan(model=str(tmp_path)))


@pytest.mark.parametrize(
    ("kind", "shared", "table"),
    [
        (TrainTarget, {*Common.model_fields, "kind"}, "| key | default |"),
        (Hyperparameters, set(), "| hyperparameter |"),
    ],
)
def test_every_key_is_explained_with_its_default(kind, shared, table):
    page = (Path(__file__).parent.parent / "docs" / "training.md").read_text("utf-8")
    part = page.partition(table)[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", part, re.MULTILINE))
    assert set(rows) == set(kind.model_fields) - shared
    for name, shown in rows.items():
        if shown.startswith("`"):
            assert tomllib.loads(f"x = {shown.strip('`')}")["x"] == kind.model_fields[name].default
        else:
            assert shown in ("none", "see below", "all")
