"""Parts that are loaded when they are wanted, and may be missing."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def extension(module: str, name: str) -> Any:
    """A name of a module; None without the module."""
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None


def attempt(errors: list[str], what: str, part: Callable[..., Any], *args: Any) -> Any:
    """What a part says; None when it fails, which is noted: what looks on stops no night.

    >>> errors = []
    >>> attempt(errors, "the sum", sum, [1, "a"])
    >>> errors[0].partition(":")[0]
    'the sum failed'
    """
    try:
        return part(*args)
    except Exception as error:  # noqa: BLE001 - whatever it is, the night goes on
        errors.append(f"{what} failed: {type(error).__name__}: {error}")
        return None
