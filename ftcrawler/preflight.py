"""What must be right before a dataset leaves this machine: its rows, their permission, its cost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ftcrawler.checking import CheckError, Cost, Price, Source, check, cost_of, load_price
from ftcrawler.holdings import holdings
from ftcrawler.state import peek
from pipelines.bundles import documents_of
from pipelines.destinations import Bundle, Problem, Tell
from pipelines.targets import TARGETS
from pipelines.tokens import ENCODINGS, counter
from pipelines.validate import Checker

if TYPE_CHECKING:
    from pipelines.destinations.targetfile import Target
    from pipelines.validate import Report

_DAY: Final = 86_400.0
_SHOWN: Final = 3  # names in a sentence
_CHECKED: Final = (
    "SELECT document_id, checked_at FROM documents JOIN urls ON urls.id = url_id "
    "WHERE status <> 'handmade'"
)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that stands against an upload, its cost, and the tokens of the training data."""

    problems: list[Problem]
    cost: Cost | None
    tokens: int


def examine(
    bundle: Bundle,
    target: Target,
    data_dir: Path,
    prices: Path,
    days: float,
    now: float,
    tell: Tell,
) -> Findings:
    """Everything that can be told without the network. ``days``: see :func:`stale`."""
    report = _report(bundle, target, tell)
    problems = list(_faults(bundle, target, report))
    documents = documents_of(bundle.version)
    refused = {
        site: dict(holdings(data_dir, site).refused) for site in documents if site != "handmade"
    }
    problems += taken_back(bundle, documents, refused)
    problems += stale(documents, data_dir, days, now)
    tokens = report.sums("train")[2] if report else int(bundle.version.manifest["tokens"]["train"])
    cost = None
    try:
        cost = _cost(target, prices, tokens)
    except CheckError as error:
        problems += [Problem(says) for says in error.problems]
    return Findings(problems, cost, tokens)


def beyond(target: Target, cost: Cost | None) -> Iterator[Problem]:
    """Whether an upload costs more than its target allows."""
    if target.max_cost is None:
        return
    if cost is None:
        yield Problem(
            f"[{target.name}] max_cost cannot be held without a price: give per_million_tokens, or "
            f"price with an entry of the price table, or --yes"
        )
    elif cost.total > target.max_cost:
        yield Problem(
            f"[{target.name}] it costs about {cost.total:,.2f} {cost.currency}, more than max_cost "
            f"({target.max_cost:,.2f}): raise that, or give --yes"
        )


def _report(bundle: Bundle, target: Target, tell: Tell) -> Report | None:
    """What ``scrapy check`` says of the files, for targets whose lines are known."""
    if target.check not in TARGETS:
        return None
    checker = Checker(TARGETS[target.check], counter(ENCODINGS[0]), encoding=ENCODINGS[0])
    sources = [
        Source(file.path, "validation" if file.split == "validation" else "train")
        for file in bundle.files
    ]
    return check(sources, checker, lambda path, n: tell(f"checking {path.name}", n, 0))


def _faults(bundle: Bundle, target: Target, report: Report | None) -> Iterator[Problem]:
    if target.check and target.check not in TARGETS:
        known = ", ".join(TARGETS)
        yield Problem(f"[{target.name}] check {target.check}: known are {known}")
    for finding in report.findings if report else ():
        if finding.weight in ("error", "warning"):
            place = next((one for one in finding.places if one.line), None)
            where = f" (first: {Path(place.file).name}, line {place.line:,})" if place else ""
            says = f"{bundle.version.name}: {finding.says} ({finding.count:,}){where}"
            yield Problem(
                f"{says}; {finding.remedy}", "error" if finding.weight == "error" else "warning"
            )


def taken_back(
    bundle: Bundle, documents: Mapping[str, set[str]], refused: Mapping[str, Mapping[str, str]]
) -> Iterator[Problem]:
    """Documents of a dataset that must not be used any more."""
    gone = {
        document: refused[site][document]
        for site, held in documents.items()
        for document in held & refused.get(site, {}).keys()
    }
    if gone:
        reasons = sorted(set(gone.values()))
        more = f" and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
        yield Problem(
            f"{bundle.version.name} holds rows of {len(gone):,} documents that must not be used "
            f"any more ({'; '.join(reasons[:_SHOWN])}{more}): build it anew, then upload that"
        )


def stale(
    documents: Mapping[str, Iterable[str]], data_dir: Path, days: float, now: float
) -> Iterator[Problem]:
    """Sites with pages whose permission was not looked at for longer than some days (0: any).

    The last look is a crawl's or a recheck's at each page, not just one at its site.
    """
    if days <= 0:
        return
    for site, held in sorted(documents.items()):
        path = data_dir / "sites" / site / "state.db"
        if not path.exists():
            continue  # made by hand, or crawled elsewhere: there is nothing to recheck by
        with closing(peek(path)) as db:
            wanted = set(held)
            try:
                looked = [at for document, at in db.execute(_CHECKED) if document in wanted]
            except sqlite3.Error as error:
                yield Problem(f"{path} cannot be read ({error}): put it back from a backup")
                continue
        old = [at for at in looked if now - at > days * _DAY]
        if old:
            oldest = (now - min(old)) / _DAY
            since = f"{oldest:,.0f} days ago" if oldest < 10_000 else "never"  # noqa: PLR2004
            yield Problem(
                f"{site}: of {len(old):,} pages it was last looked longer than {days:g} days ago "
                f"whether they may be used (the oldest {since}): run scrapy consent --recheck "
                f"--site {site}, then build anew, or set UPLOAD_CONSENT_DAYS"
            )


def _cost(target: Target, prices: Path, tokens: int) -> Cost | None:
    """The estimate, by the target's own price or by its entry in the price table."""
    if target.per_million_tokens:
        price = Price(per_million_tokens=target.per_million_tokens, currency=target.currency)
    elif target.price:
        price = load_price(prices, target.price)
    else:
        return None
    told = getattr(target, "hyperparameters", None)
    said = told.get("n_epochs") if isinstance(told, dict) else None
    epochs = said if isinstance(said, int) and not isinstance(said, bool) else target.epochs
    return cost_of(target.price or target.name, price, tokens, epochs)
