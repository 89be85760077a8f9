"""What ``scrapy check`` does: finds the files of an example set, reads them, reckons the price."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.cells import Record, TableError
from pipelines.examplefiles import Beginning, Entry, beginning, is_parquet, read_lines, read_rows
from pipelines.faults import Found
from pipelines.handmade import read_table
from pipelines.validate import Checker, Report, Split

_HELD_OUT: Final = re.compile(r"(validation|valid|val|eval|test|dev)(?:[-_.]|$)", re.IGNORECASE)
_LINES: Final = (".jsonl", ".jsonl.gz", ".json")
_TABLES: Final = (".csv", ".tsv", ".xlsx")
_TOLD_EVERY: Final = 2_000  # lines
MILLION: Final = 1_000_000


class CheckError(ValueError):
    """What was asked for cannot be checked; ``problems`` has a sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Source:
    """A file to check, and its side of the split."""

    path: Path
    split: Split


class Price(BaseModel):
    """What a provider asks, as prices.toml says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_million_tokens: float = Field(ge=0)
    currency: str = "USD"
    epochs: int = Field(default=1, ge=1)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What training costs: tokens of the training files, each epoch, all of them."""

    name: str
    tokens: int
    epochs: int
    per_epoch: float
    total: float
    currency: str
    source: str


def split_of(path: Path) -> Split:
    """The side of the split that a file's name says, or its folder's; otherwise training.

    >>> split_of(Path("data/validation-00000-of-00001.parquet"))
    'validation'
    """
    by_folder = _HELD_OUT.match(path.parent.name)
    is_held_out = _HELD_OUT.match(path.name) or (by_folder and by_folder[1] == path.parent.name)
    return "validation" if is_held_out else "train"


def sources_of(names: Iterable[str], held_out: Iterable[str], data_dir: Path) -> list[Source]:
    """The files that names mean: files, folders, or datasets under DATA_DIR.

    Raises :class:`CheckError` for what is not there or holds nothing to check.
    """
    problems: list[str] = []
    found: list[Source] = []
    for name in names:
        found += [Source(path, split_of(path)) for path in _files(name, data_dir, problems)]
    for name in held_out:
        found += [Source(path, "validation") for path in _files(name, data_dir, problems)]
    if problems:
        raise CheckError(problems)
    # Once each, also when a pattern found it by two names; the last says its side.
    return list({each.path.resolve(): each for each in found}.values())


def _files(name: str, data_dir: Path, problems: list[str]) -> list[Path]:
    path = Path(name)
    if path.is_file():
        if _readable(path):
            return [path]
        problems.append(f"{name}: not .jsonl, .jsonl.gz, .parquet, .csv, .tsv or .xlsx")
        return []
    folder = path if path.is_dir() else _newest(data_dir / "datasets" / name)
    if folder is None:
        problems.append(f"{name}: no such file, folder or dataset in {data_dir / 'datasets'}")
        return []
    files = _data_files(folder)
    if not files:
        problems.append(f"{folder}: no .parquet or .jsonl files in it")
    return files


def _newest(dataset: Path) -> Path | None:
    """The newest version of a dataset, or the folder itself when it is one."""
    if (dataset / "manifest.json").exists():
        return dataset
    manifests = sorted(dataset.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime_ns)
    return manifests[-1].parent if manifests else None


def _data_files(folder: Path) -> list[Path]:
    """A folder's rows: of a dataset those in ``data``, otherwise Parquet, otherwise lines."""
    inner = _newest(folder) or folder
    for place in (inner / "data", inner):
        visible = [path for path in sorted(place.glob("[!._]*")) if path.is_file()]
        parquet = [path for path in visible if is_parquet(path)]
        lines = [path for path in visible if path.name.endswith((".jsonl", ".jsonl.gz"))]
        if parquet or lines:
            return parquet or lines
    return []


def _readable(path: Path) -> bool:
    return is_parquet(path) or _is_table(path) or path.name.endswith(_LINES)


def _is_table(path: Path) -> bool:
    return path.suffix.casefold() in _TABLES


def _table_entries(path: Path) -> Iterator[Entry]:
    """The rows of a people's table as those of a data set."""
    try:
        for each in read_table(path):
            if isinstance(each, Record):
                yield Entry(each.row, 0, each._asdict())
            else:
                yield Entry(each.row, 0, None, (Found("bad-cell", f"{each.column}: {each.says}"),))
    except TableError as error:
        raise CheckError([f"{path}: {error}"]) from None


def check(sources: Iterable[Source], checker: Checker, told: Callable[[Path, int], None]) -> Report:
    """Read every file; ``told`` hears of each file and its lines so far.

    Raises :class:`OSError` for one that cannot be read to its end.
    """
    for source in sources:
        path = source.path
        is_lines = not (is_parquet(path) or _is_table(path))
        opening = beginning(path) if is_lines else Beginning()
        if not checker.begin(str(path), source.split, opening, path.stat().st_size * is_lines):
            continue
        ours, entries = _entries(path)
        take = checker.take_row if ours else checker.take
        for number, entry in enumerate(entries, start=1):
            take(entry)
            if number % _TOLD_EVERY == 0:
                told(path, number)
    return checker.report()


def _entries(path: Path) -> tuple[bool, Iterator[Entry]]:
    """Whether a file has rows to be rendered, and what stands in it."""
    if _is_table(path):
        return True, _table_entries(path)
    return read_rows(path) if is_parquet(path) else (False, read_lines(path))


def load_price(path: Path, name: str) -> Price:
    """One price of a price table. Raises :class:`CheckError` with what is wrong."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckError([f"{path}: {error}"]) from None
    if name not in table:
        known = ", ".join(table) or "none"
        raise CheckError([f"{path}: no price [{name}]; there are: {known}"])
    try:
        return Price.model_validate(table[name])
    except ValidationError as error:
        raise CheckError(
            [
                f"{path}: [{name}] {'.'.join(map(str, each['loc']))}: {each['msg']}"
                for each in error.errors()
            ]
        ) from None


def cost_of(name: str, price: Price, tokens: int, epochs: int = 0) -> Cost:
    """What it costs to train on some tokens, so often.

    >>> cost_of("small", Price(per_million_tokens=3), 2_000_000, epochs=2).total
    12.0
    """
    epochs = epochs or price.epochs
    each = tokens / MILLION * price.per_million_tokens
    return Cost(name, tokens, epochs, each, each * epochs, price.currency, price.source)
