"""A dataset and a plan -> an adapter, a comparison of before and after, a receipt; resumable."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines import trainingrun
from pipelines.trainingcard import card
from pipelines.trainingcompare import compare, page
from pipelines.trainingdata import load, samples
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
from pipelines.trainingplan import Plan
from pipelines.trainingrun import Loaded, Tell


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
    trainingrun.require_extra()
    if not order.files.get("train"):
        raise TrainingError(f"{order.dataset}: has no pairs to train on; build another version")
    with locked(folder):
        if is_finished(folder):
            return Trained(folder, read_receipt(folder), is_new=False)
        receipt = _begun(order, read_receipt(folder))
        write_json(folder / RECEIPT, receipt)
        trainingrun.prepare_environment(order.plan, folder / CACHE)
        return Trained(folder, _trained(order, receipt, tell), is_new=True)


def _begun(order: Order, earlier: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "state": "training",
        "dataset": order.dataset,
        "dataset_sha256": order.sha256,
        "base_model": order.plan.model,
        "plan": order.plan.model_dump(mode="json"),
        "software": trainingrun.software(),
        "started": earlier.get("started") or _now(),
        "sittings": [*earlier.get("sittings", []), {"began": _now()}],
    }


def _trained(order: Order, receipt: dict[str, Any], tell: Tell) -> dict[str, Any]:
    began = time.monotonic()
    plan, folder = order.plan, order.folder
    tell(f"loads {plan.model}", 0, 0)
    loaded = trainingrun.load(plan)
    tell(f"on {loaded.device}, pairs as {'chats' if loaded.is_chat else 'plain text'}", 0, 0)
    data = _examples(order, loaded)
    trainer, progress = trainingrun.make_trainer(plan, folder, loaded, data, tell)
    rows = {"train": len(trainer.train_dataset), "validation": len(trainer.eval_dataset or ())}
    tell(f"trains on {rows['train']:,} pairs, validates with {rows['validation']:,}", 0, 0)
    if cut := len(data[0]) - rows["train"]:
        tell(f"{cut:,} pairs are left out: their prompts fill max_length", 0, 0)
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
        "template": "chat" if loaded.is_chat else "plain",
        "rows": rows | {"too_long": cut},
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
