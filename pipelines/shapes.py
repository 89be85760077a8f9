"""A line of training data -> its texts, and what is wrong with its form. Pure.

Formats are told apart by their keys. One dictionary may have the keys of several, which the
targets take badly; its texts are then those of the first format that the target takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pipelines.faults import Found
from pipelines.messages import Example, talk
from pipelines.targets import Shape, Target


class Read(NamedTuple):
    """A line that was read: its format, its texts where they are usable, its faults."""

    shape: Shape | None
    example: Example | None
    faults: tuple[Found, ...] = ()


def shapes_of(line: Mapping[str, Any]) -> list[Shape]:
    """The formats whose keys a line has.

    >>> shapes_of({"prompt": "Bees", "completion": "Live.", "text": "Bees"})
    ['prompt-completion', 'text']
    """
    found: list[Shape] = []
    if "messages" in line:
        found.append("bedrock" if "schemaVersion" in line else "chat")
    if "prompt" in line and "completion" in line:
        is_talk = isinstance(line["prompt"], list) or isinstance(line["completion"], list)
        found.append("conversation" if is_talk else "prompt-completion")
    if "text" in line:
        found.append("text")
    if "segments" in line:
        found.append("segments")
    if "instruction" in line and "output" in line:
        found.append("alpaca")
    if "contents" in line:
        found.append("gemini")
    return found


def read_line(line: Mapping[str, Any], target: Target) -> Read:
    """The texts of a line by the target's rules.

    >>> from pipelines.targets import TARGETS
    >>> read_line({"prompt": "Bees", "completion": ""}, TARGETS["rows"]).faults
    (Found(name='completion-empty', detail=''),)
    """
    shapes = shapes_of(line)
    shape = next((each for each in shapes if each in target.shapes), None)
    if shape is None:
        has = f"{shapes[0]}, not " if shapes else f"keys {_names(line)}, not those of "
        return Read(None, None, (Found("unknown-format", has + " or ".join(target.shapes)),))
    faults: list[Found] = []
    if len(shapes) > 1:
        faults.append(Found("two-formats", " and ".join(shapes)))
    elif extra := sorted(line.keys() - _KEYS[shape]):
        faults.append(Found("unknown-key", ", ".join(extra[:5])))
    example = _READERS[shape](line, target, faults)
    if example:
        if not example.prompt.strip() and shape != "text":
            faults.append(Found("prompt-empty"))
        if not example.completion.strip():
            faults.append(Found("completion-empty"))
    return Read(shape, example, tuple(faults))


def _names(line: Mapping[str, Any]) -> str:
    return ", ".join(sorted(line)[:5]) or "none"


def _chat(line: Mapping[str, Any], target: Target, faults: list[Found]) -> Example | None:
    return talk(line["messages"], target, faults)


def _conversation(line: Mapping[str, Any], target: Target, faults: list[Found]) -> Example | None:
    asked, said = line["prompt"], line["completion"]
    if not (isinstance(asked, list) and isinstance(said, list)):
        faults.append(Found("bad-content", "prompt and completion: both lists, or both texts"))
        return None
    return talk([*asked, *said], target, faults)


def _texts(
    line: Mapping[str, Any], names: Sequence[str], faults: list[Found]
) -> tuple[str, ...] | None:
    """The values of some keys, all texts; what is absent or null is empty."""
    texts = tuple(line.get(name) or "" for name in names)
    for name, text in zip(names, texts, strict=True):
        if not isinstance(text, str):
            faults.append(Found("bad-content", f"{name}: {type(text).__name__}"))
            return None
    return texts


def _prompt_completion(line: Mapping[str, Any], _: Target, faults: list[Found]) -> Example | None:
    texts = _texts(line, ("prompt", "completion"), faults)
    return Example(texts[0], texts[1]) if texts else None


def _text(line: Mapping[str, Any], _: Target, faults: list[Found]) -> Example | None:
    texts = _texts(line, ("text",), faults)
    return Example("", texts[0]) if texts else None


def _alpaca(line: Mapping[str, Any], _: Target, faults: list[Found]) -> Example | None:
    texts = _texts(line, ("instruction", "input", "output", "system"), faults)
    if not texts:
        return None
    asked = "\n".join(text for text in texts[:2] if text)
    return Example(asked, texts[2], texts[3])


def _segments(line: Mapping[str, Any], _: Target, faults: list[Found]) -> Example | None:
    parts = line["segments"]
    good = isinstance(parts, list) and all(
        isinstance(part, dict)
        and isinstance(part.get("text"), str)
        and isinstance(part.get("label"), bool)
        for part in parts
    )
    if not good:
        faults.append(Found("bad-content", "segments: a list of label (true, false) and text"))
        return None
    sides = {
        side: "".join(part["text"] for part in parts if part["label"] is side)
        for side in (False, True)
    }
    return Example(sides[False], sides[True])


def _gemini(line: Mapping[str, Any], target: Target, faults: list[Found]) -> Example | None:
    contents = line["contents"]
    messages = [
        {"role": _as_openai(each), "content": each.get("parts")} if isinstance(each, dict) else {}
        for each in (contents if isinstance(contents, list) else ())
    ]
    if line.get("systemInstruction"):
        told = line["systemInstruction"]
        parts = told.get("parts") if isinstance(told, dict) else None
        messages.insert(0, {"role": "system", "content": parts})
    return talk(messages, target, faults, typed=False)


def _as_openai(content: Mapping[str, Any]) -> Any:
    role = content.get("role")
    return "assistant" if role == "model" else None if role == "assistant" else role


def _bedrock(line: Mapping[str, Any], target: Target, faults: list[Found]) -> Example | None:
    messages = line["messages"]
    if line.get("system") and isinstance(messages, list):
        messages = [{"role": "system", "content": line["system"]}, *messages]
    return talk(messages, target, faults, typed=False)


_KEYS: Final[Mapping[Shape, frozenset[str]]] = {
    "chat": frozenset(("messages", "tools", "functions", "parallel_tool_calls")),
    "prompt-completion": frozenset(("prompt", "completion")),
    "conversation": frozenset(("prompt", "completion", "tools", "chat_template_kwargs")),
    "text": frozenset(("text",)),
    "segments": frozenset(("segments",)),
    "alpaca": frozenset(("instruction", "input", "output", "system", "history")),
    "gemini": frozenset(("systemInstruction", "contents", "tools", "generationConfig")),
    "bedrock": frozenset(("schemaVersion", "system", "messages")),
}
_READERS: Final[
    Mapping[Shape, Callable[[Mapping[str, Any], Target, list[Found]], Example | None]]
] = {
    "chat": _chat,
    "prompt-completion": _prompt_completion,
    "conversation": _conversation,
    "text": _text,
    "segments": _segments,
    "alpaca": _alpaca,
    "gemini": _gemini,
    "bedrock": _bedrock,
}
