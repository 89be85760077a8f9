"""Other rules for a site, tried without saving them. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from ftcrawler.site import Site, SiteError
from ftcrawler.sitetext import load_site
from ftcrawler.tomltext import toml_tables, toml_value

TABLES = ("extract", "pairs")
_SEED = 'start_urls = ["https://rules.invalid/"]\n'  # a site file must begin somewhere


def is_rule(setting: str) -> bool:
    """Whether a ``--set`` is for the site's rules, not for Scrapy.

    >>> is_rule("extract.article=main"), is_rule("LOG_LEVEL=DEBUG")
    (True, False)
    """
    return setting.partition("=")[0].strip().startswith(tuple(f"{name}." for name in TABLES))


def try_rules(
    site: Site, *, text: str = "", file: str = "", sets: Iterable[str] = (), variables: Any = None
) -> Site:
    """The site with the tables of ``text`` in place of its own, then single keys of ``sets``.

    ``text`` is TOML with ``[extract]``, ``[pairs]`` or both, ``sets`` are
    ``extract.article=main``; ``variables`` fill ``${NAME}``. Raises :class:`SiteError`.
    """
    if text:
        _check_tables(text, file)
        found = load_site(_SEED + text, "rules", file=file, environment=variables)
        given = tomllib.loads(text)
        site = site.model_copy(update={name: getattr(found, name) for name in given})
    values: dict[str, dict[str, Any]] = {}
    for setting in sets:
        table, key, value = _parts(setting)
        values.setdefault(table, _written(site, table))[key] = value
    if values:
        found = load_site(_SEED + toml_tables(values), "rules", file="--set")
        site = site.model_copy(update={name: getattr(found, name) for name in values})
    return site


def _written(site: Site, table: str) -> dict[str, Any]:
    values: dict[str, Any] = getattr(site, table).model_dump(exclude_unset=True)
    return values


def _check_tables(text: str, file: str) -> None:
    try:
        given = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SiteError([f"{file}: not valid TOML: {error}"]) from None
    problems = [
        f"{file}: {name}: only [extract] and [pairs] can be tried"
        for name, value in given.items()
        if name not in TABLES or not isinstance(value, Mapping)
    ]
    if problems or not given:
        raise SiteError(problems or [f"{file}: neither [extract] nor [pairs] is in it"])


def _parts(setting: str) -> tuple[str, str, Any]:
    """Table, key and value; a value that is no TOML is a string."""
    name, equals, value = setting.partition("=")
    table, _, key = name.strip().partition(".")
    if not equals or not key.replace("_", "").isalnum():
        raise SiteError([f'--set {setting}: write it as extract.article="main"'])
    try:
        return table, key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return table, key, value.strip()


def described(site: Site) -> str:
    r"""The rules of a site that are not the defaults, in one line.

    >>> described(load_site('start_urls=["http://a/"]\n[extract]\narticle="main"', "a"))
    'extract.article = "main"'
    """
    return ", ".join(
        f"{table}.{key} = {toml_value(value)}"
        for table in TABLES
        for key, value in getattr(site, table).model_dump(exclude_defaults=True).items()
    )
