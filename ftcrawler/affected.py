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


def affected(
    data_dir: Path, chosen: Iterable[Receipt], receipts: Receipts, damaged: list[str] | None = None
) -> Iterator[Affected]:
    """Those of some receipts that hold such rows. Raises :class:`StateError`, :class:`OSError`.

    ``damaged`` takes a sentence for each receipt of which nobody can say it.
    """

    @cache
    def refused_of(site: str) -> dict[str, str]:
        return dict(holdings(data_dir, site).refused)

    for receipt in chosen:
        path = receipts.path(receipt.id, ".rows.parquet")
        if not path.exists() and not (receipt.state == "sent" or any(f.id for f in receipt.files)):
            continue  # it was killed before a byte was sent
        try:
            held = documents_in(path)
        except (OSError, ValueError) as error:
            if damaged is None:
                raise
            said = str(error).splitlines()[0]
            damaged.append(
                f"{path}: which rows {receipt.dataset} at {receipt.target} holds cannot be read "
                f"({said}): put it back from a backup, or withdraw the upload to be sure"
            )
            continue
        refused = {
            document: reason
            for site, documents in held.items()
            for document, reason in refused_of(site).items()
            if document in documents
        }
        if refused:
            rows, pages = refused_rows(path, refused)
            yield Affected(receipt, rows, pages)
