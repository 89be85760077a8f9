"""A dataset and a plan -> an adapter, a comparison of before and after, a receipt; resumable."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines import trainingmodel, trainingrun
from pipelines.trainingcard import card
from pipelines.trainingcompare import answer, compare, figures, page
from pipelines.trainingdata import Sample, load, samples
from pipelines.trainingfolder import (
    ADAPTER,
    CACHE,
    CHECKPOINTS,
    COMPARISON,
    RECEIPT,
    TrainingError,
    is_finished,
    locked,
    model_state,
    publish,
    read_receipt,
    write,
    write_json,
)
from pipelines.trainingmodel import Loaded
from pipelines.trainingplan import Plan
from pipelines.trainingrun import Tell


@dataclass(frozen=True, slots=True)
class Order:
    """What is trained on: Parquet files by split, ``NAME/VERSION``, its manifest, its hash.

    ``out`` is the folder that gets one folder for each training.
    """

    plan: Plan
    dataset: str
    sha256: str
    manifest: Mapping[str, Any]
    files: Mapping[str, Sequence[Path]]
    out: Path

    @property
    def name(self) -> str:
        """The training's name: dataset, version and a hash over all that decides about it."""
        state = model_state(self.plan.model)
        return f"{self.dataset.replace('/', '-')}-{self.plan.fingerprint(self.sha256, state)}"

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.out / self.name


@dataclass(frozen=True, slots=True)
class Trained:
    """A training that came to its end: where, its receipt, and whether it is new."""

    folder: Path
    receipt: dict[str, Any]
    is_new: bool

    @property
    def adapter(self) -> Path:
        """The folder that PEFT loads."""
        return self.folder / ADAPTER


def train(order: Order, tell: Tell) -> Trained:
    """Train, or go on, or find that it is done already.

    Raises :class:`TrainingError` with what to do; :class:`OSError` when the disk refuses.
    """
    folder = order.folder
    if is_finished(folder):
        return Trained(folder, read_receipt(folder), is_new=False)
    trainingmodel.require_extra()
    if not order.files.get("train"):
        raise TrainingError(f"{order.dataset}: has no pairs to train on; build another version")
    with locked(folder):
        if is_finished(folder):
            return Trained(folder, read_receipt(folder), is_new=False)
        receipt = _begun(order, read_receipt(folder))
        write_json(folder / RECEIPT, receipt)
        trainingmodel.prepare_environment(order.plan, folder / CACHE)
        return Trained(folder, _trained(order, receipt, tell), is_new=True)


def summary(done: Trained) -> list[str]:
    """What came out, in lines.

    >>> losses = {"base": {"loss": 3.0}, "tuned": {"loss": 2.0}}
    >>> receipt = {"steps": 9, "kept_step": 6, "comparison": losses}
    >>> summary(Trained(Path("m"), receipt, is_new=True))[0]
    'trained 9 steps, kept those up to 6'
    """
    steps, kept = done.receipt["steps"], done.receipt["kept_step"]
    lines = [f"trained {steps:,} steps" + (f", kept those up to {kept:,}" if kept < steps else "")]
    if not done.is_new:
        lines = [f"was trained already, {steps:,} steps; nothing is done"]
    if rows := figures(done.receipt["comparison"]):
        rows = [("", "before", "after"), *rows]
        lines += [f"{label:<20} {before:>10} {after:>10}" for label, before, after in rows]
    return [*lines, f"adapter in {done.adapter}", f"samples in {done.folder / COMPARISON}.md"]


def answers(plan: Plan, adapter: Path | None, samples: Sequence[Sample]) -> list[str]:
    """What the base model answers, or with an adapter the tuned one."""
    trainingmodel.require_extra()
    trainingmodel.prepare_environment(plan)
    loaded = trainingmodel.load(plan)
    model = trainingmodel.with_adapter(loaded.model, adapter).to(loaded.device).eval()
    return [
        answer(model, loaded.tokenizer, one, is_chat=loaded.is_chat, tokens=plan.sample_tokens)
        for one in samples
    ]


