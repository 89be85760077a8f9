"""The folder of the site files: which ones are meant, read with all their problems at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path

from ftcrawler.site import Site, SiteError
from ftcrawler.sitetext import load_site

NO_CONTACT = (
    "no contact: set FTCRAWLER_CONTACT (in .env, say) or contact under [request] to a mail "
    "address or URL where the site's owner reaches you"
)


def _is_disabled(text: str) -> bool:
    """Whether a site file says ``enabled = false``; what is not TOML is left to its own error."""
    try:
        return tomllib.loads(text).get("enabled") is False
    except tomllib.TOMLDecodeError:
        return False


def _chosen_files(folder: Path, names: Iterable[str] | None) -> tuple[list[Path], list[str]]:
    """The site files to read, and what is wrong with the choice."""
    if not folder.is_dir():
        return [], [f"{folder}: no such folder: SITES_DIR names the folder of the site files"]
    files = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    problems = []
    by_case: dict[str, Path] = {}
    for path in files.values():
        twin = by_case.setdefault(path.stem.casefold(), path)
        if twin is not path:
            problems.append(f"{path}: the same name as {twin.name}: two sites cannot share one")
    if names is None:
        if not files:
            problems.append(f"{folder}: no site files: add one, see docs/site-files.md")
        return list(files.values()), problems
    known = ", ".join(files) or "none"
    problems += [
        f"{folder / n}.toml: no such site; known: {known}" for n in names if n not in files
    ]
    return [files[name] for name in dict.fromkeys(names) if name in files], problems


def load_sites(folder: Path, names: Iterable[str] | None = None) -> list[Site]:
    """Read the named site files, or every enabled one, from ``folder``.

    Raises :class:`SiteError` with the problems of all of them at once. A site that is named
    is returned even when it is not enabled.
    """
    sites, problems = load_good_sites(folder, names)
    if problems:
        raise SiteError(problems)
    return sites


def load_good_sites(
    folder: Path, names: Iterable[str] | None = None
) -> tuple[list[Site], list[str]]:
    """Those of the site files that can be used, and a sentence for each fault of the others."""
    files, problems = _chosen_files(folder, names)
    sites = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8-sig")
            if names is None and _is_disabled(text):
                continue
            sites.append(load_site(text, path.stem, file=str(path), environment=os.environ))
        except SiteError as error:
            problems += error.problems
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{path}: cannot be read: {error}")
    return sites, problems


def require_contacts(sites: Iterable[Site], contact: str) -> None:
    """Raise :class:`SiteError` for sites that would be crawled without saying by whom.

    Sites on private addresses are one's own and need none.
    """
    anonymous = [
        site.name
        for site in sites
        if not (site.request.contact or contact or site.request.allow_private_addresses)
    ]
    if anonymous:
        raise SiteError([f"{name}: {NO_CONTACT}" for name in anonymous])
