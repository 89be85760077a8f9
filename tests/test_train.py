"""Training on this machine: a tiny model on the demo's pairs, on the CPU, killed and resumed.

What needs requirements-train.txt is skipped without it; ``make test-train`` installs it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import tiny_models
from conftest import ROOT, Crawler

from pipelines import training
from pipelines.destinations import Bundle, BundleFile, destination_of
from pipelines.destinations.targetfile import TrainTarget
from pipelines.receipts import Receipt
from pipelines.training import Order, answers, summary, train
from pipelines.trainingdata import samples
from pipelines.trainingfolder import CHECKPOINTS, TrainingError, last_checkpoint, losses
from pipelines.trainingplan import Hyperparameters, Plan
from pipelines.versions import latest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="make setup-train"),
]
FIGURES = {
    "steps": 45,
    "learning_rate": 0.01,
    "batch_size": 8,
    "micro_batch_size": 8,
    "max_length": 96,
}


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    """The demo, crawled and built."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    crawler = Crawler(tmp_path_factory.mktemp("demo"))
    assert crawler.run("demo", FTCRAWLER_SITES="").code == 0
    built = crawler.run("build", "--name", "demo", "--validation", "0.1", "--no-report")
    assert built.code == 0, built.err
    return latest(crawler.data, "demo")


@pytest.fixture(scope="module")
def files(version):
    data = version.folder / "data"
    return {split: sorted(data.glob(f"{split}-*.parquet")) for split in ("train", "validation")}


@pytest.fixture(scope="module")
def texts(files):
    rows = pq.read_table(files["train"][0]).to_pylist()
    return [text for row in rows for text in (row["prompt"], row["completion"])]


@pytest.fixture(scope="module")
def model(texts, tmp_path_factory):
    return tiny_models.save(tmp_path_factory.mktemp("model"), texts)


@pytest.fixture(scope="module")
def order(version, files, model, tmp_path_factory):
    plan = Plan(
        model=str(model),
        hyperparameters=FIGURES,
        checkpoint_steps=15,
        samples=2,
        sample_tokens=8,
        device="cpu",
    )
    out = tmp_path_factory.mktemp("out")
    return Order(plan, version.name, "ab" * 32, version.manifest, files, out)


