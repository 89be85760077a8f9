"""A plan's model: what must be installed, the device, the base model, an adapter on it.

Everything heavy is imported inside functions: the extra of requirements-train.txt may be missing.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

from pipelines.trainingfolder import TrainingError
from pipelines.trainingplan import Plan

NEEDED: Final = ("torch", "trl", "peft", "transformers", "datasets")
REMEDY: Final = "run make setup-train, or pip install -r requirements-train.txt"


def missing() -> list[str]:
    """The packages of the extra that are not installed, without importing any."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def require_extra() -> None:
    """Raises :class:`TrainingError` when the extra is not installed."""
    if absent := missing():
        raise TrainingError(f"training needs {', '.join(absent)}: {REMEDY}")


def software() -> dict[str, str]:
    """The versions of what trains."""
    return {name: installed(name) for name in NEEDED}


def prepare_environment(plan: Plan, cache: Path | None = None) -> None:
    """Nothing is reported to anybody, nothing asked for when the model lies in a folder.

    For this process, before the libraries are imported. One card is used: TRL refuses several in
    one process.
    """
    said = {"HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
    said["TRANSFORMERS_VERBOSITY"] = "error"
    if cache:
        said["HF_DATASETS_CACHE"] = str(cache)
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
            f"model {plan.model}: {first_line(error)}; {_model_help(plan)}"
        ) from error
    is_chat = bool(tokenizer.chat_template) if plan.template == "auto" else plan.template == "chat"
    if is_chat and not tokenizer.chat_template:
        raise TrainingError(
            f"model {plan.model}: its tokenizer has no template; say template = plain"
        )
    if tokenizer.eos_token is None:
        raise TrainingError(f"model {plan.model}: its tokenizer names no end of text (eos_token)")
    return Loaded(model, tokenizer, device, half, is_chat)


def look_for(plan: Plan) -> None:
    """Whether the model is there: in its folder, in the cache, or on the Hub.

    Raises :class:`TrainingError` when it is not.
    """
    folder = Path(plan.model)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise TrainingError(f"model {plan.model}: {_model_help(plan)}")
        return
    import huggingface_hub  # noqa: PLC0415 - not always installed
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415 - as above

    revision = plan.revision or None
    try:
        if huggingface_hub.try_to_load_from_cache(plan.model, "config.json", revision=revision):
            return
        huggingface_hub.model_info(plan.model, revision=revision, timeout=20)
    except HFValidationError:
        raise TrainingError(f"model {plan.model}: no such folder; {_model_help(plan)}") from None
    except Exception as error:  # its client has many, and so has the network
        raise TrainingError(
            f"model {plan.model}: {first_line(error)}; {_model_help(plan)}"
        ) from error


def _model_help(plan: Plan) -> str:
    if Path(plan.model).is_dir():
        return "the folder must hold config.json, the weights and the tokenizer"
    return "name a model on the Hub that you may read, or a folder"


def with_adapter(model: Any, adapter: Path | None) -> Any:
    """The model with an adapter on it, or as it is."""
    if adapter is None:
        return model
    import peft  # noqa: PLC0415 - heavy

    return peft.PeftModel.from_pretrained(model, str(adapter))


def first_line(error: BaseException) -> str:
    """What an error of a library says first."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:200]
