"""A finished model beside the one it was made of: both answer prompts of the validation data."""

from __future__ import annotations

import hashlib
import heapq
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow.parquet as pq

from pipelines import lines
from pipelines.destinations import RefusedError
from pipelines.jobsource import Trouble, trouble_of

if TYPE_CHECKING:
    from openai import OpenAI

    from pipelines.destinations.targetfile import OpenAITarget
    from pipelines.receipts import Receipt

Row = Mapping[str, Any]

_COLUMNS: Final = ("prompt", "completion", "system_prompt", "url", "pair_id")
_AT_ONCE: Final = 4  # prompts on their way
_WAITS: Final = (2.0, 8.0, 30.0)  # seconds before further tries of a prompt
_WORD: Final = re.compile(r"\w+")
# What some models refuse, and what stands in its place then.
_INSTEAD: Final = {"max_tokens": "max_completion_tokens", "temperature": ""}


class Answering(Protocol):
    """A destination whose model answers here."""

    def answer(self, receipt: Receipt, rows: Sequence[Row], *, tuned: bool) -> list[str]:
        """One completion a row, of the tuned model or of its base."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said, or why it did not."""

    text: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A prompt, what the page says, and what the models say."""

    url: str
    prompt: str
    expected: str
    base: Answer
    tuned: Answer


def draw(folder: Path, number: int, seed: int = 0) -> list[Row]:
    """Some rows of a version's validation data, by lot: the same each time for a seed."""
    files = sorted((folder / "data").glob("validation-*.parquet"))

    def lots() -> Iterator[tuple[bytes, int, int]]:
        for place, path in enumerate(files):
            row = 0
            for batch in pq.ParquetFile(path).iter_batches(columns=["pair_id"]):
                for identity in batch.column(0).to_pylist():
                    yield hashlib.sha256(f"{seed} {identity}".encode()).digest(), place, row
                    row += 1

    drawn = heapq.nsmallest(number, lots())
    found: dict[tuple[int, int], Row] = {}
    for place, path in enumerate(files):
        wanted = sorted(row for _, file, row in drawn if file == place)
        if wanted:
            rows = pq.read_table(path, columns=list(_COLUMNS)).take(wanted).to_pylist()
            found |= {(place, row): made for row, made in zip(wanted, rows, strict=True)}
    return [found[place, row] for _, place, row in drawn]


def alike(said: str, expected: str) -> float:
    """How many of the words two texts share, 0 to 1: the F1 of their words, in any order.

    >>> alike("Bees live in hives.", "bees live in trees")
    0.75
    """
    ours, theirs = (Counter(_WORD.findall(text.casefold())) for text in (said, expected))
    both = (ours & theirs).total()
    return 2 * both / (ours.total() + theirs.total()) if both else 0.0


class Asked:
    """A model at a provider; ``sleep`` waits for seconds."""

    def __init__(
        self,
        target: OpenAITarget,
        client: OpenAI,
        model: str,
        most_tokens: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._target = target
        self._client = client
        self._model = model
        self._given: dict[str, Any] = {"max_tokens": most_tokens, "temperature": 0}
        self._sleep = sleep
        self._refused = ""

    def answers(self, rows: Sequence[Row], form: str) -> list[Answer]:
        """One answer a row; what is refused once as such is not asked again."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda row: self._answer(row, form), rows))

    def _answer(self, row: Row, form: str) -> Answer:
        waits = list(_WAITS)
        while True:
            if self._refused:
                return Answer(trouble=self._refused)
            given = dict(self._given)
            try:
                return Answer(self._ask(row, form, given))
            except Exception as error:  # noqa: BLE001 - the client lets errors of JSON pass, too
                if self._adapted(error, given):
                    continue
                trouble = trouble_of(error, self._target, self._model)
                if waits and trouble.passes:
                    self._sleep(max(waits.pop(0), min(trouble.wait, 60)))
                    continue
                if _of_the_model(error):
                    self._refused = str(trouble)
                return Answer(trouble=str(trouble))

    def _ask(self, row: Row, form: str, given: dict[str, Any]) -> str:
        if form == "completion-model":
            prompt = lines.completion_model(row)["prompt"]
            end = lines.COMPLETION_END
            said: Any = self._client.completions.create(
                model=self._model, prompt=prompt, stop=[end], **given
            )
            text = _first(said, self._target).text
        else:
            messages = lines.chat(row)["messages"][:-1]
            said = self._client.chat.completions.create(
                model=self._model, messages=messages, **given
            )
            text = _first(said, self._target).message.content
        return str(text or "").strip()

    def _adapted(self, error: Exception, given: Mapping[str, Any]) -> bool:
        """Whether the model takes something else in the place of what it refused."""
        words = str(error) if getattr(error, "status_code", 0) in (400, 422) else ""
        for name, other in _INSTEAD.items():
            if name in given and name in words:
                value = self._given.pop(name, None)
                if other and value is not None:
                    self._given[other] = value
                return True
        return False


def _first(said: Any, target: OpenAITarget) -> Any:
    choices = getattr(said, "choices", None)
    if not choices:
        raise Trouble(
            f"[{target.name}] {target.base_url} gives no answer as OpenAI's API does", passes=False
        )
    return choices[0]


def _of_the_model(error: Exception) -> bool:
    return getattr(error, "status_code", 0) in (401, 403, 404)


def local_answers(
    there: Answering, receipt: Receipt, rows: Sequence[Row], *, tuned: bool
) -> list[Answer]:
    """The answers of a model on this machine."""
    try:
        return [Answer(text) for text in there.answer(receipt, rows, tuned=tuned)]
    except RefusedError as error:
        return [Answer(trouble=str(error)) for _ in rows]


def beside(rows: Sequence[Row], base: Sequence[Answer], tuned: Sequence[Answer]) -> list[Tried]:
    """Rows and both answers to each."""
    return [
        Tried(row["url"], row["prompt"], row["completion"], one, other)
        for row, one, other in zip(rows, base, tuned, strict=True)
    ]


def mean_alike(tried: Sequence[Tried], *, tuned: bool) -> float | None:
    """How alike a model's answers are to what the pages say, in the mean; None without any."""
    pairs = [(one.tuned if tuned else one.base, one.expected) for one in tried]
    found = [alike(answer.text, expected) for answer, expected in pairs if not answer.trouble]
    return sum(found) / len(found) if found else None
