"""Messages by role -> what is asked and what is answered, and what is wrong with them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pipelines.faults import Found
from pipelines.targets import Target

# OpenAI's schema of a training line knows no ``developer``.
ROLES: Final = frozenset(("system", "user", "assistant", "tool", "function"))
# What a message of a role must have besides, as texts.
_BESIDES: Final[Mapping[str, str]] = {"tool": "tool_call_id", "function": "name"}
_TURNS: Final = ("user", "assistant")
_TURNS_ONLY: Final = frozenset(_TURNS)


class Example(NamedTuple):
    """The texts of a line: what is asked (of several turns, all but the last answer), the answer.

    ``messages`` is how many there are, for the tokens that each costs beyond its text.
    """

    prompt: str
    completion: str
    system: str = ""
    messages: int = 0


def talk(
    messages: Any, target: Target, faults: list[Found], *, typed: bool = True
) -> Example | None:
    """Messages by role; None when their texts cannot be told.

    ``typed``: content in parts says of each what it is, as OpenAI has it.
    """
    if not isinstance(messages, list) or not messages:
        faults.append(Found("no-messages"))
        return None
    turns: list[tuple[str, str]] = []
    for message in messages:
        turn = _turn(message, faults, typed=typed)
        if turn is None:
            return None
        turns.append(turn)
    _weights(messages, target, faults)
    return _of_turns(turns, faults, alternates=target.alternates)


def _turn(message: Any, faults: list[Found], *, typed: bool) -> tuple[str, str] | None:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str) or role not in ROLES:
        faults.append(Found("bad-role", repr(role)[:80]))
        return None
    text = _content(message.get("content"), typed=typed, pictures=role == "user")
    if role == "assistant" and ("tool_calls" in message or "function_call" in message):
        text = _called(message, text)
    if text is None:
        faults.append(Found("bad-content", f"of {role}: {type(message.get('content')).__name__}"))
        return None
    for name in ("name", _BESIDES.get(role, "name")):
        is_needed = name == _BESIDES.get(role)
        if (is_needed or name in message) and not isinstance(message.get(name), str):
            faults.append(Found("bad-content", f"of {role}: {name}"))
            return None
    return role, text


def _called(message: Mapping[str, Any], text: str | None) -> str | None:
    """The text beside a call of a tool, which may be null; None when the call is none."""
    calls = message.get("tool_calls", [])
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        return None
    is_call = bool(calls) or isinstance(message.get("function_call"), dict)
    return "" if is_call and message.get("content") is None else text


def _content(content: Any, *, typed: bool, pictures: bool) -> str | None:
    """A message's text: a string, or parts of which the texts are taken."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not content:
        return None
    texts = []
    for part in content:
        kind = part.get("type", "" if typed else "text") if isinstance(part, dict) else ""
        text = part.get("text") if kind == "text" else "" if kind and pictures else None
        if not isinstance(text, str):
            return None
        texts.append(text)
    return "\n".join(texts)


def _weights(messages: Sequence[dict[str, Any]], target: Target, faults: list[Found]) -> None:
    for message in messages:
        weight = message.get("weight", 1)
        allowed = "weight" not in message or message["role"] in target.weights
        if not allowed or isinstance(weight, bool) or weight not in (0, 1):
            faults.append(Found("bad-weight", f"{weight!r} of {message['role']}"[:80]))
            return
    answers = [m.get("weight", 1) for m in messages if m["role"] == "assistant"]
    if answers and not any(answers):
        faults.append(Found("nothing-trained"))


def _of_turns(
    turns: Sequence[tuple[str, str]], faults: list[Found], *, alternates: bool
) -> Example | None:
    roles = [role for role, _ in turns]
    if roles[-1] != "assistant":
        faults.append(Found("no-answer"))
        return None
    if _is_disordered(roles, alternates=alternates):
        faults.append(Found("bad-order", ", ".join(roles[:6])))
    system = turns[0][1] if roles[0] == "system" else ""
    before = turns[roles[0] == "system" : -1]
    return Example("\n".join(text for _, text in before), turns[-1][1], system, len(turns))


def _is_disordered(roles: Sequence[str], *, alternates: bool) -> bool:
    """Whether the system speaks later than first, nobody asks, or turns are not taken."""
    if any(role == "system" for role in roles[1:]) or "user" not in roles:
        return True
    turns = [role for role in roles if role != "system"]
    takes_turns = all(role == _TURNS[place % 2] for place, role in enumerate(turns))
    return alternates and not takes_turns and _TURNS_ONLY.issuperset(turns)
