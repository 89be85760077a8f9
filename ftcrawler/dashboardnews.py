"""The newest pairs and the newest retractions, from the ends of the newest shards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

MOST_FILES: Final = 6  # shards that are opened
MOST_PAIRS: Final = 12
MOST_OF_A_SITE: Final = 4
MOST_GONE: Final = 20
_TAIL: Final = 64 * 1024  # bytes of a JSONL shard
_PAIR: Final = ("prompt", "completion", "kind", "url", "site", "fetched_at", "document_id")
_TOMBSTONE: Final = ("document_id", "url", "site", "reason", "at")
_LAST_ROWS: Final = 60  # of a shard


class News(NamedTuple):
    """Rows as dictionaries of texts, newest first."""

    pairs: list[dict[str, str]]
    gone: list[dict[str, str]]


def news(data_dir: Path) -> News:
    """The newest pairs that stand and the newest tombstones; what cannot be read is left out."""
    gone = sorted(_rows(data_dir, "tombstones", _TOMBSTONE), key=_at("at"), reverse=True)
    taken_back = {row["document_id"] for row in gone}
    seen: Counter[str] = Counter()
    kept = []
    for row in sorted(_rows(data_dir, "pairs", _PAIR), key=_at("fetched_at"), reverse=True):
        if row["document_id"] in taken_back or seen[row["site"]] >= MOST_OF_A_SITE:
            continue
        seen[row["site"]] += 1
        kept.append(row)
    return News(kept[:MOST_PAIRS], gone[:MOST_GONE])


def _at(name: str) -> Any:
    return lambda row: (row[name], row["site"], row["url"])


def _rows(data_dir: Path, stream: str, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    for path in _newest(data_dir / stream):
        try:
            rows = _last_rows(path, columns)
        except (OSError, ValueError, KeyError, TypeError):  # pyarrow's are ValueErrors
            continue
        for row in rows:
            yield {name: _text(row.get(name)) for name in columns}


def _newest(folder: Path) -> list[Path]:
    """The newest shards, of each site's pair of formats one."""
    found = []
    for site in folder.glob("site=*"):
        files = sorted(path for path in site.glob("*.parquet") if path.name[0] not in "._")
        files = files or sorted(site.glob("_*.jsonl"))
        for path in files[-2:]:
            try:
                found.append((path.stat().st_mtime_ns, path))
            except OSError:
                continue
    return [path for _, path in sorted(found, reverse=True)[:MOST_FILES]]


def _last_rows(path: Path, columns: Iterable[str]) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            lines = file.read().splitlines()[-_LAST_ROWS:]
        return [json.loads(line) for line in lines if line.startswith(b"{")]
    import pyarrow.parquet as pq  # noqa: PLC0415 - half a second, where there is nothing to show

    shard = pq.ParquetFile(path)
    group = shard.read_row_group(shard.num_row_groups - 1, columns=list(columns))
    rows: list[dict[str, Any]] = group.slice(max(0, group.num_rows - _LAST_ROWS)).to_pylist()
    return rows


def _text(value: Any) -> str:
    """A value as the shards' JSON has it."""
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return "" if value is None else str(value)
