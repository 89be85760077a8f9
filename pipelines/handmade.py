"""Files of hand-made pairs -> their rows, and rows -> documents with their one pair.

Each pair is a document of its own, named after its text: it stands on one side of a split alone,
can be taken back alone, and is the same whichever file it comes from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

import orjson

from pipelines.cells import (
    NEEDED,
    Bad,
    Cell,
    Problem,
    Record,
    TableError,
    column_name,
    columns_of,
    record_of,
)
from pipelines.delimited import charset_of, read_delimited
from pipelines.examplefiles import beginning, read_lines
from pipelines.faults import FAULTS
from pipelines.fingerprint import minhash
from pipelines.pii import mask_pii
from pipelines.quality import PAIR_REASONS, Judge
from pipelines.records import Block, Document, Harvest, Pair, PairKind, Verdict
from pipelines.rows import HANDMADE
from pipelines.rules import PairRules
from pipelines.spreadsheet import read_xlsx
from pipelines.tongues import language_of

SUFFIXES: Final = (".xlsx", ".csv", ".tsv", ".json", ".jsonl")
MOST_JSON: Final = 512 * 1024 * 1024  # bytes of a JSON array, which is read whole
# The rules that hold whoever wrote it. The others ask whether a machine cut a page's text well; a
# person's answer is as short as it is meant to be, and may be code.
HELD: Final = (
    *("prompt-empty", "completion-empty", "prompt-is-completion", "completion-too-long"),
    *("personal-data", "blind-text", "repeated-lines", "repeated-phrases"),
)
_SPARED: Final = tuple(name for name in PAIR_REASONS if name not in HELD)

Found = Record | Problem


def read_table(path: Path, sheet: str = "") -> Iterator[Found]:
    """The rows of a table and its problems, in their order; rows without text are passed over.

    Raises :class:`TableError` for a file that cannot be read as a table, :class:`OSError`.
    """
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES:
        raise TableError(f"not one of {', '.join(SUFFIXES)}")
    if sheet and suffix != ".xlsx":
        raise TableError("only Excel files have sheets")
    if suffix == ".xlsx":
        yield from _of_cells(read_xlsx(path, sheet))
    elif suffix in (".csv", ".tsv"):
        yield from _of_cells(read_delimited(path, charset_of(path)))
    elif suffix == ".json":
        yield from _of_objects(_array(path))
    else:
        yield from _of_lines(path)


def _of_cells(rows: Iterator[tuple[int, list[Cell]]]) -> Iterator[Found]:
    columns: dict[str, int] = {}
    for row, cells in rows:
        if not columns:
            if any(isinstance(cell, Bad) or (cell and cell.strip()) for cell in cells):
                columns = columns_of(cells)
            continue
        yield from _told(record_of(row, cells, columns))
    if not columns:
        raise TableError("there is nothing in it: the first row names the columns")


def _told(found: Record | list[Problem] | None) -> Sequence[Found]:
    if found is None:
        return ()
    return (found,) if isinstance(found, Record) else found


def _array(path: Path) -> list[Any]:
    """A JSON file's objects: an array of them, or pandas' object of columns."""
    if (size := path.stat().st_size) > MOST_JSON:
        raise TableError(f"{size:,} bytes: write JSON lines (.jsonl), which are read one by one")
    data = path.read_bytes()
    try:
        value = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as strict:
        try:
            value = json.loads(data)  # takes half of a surrogate pair, which is told by its cell
        except (ValueError, RecursionError):
            raise TableError(f"not JSON: {strict}; lines of JSON are .jsonl") from None
    if isinstance(value, dict):
        value = _transposed(value)
    if not isinstance(value, list):
        raise TableError("not an array of objects with prompt and completion")
    return value


def _transposed(columns: dict[str, Any]) -> list[Any] | None:
    """What ``DataFrame.to_json`` writes by default, as rows."""
    ours = {column_name(name): each for name, each in columns.items() if column_name(name)}
    if not set(NEEDED) <= ours.keys() or not all(isinstance(each, dict) for each in ours.values()):
        return None
    return [{name: each.get(key) for name, each in ours.items()} for key in ours["prompt"]]


def _of_objects(objects: list[Any]) -> Iterator[Found]:
    if not objects:
        raise TableError("there is nothing in it")
    for row, value in enumerate(objects, start=1):
        yield from _of_object(row, value)


def _of_object(row: int, value: Any) -> Sequence[Found]:
    if not isinstance(value, dict):
        return (Problem(row, "", f"no object, but {type(value).__name__}"),)
    try:
        columns = columns_of(list(value))
    except TableError as error:
        said = str(error).replace("the first row has", "it has").replace("it has:", "its keys:")
        return (Problem(row, "", said),)
    return _told(record_of(row, [_json_cell(each) for each in value.values()], columns))


def _json_cell(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return json.dumps(value)
    return Bad(f"no text, but {type(value).__name__}")


def _of_lines(path: Path) -> Iterator[Found]:
    fault = beginning(path).fault
    if fault:
        raise TableError(f"{FAULTS[fault.name].says}: {FAULTS[fault.name].remedy}")
    count = 0
    for entry in read_lines(path):
        count += 1
        for found in entry.faults:
            if found.name != "empty-line":
                says = FAULTS[found.name].says
                detail = f" ({found.detail})" if found.detail else ""
                yield Problem(entry.number, "", f"{says}{detail}")
        if entry.value is not None:
            yield from _of_object(entry.number, entry.value)
    if not count:
        raise TableError("there is nothing in it")


def made_pairs(records: Sequence[Record], rules: PairRules) -> Iterator[tuple[Pair, str]]:
    """Each row's pair, and the name of the rule that leaves it out, or nothing.

    >>> [(pair, reason)] = made_pairs([Record(2, "Bees?", "In hives.")], PairRules())
    >>> pair.kind, reason
    ('handmade', '')
    """
    spared = replace(rules, skip_rules=(*rules.skip_rules, *_SPARED))
    pairs = [
        Pair(each.prompt, each.completion, "title", completion_end=len(each.completion))
        for each in records
    ]
    for pair, reason in zip(pairs, Judge(spared, "").reasons(pairs), strict=True):
        prompt, completion = pair.prompt, pair.completion
        if rules.pii == "mask":
            prompt, completion = mask_pii(prompt), mask_pii(completion)
        made = replace(
            pair,
            prompt=prompt,
            completion=completion,
            kind=cast("PairKind", HANDMADE),
            masked=(prompt, completion) != (pair.prompt, pair.completion),
        )
        yield made, reason or ""


def made_harvest(
    site: str, pair: Pair, record: Record, origin: dict[str, object], now: str
) -> Harvest:
    """What a row gives the store: a document of its answer under a name made of its text.

    ``origin`` is the evidence: file, its SHA-256; the row's number is added.
    """
    url = f"{HANDMADE}:{pair.fingerprint.hex()}"
    evidence = json.dumps([{"signal": HANDMADE, **origin, "row": record.row}], ensure_ascii=False)
    document = Document(
        url,
        pair.prompt,
        (Block("paragraph", record.completion),),
        language_of(record.language, record.completion),
        license=record.license,
        extractor=HANDMADE,
    )
    verdict = Verdict("allow", HANDMADE, "imported by the operator", evidence)
    return Harvest(
        site,
        url,
        "document",
        fetched_at=now,
        document=document,
        pairs=(pair,),
        verdict=verdict,
        minhash=minhash(document.text),
    )
