"""OpenAI, Azure, Nebius and who else speaks this protocol: files, then one job of fine-tuning."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from pipelines.destinations import (
    Bundle,
    BundleFile,
    FailedError,
    Problem,
    RefusedError,
    Tell,
)
from pipelines.destinations.targetfile import OpenAITarget
from pipelines.jobsource import client_of
from pipelines.patience import Patience
from pipelines.receipts import Job, Receipt, SentFile
from pipelines.upload import Sender, list_some

if TYPE_CHECKING:
    from openai import OpenAI

MARK: Final = "ftcrawler"  # the key in a job's metadata: the receipt and the attempt
DATA: Final = "ftcrawler_data"
_PREFLIGHT_RETRIES: Final = 2  # who waits for a preflight wants to know soon
_LARGEST: Final = 8 << 30  # bytes of a file: the Uploads API
_PARAMETERS: Final = (
    *("model", "suffix", "seed", "n_epochs", "batch_size", "learning_rate_multiplier"),
    *("hyperparameters", "method", "metadata"),
)
_AZURE: Final = ".azure.com"


def destination(target: OpenAITarget, environment: Mapping[str, str]) -> OpenAIProtocol:
    """A target of kind ``openai``."""
    return OpenAIProtocol(target, environment)


class OpenAIProtocol:
    """One target, and its key."""

    def __init__(self, target: OpenAITarget, environment: Mapping[str, str]) -> None:
        self.target = target
        self._environment = environment

    def preflight(self, bundle: Bundle) -> Iterator[Problem]:
        """What the target file got wrong, then whether key and model are good there."""
        yield from (Problem(says) for says in self._own_faults(bundle))
        try:
            client = client_of(self.target, self._environment).with_options(timeout=30.0)
            tries = min(self.target.retries, _PREFLIGHT_RETRIES)
            hasty = self.target.model_copy(update={"retries": tries})
            patience = Patience(hasty, lambda *_: None)
            patience.ask(lambda: getattr(client.files.list(limit=1), "data", ""))
            if self.target.start_job and self.target.model:
                yield from self._model_faults(client, patience)
        except (RefusedError, FailedError) as error:
            yield Problem(str(error))

    def _own_faults(self, bundle: Bundle) -> Iterator[str]:
        target, name = self.target, f"[{self.target.name}]"
        if not bundle.format:
            yield f"{name} format: name one, such as openai-chat: Parquet is not taken there"
        if not bundle.of("train"):
            yield f"{name} {bundle.version.name} has no rows for training"
        if any(file.bytes > _LARGEST for file in bundle.files):
            yield f"{name} a file is larger than 8 GB: build with --max-tokens"
        if not target.start_job:
            return
        if not target.model:
            yield f"{name} model: name the one to be trained; there is no default"
        if _AZURE in target.base_url and "." in target.suffix:
            yield f"{name} suffix {target.suffix}: no dots with Azure"
        yield from self._odd_parameters(bundle)

    def _odd_parameters(self, bundle: Bundle) -> Iterator[str]:
        """What the client's own types say of the request for the job."""
        from openai.types.fine_tuning import JobCreateParams  # noqa: PLC0415 - half a second
        from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - beside it

        params = self.params({"train": "file-1", "validation": "file-2"}, bundle, "mark")
        try:
            TypeAdapter(JobCreateParams).validate_python(params)
        except ValidationError as error:
            for one in error.errors():
                key = next((str(p) for p in one["loc"][::-1] if str(p) in _PARAMETERS), "request")
                yield f"[{self.target.name}] {key}: {one['msg'][:1].lower()}{one['msg'][1:]}"

    def _model_faults(self, client: OpenAI, patience: Patience) -> Iterator[Problem]:
        import openai  # noqa: PLC0415 - half a second

        target = self.target
        try:
            model = patience.ask(lambda: client.models.retrieve(target.model), target.model)
        except RefusedError as error:
            if isinstance(error.__cause__, openai.NotFoundError):
                yield Problem(
                    f"[{target.name}] model {target.model}: the provider has none of this name, "
                    f"or no longer: choose one that can be fine-tuned there"
                )
                return
            raise
        yield from shutdown(target, str(getattr(model, "shutdown_date", "") or ""), _today())

    def send(self, bundle: Bundle, receipt: Receipt, tell: Tell) -> None:
        """Bring the files, then begin the job, each unless it is there already.

        With a job that was begun, nothing is left to do: it has read its files.
        """
        if receipt.job:
            receipt.state = "sent"
            receipt.save()
            return
        client = client_of(self.target, self._environment)
        patience = Patience(self.target, tell)
        sender = Sender(self.target, client, patience, tell)
        files = [file for file in bundle.files if file.split == "train" or self.target.validation]
        self._note(files, bundle, receipt)
        for file, sent in zip(files, receipt.files, strict=True):
            sender.bring(file, sent, receipt)
        receipt.place = self.target.base_url
        if self.target.start_job:
            for sent in receipt.files:
                sender.ready(sent)
            _JobStart(self, client, patience, receipt).run(bundle)
            tell(f"job {receipt.job.id if receipt.job else ''} of {self.target.model}", 0, 0)
        receipt.state = "sent"
        receipt.save()

    def _note(self, files: list[BundleFile], bundle: Bundle, receipt: Receipt) -> None:
        known = {(sent.split, sent.sha256): sent for sent in receipt.files}
        dataset = bundle.version.folder.parent.name
        receipt.files = [
            known.get((file.split, file.sha256))
            or SentFile(
                split=file.split,
                name=f"{dataset}-{file.split}-{file.sha256[:16]}.jsonl",
                bytes=file.bytes,
                sha256=file.sha256,
            )
            for file in files
        ]
        receipt.save()

    def params(self, files: Mapping[str, str], bundle: Bundle, mark: str) -> dict[str, Any]:
        """The request for the job: ``files`` are IDs by side."""
        target = self.target
        params: dict[str, Any] = {
            "model": target.model,
            "training_file": files["train"],
            "metadata": {MARK: mark, DATA: bundle.digest, "dataset": bundle.version.name},
        }
        if target.validation and files.get("validation") and bundle.of("validation"):
            params["validation_file"] = files["validation"]
        if target.method:
            chosen: dict[str, Any] = {"type": target.method}
            if target.hyperparameters:
                chosen[target.method] = {"hyperparameters": dict(target.hyperparameters)}
            params["method"] = chosen
        elif target.hyperparameters:
            params["hyperparameters"] = dict(target.hyperparameters)
        if target.suffix:
            params["suffix"] = target.suffix
        if target.seed is not None:
            params["seed"] = target.seed
        return params

    def delete(self, receipt: Receipt, tell: Tell) -> None:
        """Remove the files there; jobs and models stay, their provider's pages remove them."""
        import openai  # noqa: PLC0415 - half a second

        client = client_of(self.target, self._environment)
        patience = Patience(self.target, tell)
        for sent in receipt.files:
            if not sent.id or sent.deleted_at:
                continue
            try:
                patience.ask(lambda sent=sent: client.files.delete(sent.id), sent.id)  # type: ignore[misc] # bound at once
            except RefusedError as error:
                if not isinstance(error.__cause__, openai.NotFoundError):
                    raise
            sent.deleted_at = _now()
            receipt.save()
            tell(f"{sent.id} ({sent.name}) is removed", 0, 0)


