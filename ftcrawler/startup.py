"""What a command that works on columns does without, so that it starts sooner."""

from __future__ import annotations

import gc
import os
import sys
from importlib.abc import MetaPathFinder
from typing import Any

_USUAL = gc.get_threshold()
_RARELY = (700, 10, 100)  # the last: looks at what is younger, for one at everything


class _WithoutPandas(MetaPathFinder):
    def find_spec(self, name: str, *_: Any) -> None:
        """Say of pandas that it is not there, of all others nothing."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def start_lightly() -> None:
    """Let numpy start no threads for algebra, and Arrow not look for pandas: a fifth of a second.

    For a process that was started for a command which needs neither: in others, something else
    may ask for what is missing then. It does nothing when one of these is imported already.
    """
    if {"numpy", "pyarrow", "pandas"} & sys.modules.keys():
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    absent = _WithoutPandas()
    sys.meta_path.insert(0, absent)
    try:
        import pyarrow as pa  # noqa: PLC0415 - it looks now, once

        pa.array([0])
    finally:
        sys.meta_path.remove(absent)


def settle() -> None:
    """Let nothing that was imported so far be looked at by the collector of cycles, at the end too.

    That is a twentieth of a second of each process with Scrapy in it.
    """
    gc.freeze()


def collect_rarely() -> None:
    """While a crawl goes on, look for cycles in what is in flight only, and less in what stays.

    With hundreds of sites a look at everything takes a fifth of a second, twice in three seconds,
    in which the event loop stands still and requests are late.
    """
    gc.freeze()
    gc.set_threshold(*_RARELY)


def collect_as_usual() -> None:
    """After a crawl; some libraries count at the end of a process what is still there."""
    gc.set_threshold(*_USUAL)
    gc.unfreeze()