def _begun(order: Order, earlier: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "state": "training",
        "dataset": order.dataset,
        "dataset_sha256": order.sha256,
        "base_model": order.plan.model,
        "plan": order.plan.model_dump(mode="json"),
        "software": trainingmodel.software(),
        "started": earlier.get("started") or _now(),
        "sittings": [*earlier.get("sittings", []), {"began": _now()}],
    }


def _trained(order: Order, receipt: dict[str, Any], tell: Tell) -> dict[str, Any]:
    began = time.monotonic()
    plan, folder = order.plan, order.folder
    tell(f"loads {plan.model}", 0, 0)
    loaded = trainingmodel.load(plan)
    tell(f"on {loaded.device}, pairs as {'chats' if loaded.is_chat else 'plain text'}", 0, 0)
    data = _examples(order, loaded)
    trainer, progress = trainingrun.make_trainer(plan, folder, loaded, data, tell)
    rows = {"train": len(trainer.train_dataset), "validation": len(trainer.eval_dataset or ())}
    tell(f"trains on {rows['train']:,} pairs, validates with {rows['validation']:,}", 0, 0)
    longest = plan.hyperparameters.max_length
    left_out = len(data[0]) - rows["train"]
    cut = trainingrun.filled(trainer.train_dataset, longest)
    for number, what in ((left_out, "left out: the prompt alone has so many"), (cut, "cut there")):
        if number:
            tell(f"max_length {longest:,} tokens: {number:,} pairs are {what}", 0, 0)
    steps = trainingrun.run(trainer, progress)
    asked = samples(order.files.get("validation", ()), plan.samples, plan.seed)
    tell("compares before and after", 0, 0)
    found = compare(
        trainer, loaded.tokenizer, asked, is_chat=loaded.is_chat, tokens=plan.sample_tokens
    )
    receipt["sittings"][-1]["seconds"] = round(time.monotonic() - began, 1)
    receipt |= {
        "state": "finished",
        "finished": _now(),
        "device": loaded.device,
        # Of a model from the Hub: what was there under that name on that day.
        "model_commit": getattr(loaded.model.config, "_commit_hash", None) or plan.revision,
        "template": "chat" if loaded.is_chat else "plain",
        "rows": rows | {"left_out": left_out, "cut": cut},
        "steps": steps,
        "kept_step": _kept_step(trainer, steps),
        "comparison": {name: found[name] for name in ("base", "tuned")},
    }
    _keep(order, trainer, receipt, found)
    return receipt


def _examples(order: Order, loaded: Loaded) -> tuple[Any, Any]:
    """Train and validation as TRL reads them; None for the latter when there are no rows."""
    cache, is_chat = order.folder / CACHE, loaded.is_chat
    train = load(order.files["train"], cache, is_chat=is_chat)
    if not len(train):
        raise TrainingError(f"{order.dataset}: has no pairs to train on; build another version")
    plan = order.plan
    if not (plan.validation_rows and order.files.get("validation")):
        return train, None
    held_out = load(
        order.files["validation"], cache, is_chat=is_chat, most=plan.validation_rows, seed=plan.seed
    )
    return train, held_out if len(held_out) else None


def _kept_step(trainer: Any, steps: int) -> int:
    """The step whose weights are kept."""
    best = trainer.state.best_global_step if trainer.args.load_best_model_at_end else None
    return int(best or steps)


def _keep(order: Order, trainer: Any, receipt: dict[str, Any], found: dict[str, Any]) -> None:
    """Write what remains: adapter with its card, comparison; the receipt last."""
    folder = order.folder
    aside = folder / f".{ADAPTER}"
    shutil.rmtree(aside, ignore_errors=True)
    trainer.save_model(str(aside))
    (aside / "training_args.bin").unlink(missing_ok=True)  # a pickle: nobody should load it
    is_folder = Path(order.plan.model).is_dir()
    write(aside / "README.md", card(receipt, order.manifest, found, is_folder=is_folder))
    publish(aside, folder / ADAPTER)
    write_json(folder / f"{COMPARISON}.json", found)
    title = f"{order.plan.model} before and after {order.dataset}"
    write(folder / f"{COMPARISON}.md", page(found, title))
    write_json(folder / RECEIPT, receipt)
    for name in (CHECKPOINTS, CACHE):
        shutil.rmtree(folder / name, ignore_errors=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
