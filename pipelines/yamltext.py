"""Plain data as YAML that every reader takes alike. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

# What YAML's readers refuse, or take for the end of a line.
_UNREADABLE: Final = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def as_yaml(said: Mapping[str, Any]) -> str:
    """A configuration as YAML that every reader takes alike.

    >>> print(as_yaml({"learning_rate": 1e-05, "datasets": [{"path": "a: b", "split": "train"}]}))
    learning_rate: 0.00001
    datasets:
    - path: "a: b"
      split: "train"
    <BLANKLINE>
    """
    return "\n".join([*_block(said), ""])


def _block(said: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, value in said.items():
        if isinstance(value, Mapping):
            lines += [f"{name}:", *(f"  {line}" for line in _block(value))]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines.append(f"{name}:")
            for one in value:
                first, *rest = _block(one)
                lines += [f"- {first}", *(f"  {line}" for line in rest)]
        elif isinstance(value, list):
            lines += [f"{name}:", *(f"- {_scalar(one)}" for one in value)]
        else:
            lines.append(f"{name}: {_scalar(value)}")
    return lines


def _scalar(value: Any) -> str:
    """JSON, which YAML contains, but for exponents without a point: those are texts there."""
    if isinstance(value, float):
        shown = f"{value:.12f}".rstrip("0")
        return f"{shown}0" if shown.endswith(".") else shown
    shown = json.dumps(value, ensure_ascii=False)
    return _UNREADABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", shown)
