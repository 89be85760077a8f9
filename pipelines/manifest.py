"""What a version says of itself in files: manifest, card, Croissant."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from pipelines.cards import card, croissant
from pipelines.versions import MANIFEST
from pipelines.volumes import COLUMNS

if TYPE_CHECKING:
    from pipelines.sources import Extract

_SOFTWARE: Final = ("duckdb", "numpy", "pyarrow")


def inputs(extracts: Iterable[Extract]) -> list[dict[str, Any]]:
    """The shards that were read, with their SHA-256 in hex and their rows."""
    return [
        {"file": one.source.file, "sha256": one.source.sha256, "rows": one.rows} for one in extracts
    ]


def software() -> dict[str, str]:
    """The versions of what decides about bytes."""
    return {
        "python": platform.python_version(),
        **{name: installed(name) for name in _SOFTWARE},
    }


def describe(manifest: dict[str, Any], folder: Path) -> None:
    """Write ``manifest.json``, ``README.md`` and ``croissant.json``."""
    (folder / "croissant.json").write_bytes(_json(croissant(manifest, COLUMNS)))
    (folder / "README.md").write_text(card(manifest), "utf-8")
    (folder / MANIFEST).write_bytes(_json(manifest))


def _json(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
