"""What each trainer and provider takes: lines, sizes, counts, with where that is written. Pure.

Figures change; each target names its page. To add one, add an entry to ``TARGETS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Shape = Literal[
    "chat", "prompt-completion", "conversation", "text", "segments", "alpaca", "gemini", "bedrock"
]
Mark = Literal["refused", "allowed", "required"]

MB: Final = 1_000_000  # where a page only says MB, the smaller reading is safe
GB: Final = 1_000 * MB


@dataclass(frozen=True, slots=True)
class Target:
    """A place where training data goes.

    ``format`` is how rows of pairs are rendered for it, ``shapes`` the lines that it takes.
    ``least`` and ``most`` are examples a file, ``most_bytes`` a file's size, 0 for no limit;
    ``mark`` says whether a byte-order mark may begin a file, ``affixes`` whether prompts want a
    common end and completions a common end and a space before them. ``weights`` are the roles
    whose messages may have a weight; ``alternates``: user and assistant take turns.
    """

    name: str
    format: str
    shapes: tuple[Shape, ...]
    source: str
    least: int = 1
    most: int = 0
    most_bytes: int = 0
    mark: Mark = "refused"
    affixes: bool = False
    weights: tuple[str, ...] = ("assistant",)
    alternates: bool = False


_ANY_ROLE: Final = ("system", "user", "assistant")
_ALL: Final = (
    Target(
        "openai",
        "openai-chat",
        ("chat",),
        "developers.openai.com/api/docs/guides/supervised-fine-tuning",
        least=10,
        most_bytes=512 * MB,
    ),
    Target(
        "azure",
        "openai-chat",
        ("chat",),
        "learn.microsoft.com/azure/ai-foundry/openai/how-to/fine-tuning",
        least=10,
        most_bytes=512 * MB,
        mark="allowed",
    ),
    Target(
        "azure-bom",
        "openai-chat-bom",
        ("chat",),
        "learn.microsoft.com/azure/ai-foundry/openai/how-to/fine-tuning, its older text",
        least=10,
        most_bytes=512 * MB,
        mark="required",
    ),
    Target(
        "mistral",
        "openai-chat",
        ("chat",),
        "docs.mistral.ai/capabilities/finetuning/text_vision_finetuning",
        alternates=True,
    ),
    Target(
        "fireworks",
        "openai-chat",
        ("chat",),
        "docs.fireworks.ai/fine-tuning/fine-tuning-models",
        least=3,
        most=3_000_000,
        weights=_ANY_ROLE,
    ),
    Target(
        "together",
        "prompt-completion",
        ("prompt-completion", "chat", "text"),
        "docs.together.ai/docs/fine-tuning/data-preparation",
        most_bytes=100 * GB,
        weights=_ANY_ROLE,
        alternates=True,
    ),
    Target(
        "nebius",
        "openai-chat",
        ("chat", "prompt-completion", "text"),
        "docs.tokenfactory.nebius.com/fine-tuning/overview",
    ),
    Target(
        "gemini",
        "gemini",
        ("gemini",),
        "cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare",
        most=1_000_000,
        most_bytes=GB,
    ),
    Target(
        "bedrock",
        "bedrock",
        ("bedrock", "prompt-completion"),
        "docs.aws.amazon.com/bedrock/latest/userguide/model-customization-prepare.html",
        most_bytes=GB,
    ),
    Target(
        "trl",
        "trl",
        ("conversation", "chat", "prompt-completion", "text"),
        "huggingface.co/docs/trl/dataset_formats",
    ),
    Target(
        "axolotl",
        "axolotl",
        ("segments", "chat", "text"),
        "docs.axolotl.ai/docs/dataset-formats",
    ),
    Target(
        "llama-factory",
        "llama-factory",
        ("alpaca",),
        "llamafactory.readthedocs.io/en/latest/getting_started/data_preparation.html",
    ),
    Target(
        "completion-model",
        "completion-model",
        ("prompt-completion",),
        "cookbook.openai.com, fine-tuned classification: prepare_data",
        least=10,
        most_bytes=512 * MB,
        affixes=True,
    ),
    Target(
        "rows",
        "prompt-completion",
        ("prompt-completion",),
        "docs/data.md: our own rows, for no trainer in particular",
    ),
)

TARGETS: Final = MappingProxyType({target.name: target for target in _ALL})
