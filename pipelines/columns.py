"""Columns of rows on disk as they are in memory: a file is opened, and what is asked of it read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAME: Final = 32  # letters of an identifier
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


def write_columns(table: pa.Table, path: Path) -> None:
    """Write a table as one batch, not packed."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def open_columns(path: Path) -> pa.Table:
    """A table whose values stay on disk until they are looked at.

    Raises :class:`OSError` or ``pyarrow.ArrowInvalid`` for a file that is not whole.
    """
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def read_fixed(path: Path, name: str, into: NDArray[Any]) -> None:
    """Read a column of values of one width, without nulls, as it stands in its file.

    That is quicker than to look at each of its pages.
    """
    if not into.size:
        return
    done = 0
    memory = pa.memory_map(str(path))
    chunks = pa.ipc.open_file(memory).read_all().column(name).chunks
    memory.seek(0)
    whole = memory.read_buffer().address
    data = into.data.cast("B")
    with path.open("rb", buffering=0) as file:
        for chunk in chunks:
            width = chunk.type.bit_width // 8
            begin, size = chunk.offset * width, len(chunk) * width
            file.seek(chunk.buffers()[1].address - whole + begin)
            while size:
                got = file.readinto(data[done : done + size])
                if not got:
                    raise OSError(f"{path}: cut short")
                done, size = done + got, size - got


def integers(array: NDArray[Any]) -> pa.Array:
    """Numbers as an Arrow array of the same memory.

    >>> integers(np.array([1, 2])).to_pylist()
    [1, 2]
    """
    kept = np.ascontiguousarray(array)
    kind = pa.from_numpy_dtype(kept.dtype)
    return pa.Array.from_buffers(kind, len(kept), [None, pa.py_buffer(kept)])


class Coded(NamedTuple):
    """A column as numbers: that of each row, and the values that they stand for."""

    codes: NDArray[np.int32]
    values: list[str | None]

    def holds(self, question: Callable[[str | None], bool]) -> NDArray[np.bool_]:
        """Of each row whether its value is so; each value is asked once.

        >>> Coded(np.array([0, 1, 0], np.int32), ["a", None]).holds(lambda text: text == "a")
        array([ True, False,  True])
        """
        told = np.array([bool(question(value)) for value in self.values], dtype=bool)
        found: NDArray[np.bool_] = told[self.codes] if len(told) else np.zeros(0, dtype=bool)
        return found


def coded(column: pa.ChunkedArray) -> Coded:
    """A column with few values, stored as a dictionary whose values are all there, or not.

    >>> coded(pa.chunked_array([["b", "a"], ["b", None]]))
    Coded(codes=array([0, 1, 0, 2], dtype=int32), values=['b', 'a', None])
    """
    numbers: dict[str | None, int] = {}
    parts = [np.zeros(0, dtype=np.int32)]
    for chunk in column.chunks:
        if not pa.types.is_dictionary(chunk.type):
            chunk = chunk.dictionary_encode()  # noqa: PLW2901 - from here on they are alike
        names = chunk.dictionary.to_pylist()
        indices = chunk.indices
        if indices.null_count:
            indices = indices.fill_null(len(names))
            names.append(None)
        among = [numbers.setdefault(name, len(numbers)) for name in names]
        own = indices.to_numpy()
        same = among == list(range(len(among)))
        parts.append(own if same else np.array(among, dtype=np.int32)[own])
    return Coded(np.concatenate(parts), list(numbers))


def may_repeat(texts: pa.ChunkedArray) -> bool:
    """Whether a text may be there twice: to number them all takes longer.

    Identifiers of rows are told apart by a hash of their letters, other texts not at all.

    >>> may_repeat(pa.chunked_array([["a" * 32, "b" * 32]])), may_repeat(pa.chunked_array([["c"]]))
    (False, True)
    """
    parts = [np.zeros(0, dtype=np.uint64)]
    for chunk in texts.chunks:
        _, offsets, data = chunk.buffers()
        begins = np.frombuffer(offsets, "<i4")[chunk.offset : chunk.offset + len(chunk) + 1]
        if data is None or np.any(np.diff(begins) != _NAME):
            return True
        words = np.frombuffer(data, "<u8", len(chunk) * _NAME // 8, int(begins[0]))
        words = words.reshape(len(chunk), _NAME // 8)
        mixed = words[:, 0]
        for place in range(1, _NAME // 8):
            mixed = mixed * _ODD ^ words[:, place]
        parts.append(mixed)
    ordered = np.sort(np.concatenate(parts))
    return bool(np.any(ordered[1:] == ordered[:-1]))
