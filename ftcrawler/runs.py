"""Records of runs, ``DATA_DIR/runs/*.json``: written whole, read with doubt."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ftcrawler.writing import write_text
from pipelines.streams import sync_folder

FOLDER: Final = "runs"
NIGHT: Final = "night"
RUNNING, INTERRUPTED, STORAGE, LOST = "running", "interrupted", "storage", "lost"
UNFINISHED: Final = (RUNNING, INTERRUPTED, STORAGE)  # what a later night goes on with
REASONS: Final = ("finished", "budget", *UNFINISHED, LOST)
MOST_SCANNED: Final = 400  # records that are looked through for something
# What whoever shows a night's record or goes on with it looks for.
_SITE: Final = {
    **dict.fromkeys(("slot", "outcome", "says"), str),
    **dict.fromkeys(("run", "exit_code", "bytes", "shard_bytes"), int),
    "seconds": float,
    "pages": dict.fromkeys(("fetched", "new", "changed", "failed"), int),
    "rows": dict.fromkeys(("documents", "pairs", "tombstones"), int),
    "rates": {"pages_per_second": float},
}
_STAGE: Final = {"exit_code": int, "seconds": float, "says": str}
_ALARM: Final = dict.fromkeys(("name", "site", "severity", "state", "since", "says"), str)
_RESERVE: Final = ".reserve"
_RESERVED: Final = 1 << 18  # bytes that are kept free for the record of a night on a full disk


def fault_of(entry: Any) -> str:
    """What is wrong with a record, ``""`` when nothing is.

    >>> fault_of({"started_at": "2026-11-24T02:00:03Z", "sites": {}})
    ''
    >>> fault_of({"started_at": "yesterday", "sites": {}})
    'started_at is no time'
    """
    if not isinstance(entry, dict):
        return "no object"
    try:
        started = datetime.fromisoformat(entry["started_at"])
    except (KeyError, TypeError, ValueError):
        return "started_at is no time"
    if started.tzinfo is None:
        return "started_at has no time zone"
    sites = entry.get("sites")
    if not isinstance(sites, dict) or not all(_is_site(site) for site in sites.values()):
        return "sites are not objects with counts"
    if "kind" not in entry:
        return ""
    if entry["kind"] != NIGHT:
        return f"kind {entry['kind']!r} is not known"
    if not isinstance(entry.get("id"), str) or entry.get("reason") not in REASONS:
        return "no id, or no known reason"
    code = entry.get("exit_code")
    if code is not None and not isinstance(code, int):
        return "exit_code is no number"
    return _fault_of_a_night(entry)


def _fault_of_a_night(entry: Mapping[str, Any]) -> str:
    for name, site in entry["sites"].items():
        if not _is_like(site, _SITE):
            return f"site {name} has no numbers where numbers belong"
    stages = entry.get("stages", {})
    if not isinstance(stages, dict) or not all(_is_like(one, _STAGE) for one in stages.values()):
        return "stages are not objects with exit_code, seconds and says"
    alarms = entry.get("alarms", [])
    if not isinstance(alarms, list) or not all(_is_like(one, _ALARM) for one in alarms):
        return "alarms are not objects with name, site, severity, state, since and says"
    lists = all(isinstance(entry.get(key, []), list) for key in ("errors", "told"))
    return "" if lists else "errors and told are no lists"


def _is_like(value: Any, shape: Any) -> bool:
    """Whether what a value has of a shape's keys is of the types there."""
    if not isinstance(shape, Mapping):
        return isinstance(value, (int, float) if shape is float else shape)
    return isinstance(value, dict) and all(
        _is_like(value[key], kind) for key, kind in shape.items() if key in value
    )


