"""How many tokens a text is, and where to cut one that is too long: never in mid-sentence. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from pipelines.records import Document
from pipelines.sentences import is_finished

# UTF-8 bytes a token. Tokenizers have vocabularies of megabytes and differ from each other;
# bench/pairs.py --tokenizer shows how far this is from one of them.
BYTES_A_TOKEN: Final = 4
_UNSPLIT: Final = frozenset(("heading", "table_row"))
_UNSPOKEN: Final = frozenset(("code", "table_row"))


class Piece(NamedTuple):
    """A part of a document's text that is not cut: its span, and its block."""

    start: int
    end: int
    block: int


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is for a model: a quarter of its bytes in UTF-8.

    >>> estimate_tokens("Four bytes a token, more or less."), estimate_tokens("雨が降る。")
    (9, 4)
    """
    size = len(text if text.isascii() else text.encode("utf-8", "surrogatepass"))
    return -(-size // BYTES_A_TOKEN)


def block_spans(document: Document) -> list[tuple[int, int]]:
    """(start, end) of each block in the document's text."""
    spans, start = [], 0
    for block in document.blocks:
        spans.append((start, start + len(block.text)))
        start += len(block.text) + 1
    return spans


def pieces_of(
    document: Document,
    spans: Sequence[tuple[int, int]],
    blocks: range,
    split: Callable[[int], Iterable[Piece]],
) -> Iterator[Piece]:
    """The finest pieces of ``blocks``: ``split`` gives a prose block's, ``spans`` all blocks'.

    Headings and table rows are whole, code is cut at its line ends.
    """
    for index in blocks:
        kind = document.blocks[index].kind
        if kind in _UNSPLIT:
            yield Piece(*spans[index], index)
        elif kind == "code":
            yield from _lines(document.blocks[index].text, spans[index][0], index)
        else:
            yield from split(index)


def _lines(text: str, offset: int, block: int) -> Iterator[Piece]:
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield Piece(offset, offset + len(line.rstrip("\r\n")), block)
        offset += len(line)


def fitting(text: str, pieces: Sequence[Piece], budget: int) -> int:
    """How many of the first pieces are at most ``budget`` tokens together; one at least."""
    start, most = pieces[0].start, budget * BYTES_A_TOKEN
    if pieces[-1].end - start <= budget:  # no character has more bytes than a token
        return len(pieces)

    def size(piece: Piece) -> int:
        said = text[start : piece.end]
        return len(said if said.isascii() else said.encode("utf-8", "surrogatepass"))

    # None has fewer bytes than characters.
    last = bisect_right(pieces, start + most, key=lambda piece: piece.end)
    return max(1, bisect_right(pieces, most, hi=last, key=size))


def cut_parts(document: Document, pieces: Sequence[Piece], budget: int) -> Iterator[list[Piece]]:
    """The pieces in parts of at most ``budget`` tokens each, at block borders where there is one.

    A single piece beyond the budget is a part of its own: nothing is cut inside of it.
    """
    done = 0
    while done < len(pieces):
        most = budget * BYTES_A_TOKEN  # pieces: none is shorter than a byte
        rest = pieces[done : done + most + 1]
        fits = fitting(document.text, rest, budget)
        if done + fits < len(pieces):
            fits = _better_border(document, rest, fits)
        yield list(rest[:fits])
        done += fits


def _better_border(document: Document, pieces: Sequence[Piece], fits: int) -> int:
    """The last block border behind the first third of what fits, after prose if there is one.

    Never after what belongs to the next block: a heading, "For example:", a term.
    """
    after_code = 0
    for border in range(fits, fits // 3, -1):
        before = pieces[border - 1]
        if border < len(pieces) and before.block == pieces[border].block:
            continue
        if _is_sentence(document, before):
            return border
        if not after_code and document.blocks[before.block].kind in _UNSPOKEN:
            after_code = border
    return after_code or fits


def _is_sentence(document: Document, piece: Piece) -> bool:
    if document.blocks[piece.block].kind in (*_UNSPLIT, *_UNSPOKEN):
        return False
    return is_finished(document.text[piece.start : piece.end])
