"""A pair's row -> one line of a trainer's format: a small function a format. Pure.

A row has at least ``prompt`` and ``completion``, both texts with words in them, and may have a
``system_prompt``. Formats with a place for the system prompt carry it; the others leave it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Row = Mapping[str, Any]
Line = dict[str, Any]

BETWEEN: Final = "\n\n"  # prompt and completion, where a format has one running text
# What OpenAI's base models were told to be trained with: a separator that no prompt holds, a
# completion that begins with a space, and an end.
PROMPT_END: Final = "\n\n###\n\n"
COMPLETION_END: Final = " END"
BEDROCK_SCHEMA: Final = "bedrock-conversation-2024"


class FormatError(ValueError):
    """A row that a format cannot hold: ``row`` counts from 1, the message says what to do."""

    def __init__(self, message: str, row: int = 0) -> None:
        super().__init__(f"row {row:,}: {message}" if row else message)
        self.row = row


def chat(row: Row) -> Line:
    """Messages by role: OpenAI and who speaks its protocol, TRL, Axolotl's ``chat_template``.

    >>> chat({"prompt": "Bees", "completion": "Bees live in hives."})["messages"][1]
    {'role': 'assistant', 'content': 'Bees live in hives.'}
    """
    return {"messages": [*_asked(row), _message("assistant", row["completion"])]}


def prompt_completion(row: Row) -> Line:
    """The two texts: TRL's standard form, Together's and Nebius' instructions, Bedrock.

    >>> prompt_completion({"prompt": "Bees", "completion": "Bees live in hives.", "kind": "title"})
    {'prompt': 'Bees', 'completion': 'Bees live in hives.'}
    """
    return {"prompt": row["prompt"], "completion": row["completion"]}


def completion_model(row: Row) -> Line:
    """The two texts with separator and end, for base models that are given no template."""
    return {
        "prompt": row["prompt"] + PROMPT_END,
        "completion": f" {row['completion']}{COMPLETION_END}",
    }


def conversation(row: Row) -> Line:
    """TRL's conversational prompt and completion: only the completion is trained on."""
    return {"prompt": _asked(row), "completion": [_message("assistant", row["completion"])]}


def running_text(row: Row) -> Line:
    r"""One text for training as on any other.

    >>> running_text({"prompt": "Bees", "completion": "Bees live in hives."})
    {'text': 'Bees\n\nBees live in hives.'}
    """
    return {"text": f"{row['prompt']}{BETWEEN}{row['completion']}"}


def segments(row: Row) -> Line:
    """Axolotl's template-free form: what has no label is not trained on."""
    return {
        "segments": [
            {"label": False, "text": row["prompt"] + BETWEEN},
            {"label": True, "text": row["completion"]},
        ]
    }


def alpaca(row: Row) -> Line:
    """LLaMA-Factory's columns; all of them in each line, since it reads them as one table."""
    return {
        "instruction": row["prompt"],
        "input": "",
        "output": row["completion"],
        "system": row.get("system_prompt") or "",
    }


def gemini(row: Row) -> Line:
    """Vertex AI: contents of parts, the system's instruction beside them."""
    system = row.get("system_prompt")
    first = {"systemInstruction": {"parts": [{"text": system}]}} if system else {}
    return {
        **first,
        "contents": [
            {"role": "user", "parts": [{"text": row["prompt"]}]},
            {"role": "model", "parts": [{"text": row["completion"]}]},
        ],
    }


def bedrock(row: Row) -> Line:
    """Bedrock's conversations: content in blocks, the schema's name in each line."""
    system = row.get("system_prompt")
    return {
        "schemaVersion": BEDROCK_SCHEMA,
        **({"system": [{"text": system}]} if system else {}),
        "messages": [
            {"role": "user", "content": [{"text": row["prompt"]}]},
            {"role": "assistant", "content": [{"text": row["completion"]}]},
        ],
    }


def _asked(row: Row) -> list[Line]:
    """The messages before the answer: the system's, where there is one, and the user's."""
    system = row.get("system_prompt")
    first = [_message("system", system)] if system else []
    return [*first, _message("user", row["prompt"])]


def _message(role: str, content: str) -> Line:
    return {"role": role, "content": content}
