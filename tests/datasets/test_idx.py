import contextlib
import gzip
import math
import os
import struct
import sys
import tracemalloc
import zlib

import numpy as np
import pytest

from mathcore import datasets

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def header(code, shape, ndim=None):
    return bytes([0, 0, code, len(shape) if ndim is None else ndim]) + struct.pack(f">{len(shape)}I", *shape)


def idx(array):
    code = CODES[array.dtype.str[1:]]
    return header(code, array.shape) + array.astype(array.dtype.newbyteorder(">")).tobytes()


SMALL = idx(np.arange(6, dtype="i2").reshape(2, 3))


@pytest.fixture(params=[bytes, gzip.compress], ids=["plain", "gzip"])
def write(request, tmp_path):
    def write(content):
        path = tmp_path / "data"
        path.write_bytes(request.param(content))
        return path

    return write


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(1,), (7,), (3, 5), (2, 3, 4), (1, 1, 1, 2), (1,) * 64])
def test_round_trip(write, dtype, shape):
    dtype = np.dtype(dtype)
    array = np.frombuffer(np.random.default_rng(0).bytes(math.prod(shape) * dtype.itemsize), dtype).reshape(shape)
    result = datasets.load_idx(write(idx(array)))
    assert result.dtype == dtype
    assert result.dtype.isnative
    assert result.shape == shape
    assert result.flags.c_contiguous
    assert result.flags.writeable
    assert result.tobytes() == array.tobytes()


def test_larger_than_a_chunk(write):
    array = np.random.default_rng(0).integers(-(2**31), 2**31, 700_001, dtype=np.int32)
    np.testing.assert_array_equal(datasets.load_idx(write(idx(array))), array)


@pytest.mark.parametrize("kind", [str, os.fspath, os.fsencode, lambda path: path])
def test_kinds_of_path(tmp_path, kind):
    path = tmp_path / "data"
    path.write_bytes(SMALL)
    assert datasets.load_idx(kind(path)).shape == (2, 3)


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="needs a path that names a pipe")
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_pipe(compress):
    read_end, write_end = os.pipe()
    try:
        with os.fdopen(write_end, "wb") as file:
            file.write(compress(SMALL))
        assert datasets.load_idx(f"/dev/fd/{read_end}").shape == (2, 3)
    finally:
        os.close(read_end)


MALFORMED = {
    "empty": (b"", "the 4 bytes of the magic number, got 0 bytes"),
    "short magic": (b"\0\0\x08", "the 4 bytes of the magic number, got 3 bytes"),
    "wrong magic": (b"\x89PNG\r\n\x1a\n", "begins with two zero bytes, got 0x89504e47"),
    "little-endian magic": (b"\x03\x08\0\0" + bytes(20), "begins with two zero bytes, got 0x03080000"),
    "type code": (header(0x0A, (1,)) + b"\0", "a type code among 0x08, .* 0x0e, got 0x0a"),
    "no dimension": (header(0x08, ()) + b"\0", "1 to 64 dimensions, got 0"),
    "too many dimensions": (header(0x08, (1,) * 65) + b"\0", "1 to 64 dimensions, got 65"),
    "short header": (header(0x08, (2, 3), ndim=3), "the sizes of 3 dimensions, 4 bytes each, got 8 bytes"),
    "zero dimension": (header(0x08, (0, 28, 28)), r"dimensions of size 1 or more, got shape \(0, 28, 28\)"),
    "huge and zero": (header(0x0E, (2**32 - 1,) * 4 + (0,)), "dimensions of size 1 or more"),
    "no data": (header(0x0C, (3,)), r"12 bytes of data for shape \(3,\) of int32, got 0 bytes after the header"),
    "short data": (SMALL[:-1], r"12 bytes of data for shape \(2, 3\) of int16, got 11 bytes after the header"),
    "trailing byte": (SMALL + b"\0", r"12 bytes of data for shape \(2, 3\) of int16, got (13|trailing) bytes"),
    "size of 2**32": (header(0x0E, (2**29,)) + bytes(8), "4294967296 bytes of data"),
    "size of 2**64": (header(0x08, (2**16,) * 4) + bytes(8), "18446744073709551616 bytes of data"),
    "product beyond 64 bits": (header(0x0E, (2**32 - 1,) * 64) + bytes(8), "bytes of data for shape .* of float64"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed(write, case):
    content, message = MALFORMED[case]
    path = write(content)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message) as caught:
            datasets.load_idx(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith(f"load_idx: {str(path)!r}: expected ")
    assert peak < 2**22


def test_every_truncation(write):
    for n in range(len(SMALL)):
        with pytest.raises(ValueError, match="load_idx"):
            datasets.load_idx(write(SMALL[:n]))


def test_every_truncation_of_a_gzip_stream(tmp_path):
    path, content = tmp_path / "data.gz", gzip.compress(SMALL)
    for n in range(len(content)):
        path.write_bytes(content[:n])
        with pytest.raises(ValueError, match="load_idx"):
            datasets.load_idx(path)


def test_every_damaged_byte_of_a_gzip_stream(tmp_path):
    path, content = tmp_path / "data.gz", gzip.compress(SMALL, mtime=0)
    for i in range(len(content)):
        for flip in (0x01, 0x04, 0x80, 0xFF):
            path.write_bytes(content[:i] + bytes([content[i] ^ flip]) + content[i + 1 :])
            # Some bytes carry no data (time, operating system): there the array must come out right.
            with contextlib.suppress(ValueError):
                np.testing.assert_array_equal(datasets.load_idx(path), np.arange(6).reshape(2, 3))


def test_checksum_of_a_gzip_stream(tmp_path):
    path, content = tmp_path / "data.gz", gzip.compress(SMALL)
    wrong = struct.pack("<I", zlib.crc32(SMALL) ^ 1)
    path.write_bytes(content[:-8] + wrong + content[-4:])
    with pytest.raises(ValueError, match=r"an intact gzip stream, got a damaged one \(CRC check failed"):
        datasets.load_idx(path)


@pytest.mark.parametrize(
    ("shape", "message"), [((16,), "trailing bytes"), ((2**32 - 1, 2**10), "33554416 bytes after the header")]
)
def test_gzip_bomb(tmp_path, shape, message):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(header(0x08, shape) + bytes(2**25 - 16)))
    if shape[0] == 16:
        limit = 2**20  # what the header declares, not what the stream would yield
    else:
        limit = 2**27  # what the stream yields, not the 4 TiB that the header declares
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message):
            datasets.load_idx(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        datasets.load_idx(tmp_path / "absent")


@pytest.mark.parametrize("path", [None, 3, b"\0".join, sys.stdin])
def test_not_a_path(path):
    with pytest.raises(TypeError):
        datasets.load_idx(path)
