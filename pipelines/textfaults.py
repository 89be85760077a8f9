"""What is wrong with a text that is to be trained on, whatever its format. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pipelines.faults import Found
from pipelines.messages import Example

MOST_CHARACTERS: Final = 10_000  # as OpenAI's prepare_data had it

_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
# Special tokens of the families of open models, and OpenAI's, as they look in a text.
_SPECIAL: Final = re.compile(
    r"<\|\w{1,40}\|>|<\uff5c[^<>\uff5c]{1,40}\uff5c>|</?s>|<(?:bos|eos|pad|unk|mask)>"
    r"|</?(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>"
)


def text_faults(text: str) -> Iterator[Found]:
    r"""The faults of one text, each kind once.

    >>> [found.name for found in text_faults("a\x00b <|endoftext|>")]
    ['control-characters', 'special-token']
    """
    if not (text.isprintable() and "\ufffd" not in text) and (odd := _ODD.search(text)):
        yield from _odd(text, odd)
    if ("<" in text or "[" in text) and (special := _SPECIAL.search(text)):
        yield Found("special-token", special[0])


def _odd(text: str, first: re.Match[str]) -> Iterator[Found]:
    seen = set()
    for found in _ODD.finditer(text, first.start()):
        sign = found[0]
        name = (
            "surrogate"
            if "\ud800" <= sign <= "\udfff"
            else "replacement-character"
            if sign == "\ufffd"
            else "control-characters"
        )
        if name not in seen:
            seen.add(name)
            yield Found(name, f"U+{ord(sign):04X} at character {found.start() + 1:,}")


def example_faults(example: Example) -> Iterator[Found]:
    """The faults of an example's texts, alone and beside each other."""
    seen = set()
    for text in (example.system, example.prompt, example.completion):
        for found in text_faults(text) if text else ():
            if found.name not in seen:
                seen.add(found.name)
                yield found
    size = len(example.system) + len(example.prompt) + len(example.completion)
    if size > MOST_CHARACTERS:
        yield Found("too-long", f"{size:,} characters")
    prompt, completion = example.prompt.strip(), example.completion.strip()
    if completion and len(completion) <= len(prompt):
        if completion == prompt:
            yield Found("prompt-is-completion")
        elif completion in prompt:
            yield Found("completion-in-prompt")
