"""A plan as configurations of trainers: TRL, Axolotl, LLaMA-Factory, Unsloth. Pure.

Paths are relative to the folder that the configurations lie in. Keys as in TRL 1.16 (its ``sft``
command), Axolotl 0.19, LLaMA-Factory 0.9.5 and Unsloth 2026.10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipelines.trainingplan import Plan

# The folders of the lines that trainers take: conversations of prompt and completion, messages,
# instructions, and plain prompt and completion.
PAIRS: Final = "pairs"
MESSAGES: Final = "messages"
INSTRUCTIONS: Final = "instructions"
_AXOLOTL_PLAIN: Final = {
    "field_instruction": "prompt",
    "field_output": "completion",
    "format": "{instruction}",
    "no_input_format": "{instruction}",
}


@dataclass(frozen=True, slots=True)
class Task:
    """What is written down: the plan, how many rows there are to train on, what is known."""

    plan: Plan
    rows: int
    is_validated: bool
    is_chat: bool

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return self.plan.hyperparameters.steps_of(self.rows)

    @property
    def every(self) -> int:
        """Steps between checkpoints."""
        return self.plan.every(self.rows)


def trl(task: Task) -> dict[str, Any]:
    """``trl sft --config trl.yaml``."""
    figures = task.plan.hyperparameters
    return {
        "model_name_or_path": task.plan.model,
        **({"model_revision": task.plan.revision} if task.plan.revision else {}),
        "dtype": "auto",
        "dataset_name": PAIRS,
        "dataset_train_split": "train",
        "dataset_test_split": "validation",
        "completion_only_loss": True,
        "use_peft": True,
        "lora_r": figures.lora_r,
        "lora_alpha": figures.lora_alpha,
        "lora_dropout": figures.lora_dropout,
        "lora_target_modules": list(figures.lora_modules) or ["all-linear"],
        "max_length": figures.max_length,
        **_trainer(task),
        "data_seed": task.plan.seed,
        "per_device_eval_batch_size": figures.micro_batch_size,
        "output_dir": "out-trl",
    }


def axolotl(task: Task) -> dict[str, Any]:
    """``axolotl train axolotl.yaml``."""
    figures = task.plan.hyperparameters
    lines = {
        "ds_type": "json",
        "split": "train",
        **(
            {
                "type": "chat_template",
                "chat_template": "tokenizer_default",
                "field_messages": "messages",
                "roles_to_train": ["assistant"],
                "train_on_eos": "turn",
            }
            if task.is_chat
            else {"type": _AXOLOTL_PLAIN}
        ),
    }
    folder = MESSAGES if task.is_chat else PAIRS
    held_out = {"test_datasets": [{"path": f"{folder}/validation.jsonl", **lines}]}
    return {
        "base_model": task.plan.model,
        **({"revision_of_model": task.plan.revision} if task.plan.revision else {}),
        "datasets": [{"path": f"{folder}/train.jsonl", **lines}],
        **(held_out if task.is_validated else {}),
        "dataset_prepared_path": "out-axolotl/prepared",
        "train_on_inputs": False,
        "adapter": "lora",
        "lora_r": figures.lora_r,
        "lora_alpha": figures.lora_alpha,
        "lora_dropout": figures.lora_dropout,
        **(
            {"lora_target_modules": list(figures.lora_modules)}
            if figures.lora_modules
            else {"lora_target_linear": True}
        ),
        "sequence_len": figures.max_length,
        "excess_length_strategy": "truncate",
        "sample_packing": False,
        "micro_batch_size": figures.micro_batch_size,
        "gradient_accumulation_steps": figures.accumulated,
        "num_epochs": figures.epochs,
        **({"max_steps": figures.steps} if figures.steps else {}),
        "optimizer": "adamw_torch",
        "learning_rate": figures.learning_rate,
        "lr_scheduler": figures.schedule,
        "warmup_steps": _warmup(task),
        "weight_decay": figures.weight_decay,
        "bf16": "auto",
        "gradient_checkpointing": True,
        "seed": task.plan.seed,
        "logging_steps": min(10, task.every),
        "save_steps": task.every,
        **({"eval_steps": task.every} if task.is_validated else {}),
        "save_total_limit": 2,
        "load_best_model_at_end": task.is_validated and task.plan.keep == "best",
        "auto_resume_from_checkpoints": True,
        "output_dir": "out-axolotl",
    }


def llama_factory(task: Task) -> dict[str, Any]:
    """``llamafactory-cli train llama-factory.yaml``: without ``template``, the tokenizer's own."""
    figures = task.plan.hyperparameters
    return {
        "model_name_or_path": task.plan.model,
        **({"model_revision": task.plan.revision} if task.plan.revision else {}),
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "lora",
        "lora_rank": figures.lora_r,
        "lora_alpha": figures.lora_alpha,
        "lora_dropout": figures.lora_dropout,
        "lora_target": ",".join(figures.lora_modules) or "all",
        "dataset_dir": INSTRUCTIONS,
        "dataset": "train",
        **({"eval_dataset": "validation"} if task.is_validated else {}),
        **({} if task.is_chat else {"template": "default"}),
        "cutoff_len": figures.max_length,
        **_trainer(task),
        "per_device_eval_batch_size": figures.micro_batch_size,
        "output_dir": "out-llama-factory",
    }


