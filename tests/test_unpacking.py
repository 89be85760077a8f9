"""Compressed answers: whole, within the limit, or a named fault."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.answers import UnusableError
from ftcrawler.unpacking import unpack

TEXT = b"".join(b"Sentence %d is about a lighthouse.\n" % n for n in range(3_000))


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("name", PACKERS)
def test_what_was_packed_comes_out(name):
    assert unpack(PACKERS[name](TEXT), name.upper(), len(TEXT)) == TEXT


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_what_was_cut_off_is_never_taken_for_whole(name, kept):
    packed = PACKERS[name](TEXT)
    with pytest.raises(UnusableError) as error:
        unpack(packed[: int(len(packed) * kept)], name, 10**6)
    assert error.value.reason == "bad-compression"


@pytest.mark.parametrize("name", PACKERS)
def test_a_bomb_ends_at_the_limit(name):
    with pytest.raises(UnusableError) as error:
        unpack(PACKERS[name](bytes(50_000_000)), name, 1_000_000)
    assert error.value.reason == "too-large"


@pytest.mark.parametrize(
    ("body", "encodings", "text"),
    [
        (raw_deflate(b"bare"), "deflate", b"bare"),
        (gzip.compress(b"one ") + gzip.compress(b"two"), "gzip", b"one two"),
        (gzip.compress(b"one") + bytes(512), "gzip", b"one"),
        (zstd.compress(b"one ") + zstd.compress(b"two"), "zstd", b"one two"),
        (gzip.compress(brotli.compress(b"both")), "br, gzip", b"both"),
        (b"plain", "identity", b"plain"),
        (gzip.compress(b"odd"), "identity,, gzip ", b"odd"),
    ],
    ids=["bare", "two members", "padding", "two frames", "two encodings", "identity", "blanks"],
)
def test_odd_but_whole(body, encodings, text):
    assert unpack(body, encodings, 100) == text


@pytest.mark.parametrize("encodings", ["klingon", "gzip, klingon", "aes128gcm"])
def test_an_unknown_encoding_is_not_read_as_text(encodings):
    with pytest.raises(UnusableError, match="unknown Content-Encoding"):
        unpack(b"text", encodings, 100)


@given(st.binary(max_size=300), st.sampled_from([*PACKERS, "br, gzip", "zstd, deflate"]))
def test_any_bytes_come_out_or_have_a_name(body, encodings):
    try:
        assert len(unpack(body, encodings, 1_000)) <= 1_000
    except UnusableError as error:
        assert error.reason in ("bad-compression", "too-large")
