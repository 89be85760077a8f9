"""Real sites for the benches: the HTML of Debian packages, fetched and unpacked when absent."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.extract import extract_document
from pipelines.records import Document

# Name -> package, folder of its pages.
SITES = {
    "debian-handbook": ("debian-handbook", "usr/share/doc/debian-handbook/html/en-US"),
    "debian-handbook-de": ("debian-handbook", "usr/share/doc/debian-handbook/html/de-DE"),
    "debian-handbook-fr": ("debian-handbook", "usr/share/doc/debian-handbook/html/fr-FR"),
    "debian-handbook-es": ("debian-handbook", "usr/share/doc/debian-handbook/html/es-ES"),
    "sqlite3-doc": ("sqlite3-doc", "usr/share/doc/sqlite3"),
    "git-doc": ("git-doc", "usr/share/doc/git-doc"),
}


@contextmanager
def unpacked(folder: Path | None) -> Iterator[Path]:
    """A folder with one folder a package; a temporary one when none is named."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _unpack(folder: Path, package: str) -> Path:
    goal = folder / package
    if not goal.exists():
        subprocess.run(
            ["apt-get", "download", "-q", package], cwd=folder, check=True, capture_output=True
        )
        (archive,) = folder.glob(f"{package}_*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, goal], check=True)
    return goal


def documents(folder: Path, site: str) -> Iterator[tuple[str, Document]]:
    """(file name, document) of every page of a site that gives one, by name."""
    package, inside = SITES[site]
    pages = _unpack(folder, package) / inside
    for path in sorted(pages.rglob("*.html")):
        name = path.relative_to(pages).as_posix()
        found = extract_document(path.read_bytes(), f"https://{site}.example/{name}")
        if isinstance(found, Document):
            yield name, found
