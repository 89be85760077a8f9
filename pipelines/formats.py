"""Rows of pairs to files in the formats of trainers and of people's tables."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final

import orjson

from pipelines import lines
from pipelines.lines import FormatError, Line, Row
from pipelines.tables import write_csv, write_json, write_xlsx

__all__ = ["FORMATS", "Format", "FormatError"]

Writer = Callable[[Iterable[Row], BinaryIO], int]

# What LLaMA-Factory's dataset_info.json calls the columns of ``lines.alpaca``.
_ALPACA_COLUMNS: Final = {
    "prompt": "instruction",
    "query": "input",
    "response": "output",
    "system": "system",
}


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name, its files' suffix, ``line`` where it has one line a row.

    ``takers`` are other names for it, of those who take just these lines; ``begins`` stands
    before the first line; ``beside`` writes what a folder of its files needs besides.
    """

    name: str
    suffix: str
    line: Callable[[Row], Line] | None = None
    takers: tuple[str, ...] = ()
    begins: bytes = b""
    writer: Writer | None = None
    beside: Callable[[Path], None] | None = None

    def write(self, rows: Iterable[Mapping[str, Any]], path: Path) -> int:
        """Write rows as they come, and return how many; the file is whole or not there.

        Raises :class:`FormatError` for a row that the format cannot hold, :class:`OSError` when
        the disk refuses.
        """
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            with temporary.open("wb") as file:
                if self.writer:
                    count = self.writer(checked(rows), file)
                else:
                    count = self._write_lines(checked(rows), file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return count

    def extras(self, folder: Path) -> None:
        """Write what stands beside the format's files in a folder, once they are all there."""
        if self.beside:
            self.beside(folder)

    def _write_lines(self, rows: Iterable[Row], file: BinaryIO) -> int:
        assert self.line  # noqa: S101 - a format without a writer has lines
        file.write(self.begins)
        count = 0
        for row in rows:
            file.write(orjson.dumps(self.line(row), option=orjson.OPT_APPEND_NEWLINE))
            count += 1
        return count


def checked(rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """The rows, each with two texts that can be written; :class:`FormatError` at the first other.

    >>> list(checked([{"prompt": "Bees", "completion": None}]))
    Traceback (most recent call last):
    ...
    pipelines.lines.FormatError: row 1: completion has no text: leave the row out
    """
    for number, row in enumerate(rows, start=1):
        for name in ("prompt", "completion", "system_prompt"):
            text = row.get(name)
            if not text and name == "system_prompt":
                continue
            if not isinstance(text, str) or not text.strip():
                raise FormatError(f"{name} has no text: leave the row out", number)
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise FormatError(
                    f"{name} has half of a surrogate pair at character {error.start + 1:,}, which "
                    f"is no UTF-8: mend the text or leave the row out",
                    number,
                ) from None
        yield row


def _dataset_info(folder: Path) -> None:
    """LLaMA-Factory's list of data sets: one for each file, by its name without suffix."""
    found = {
        path.stem: {"file_name": path.name, "columns": _ALPACA_COLUMNS}
        for path in sorted(folder.glob("[!.]*.jsonl"))
    }
    text = json.dumps(found, ensure_ascii=False, indent=2)
    (folder / "dataset_info.json").write_text(f"{text}\n", encoding="utf-8")


_ALL: Final = (
    Format(
        "openai-chat",
        "jsonl",
        lines.chat,
        ("openai", "azure", "mistral", "fireworks", "nebius", "together-chat", "axolotl-chat"),
    ),
    Format("openai-chat-bom", "jsonl", lines.chat, ("azure-bom",), codecs.BOM_UTF8),
    Format(
        "prompt-completion",
        "jsonl",
        lines.prompt_completion,
        ("together", "trl-standard", "nebius-instruction", "bedrock-text"),
    ),
    Format("completion-model", "jsonl", lines.completion_model),
    Format("trl", "jsonl", lines.conversation, ("trl-conversational",)),
    Format("text", "jsonl", lines.running_text, ("axolotl-text", "together-text", "trl-text")),
    Format("axolotl", "jsonl", lines.segments, ("axolotl-segments",)),
    Format("llama-factory", "jsonl", lines.alpaca, ("alpaca",), beside=_dataset_info),
    Format("gemini", "jsonl", lines.gemini, ("vertex",)),
    Format("bedrock", "jsonl", lines.bedrock, ("bedrock-conversation",)),
    Format("csv", "csv", writer=write_csv),
    Format("json", "json", writer=write_json),
    Format("xlsx", "xlsx", writer=write_xlsx, takers=("excel",)),
)

# Every name, those of the takers too, which lead to the format that they share.
FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {name: each for each in _ALL for name in (each.name, *each.takers)}
)
