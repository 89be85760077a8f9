"""How many tokens a text is, and where to cut one that is too long: never in mid-sentence. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
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
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_A_TOKEN)


def block_spans(document: Document) -> list[tuple[int, int]]:
    """(start, end) of each block in the document's text."""
    spans, start = [], 0
    for block in document.blocks:
        spans.append((start, start + len(block.text)))
        start += len(block.text) + 1
    return spans


def pieces_of(
    document: Document, first: int, last: int, split: Callable[[int], Iterable[Piece]]
) -> Iterator[Piece]:
    """The finest pieces of blocks ``first`` to ``last``: ``split`` gives a prose block's.

    Headings and table rows are whole, code is cut at its line ends.
    """
    spans = block_spans(document)
    for index in range(first, last + 1):
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
    used, end = 0, pieces[0].start
    for count, piece in enumerate(pieces):
        used += len(text[end : piece.end].encode("utf-8", "surrogatepass"))
        end = piece.end
        if used > budget * BYTES_A_TOKEN and count:
            return count
    return len(pieces)


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
    borders = [
        border
        for border in range(fits, fits // 3, -1)
        if border == len(pieces) or pieces[border - 1].block != pieces[border].block
    ]
    after_prose = (b for b in borders if _is_sentence(document, pieces[b - 1]))
    after_code = (b for b in borders if document.blocks[pieces[b - 1].block].kind in _UNSPOKEN)
    return next(chain(after_prose, after_code), fits)


def _is_sentence(document: Document, piece: Piece) -> bool:
    if document.blocks[piece.block].kind in (*_UNSPLIT, *_UNSPOKEN):
        return False
    return is_finished(document.text[piece.start : piece.end])
