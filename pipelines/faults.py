"""What can be wrong with training data: each fault's name, weight and remedy. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Weight = Literal["error", "warning"]


class Fault(NamedTuple):
    """``error``: the target refuses it, or what is trained or measured is wrong."""

    weight: Weight
    says: str
    remedy: str


class Found(NamedTuple):
    """A fault that something has, with what only this place can tell."""

    name: str
    detail: str = ""


def _error(says: str, remedy: str) -> Fault:
    return Fault("error", says, remedy)


def _warning(says: str, remedy: str) -> Fault:
    return Fault("warning", says, remedy)


# A name, once given, keeps its meaning: programs read them.
FAULTS: Final = MappingProxyType(
    {
        # files
        "no-examples": _error("no example at all", "is it the right file?"),
        "not-utf8": _error("not UTF-8", "write the file as UTF-8"),
        "byte-order-mark": _error(
            "a byte-order mark at the beginning", "write the file as UTF-8 without one"
        ),
        "no-byte-order-mark": _error(
            "no byte-order mark", "the format openai-chat-bom writes one, or check for azure"
        ),
        "json-array": _error("one JSON array, not a line an example", "write JSON lines"),
        "file-too-large": _error("larger than the target takes", "split the file, or build less"),
        "too-few-examples": _error("fewer examples than the target takes", "add examples"),
        "too-many-examples": _error("more examples than the target takes", "split the file"),
        "few-examples": _warning(
            "fewer than 100 examples", "a few hundred or more usually train better"
        ),
        "mixed-formats": _error(
            "lines in more than one format", "write all of a file's lines in one"
        ),
        # lines
        "line-too-long": _error("longer than 64 MB", "cut the example into several"),
        "empty-line": _warning("an empty line", "remove it: some targets refuse the file"),
        "not-json": _error("not JSON", "write each example as one JSON object in one line"),
        "not-object": _error("JSON, but no object", "write each example as a JSON object"),
        "bad-cell": _error("a cell of a table that holds no text", "mend it"),
        "unknown-format": _error("no format that the target takes", "see docs/formats.md"),
        "two-formats": _error("two formats in one line", "keep the keys of one of them"),
        "unknown-key": _warning("keys that the format has not", "leave them out"),
        "no-messages": _error("no messages", "at least a user's and the assistant's"),
        "bad-role": _error("a role that there is not", "system, user, assistant"),
        "bad-content": _error("content that is no text", "give each message a text"),
        "bad-order": _error(
            "messages out of order", "the system's first, then user and assistant in turn"
        ),
        "no-answer": _error("no answer of the assistant at the end", "end with what is learnt"),
        "bad-weight": _error(
            "a weight that is not 0 or 1, or of a role that has none", "leave it out"
        ),
        "nothing-trained": _error("weights leave nothing to learn", "give an answer weight 1"),
        # texts
        "prompt-empty": _error("an empty prompt", "leave the example out"),
        "completion-empty": _error("an empty completion", "leave the example out"),
        "surrogate": _error("half of a surrogate pair", "mend the text: it cannot be UTF-8"),
        "control-characters": _warning("control characters", "remove them"),
        "replacement-character": _warning(
            "the replacement character U+FFFD", "read the source with its right charset"
        ),
        "special-token": _warning(
            "text that a tokenizer may take for a special token",
            "remove it, unless the trainer encodes it as plain text",
        ),
        "too-long": _warning("longer than 10,000 characters", "shorten it or cut it into several"),
        "too-many-tokens": _error("more tokens than --max-tokens", "shorten it or cut it"),
        "prompt-is-completion": _warning("prompt and completion are the same", "leave it out"),
        "completion-in-prompt": _warning(
            "the prompt holds the completion", "is it to be copied? if not, leave it out"
        ),
        # all examples together
        "duplicate": _warning("the same example again", "keep one"),
        "near-duplicate": _warning(
            "the same example but for case, spaces and punctuation", "keep one"
        ),
        "similar": _warning("hardly differs from another example", "keep one"),
        "repeated-completion": _warning(
            "one completion for five prompts or more", "is it boilerplate? if so, leave it out"
        ),
        "leaked-text": _error("an example of the validation data is trained on", "keep one"),
        "leaked-url": _error(
            "a page has examples on both sides of the split", "keep each page on one side"
        ),
        "leaked-similar": _warning(
            "an example of the validation data hardly differs from one that is trained on",
            "keep one",
        ),
        "leaked-prompt": _warning("a prompt stands on both sides of the split", "keep one side"),
        "upper-case": _warning("mostly capital letters", "write as in running text"),
        "common-prefix": _warning(
            "all texts begin alike", "what is always there teaches nothing: leave it out"
        ),
        "no-separator": _warning(
            "prompts have no common end", "end them all alike, as completion-model does"
        ),
        "no-end": _warning(
            "completions have no common end", "end them all alike, as completion-model does"
        ),
        "no-space": _warning(
            "completions do not begin with a space", "begin with one, as completion-model does"
        ),
    }
)