def _whole(value: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    """The value with nothing at each key of the shape that it has not.

    >>> _whole({"says": "x", "more": 1}, {"says": str, "pages": {"new": int}})
    {'says': 'x', 'more': 1, 'pages': {'new': 0}}
    """
    found = dict(value)
    for key, kind in shape.items():
        found[key] = (
            _whole(found.get(key, {}), kind) if isinstance(kind, dict) else (found.get(key, kind()))
        )
    return found


def _whole_night(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A night in which every site, stage and alarm has what whoever shows it looks for."""
    return {
        **entry,
        "sites": {name: _whole(site, _SITE) for name, site in entry["sites"].items()},
        "stages": {name: _whole(one, _STAGE) for name, one in entry.get("stages", {}).items()},
        "alarms": [_whole(alarm, _ALARM) for alarm in entry.get("alarms", [])],
    }


def _is_site(site: Any) -> bool:
    counts = site.get("counts") if isinstance(site, dict) else None
    return isinstance(counts, dict) and all(isinstance(n, int) for n in counts.values())


def read_run(path: Path) -> dict[str, Any]:
    """One record. Raises :class:`ValueError` with what is wrong with it, :class:`OSError`."""
    try:
        entry = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no record of a run: {error}") from None
    if fault := fault_of(entry):
        raise ValueError(f"{path} is no record of a run: {fault}")
    return _whole_night(entry) if entry.get("kind") == NIGHT else dict(entry)


def read_runs(
    data_dir: Path, last: int = 0, *, nights: bool = False
) -> tuple[list[dict[str, Any]], list[str]]:
    """The newest records, oldest first, and a sentence for each that cannot be read.

    ``last`` of them, 0 for all; with ``nights`` those of nights only.
    """
    found: list[dict[str, Any]] = []
    faults = []
    for path in _newest_first(data_dir):
        if last and len(found) >= last:
            break
        try:
            entry = read_run(path)
        except (OSError, ValueError) as error:
            faults.append(f"{error}: it is left out")
            continue
        if not nights or entry.get("kind") == NIGHT:
            found.append({**entry, "file": path.name})
    return found[::-1], faults


def nights(data_dir: Path, last: int = 0) -> tuple[list[dict[str, Any]], list[str]]:
    """The newest nights, oldest first, and a sentence for each record that cannot be read."""
    return read_runs(data_dir, last, nights=True)


def crawls_of(data_dir: Path, night: str) -> list[dict[str, Any]]:
    """The crawls that a night started, in their order."""
    found = []
    for path in _newest_first(data_dir)[:MOST_SCANNED]:
        with contextlib.suppress(OSError, ValueError):
            if night.encode() in path.read_bytes():
                entry = read_run(path)
                if entry.get("night") == night:
                    found.append({**entry, "file": path.name})
    return found[::-1]


def newest_runs(data_dir: Path, sites: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The number of each site's newest recorded run, and in which file it stands."""
    wanted, found = set(sites), dict[str, tuple[int, str]]()
    for path in _newest_first(data_dir)[:MOST_SCANNED]:
        if not wanted:
            break
        with contextlib.suppress(OSError, ValueError):
            for name, site in read_run(path)["sites"].items():
                number = site.get("run")
                if name in wanted and isinstance(number, int) and number:
                    found[name] = (number, path.name)
                    wanted.discard(name)
    return found


def _newest_first(data_dir: Path) -> list[Path]:
    paths = (data_dir / FOLDER).glob("[!.]*.json")
    return sorted(paths, key=lambda path: path.stem, reverse=True)


def reserve(data_dir: Path) -> None:
    """Keep room for a night's record, should the disk be full at its end.

    Raises :class:`OSError` when there is none now.
    """
    path = data_dir / FOLDER / _RESERVE
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(bytes(_RESERVED))


def write_night(data_dir: Path, entry: Mapping[str, Any], *, last: bool = False) -> str:
    """Write a night's record, whole and durable; why that cannot be done, or ``""``.

    With ``last``, the room that was kept for it is made free first.
    """
    folder = data_dir / FOLDER
    if last:
        (folder / _RESERVE).unlink(missing_ok=True)
    path = folder / f"{entry['id']}.json"
    fault = write_text(path, json.dumps(entry, indent=1, ensure_ascii=False))
    if not fault:
        sync_folder(folder)
    return f"{path}: {fault}" if fault else ""
