"""Training on this machine as a destination: what arrives is an adapter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipelines import training, trainingmodel
from pipelines.destinations import Bundle, FailedError, Problem, RefusedError, Tell
from pipelines.destinations.targetfile import TrainTarget
from pipelines.receipts import Job, Receipt
from pipelines.splits import SPLITS
from pipelines.trainconfigfiles import write_configs
from pipelines.trainingdata import Sample
from pipelines.trainingfolder import (
    ADAPTER,
    CACHE,
    CHECKPOINTS,
    COMPARISON,
    BrokenError,
    TrainingError,
    is_finished,
    losses,
)
from pipelines.versions import Version

_PLACE: Final = "models"  # the folder of trainings, beside that of the datasets
_FEW_GIGABYTES: Final = 2 << 30  # what checkpoints and cache of a small model take


def destination(target: TrainTarget, environment: Mapping[str, str]) -> Train:
    """This machine; the libraries read a key for private models from the environment."""
    del environment
    return Train(target)


class Train:
    """A target of kind ``train``."""

    def __init__(self, target: TrainTarget) -> None:
        self.target = target
        self.plan = target.plan()

    def order(self, bundle: Bundle) -> training.Order:
        """The bundle as a training's order."""
        version = bundle.version
        out = self.target.into or version.folder.parents[2] / _PLACE
        return training.Order(
            plan=self.plan,
            dataset=version.name,
            sha256=bundle.digest,
            manifest=version.manifest,
            files={split: tuple(file.path for file in bundle.of(split)) for split in SPLITS},
            out=Path(out).absolute(),
        )

    def preflight(self, bundle: Bundle) -> Iterator[Problem]:
        """Whether the extra, the model, the device and room are there."""
        order = self.order(bundle)
        if is_finished(order.folder):
            return
        yield from self._data(bundle)
        if absent := trainingmodel.missing():
            yield Problem(f"training needs {', '.join(absent)}: {trainingmodel.REMEDY}")
        else:
            yield from self._machine()
        there = next(path for path in (order.out, *order.out.parents) if path.exists())
        if shutil.disk_usage(there).free < _FEW_GIGABYTES:
            yield Problem(f"{there} has less than 2 GB free for checkpoints: make room", "warning")

    def _data(self, bundle: Bundle) -> Iterator[Problem]:
        if bundle.format:
            yield Problem(
                f"[{self.target.name}] format {bundle.format}: training reads the rows "
                f"themselves; remove the key (template says how they are put)"
            )
        if not sum(file.rows for file in bundle.of("train")):
            yield Problem("there are no pairs to train on: build another version")
        if self.plan.validation_rows and not sum(file.rows for file in bundle.of("validation")):
            yield Problem(
                "there is no validation data, so nothing will be compared: build with "
                "--validation 0.05",
                "warning",
            )

    def _machine(self) -> Iterator[Problem]:
        try:
            trainingmodel.device_of(self.plan)
            trainingmodel.look_for(self.plan)
        except TrainingError as error:
            yield Problem(f"[{self.target.name}] {error}")

    def send(self, bundle: Bundle, receipt: Receipt, tell: Tell) -> None:
        """Train, or go on; the receipt has the job as a provider's would."""
        order = self.order(bundle)
        receipt.notes |= {"training": order.name, "folder": str(order.folder)}
        self._note(receipt, "running", str(order.folder))

        def heard(what: str, step: int, steps: int) -> None:
            tell(what, step, steps)
            if steps:
                receipt.notes["steps"] = steps
            else:  # a line that stays: for those who follow the receipt
                receipt.notes["losses"] = losses(order.folder)
                self._note(receipt, "running", str(order.folder))

        try:
            done = training.train(order, heard)
        except TrainingError as error:
            self._note(receipt, "failed", str(order.folder), str(error))
            kind = FailedError if isinstance(error, BrokenError) else RefusedError
            raise kind(f"[{self.target.name}] {error}") from error
        receipt.place = str(done.adapter)
        receipt.notes |= {"steps": done.receipt["steps"], "losses": losses(done.folder)}
        receipt.state = "sent"
        self._note(receipt, "succeeded", str(done.adapter))
        for line in training.summary(done):
            tell(line, 0, 0)

    def _note(self, receipt: Receipt, status: str, model: str, error: str = "") -> None:
        receipt.job = Job(
            id=receipt.id,
            status=status,
            base_model=self.plan.model,
            model=model,
            seen_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            error=error,
        )
        receipt.save()

    def write_configs(self, version: Version, folder: Path) -> list[Path]:
        """Write configurations for other trainers instead; the files to look at.

        Raises :class:`RefusedError` with what to do.
        """
        data = version.folder / "data"
        files = {split: sorted(data.glob(f"{split}-*.parquet")) for split in SPLITS}
        try:
            return write_configs(self.plan, files, version.name, folder)
        except TrainingError as error:
            raise RefusedError(f"[{self.target.name}] {error}") from error

    def answer(
        self, receipt: Receipt, rows: Sequence[Mapping[str, Any]], *, tuned: bool
    ) -> list[str]:
        """What base or tuned model answers to the rows, the likeliest token each time."""
        samples = [
            Sample(row["prompt"], row["completion"], row.get("system_prompt") or "", "")
            for row in rows
        ]
        adapter = Path(receipt.notes.get("folder", "")) / ADAPTER if tuned else None
        if adapter and not adapter.is_dir():
            raise RefusedError(f"{adapter}: there is no adapter: upload again to train it")
        try:
            return training.answers(self.plan, adapter, samples)
        except TrainingError as error:
            raise RefusedError(f"[{self.target.name}] {error}") from error

    def delete(self, receipt: Receipt, tell: Tell) -> None:
        """Remove the copies of rows: cache, checkpoints, the page with samples. The adapter stays.

        What a model has learnt of a row cannot be taken out of it: whether it is still to be
        used is for people to say.
        """
        folder = Path(receipt.notes.get("folder", ""))
        if not receipt.notes.get("folder") or not folder.is_dir():
            return
        for name in (CACHE, CHECKPOINTS):
            shutil.rmtree(folder / name, ignore_errors=True)
        for suffix in ("json", "md"):
            (folder / f"{COMPARISON}.{suffix}").unlink(missing_ok=True)
        tell(f"removed the texts; the adapter stays in {folder / ADAPTER}: remove it by hand", 0, 0)
