"""Training data against what its target takes: every line, then all of them together.

Examples pass by one at a time; what is kept of each is some hashes and its number of tokens.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import numpy as np
import orjson

from pipelines.affixes import Affixes
from pipelines.examplefiles import Beginning, Entry
from pipelines.faults import FAULTS, Found
from pipelines.formats import FORMATS
from pipelines.messages import Example
from pipelines.repeats import Repeats
from pipelines.shapes import read_line
from pipelines.targets import TARGETS, Target
from pipelines.textfaults import example_faults

Split = Literal["train", "validation"]

SHOWN: Final = 5  # places of each fault
FEW: Final = 100  # examples, as OpenAI's prepare_data had it
# What OpenAI's models count for each message beyond its text, and for the answer's beginning.
_TOKENS_A_MESSAGE: Final = 3
_TOKENS_AN_ANSWER: Final = 3
_LONGEST_DETAIL: Final = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault was found: file and line (0: the whole file), and what it is there."""

    file: str
    line: int
    detail: str = ""


@dataclass(slots=True)
class Finding:
    """A fault, how often it was found, and the first places."""

    name: str
    weight: str
    says: str
    remedy: str
    count: int = 0
    places: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class Checked:
    """One file: its split, examples, size in bytes and tokens, those of its rendering for rows."""

    file: str
    split: Split
    examples: int = 0
    bytes: int = 0
    tokens: int = 0
    shapes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a check found."""

    target: str
    source: str
    encoding: str
    files: list[Checked]
    tokens: dict[str, float]
    findings: list[Finding]

    @property
    def errors(self) -> int:
        """How many faults are errors."""
        return sum(each.count for each in self.findings if each.weight == "error")

    @property
    def warnings(self) -> int:
        """How many are not."""
        return sum(each.count for each in self.findings if each.weight == "warning")

    def sums(self, split: Split) -> tuple[int, int, int]:
        """A split's examples, bytes and tokens."""
        files = [each for each in self.files if each.split == split]
        return (
            sum(each.examples for each in files),
            sum(each.bytes for each in files),
            sum(each.tokens for each in files),
        )

    def as_dict(self) -> dict[str, Any]:
        """The report for programs."""
        return {**asdict(self), "errors": self.errors, "warnings": self.warnings}


