"""A file as it is sent: a stretch of it read as it goes, its MD5, and whether it changed since."""

from __future__ import annotations

import hashlib
import io
import threading
from pathlib import Path
from typing import Final

from pipelines.streams import checksum

_CHUNK: Final = 1 << 20


class Window(io.RawIOBase):
    """Some bytes of a file as a file of its own, read as they are sent, a megabyte at a time.

    ``read`` may give more than it is asked for: who writes forms asks for 64 kB, and all that is
    done for each such piece costs more than the sending.
    """

    def __init__(self, path: Path, begin: int, size: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._begin, self._size, self._at = begin, size, 0
        self._file.seek(begin)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is: its length is asked for so."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """To a place in the window."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        self._file.seek(self._begin + self._at)
        return self._at

    def tell(self) -> int:
        """The place in the window."""
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes."""
        left = self._size - self._at
        wanted = left if size is None or size < 0 else min(max(size, _CHUNK), left)
        chunk = self._file.read(wanted) if wanted else b""
        self._at += len(chunk)
        return chunk

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


class Md5:
    """A file's MD5 in hex, reckoned beside the sending."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: str | OSError = ""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        found = hashlib.md5(usedforsecurity=False)
        try:
            with self._path.open("rb", buffering=0) as file:
                while chunk := file.read(_CHUNK):
                    found.update(chunk)
            self._found = found.hexdigest()
        except OSError as error:
            self._found = error

    def get(self) -> str:
        """It, once it is known. Raises :class:`OSError` when the file cannot be read."""
        self._thread.join()
        if isinstance(self._found, OSError):
            raise self._found
        return self._found


def stamp(path: Path) -> int:
    """When a file or its name was changed last: nobody can set this back."""
    return path.stat().st_ctime_ns


def is_same(path: Path, sha256: str, stamped: int) -> bool:
    """Whether a file still has the SHA-256 that it had when it was stamped.

    It is read only when something about it changed since.
    """
    return (bool(stamped) and stamp(path) == stamped) or checksum(path) == sha256
