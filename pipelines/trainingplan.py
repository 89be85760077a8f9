"""What a training on one's own machine is to be: model, method, figures, with defaults. Pure.

The defaults suit an open model of half a billion to three billion weights and some thousand pairs.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_MOST_CHECKPOINTS: Final = 10  # in a training, about
_MOST_BETWEEN: Final = 200  # steps that a kill may cost
_DEVICE: Final = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
_SHOWN: Final = 12  # hex digits of a fingerprint in a folder's name


class Hyperparameters(BaseModel):
    """The figures of a training; names as trainers have them.

    ``batch_size`` examples make a step, of which ``micro_batch_size`` are in memory at once.
    ``max_length`` is in tokens, ``warmup`` a share of the steps; ``steps`` above 0 ends the
    training there, however many epochs that are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: float = Field(default=3, gt=0, le=1000)
    steps: int = Field(default=0, ge=0)
    learning_rate: float = Field(default=2e-4, gt=0, lt=1)
    batch_size: int = Field(default=8, ge=1)
    micro_batch_size: int = Field(default=2, ge=1)
    max_length: int = Field(default=1024, ge=8)
    warmup: float = Field(default=0.03, ge=0, lt=1)
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    weight_decay: float = Field(default=0, ge=0)
    lora_r: int = Field(default=16, ge=1)
    lora_alpha: int = Field(default=32, ge=1)
    lora_dropout: float = Field(default=0.05, ge=0, lt=1)
    lora_modules: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _divides(self) -> Hyperparameters:
        if self.batch_size % self.micro_batch_size:
            raise ValueError(
                f"batch_size {self.batch_size} is no multiple of micro_batch_size "
                f"{self.micro_batch_size}"
            )
        return self

    @property
    def accumulated(self) -> int:
        """How many small batches make a step."""
        return self.batch_size // self.micro_batch_size

    def steps_of(self, rows: int) -> int:
        """How many steps a training over so many examples has.

        >>> Hyperparameters(epochs=3).steps_of(100), Hyperparameters(steps=7).steps_of(100)
        (39, 7)
        """
        batches = math.ceil(rows / self.micro_batch_size)
        return self.steps or math.ceil(self.epochs * math.ceil(batches / self.accumulated))


class Plan(BaseModel):
    """A training: ``model`` is a folder or a name on the Hub, ``revision`` a commit there.

    ``template`` is how a pair becomes a text: ``chat`` by the tokenizer's own template, ``plain``
    as prompt, empty line, completion; ``auto`` looks whether the tokenizer has a template.
    ``keep`` is whether the adapter of the ``best`` validation loss stays, or the ``last``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1)
    revision: str = ""
    method: Literal["lora"] = "lora"
    template: Literal["auto", "chat", "plain"] = "auto"
    hyperparameters: Hyperparameters = Hyperparameters()
    seed: int = Field(default=0, ge=0, lt=2**32)
    device: str = "auto"
    keep: Literal["best", "last"] = "best"
    checkpoint_steps: int = Field(default=0, ge=0)
    validation_rows: int = Field(default=200, ge=0)
    samples: int = Field(default=4, ge=0, le=100)
    sample_tokens: int = Field(default=96, ge=1, le=4096)

    @field_validator("device")
    @classmethod
    def _is_device(cls, value: str) -> str:
        if not _DEVICE.fullmatch(value):
            raise ValueError(f"{value!r}: auto, cpu, mps, cuda, or cuda:1 for the second card")
        return value

    def every(self, rows: int) -> int:
        """After how many steps a checkpoint is written and the validation loss taken.

        >>> Plan(model="m").every(100), Plan(model="m").every(100_000)
        (4, 200)
        """
        steps = self.hyperparameters.steps_of(rows)
        return self.checkpoint_steps or min(_MOST_BETWEEN, math.ceil(steps / _MOST_CHECKPOINTS))

    def fingerprint(self, dataset_sha256: str, model_state: str = "") -> str:
        """A name for what is trained with what: the same again is the same training.

        ``model_state`` tells one state of a model's folder from another. The device does not
        count: a training may go on elsewhere.
        """
        said = self.model_dump(mode="json", exclude={"device"})
        text = json.dumps([dataset_sha256, model_state, said], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_SHOWN]
