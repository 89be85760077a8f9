"""Stretches of files, as they are sent."""

from __future__ import annotations

import hashlib
import os

import pytest

from pipelines import windows
from pipelines.windows import Md5, Window, is_same, stamp


@pytest.mark.parametrize(
    ("begin", "size", "step"),
    [(0, 10_000, 64), (0, 10_000, -1), (3_000, 4_000, 1_000), (9_999, 1, 64), (5_000, 0, 64)],
)
def test_a_window_is_its_bytes_and_no_more_however_often_it_is_read(tmp_path, begin, size, step):
    content = os.urandom(10_000)
    (tmp_path / "file").write_bytes(content)
    with Window(tmp_path / "file", begin, size) as window:
        for _ in range(2):
            assert (window.seek(0, os.SEEK_END), window.seek(0)) == (size, 0)
            read = b"".join(iter(lambda: window.read(step), b""))
            assert read == content[begin : begin + size]
            assert window.tell() == size


def test_pieces_are_larger_than_asked_for_and_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(windows, "_CHUNK", 100)
    (tmp_path / "file").write_bytes(b"x" * 1_000)
    with Window(tmp_path / "file", 0, 1_000) as window:
        assert len(window.read(10)) == 100


def test_a_change_is_seen_also_when_size_and_time_are_put_back(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"bees")
    sha256, stamped, before = hashlib.sha256(b"bees").hexdigest(), stamp(path), path.stat()
    assert is_same(path, sha256, stamped)
    os.link(path, tmp_path / "other")  # changes its stamp, not its bytes
    assert is_same(path, sha256, stamped)
    path.write_bytes(b"wasp")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not is_same(path, sha256, stamped)


def test_md5_is_of_the_whole_file_or_says_why_not(tmp_path):
    (tmp_path / "file").write_bytes(b"bees")
    assert Md5(tmp_path / "file").get() == hashlib.md5(b"bees").hexdigest()
    with pytest.raises(FileNotFoundError):
        Md5(tmp_path / "none").get()
