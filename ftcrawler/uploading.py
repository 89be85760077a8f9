"""A dataset to a target: found, examined, sent, with a receipt; what ``scrapy upload`` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftcrawler.checking import Cost
from ftcrawler.clock import iso
from ftcrawler.exits import Exit
from ftcrawler.preflight import beyond, examine
from pipelines import versions
from pipelines.bundles import bundle_of, write_rows
from pipelines.destinations import (
    Bundle,
    Destination,
    FailedError,
    Problem,
    RefusedError,
    Tell,
    destination_of,
)
from pipelines.receipts import BusyError, Receipt, ReceiptError, Receipts, receipt_id

if TYPE_CHECKING:
    from pipelines.destinations.targetfile import Target

LOST = ("failed", "cancelled", "expired", "error")


@dataclass(frozen=True, slots=True)
class Wishes:
    """How it is done: ``days`` since permission was looked at, ``now`` in Unix seconds."""

    environment: Mapping[str, str]
    prices: Path
    now: float
    days: float = 30
    yes: bool = False
    dry_run: bool = False
    again: bool = False


@dataclass(slots=True)
class Uploaded:
    """What became of it: the exit code, the receipt if it came to one, all problems."""

    exit: Exit = Exit.OK
    receipt: Receipt | None = None
    problems: list[Problem] = field(default_factory=list)
    cost: Cost | None = None
    bundle: Bundle | None = None


def upload_dataset(
    data_dir: Path,
    dataset: str,
    target: Target,
    wishes: Wishes,
    tell: Tell,
    found: Callable[[Uploaded], None] = lambda _: None,
) -> Uploaded:
    """Bring a version of a dataset to a target; the same again is no second time.

    ``found`` hears what the preflight found, before anything is sent.
    """
    told = Uploaded()
    try:
        version = _version(data_dir, dataset)
        told.bundle = bundle_of(data_dir, version, target.format, tell)
        destination = destination_of(target, wishes.environment)
        _preflight(told, told.bundle, target, destination, data_dir, wishes, tell)
        found(told)
        if any(one.weight == "error" for one in told.problems):
            told.exit = Exit.CONFIGURATION
        elif not wishes.dry_run:
            told.receipt = _send(told.bundle, target, destination, data_dir, wishes, tell)
    except (RefusedError, ReceiptError) as error:
        told.exit = _told(told, error, Exit.CONFIGURATION)
    except FailedError as error:
        told.exit = _told(told, error, Exit.FAILED)
    except BusyError as error:
        told.exit = _told(told, error, Exit.LOCKED)
    return told


def _version(data_dir: Path, dataset: str) -> versions.Version:
    version = versions.find(data_dir, dataset)
    if version is None:
        known = ", ".join(versions.names(data_dir)) or "none: scrapy build makes one"
        raise RefusedError(f"{dataset}: no such dataset, or no one version; known: {known}")
    return version


def _told(told: Uploaded, error: Exception, code: Exit) -> Exit:
    told.problems.append(Problem(str(error)))
    return code


def _preflight(
    told: Uploaded,
    bundle: Bundle,
    target: Target,
    destination: Destination,
    data_dir: Path,
    wishes: Wishes,
    tell: Tell,
) -> None:
    findings = examine(bundle, target, data_dir, wishes.prices, wishes.days, wishes.now, tell)
    told.problems += findings.problems
    told.cost = findings.cost
    if not wishes.yes:
        told.problems += beyond(target, findings.cost)
    tell(f"asking {target.name}", 0, 1)
    told.problems += destination.preflight(bundle)


def _send(
    bundle: Bundle,
    target: Target,
    destination: Destination,
    data_dir: Path,
    wishes: Wishes,
    tell: Tell,
) -> Receipt:
    receipts = Receipts(data_dir)
    identity = target.identity()
    name = receipt_id(target.name, bundle.digest, identity)
    with receipts.locked(name):
        receipt = receipts.read(name)
        if receipt is None:
            receipt = Receipt(
                id=name,
                target=target.name,
                kind=target.kind,
                dataset=bundle.version.name,
                digest=bundle.digest,
                format=bundle.format,
                identity=identity,
                started=iso(wishes.now),
                rows={side: sum(file.rows for file in bundle.of(side)) for side in _sides(bundle)},
            )
        rows = receipts.path(name, ".rows.parquet")
        receipts.adopt(receipt)
        if not rows.exists():
            write_rows(bundle.version, rows)
        _begin_again(receipt, wishes)
        destination.send(bundle, receipt, tell)
    return receipt


def _sides(bundle: Bundle) -> list[str]:
    return list(dict.fromkeys(file.split for file in bundle.files))


def _begin_again(receipt: Receipt, wishes: Wishes) -> None:
    """What is done about a job of the same data and target that came to nothing."""
    job: Any = receipt.job
    if receipt.kind == "train" or job is None or job.status.lower() not in LOST:
        return
    if not wishes.again:
        raise RefusedError(
            f"{receipt.id}: job {job.id} of just this {job.status} ({job.error or 'no reason'}): "
            f"mend that, then give --again for another job"
        )
    receipt.past_jobs.append(job)
    receipt.job = None
    receipt.attempt += 1
    receipt.state = "sending"
    receipt.save()
