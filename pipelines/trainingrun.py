"""A plan and examples -> an adapter: TRL with LoRA, from the last whole checkpoint on.

Everything heavy is imported inside functions: the extra of requirements-train.txt may be missing.
"""

from __future__ import annotations

import importlib.util
import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

from pipelines.trainingfolder import CHECKPOINTS, LOG, TrainingError, last_checkpoint, seal
from pipelines.trainingplan import Plan

NEEDED: Final = ("torch", "trl", "peft", "transformers", "datasets")
_MISSING: Final = "run make setup-train, or pip install -r requirements-train.txt"
_SMALLER: Final = "lower micro_batch_size or max_length, or take a smaller model"

Tell = Callable[[str, int, int], None]  # what is done; step, of how many


def missing() -> list[str]:
    """The packages of the extra that are not installed, without importing any."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def require_extra() -> None:
    """Raises :class:`TrainingError` when the extra is not installed."""
    if absent := missing():
        raise TrainingError(f"training needs {', '.join(absent)}: {_MISSING}")


def software() -> dict[str, str]:
    """The versions of what trains."""
    return {name: installed(name) for name in NEEDED}


def prepare_environment(plan: Plan, cache: Path) -> None:
    """Nothing is reported to anybody, nothing asked for when the model lies in a folder.

    For this process, before the libraries are imported. One card is used: TRL refuses several in
    one process.
    """
    said = {"HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
    said |= {"HF_DATASETS_CACHE": str(cache), "TRANSFORMERS_VERBOSITY": "error"}
    if is_offline := Path(plan.model).is_dir():
        said["HF_HUB_OFFLINE"] = "1"
    if plan.device.startswith("cuda"):
        said["CUDA_VISIBLE_DEVICES"] = plan.device.partition(":")[2] or "0"
    elif "CUDA_VISIBLE_DEVICES" not in os.environ:
        said["CUDA_VISIBLE_DEVICES"] = "0" if plan.device == "auto" else ""
    os.environ.update(said)
    from huggingface_hub import constants  # noqa: PLC0415 - the environment comes first

    # It reads the environment when it is imported, which may have been earlier.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    constants.HF_HUB_OFFLINE |= is_offline


def device_of(plan: Plan) -> str:
    """``cuda``, ``mps`` or ``cpu``. Raises :class:`TrainingError` for one that is not here."""
    import torch  # noqa: PLC0415 - heavy

    here = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    wanted = plan.device.partition(":")[0]
    if wanted == "auto":
        return next(name for name, is_here in here.items() if is_here)
    if not here[wanted]:
        raise TrainingError(f"device {plan.device}: PyTorch sees none here; take auto or cpu")
    return wanted


@dataclass
class Loaded:
    """A model with its tokenizer, where it is, whether in bfloat16, whether examples are chats."""

    model: Any
    tokenizer: Any
    device: str
    is_half: bool
    is_chat: bool


def load(plan: Plan) -> Loaded:
    """The base model and its tokenizer. Raises :class:`TrainingError` for none."""
    import torch  # noqa: PLC0415 - heavy
    import transformers  # noqa: PLC0415 - heavy

    transformers.utils.logging.disable_progress_bar()
    device = device_of(plan)
    half = device == "cuda" and torch.cuda.is_bf16_supported()
    options: dict[str, Any] = {"revision": plan.revision} if plan.revision else {}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(plan.model, **options)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            plan.model, dtype=torch.bfloat16 if half else torch.float32, **options
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise TrainingError(
            f"model {plan.model}: {_first_line(error)}; {_model_help(plan)}"
        ) from error
    is_chat = bool(tokenizer.chat_template) if plan.template == "auto" else plan.template == "chat"
    if is_chat and not tokenizer.chat_template:
        raise TrainingError(
            f"model {plan.model}: its tokenizer has no template; say template = plain"
        )
    if tokenizer.eos_token is None:
        raise TrainingError(f"model {plan.model}: its tokenizer names no end of text (eos_token)")
    return Loaded(model, tokenizer, device, half, is_chat)


def _model_help(plan: Plan) -> str:
    if Path(plan.model).is_dir():
        return "the folder must hold config.json, the weights and the tokenizer"
    return "name a model on the Hub that you may read, or a folder"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:200]


@dataclass
class Progress:
    """Turns the trainer's events into lines, the log file, and seals on checkpoints."""

    folder: Path
    tell: Tell
    started: float = field(default_factory=time.monotonic)
    first_step: int = 0
    is_silent: bool = False

    def on_log(self, state: Any, logs: dict[str, Any]) -> None:
        """Figures of a step: one line for people, one in the log file."""
        if self.is_silent:
            return
        known = {name: value for name, value in logs.items() if isinstance(value, int | float)}
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": state.global_step, **known}) + "\n")
        if "loss" in logs:
            self._say(state, f"loss {logs['loss']:.3f}{self._left(state)}")
            if not abs(logs["loss"]) < float("inf"):
                raise TrainingError(
                    f"the loss is no number any more at step {state.global_step}: lower "
                    "learning_rate"
                )
        elif "eval_loss" in logs:
            self._say(state, f"validation loss {logs['eval_loss']:.3f}")

    def _say(self, state: Any, text: str) -> None:
        self.tell(f"epoch {state.epoch or 0:.2f}, {text}", state.global_step, state.max_steps)

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

    class Callback(transformers.TrainerCallback):  # type: ignore[misc] - untyped
        def on_log(self, _args: Any, state: Any, _control: Any, **more: Any) -> None:
            progress.on_log(state, more.get("logs") or {})

        def on_save(self, args: Any, state: Any, _control: Any, **_more: Any) -> None:
            seal(Path(args.output_dir) / f"checkpoint-{state.global_step}")

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
        "gradient_checkpointing": device != "cpu",
        "use_cpu": device == "cpu",
        "bf16": loaded.is_half,
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
        raise TrainingError(f"the trainer refuses: {_first_line(error)}") from error
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer, progress


def run(trainer: Any, progress: Progress) -> int:
    """Train to the end, from the last whole checkpoint on; how many steps there are.

    Raises :class:`TrainingError` when memory or the loss gives out.
    """
    import torch  # noqa: PLC0415 - heavy

    last = last_checkpoint(progress.folder)
    if last:
        progress.first_step = last[0]
        progress.tell(f"goes on from step {last[0]:,}", 0, 0)
    try:
        trainer.train(resume_from_checkpoint=str(last[1]) if last else None)
    except torch.OutOfMemoryError as error:
        raise TrainingError(f"the memory of the card does not suffice: {_SMALLER}") from error
    progress.is_silent = True  # what is evaluated now is no step
    return int(trainer.state.global_step)
