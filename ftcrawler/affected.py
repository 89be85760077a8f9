"""Which uploads hold rows of documents that must not be used any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ftcrawler.holdings import holdings
from pipelines.bundles import documents_in, refused_rows
from pipelines.receipts import Receipt, Receipts


@dataclass(frozen=True, slots=True)
class Affected:
    """An upload, how many of its rows were taken back, and why, by page."""

    receipt: Receipt
    rows: int
    pages: dict[str, str]


def affected(data_dir: Path, chosen: Iterable[Receipt], receipts: Receipts) -> Iterator[Affected]:
    """Those of some receipts that hold such rows. Raises :class:`StateError`, :class:`OSError`."""

    @cache
    def refused_of(site: str) -> dict[str, str]:
        return dict(holdings(data_dir, site).refused)

    for receipt in chosen:
        path = receipts.path(receipt.id, ".rows.parquet")
        if not path.exists():
            continue  # it was killed before a byte was sent
        refused = {
            document: reason
            for site, documents in documents_in(path).items()
            for document, reason in refused_of(site).items()
            if document in documents
        }
        if refused:
            rows, pages = refused_rows(path, refused)
            yield Affected(receipt, rows, pages)
