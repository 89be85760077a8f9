"""Values as TOML, and any text as comments that stay comments. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

WIDTH = 100  # columns, as in the site files that come with the project


def toml_value(value: Any) -> str:
    r"""A string, number, boolean or list of these.

    >>> print(toml_value(["a\nb", 'say "yes"']), toml_value(True), toml_value(1.5))
    ["a\nb", "say \"yes\""] true 1.5
    """
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str):
        if "\\" in value and "'" not in value and value.isprintable():
            return f"'{value}'"  # a regular expression, as people write it
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def toml_list(key: str, values: list[str]) -> list[str]:
    """A key with a list, in one line or in one for each value when that is too long."""
    line = f"{key} = {toml_value(values)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{key} = [", *(f"  {toml_value(value)}," for value in values), "]"]


def toml_tables(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Tables of plain values.

    >>> print(toml_tables({"extract": {"article": "main"}}))
    [extract]
    article = "main"
    """
    lines = []
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {toml_value(value)}" for key, value in table.items())]
    return "\n".join(lines)


def one_line(text: str) -> str:
    r"""Text of a stranger as one line without anything that a terminal or TOML would obey.

    >>> one_line("bees\n[request]\x1b[2J \u202eevil")
    'bees [request] [2J evil'
    """
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.encode("utf-8", "replace").decode().split())


def comment(text: str, indent: str = "# ") -> list[str]:
    """Text as lines of a comment, whatever it holds; addresses are not broken."""
    return textwrap.wrap(
        one_line(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