class Checker:
    """Takes files, and line by line what stands in them.

    ``count`` counts a text's tokens, ``encoding`` is its name; ``most_tokens`` is what an example
    may have, 0 for no limit; ``finds_similar``: examples that hardly differ are looked for, too.
    """

    def __init__(
        self,
        target: Target,
        count: Callable[[str], int] | None = None,
        *,
        encoding: str = "",
        most_tokens: int = 0,
        finds_similar: bool = False,
    ) -> None:
        self._target = target
        self._count = count
        self._encoding = encoding if count else ""
        self._most_tokens = most_tokens
        self._files: list[Checked] = []
        self._firsts: list[int] = []  # the number of each file's first example
        self._lines = array("Q")
        self._tokens = array("Q")
        self._repeats = Repeats(signs=finds_similar)
        self._sides = (Affixes("prompt"), Affixes("completion"))
        self._findings: dict[str, Finding] = {}

    def begin(self, file: str, split: Split, opening: Beginning, size: int = 0) -> bool:
        """Begin a file; whether its lines can be read at all."""
        self._files.append(Checked(file, split, bytes=size))
        self._firsts.append(len(self._lines))
        if opening.fault:
            self._note(opening.fault, 0)
            return False
        mark = self._target.mark
        if opening.has_mark and mark == "refused":
            self._note(Found("byte-order-mark"), 0)
        if mark == "required" and not opening.has_mark and size:
            self._note(Found("no-byte-order-mark"), 0)
        return True

    def take(self, entry: Entry) -> None:
        """Take a line as it is for the target."""
        for found in entry.faults:
            self._note(found, entry.number)
        if entry.value is None:
            return
        read = read_line(entry.value, self._target)
        if read.shape:
            shapes = self._files[-1].shapes
            shapes[read.shape] = shapes.get(read.shape, 0) + 1
        for found in read.faults:
            self._note(found, entry.number)
        if read.example:
            url = entry.value.get("url")
            url = url if isinstance(url, str) else ""
            self._take_example(read.example, read.example, url, entry.number)

    def take_row(self, entry: Entry) -> None:
        """Take one of our rows, which are rendered for the target."""
        for found in entry.faults:
            self._note(found, entry.number)
        if entry.value is None:
            return
        row = entry.value
        texts = {name: row.get(name) for name in ("prompt", "completion")}
        read = read_line(texts, TARGETS["rows"])
        for found in read.faults:
            self._note(found, entry.number)
        if not read.example or not all(isinstance(text, str) for text in texts.values()):
            return
        form = FORMATS[self._target.format]
        line = form.line(row) if form.line else row
        self._files[-1].bytes += len(orjson.dumps(line)) + 1
        said = read_line(line, self._target).example or read.example
        system = row.get("system_prompt") or ""
        example = read.example._replace(messages=said.messages, system=system)
        self._take_example(example, said, row.get("url") or "", entry.number)

    def _take_example(self, example: Example, said: Example, url: str, line: int) -> None:
        """``said`` is the example as the target gets it."""
        file = self._files[-1]
        file.examples += 1
        self._lines.append(line)
        for found in example_faults(example):
            self._note(found, line)
        self._repeats.add(example, url, held_out=file.split != "train")
        if file.split == "train":
            self._sides[0].add(said.prompt)
            self._sides[1].add(said.completion)
        if self._count:
            tokens = self._tokens_of(example, self._count)
            file.tokens += tokens
            self._tokens.append(tokens)
            if 0 < self._most_tokens < tokens:
                self._note(Found("too-many-tokens", f"{tokens:,}"), line)

    @staticmethod
    def _tokens_of(example: Example, count: Callable[[str], int]) -> int:
        texts = (example.system, example.prompt, example.completion)
        said = sum(count(text) for text in texts if text)
        extra = example.messages * _TOKENS_A_MESSAGE + _TOKENS_AN_ANSWER
        return said + (extra if example.messages else 0)

    def _note(self, found: Found, line: int, file: str = "") -> None:
        fault = FAULTS[found.name]
        finding = self._findings.setdefault(found.name, Finding(found.name, *fault))
        finding.count += 1
        if len(finding.places) < SHOWN:
            where = file or (self._files[-1].file if self._files else "")
            finding.places.append(Place(where, line, _printable(found.detail)))

    def report(self) -> Report:
        """What all of it came to. To be asked for once, at the end."""
        for found, file in self._whole_faults():
            self._note(found, 0, file)
        self._note_repeats()
        order = list(FAULTS)
        findings = sorted(self._findings.values(), key=lambda each: order.index(each.name))
        return Report(
            self._target.name,
            self._target.source,
            self._encoding,
            self._files,
            _spread(self._tokens),
            sorted(findings, key=lambda each: each.weight),
        )

    def _whole_faults(self) -> Iterator[tuple[Found, str]]:
        """What is wrong with files, with splits, and with all texts together; and in which."""
        target = self._target
        for file in self._files:
            if not file.examples:
                yield Found("no-examples"), file.file
            if len(file.shapes) > 1:
                yield Found("mixed-formats", ", ".join(sorted(file.shapes))), file.file
            if 0 < target.most < file.examples:
                yield Found("too-many-examples", f"{file.examples:,}"), file.file
            if 0 < target.most_bytes < file.bytes:
                yield Found("file-too-large", f"{file.bytes:,} bytes"), file.file
        trained = [file for file in self._files if file.split == "train"]
        examples = sum(file.examples for file in trained)
        if trained and 0 < examples < target.least:
            detail = f"{examples:,} of {target.least:,}"
            yield Found("too-few-examples", detail), trained[0].file
        if trained and 0 < examples < FEW:
            yield Found("few-examples", f"{examples:,}"), trained[0].file
        for side in self._sides:
            for found in side.faults(wants_affixes=target.affixes):
                yield found, trained[0].file if trained else ""

    def _note_repeats(self) -> None:
        for kind in self._repeats.found():
            if not kind.examples:
                continue
            finding = Finding(kind.name, *FAULTS[kind.name], kind.examples)
            for one, other in kind.shown:
                place, same = self._place(one), self._place(other)
                as_there = "" if one == other else f"as {same.file}, line {same.line:,}"
                finding.places.append(Place(place.file, place.line, as_there))
            self._findings[kind.name] = finding

    def _place(self, example: int) -> Place:
        """The file and line of an example by its number."""
        file = self._files[bisect_right(self._firsts, example) - 1]
        return Place(file.file, self._lines[example])


def _printable(text: str) -> str:
    """A detail that can be shown on any terminal: it may quote what is wrong with the file."""
    signs = (sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
    return "".join(signs)[:_LONGEST_DETAIL]


def _spread(tokens: array[int]) -> dict[str, float]:
    """How many tokens examples have: all, the mean, the median, 95 of 100, the largest."""
    if not tokens:
        return {}
    numbers = np.frombuffer(tokens, dtype=np.uint64)
    return {
        "total": int(numbers.sum()),
        "mean": round(float(numbers.mean()), 1),
        "median": int(np.median(numbers)),
        "p95": int(np.percentile(numbers, 95)),
        "largest": int(numbers.max()),
    }
