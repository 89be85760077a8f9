"""A plan and examples -> an adapter: TRL with LoRA, from the last whole checkpoint on.

Everything heavy is imported inside functions, as in ``trainingmodel``.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow.compute as pc

from pipelines.trainingfolder import (
    CHECKPOINTS,
    LOG,
    BrokenError,
    TrainingError,
    last_checkpoint,
    seal,
)
from pipelines.trainingmodel import Loaded, first_line
from pipelines.trainingplan import Plan

_SMALLER: Final = "lower micro_batch_size or max_length, or take a smaller model"

Tell = Callable[[str, int, int], None]  # what is done; step, of how many


@dataclass
class Progress:
    """Turns the trainer's events into lines, the log file, and seals on checkpoints."""

    folder: Path
    tell: Tell
    started: float = field(default_factory=time.monotonic)
    first_step: int = 0
    is_silent: bool = False
    latest: str = ""

    def on_log(self, state: Any, logs: dict[str, Any]) -> None:
        """Figures of a step: one line for people, one in the log file."""
        if self.is_silent:
            return
        known = {name: value for name, value in logs.items() if isinstance(value, int | float)}
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": state.global_step, **known}) + "\n")
        if "loss" in logs:
            self.latest = f"loss {logs['loss']:.3f}"
            said = f"epoch {state.epoch or 0:.2f}, {self.latest}{self._left(state)}"
            self.tell(said, state.global_step, state.max_steps)
            if not abs(logs["loss"]) < float("inf"):
                raise BrokenError(
                    f"the loss is no number any more at step {state.global_step}: lower "
                    "learning_rate"
                )
        elif "eval_loss" in logs:
            self.latest += f", validation loss {logs['eval_loss']:.3f}"

    def on_save(self, state: Any, checkpoint: Path) -> None:
        """A checkpoint is whole: a line that stays, also where there is no terminal."""
        seal(checkpoint)
        where = f"step {state.global_step:,} of {state.max_steps:,}, epoch {state.epoch or 0:.2f}"
        self.tell(f"{where}: {self.latest}", 0, 0)

    def _left(self, state: Any) -> str:
        done = state.global_step - self.first_step
        if done < 1:
            return ""
        pace = (time.monotonic() - self.started) / done
        seconds = round(pace * (state.max_steps - state.global_step))
        return f", {pace:.2f} s a step, {seconds // 60}:{seconds % 60:02d} left"


def _callback(progress: Progress) -> Any:
    """The progress as transformers wants it."""
    import transformers  # noqa: PLC0415 - heavy

    class Callback(transformers.TrainerCallback):  # type: ignore[misc]  # it may not be there
        def on_log(self, _args: Any, state: Any, _control: Any, **more: Any) -> None:
            progress.on_log(state, more.get("logs") or {})

        def on_save(self, args: Any, state: Any, _control: Any, **_more: Any) -> None:
            progress.on_save(state, Path(args.output_dir) / f"checkpoint-{state.global_step}")

    return Callback()


def arguments(plan: Plan, folder: Path, loaded: Loaded, rows: int, held_out: int) -> dict[str, Any]:
    """TRL's own words for the plan."""
    figures = plan.hyperparameters
    every, device = plan.every(rows), loaded.device
    return {
        "output_dir": str(folder / CHECKPOINTS),
        "num_train_epochs": figures.epochs,
        "max_steps": figures.steps or -1,
        "learning_rate": figures.learning_rate,
        "per_device_train_batch_size": figures.micro_batch_size,
        "per_device_eval_batch_size": figures.micro_batch_size,
        "gradient_accumulation_steps": figures.accumulated,
        "max_length": figures.max_length,
        "warmup_steps": figures.warmup,
        "lr_scheduler_type": figures.schedule,
        "weight_decay": figures.weight_decay,
        "seed": plan.seed,
        "data_seed": plan.seed,
        "completion_only_loss": True,
        "packing": False,
        "gradient_checkpointing": True,  # 1.8 GB in place of 2.5, of 135 million weights
        "use_cpu": device == "cpu",
        "bf16": loaded.is_half,
        "logging_nan_inf_filter": False,
        "logging_steps": min(10, every),
        "save_strategy": "steps",
        "save_steps": every,
        "save_total_limit": 2,
        "eval_strategy": "steps" if held_out else "no",
        "eval_steps": every,
        "load_best_model_at_end": bool(held_out) and plan.keep == "best",
        "report_to": [],
        "disable_tqdm": True,
        "dataloader_pin_memory": device == "cuda",
    }


def make_trainer(
    plan: Plan, folder: Path, loaded: Loaded, data: tuple[Any, Any], tell: Tell
) -> tuple[Any, Progress]:
    """TRL's trainer over the examples (train, validation or None), and what it tells."""
    import peft  # noqa: PLC0415 - heavy
    import transformers  # noqa: PLC0415 - heavy
    import trl  # noqa: PLC0415 - heavy

    figures = plan.hyperparameters
    train, held_out = data
    said = arguments(plan, folder, loaded, len(train), len(held_out or ()))
    lora = peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=figures.lora_r,
        lora_alpha=figures.lora_alpha,
        lora_dropout=figures.lora_dropout,
        target_modules=list(figures.lora_modules) or "all-linear",
    )
    progress = Progress(folder, tell)
    try:
        # Its libraries rename arguments to each other: not for our users to read.
        warnings.simplefilter("ignore", FutureWarning)
        trainer = trl.SFTTrainer(
            model=loaded.model,
            processing_class=loaded.tokenizer,
            train_dataset=train,
            eval_dataset=held_out or None,
            peft_config=lora,
            args=trl.SFTConfig(**said),
            callbacks=[_callback(progress)],
        )
    except ValueError as error:
        raise TrainingError(f"the trainer refuses: {first_line(error)}") from error
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer, progress


def filled(dataset: Any, most: int) -> int:
    """How many of the trainer's examples have so many tokens."""
    tables = dataset.select_columns("input_ids").with_format("arrow").iter(10_000)
    return sum(
        pc.sum(pc.greater_equal(pc.list_value_length(one["input_ids"]), most)).as_py() or 0
        for one in tables
    )


def _is_at_end(trainer: Any, checkpoint: Path) -> bool:
    """Whether a checkpoint is of the last step; then its weights, or the best, are loaded.

    The trainer itself would take one step more.
    """
    import transformers  # noqa: PLC0415 - heavy

    state = transformers.TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
    if state.global_step < state.max_steps:
        return False
    kept = checkpoint
    if trainer.args.load_best_model_at_end and state.best_global_step:
        kept = checkpoint.with_name(f"checkpoint-{state.best_global_step}")
    trainer.model.load_adapter(str(kept), "default", is_trainable=True)
    trainer.state = state
    return True


def run(trainer: Any, progress: Progress) -> int:
    """Train to the end, from the last whole checkpoint on; how many steps there are.

    Raises :class:`BrokenError` when memory or the loss gives out.
    """
    import torch  # noqa: PLC0415 - heavy

    last = last_checkpoint(progress.folder)
    if last:
        progress.first_step = last[0]
        progress.tell(f"goes on from step {last[0]:,}", 0, 0)
        if _is_at_end(trainer, last[1]):
            progress.is_silent = True
            return last[0]
    try:
        trainer.train(resume_from_checkpoint=str(last[1]) if last else None)
    except torch.OutOfMemoryError as error:
        raise BrokenError(f"the memory of the card does not suffice: {_SMALLER}") from error
    progress.is_silent = True  # what is evaluated now is no step
    return int(trainer.state.global_step)