def _trainer(task: Task) -> dict[str, Any]:
    """What trainers over transformers call alike."""
    figures = task.plan.hyperparameters
    is_best = task.is_validated and task.plan.keep == "best"
    return {
        "per_device_train_batch_size": figures.micro_batch_size,
        "gradient_accumulation_steps": figures.accumulated,
        "num_train_epochs": figures.epochs,
        "max_steps": figures.steps or -1,
        "learning_rate": figures.learning_rate,
        "lr_scheduler_type": figures.schedule,
        "warmup_steps": _warmup(task),
        "weight_decay": figures.weight_decay,
        "seed": task.plan.seed,
        "logging_steps": min(10, task.every),
        "save_strategy": "steps",
        "save_steps": task.every,
        "save_total_limit": 2,
        "eval_strategy": "steps" if task.is_validated else "no",
        **({"eval_steps": task.every} if task.is_validated else {}),
        "load_best_model_at_end": is_best,
        "report_to": "none",
        **({"use_cpu": True, "bf16": False} if task.plan.device == "cpu" else {}),
    }


def _warmup(task: Task) -> int:
    """Steps: the share is not understood by all versions."""
    return round(task.steps * task.plan.hyperparameters.warmup)


_MODULES: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_UNSLOTH: Final = '''"""Unsloth on this dataset: run it in this folder."""

from unsloth import FastLanguageModel  # first: it changes the others

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

model, tokenizer = FastLanguageModel.from_pretrained({load})
model = FastLanguageModel.get_peft_model(
    model,{lora})
data = load_dataset("json", data_files={files})
trainer = SFTTrainer(
    model=model,
    processing_class=tokenizer,
    train_dataset=data["train"],
    eval_dataset={held_out},
    args=SFTConfig({arguments}),
)
trainer.train()
model.save_pretrained("out-unsloth/adapter")
tokenizer.save_pretrained("out-unsloth/adapter")
'''


def unsloth(task: Task) -> str:
    """``python unsloth_train.py``: a script, since Unsloth has no configuration."""
    figures = task.plan.hyperparameters
    load = {
        "model_name": task.plan.model,
        "max_seq_length": figures.max_length,
        "load_in_4bit": False,
        **({"revision": task.plan.revision} if task.plan.revision else {}),
    }
    lora = {
        "r": figures.lora_r,
        "lora_alpha": figures.lora_alpha,
        "lora_dropout": figures.lora_dropout,
        "target_modules": list(figures.lora_modules or _MODULES),
        "random_state": task.plan.seed,
    }
    splits = ("train", "validation") if task.is_validated else ("train",)
    arguments = {
        **_trainer(task),
        "max_length": figures.max_length,
        "completion_only_loss": True,
        "output_dir": "out-unsloth",
    }
    return _UNSLOTH.format(
        load=_keywords(load),
        lora=_keywords(lora),
        files={split: f"{PAIRS}/{split}.jsonl" for split in splits},
        held_out='data["validation"]' if task.is_validated else None,
        arguments=_keywords(arguments, 1),
    )


def _keywords(said: Mapping[str, Any], depth: int = 0) -> str:
    """Arguments, one a line, for a call that stands so deep."""
    before = "    " * depth
    lines = "".join(f"\n    {before}{name}={value!r}," for name, value in said.items())
    return f"{lines}\n{before}"


CONFIGS: Final[Mapping[str, Callable[[Task], dict[str, Any]]]] = {
    "trl.yaml": trl,
    "axolotl.yaml": axolotl,
    "llama-factory.yaml": llama_factory,
}
SCRIPT: Final = "unsloth_train.py"
COMMANDS: Final = {
    "TRL": "trl sft --config trl.yaml",
    "Axolotl": "axolotl train axolotl.yaml",
    "LLaMA-Factory": "llamafactory-cli train llama-factory.yaml",
    "Unsloth": f"python {SCRIPT}",
}
