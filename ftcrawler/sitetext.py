"""A site file's text -> a Site, or errors that name file, key, fault and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from ftcrawler.site import SITE_NAME, Site, SiteError

_UNION = {"literal['robots']"}  # the other half of sitemaps: its list has the better error
_KEY_IN_URL = re.compile(r"\?.*\$\{")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _expand(value: Any, environment: Mapping[str, str], missing: set[str]) -> Any:
    """``${NAME}`` in every string replaced from the environment, by ``1`` where it is missing."""
    if isinstance(value, dict):
        return {key: _expand(item, environment, missing) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, environment, missing) for item in value]
    if not isinstance(value, str):
        return value
    missing.update(name for name in _VARIABLE.findall(value) if name not in environment)
    return _VARIABLE.sub(lambda match: environment.get(match[1], "1"), value)


def _allowed_keys(path: tuple[int | str, ...]) -> str:
    """The keys of the table that holds ``path``, for the error on an unknown one."""
    model: type[BaseModel] = Site
    for part in path[:-1]:
        field = model.model_fields.get(str(part))
        if field is None or not isinstance(field.annotation, type):
            return ""
        model = field.annotation
    return ", ".join(name for name in model.model_fields if name != "name")


def _keys_in_urls(raw: Mapping[str, Any]) -> list[str]:
    """URLs with a variable where keys stand: a URL goes into every row."""
    return [
        f"{key}: {url}: a variable in a query would stand in every row; "
        f"send it under [request.headers]"
        for key in ("start_urls", "sitemaps", "feeds")
        for url in (raw[key] if isinstance(raw.get(key), list) else ())
        if isinstance(url, str) and _KEY_IN_URL.search(url)
    ]


def _unexpanded(error: Any, written: Any) -> Any:
    """The error about what stands in the file: the values of variables may be keys."""
    value = written
    for part in error["loc"]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            continue  # a name that pydantic adds for a union
    strings = [value] if isinstance(value, str) else value
    if not isinstance(strings, list) or not any(_VARIABLE.search(str(item)) for item in strings):
        return error
    own = error["type"] == "value_error"  # such a message may quote the value
    message = "cannot be used once its variables are filled in" if own else error["msg"]
    return error | {"msg": message, "input": value}


def _sentence(file: str, error: Any) -> str:
    """One pydantic error as one sentence: file, key, fault, what is allowed."""
    path, kind = tuple(error["loc"]), error["type"]
    parts = [
        str(p) for p in path if not (isinstance(p, str) and p.startswith(("list[", "literal[")))
    ]
    key = ".".join(p for p in parts if not p.isdigit())
    message = error["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        message = f"unknown key; allowed here: {_allowed_keys(path)}"
    elif kind != "value_error":
        message = message[:1].lower() + message[1:]
    shown = error.get("input")
    if (
        kind != "extra_forbidden"
        and "(found" not in message
        and isinstance(shown, (str, int, float, bool))
    ):
        message += f" (found {shown!r})"
    return f"{file}: {key}: {message}" if key else f"{file}: {message}"


def load_site(
    text: str, name: str, *, file: str = "", environment: Mapping[str, str] | None = None
) -> Site:
    """Read a site file's text.

    ``${NAME}`` in strings is replaced from ``environment``. Raises :class:`SiteError` with
    every problem found: syntax, unknown or wrong keys, missing variables.
    """
    file = file or f"{name}.toml"
    problems = []
    if not SITE_NAME.match(name):
        problems.append(
            f"{file}: the file's name is the site's name: use lower-case letters, digits, - and _"
        )
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SiteError([*problems, f"{file}: not valid TOML: {error}"]) from None
    missing: set[str] = set()
    written = raw
    problems += [f"{file}: {fault}" for fault in _keys_in_urls(raw)]
    raw = _expand(raw, environment or {}, missing)
    problems += [
        f"{file}: the environment variable {variable} is not set (set it, or write it to .env)"
        for variable in sorted(missing)
    ]
    if "name" in raw:
        problems.append(f"{file}: name: unknown key; the file's name is the site's name")
    try:
        site = Site(**{**raw, "name": name})
    except ValidationError as error:
        site = None
        faults = [e for e in error.errors() if not (e["loc"] and str(e["loc"][-1]) in _UNION)]
        problems += dict.fromkeys(_sentence(file, _unexpanded(f, written)) for f in faults)
    if problems or site is None:
        raise SiteError(problems)
    return site
