"""What an earlier report found of files that have not changed since; it only saves time."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Final

import orjson

FOLDER: Final = ".figures"
_VERSION: Final = 2  # of what is kept


class Kept:
    """The file of one dataset: counts by the SHA-256 of a data file, texts by that of a shard.

    ``files`` and ``sides`` are what is known; what is put into ``new_files`` and ``new_sides`` is
    what is kept from now on.
    """

    def __init__(self, data_dir: Path, dataset: str) -> None:
        self._path = data_dir / "datasets" / FOLDER / f"{dataset}.json"
        self.files: dict[str, Any] = {}
        self.sides: dict[str, Any] = {}
        self.new_files: dict[str, Any] = {}
        self.new_sides: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            stored = orjson.loads(self._path.read_bytes())
            if stored["version"] == _VERSION:
                self.files, self.sides = stored["files"], stored["sides"]

    def save(self) -> None:
        """Write what is to be kept, when it is not what is known; a full disk does no harm."""
        if (self.new_files, self.new_sides) == (self.files, self.sides):
            return
        told = {"version": _VERSION, "files": self.new_files, "sides": self.new_sides}
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(orjson.dumps(told))
            temporary.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
