"""Reader of IDX, the file format of MNIST."""

import gzip
import math
import os
import stat
import zlib

import numpy as np

__all__ = ["load_idx"]

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
MAX_NDIM = 64  # NumPy's own limit; the format allows 255
CHUNK = 1 << 20  # bytes a read: memory grows with what the file holds, not with what its header claims


def load_idx(path):
    r"""Load an array from an IDX file, the format of MNIST, plain or compressed by gzip.

    Parameters
    ----------
    path : str or path-like
        The file. Compression is told by the file's first bytes, not by its name.

    Returns
    -------
    ndarray
        Of the shape and type that the file declares, in the machine's byte order, C-contiguous and writable.

    Raises
    ------
    ValueError
        The file is not IDX, is damaged, holds more or fewer bytes than its header declares, or declares no data
        (no dimension, or a dimension of size 0). Nothing is allocated on the word of the header alone, so a hostile
        file costs no more memory than the data it really holds, and no more than it declares.
    OSError
        The file cannot be opened or read.

    See Also
    --------
    load_digits : real digits that come with the package.

    Notes
    -----
    Layout, all numbers big-endian: two zero bytes; one byte for the type (0x08 uint8, 0x09 int8, 0x0B int16,
    0x0C int32, 0x0D float32, 0x0E float64); one byte for the number of dimensions; four bytes for the size of each
    dimension, unsigned; then the elements in C order. Cost: one pass over the file, and twice the array's memory
    while types wider than a byte are turned to the machine's byte order.

    References
    ----------
    .. [1] Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits".

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mathcore.datasets import load_idx
    >>> header = bytes([0, 0, 0x0B, 2]) + (2).to_bytes(4, "big") + (3).to_bytes(4, "big")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "example-idx2-short")
    ...     _ = path.write_bytes(header + b"".join(i.to_bytes(2, "big") for i in range(6)))
    ...     load_idx(path)
    array([[0, 1, 2],
           [3, 4, 5]], dtype=int16)
    """
    path = os.fspath(path)
    with open(path, "rb") as file:
        if file.peek(2)[:2] != GZIP_MAGIC:
            return _parse(file, path, _size(file))
        try:
            with gzip.GzipFile(fileobj=file) as stream:
                return _parse(stream, path, None)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise _malformed(path, "an intact gzip stream", f"a damaged one ({error})") from error


def _malformed(path, expected, got):
    return ValueError(f"load_idx: {path!r}: expected {expected}, got {got}")


def _size(file):
    """Bytes in a regular file; None for a device or a pipe, which has no size to hold the header against."""
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _parse(stream, path, size):
    """The array in `stream`; `size` is the number of bytes in it where that is known beforehand."""
    dtype, shape = _read_header(stream, path)
    header_bytes = 4 + 4 * len(shape)
    data_bytes = math.prod(shape) * dtype.itemsize  # Python integers do not overflow
    declared = f"{data_bytes} bytes of data for shape {shape} of {dtype.name}"
    if size is not None and size - header_bytes != data_bytes:
        raise _malformed(path, declared, f"{size - header_bytes} bytes after the header")

    data = bytearray()
    while len(data) < data_bytes:
        chunk = stream.read(min(CHUNK, data_bytes - len(data)))
        if not chunk:
            raise _malformed(path, declared, f"{len(data)} bytes after the header")
        data += chunk
    # At the end of a gzip stream this read also compares the checksum.
    if stream.read(1):
        raise _malformed(path, declared, "trailing bytes after it")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _read_header(stream, path):
    magic = _read_exactly(stream, 4, path, "the 4 bytes of the magic number")
    if magic[:2] != b"\0\0":
        raise _malformed(path, "an IDX file, which begins with two zero bytes", f"0x{magic.hex()}")
    code, ndim = magic[2:]
    if code not in DTYPES:
        known = ", ".join(f"0x{key:02x}" for key in DTYPES)
        raise _malformed(path, f"a type code among {known}", f"0x{code:02x}")
    if not 1 <= ndim <= MAX_NDIM:
        raise _malformed(path, f"1 to {MAX_NDIM} dimensions", f"{ndim}")
    sizes = _read_exactly(stream, 4 * ndim, path, f"the sizes of {ndim} dimensions, 4 bytes each")
    shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
    if 0 in shape:
        raise _malformed(path, "dimensions of size 1 or more", f"shape {shape}")
    return np.dtype(DTYPES[code]), shape


def _read_exactly(stream, n, path, what):
    data = stream.read(n)
    if len(data) < n:
        raise _malformed(path, what, f"{len(data)} bytes before the end of the file")
    return data
