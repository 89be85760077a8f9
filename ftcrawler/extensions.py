"""Parts that are loaded when they are wanted, and may be missing."""

from __future__ import annotations

import importlib
from typing import Any


def extension(module: str, name: str) -> Any:
    """A name of a module; None without the module."""
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None