class _JobStart:
    """Begins the one job of a receipt, or finds it."""

    def __init__(
        self, protocol: OpenAIProtocol, client: OpenAI, patience: Patience, receipt: Receipt
    ) -> None:
        self.protocol = protocol
        self.target = protocol.target
        self._jobs = client.with_options(max_retries=0, timeout=60.0).fine_tuning.jobs
        self._patience = patience
        self._receipt = receipt
        self._mark = f"{receipt.id}#{receipt.attempt}"
        self._files = {sent.split: sent.id for sent in receipt.files}

    def run(self, bundle: Bundle) -> None:
        receipt = self._receipt
        begun = receipt.notes.get("begun job")
        found = self._find(begun)
        if found is None and begun and (left := self.target.settle + begun - time.time()) > 0:
            time.sleep(min(left, self.target.settle))
            found = self._find(begun)
        if found is None:
            receipt.notes["begun job"] = begun = time.time()
            receipt.save()
            params = self.protocol.params(self._files, bundle, self._mark)
            found = self._patience.ask(
                lambda: self._jobs.create(**params, extra_body=self.target.extra or None),
                f"{self.target.model} or its files",
                lambda: self._find(begun),
            )
        receipt.job = Job(
            id=found.id,
            status=str(found.status or ""),
            base_model=str(found.model or self.target.model),
            seen_at=_now(),
        )
        receipt.notes.pop("begun job", None)
        receipt.save()

    def _find(self, begun: float | None) -> Any:
        """Our job, if it was begun already: by its metadata, or by its file where none is kept."""
        jobs = self._patience.ask(lambda: list_some(self._jobs.list(limit=100)))
        for job in jobs:
            kept = getattr(job, "metadata", None)
            if kept and kept.get(MARK) == self._mark:
                return job
            if not kept and begun and self._is_likely(job, begun):
                return job
        return None

    def _is_likely(self, job: Any, begun: float) -> bool:
        same = getattr(job, "training_file", "") == self._files["train"]
        return same and (getattr(job, "created_at", 0) or 0) >= int(begun) - 60


def shutdown(target: OpenAITarget, said: str, today: date) -> Iterator[Problem]:
    r"""Whether a model's end is in reach, by the date that its provider says.

    >>> from pipelines.destinations.targetfile import load_targets
    >>> target = load_targets('[x]\nkind = "openai"\nmodel = "m"')["x"]
    >>> [one.says[:38] for one in shutdown(target, "2026-12-01", date(2026, 11, 24))]
    ['[x] model m is shut down on 2026-12-01']
    """
    try:
        ends = datetime.fromisoformat(said).date() if said else None
    except ValueError:
        ends = None
    if ends and (ends - today).days <= target.shutdown_days:
        yield Problem(
            f"[{target.name}] model {target.model} is shut down on {ends}: choose another, or "
            f"lower shutdown_days ({target.shutdown_days})"
        )
    elif ends:
        yield Problem(
            f"[{target.name}] model {target.model} is shut down on {ends}; its fine-tunes go "
            f"with it",
            "warning",
        )


def _today() -> date:
    return datetime.now(UTC).date()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
