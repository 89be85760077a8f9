"""The jobs that receipts tell of: where each is asked for, and what is noted of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from pipelines.destinations import RefusedError, destination_of
from pipelines.destinations.targetfile import (
    OpenAITarget,
    Target,
    TargetError,
    choose,
    load_targets,
)
from pipelines.jobs import Event, JobView, number, outcome_of, plain, seen
from pipelines.jobsource import JobSource, client_of
from pipelines.jobwatch import Source, noted
from pipelines.receipts import BusyError, Job, Receipt, Receipts

if TYPE_CHECKING:
    from openai import OpenAI

    from pipelines.trying import Answering

LOCAL = "train"


class LocalSource:
    """Trainings on this machine: what their receipts say."""

    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts

    def job(self, identity: str) -> Any:
        """A training as its receipt has it; one that runs is being sent by somebody."""
        receipt = self._receipts.read(identity)
        job = (receipt.job if receipt else None) or Job(id=identity, status="running")
        status, error = job.status, job.error
        if outcome_of(status, 0, "") == "going" and not self._is_busy(identity):
            status, error = "interrupted", "it was ended: upload again, it goes on from there"
        return SimpleNamespace(
            status=status,
            model=job.base_model,
            fine_tuned_model=job.model if status == "succeeded" else "",
            error=SimpleNamespace(message=error),
        )

    def events(self, identity: str, known: set[str]) -> list[Event]:
        """The losses that the receipt has, each once."""
        receipt = self._receipts.read(identity)
        if receipt is None:
            return []
        found = []
        for step, loss, validation in receipt.notes.get("losses", ()):
            data = {"step": step, "train_loss": loss, "valid_loss": validation}
            data["total_steps"] = receipt.notes.get("steps", 0)
            found.append(Event(f"step-{step}", 0, "info", f"Step {step}", data))
        return [event for event in found if event.id not in known]

    def _is_busy(self, identity: str) -> bool:
        try:
            with self._receipts.locked(identity):
                return False
        except BusyError:
            return True


class Book:
    """Receipts with jobs, and their targets."""

    def __init__(
        self,
        data_dir: Path,
        targets: Mapping[str, Target],
        environment: Mapping[str, str],
        client: Callable[[OpenAITarget, Mapping[str, str]], OpenAI] = client_of,
    ) -> None:
        self.receipts = Receipts(data_dir)
        self.damaged: list[str] = []
        self._targets = targets
        self._environment = environment
        self._client = client
        self._sources: dict[str, JobSource] = {}

    def views(self, target: str = "") -> list[JobView]:
        """The jobs of all receipts, or of those of one target, the oldest first."""
        found = [
            view_of(receipt)
            for receipt in self.receipts.all(self.damaged)
            if receipt.job and target in ("", receipt.target)
        ]
        return sorted(found, key=lambda view: view.created)

    def with_others(self, target: str) -> list[JobView]:
        """The jobs of a target's receipts, and those of its provider that have none.

        Raises :class:`RefusedError` and ``Trouble``.
        """
        ours = {view.id: view for view in self.views(target)}
        kind = self._targets[target].kind
        if kind != "openai":
            return list(ours.values())
        for said in self.provider(target).all():
            view = ours.get(said.id) or JobView(plain(said.id), target, kind)
            ours[view.id] = seen(view, said)
        return sorted(ours.values(), key=lambda view: view.created)

    def source(self, view: JobView) -> Source:
        """Where a job is asked for. Raises :class:`RefusedError`."""
        return LocalSource(self.receipts) if view.kind == LOCAL else self.provider_of(view)

    def provider_of(self, view: JobView) -> JobSource:
        """The provider that a job was begun at. Raises :class:`RefusedError`, also for another."""
        provider = self.provider(view.target)
        sent = self.receipts.read(view.receipt) if view.receipt else None
        if elsewhere := self._targets[view.target].moved(sent.identity) if sent else "":
            raise RefusedError(elsewhere)
        return provider

    def provider(self, name: str) -> JobSource:
        """The jobs of a target's provider. Raises :class:`RefusedError` without target or key."""
        if name not in self._sources:
            self._sources[name] = JobSource(*self.client(name))
        return self._sources[name]

    def client(self, name: str) -> tuple[OpenAITarget, OpenAI]:
        """A target and its client. Raises :class:`RefusedError` without target or key."""
        target = self._targets.get(name)
        if not isinstance(target, OpenAITarget):
            raise RefusedError(
                f"[{name}] is no target of kind openai in the target file: name one that is, or "
                f"put it back"
            )
        return target, self._client(target, self._environment)

    def local(self, name: str) -> Answering:
        """A target that answers on this machine. Raises :class:`RefusedError` without one."""
        target = self._targets.get(name)
        if target is None or target.kind != LOCAL:
            raise RefusedError(f"[{name}] is no target of kind train in the target file any more")
        return cast("Answering", destination_of(target, self._environment))

    def note(self, view: JobView) -> None:
        """Write what is new to the job's receipt, unless somebody else writes it just now."""
        if not view.receipt or view.kind == LOCAL or view.trouble:
            return  # nothing new, or somebody else's to write
        try:
            with self.receipts.locked(view.receipt):
                receipt = self.receipts.read(view.receipt)
                if receipt is None or receipt.job is None or receipt.job.id != view.id:
                    return
                if job := noted(receipt.job, view):
                    receipt.job = job
                    receipt.save()
        except BusyError:
            return


def view_of(receipt: Receipt) -> JobView:
    """The job of a receipt, as it was last seen."""
    job = receipt.job or Job(id=receipt.id)
    return JobView(
        id=job.id,
        target=receipt.target,
        kind=receipt.kind,
        receipt=receipt.id,
        dataset=receipt.dataset,
        status=job.status,
        outcome=outcome_of(job.status, 0, job.model),
        base_model=job.base_model,
        model=job.model,
        created=_unix(receipt.started),
        error=job.error,
    )


def chosen(views: Iterable[JobView], names: Iterable[str]) -> tuple[list[JobView], list[str]]:
    """The jobs that names mean, by the beginning of their ID, receipt or dataset; what means none.

    A name that means several means the latest of them.
    """
    listed, found, problems = list(views), {}, []
    for name in names:
        exact = [view for view in listed if name in (view.id, view.receipt)]
        meant = exact or [
            view
            for view in listed
            if name and any(one.startswith(name) for one in (view.id, view.receipt, view.dataset))
        ]
        if meant:
            found[meant[-1].id] = meant[-1]
        else:
            known = ", ".join(view.id for view in listed[-5:]) or "none"
            problems.append(f"{name}: no such job; known: {known}")
    return list(found.values()), problems


def _unix(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return number(text)


def read_targets(settings: Any, wanted: str = "") -> dict[str, Target]:
    """The targets of the target file; none without such a file, unless one is ``wanted``.

    Raises :class:`TargetError`.
    """
    path = Path(settings.get("TARGETS_FILE") or "targets.toml")
    if wanted and not path.exists():
        raise TargetError([f"{path}: no such file; scrapy upload --example shows one"])
    try:
        text = path.read_text("utf-8-sig") if path.exists() else ""
    except UnicodeDecodeError:
        raise TargetError([f"{path}: not UTF-8: save it in that encoding"]) from None
    except OSError as error:
        raise TargetError([f"{path} cannot be read: {error.strerror}"]) from None
    targets = load_targets(text, str(path))
    if wanted:
        choose(targets, wanted, str(path))
    return targets