@pytest.fixture(scope="module")
def done(order):
    """The training, without a network, from its beginning to its end; and what it told."""
    told = []

    def refuse(*_args):
        raise AssertionError("the network was asked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        return train(order, lambda *line: told.append(line)), told


def weights(folder: Path) -> dict:
    from safetensors.torch import load_file  # noqa: PLC0415 - of the extra

    return load_file(folder / "adapter" / "adapter_model.safetensors")


def test_the_loss_falls_on_both_sides(done):
    trained, told = done
    comparison = trained.receipt["comparison"]
    assert comparison["base"]["loss"] - comparison["tuned"]["loss"] > 0.4
    assert comparison["tuned"]["mean_token_accuracy"] > comparison["base"]["mean_token_accuracy"]
    steps = losses(trained.folder)
    train_losses = [loss for _, loss, _ in steps if loss is not None]
    assert train_losses[-1] < train_losses[0] - 0.2
    assert [step for step, _, held_out in steps if held_out is not None] == [15, 30, 45]
    assert trained.receipt["steps"] == 45
    lasting = [said for said, step, _ in told if not step]
    assert [said[:13] for said in lasting if "validation loss" in said][1] == "step 30 of 45"
    assert any("loss " in said for said, step, of in told if (step, of) == (30, 45))


def test_what_is_left_says_what_it_was_made_of(done, order, files, version):
    folder = done[0].folder
    found = json.loads((folder / "comparison.json").read_text())
    asked = samples(files["validation"], 2, 0)
    assert [one["prompt"] for one in found["samples"]] == [one.prompt for one in asked]
    assert all(one["base"] != one["tuned"] for one in found["samples"])
    page = (folder / "comparison.md").read_text()
    assert f"{found['tuned']['loss']:.3f}" in page
    card = (folder / "adapter" / "README.md").read_text()
    for said in ("ab" * 32, version.name, "2.13.0", "CC-BY-NC-4.0", f"{found['base']['loss']:.3f}"):
        assert said in card
    assert str(order.plan.model) not in card
    names = {path.name for path in folder.rglob("*")}
    assert not names & {"training_args.bin", "optimizer.pt", CHECKPOINTS, ".cache"}


def test_the_adapter_answers_as_the_comparison_says(done, order, files):
    found = json.loads((done[0].folder / "comparison.json").read_text())["samples"]
    asked = samples(files["validation"], 2, 0)
    assert answers(order.plan, done[0].adapter, asked) == [one["tuned"] for one in found]
    assert answers(order.plan, None, asked) == [one["base"] for one in found]


def test_a_second_call_does_nothing(done, order):
    before = {path: path.stat().st_mtime_ns for path in order.folder.rglob("*")}
    told = []
    again = train(order, lambda *line: told.append(line))
    assert not again.is_new
    assert again.receipt == done[0].receipt
    assert told == []
    assert {path: path.stat().st_mtime_ns for path in order.folder.rglob("*")} == before
    assert "already" in summary(again)[0]


SITTING = """
import json, sys
from pathlib import Path
from pipelines import training
from pipelines.destinations import Bundle, BundleFile, destination_of
from pipelines.destinations.targetfile import TrainTarget
from pipelines.receipts import Receipt
from pipelines.training import Order, train
from pipelines.trainingplan import Plan
said = json.loads(sys.stdin.read())
files = {split: [Path(name) for name in names] for split, names in said["files"].items()}
plan = Plan.model_validate_json(said["plan"])
train(Order(plan, said["dataset"], said["sha256"], said["manifest"], files, Path(said["out"])),
      lambda *line: print(*line, flush=True))
"""


def test_a_killed_training_goes_on_and_ends_as_one_that_was_not(done, order, tmp_path):
    killed = replace(order, out=tmp_path)
    said = {
        "plan": order.plan.model_dump_json(),
        "files": {split: list(map(str, names)) for split, names in order.files.items()},
        "dataset": order.dataset,
        "sha256": order.sha256,
        "manifest": order.manifest,
        "out": str(tmp_path),
    }
    checkpoints = killed.folder / CHECKPOINTS
    process = subprocess.Popen(
        [sys.executable, "-c", SITTING],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        text=True,
    )
    process.stdin.write(json.dumps(said))
    process.stdin.close()
    end = time.monotonic() + 90
    while not (checkpoints / "checkpoint-15" / "whole.json").exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert last_checkpoint(killed.folder)[0] in (15, 30)
    (checkpoints / "checkpoint-999").mkdir()  # as one that the kill caught half-written
    (checkpoints / "checkpoint-999" / "adapter_model.safetensors").write_bytes(b"half")
    told = []
    resumed = train(killed, lambda *line: told.append(line))
    begun = [said for said, _, _ in told if said.startswith("goes on from step")]
    assert begun in (["goes on from step 15"], ["goes on from step 30"])
    assert resumed.receipt["steps"] == done[0].receipt["steps"]
    assert len(resumed.receipt["sittings"]) == 2
    there, here = weights(done[0].folder), weights(resumed.folder)
    assert there.keys() == here.keys()
    assert all((there[name] == here[name]).all() for name in there)


def test_what_ends_after_the_last_step_is_not_trained_again(order, tmp_path, monkeypatch):
    figures = order.plan.hyperparameters.model_copy(update={"steps": 3})
    plan = order.plan.model_copy(update={"hyperparameters": figures, "checkpoint_steps": 2})
    short = replace(order, plan=plan, out=tmp_path)

    def end(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "compare", end)
        with pytest.raises(KeyboardInterrupt):
            train(short, lambda *_line: None)
    before = losses(short.folder)
    told = []
    done = train(short, lambda *line: told.append(line))
    assert ("goes on from step 3", 0, 0) in told
    assert losses(short.folder) == before
    assert (done.receipt["state"], done.receipt["steps"]) == ("finished", 3)
    best = min((held_out, step) for step, _, held_out in before)
    assert done.receipt["kept_step"] == best[1]
    assert done.receipt["comparison"]["tuned"]["loss"] == pytest.approx(best[0], abs=1e-4)


def test_a_target_trains_and_its_model_can_be_asked(version, files, model, tmp_path):
    figures = {**FIGURES, "steps": 2}
    target = TrainTarget.model_validate(
        {
            "kind": "train",
            "name": "small",
            "model": str(model),
            "into": str(tmp_path),
            "hyperparameters": figures,
            "sample_tokens": 4,
            "device": "cpu",
        }
    )
    sent = tuple(
        BundleFile(path, split, path.stat().st_size, pq.ParquetFile(path).metadata.num_rows, "")
        for split, paths in files.items()
        for path in paths
    )
    bundle = Bundle(version, "", "cd" * 32, sent)
    receipt = Receipt(id="r", target="small", kind="train", dataset=version.name, digest="cd" * 32)
    told = []
    here = destination_of(target, {})
    assert list(here.preflight(bundle)) == []
    here.send(bundle, receipt, lambda *line: told.append(line[0]))
    assert receipt.state == "sent"
    assert Path(receipt.place).parent.parent == tmp_path
    assert [step for step, _, _ in receipt.notes["losses"]] == [1, 2]
    assert any(line.startswith("validation loss ") for line in told)
    rows = pq.read_table(files["validation"][0]).to_pylist()[:2]
    assert len(here.answer(receipt, rows, tuned=True)) == 2
    assert here.answer(receipt, rows, tuned=False) != []


def test_scrapy_upload_trains_once(version, model, tmp_path):
    """As a user does it, in a process of its own."""
    crawler = Crawler(tmp_path)
    crawler.data = version.folder.parents[2]
    figures = ", ".join(f"{name} = {value}" for name, value in {**FIGURES, "steps": 2}.items())
    (tmp_path / "targets.toml").write_text(
        f'[small]\nkind = "train"\nmodel = "{model}"\nsamples = 1\nsample_tokens = 4\n'
        f"hyperparameters = {{ {figures} }}\n"
    )
    where = {"FTCRAWLER_TARGETS": str(tmp_path / "targets.toml"), "OMP_NUM_THREADS": "1"}
    done = crawler.run("upload", "demo", "--to", "small", **where)
    assert done.code == 0, done.err
    assert "step 2 of 2" in done.err
    assert re.search(r"validation loss +\d\.\d{3} +\d\.\d{3}\n", done.err)
    (adapter,) = (crawler.data / "models").glob("*/adapter")
    assert str(adapter) in done.out
    again = crawler.run("upload", "demo", "--to", "small", **where)
    assert again.code == 0, again.err
    assert "was trained already" in again.err
    assert list((crawler.data / "models").glob("*/adapter")) == [adapter]
    (receipt,) = (crawler.data / "uploads").glob("*.json")
    assert json.loads(receipt.read_text())["job"]["status"] == "succeeded"


def test_a_base_model_without_a_template_takes_plain_text(order, texts, tmp_path):
    """And without validation data there is nothing to compare, but nothing fails."""
    base = tiny_models.save(tmp_path / "base", texts, template=None)
    figures = Hyperparameters(epochs=0.1, batch_size=8, micro_batch_size=4, max_length=96)
    plan = Plan(model=str(base), hyperparameters=figures, samples=0, device="cpu")
    plain = replace(order, plan=plan, files={"train": order.files["train"]}, out=tmp_path)
    done = train(plain, lambda *_line: None)
    assert done.receipt["steps"] == figures.steps_of(done.receipt["rows"]["train"])
    assert done.receipt["template"] == "plain"
    assert done.receipt["comparison"] == {"base": {}, "tuned": {}}
    assert "no validation data" in (done.folder / "comparison.md").read_text()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"template": "chat"}, "has no template; say template = plain"),
        ({"device": "mps"}, "device mps: PyTorch sees none here"),
        ({"model": "there/is/none"}, "model there/is/none: "),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(change, says, order, texts, tmp_path):
    base = tmp_path / "base"
    tiny_models.tokenizer_of(texts[:20], template=None).save_pretrained(base)
    tiny_models.model_of(tiny_models.tokenizer_of(texts[:20]), width=32).save_pretrained(base)
    plan = order.plan.model_copy(update={"model": str(base), **change})
    with pytest.raises(TrainingError, match=says):
        train(replace(order, plan=plan, out=tmp_path), lambda *_line: None)
