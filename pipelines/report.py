"""A version of a dataset -> ``report.html``, one page that needs nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import duckdb

from pipelines.figures import figures
from pipelines.kept import Kept
from pipelines.reported import Report
from pipelines.reportpage import report_page
from pipelines.samples import draw
from pipelines.twins import twins
from pipelines.versions import Version

REPORT: Final = "report.html"


def report_of(version: Version, data_dir: Path, db: duckdb.DuckDBPyConnection) -> str:
    """The page of a version; the same version and shards, the same page.

    ``data_dir`` has the shards that it was made of: what was left out stands in them alone.
    Raises :class:`duckdb.Error` for data that cannot be read.
    """
    folder, manifest = version
    kept = Kept(data_dir, manifest["dataset"])
    found = Report(
        manifest,
        figures(folder, manifest, kept, db),
        twins(folder, manifest, data_dir, kept, db),
        draw(folder, manifest, db),
    )
    kept.save()
    return report_page(found)


def write_report(
    version: Version, data_dir: Path, db: duckdb.DuckDBPyConnection, path: Path
) -> None:
    """Write the page of a version, whole or not at all."""
    page = report_of(version, data_dir, db)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
