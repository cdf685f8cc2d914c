"""Block sizes and instruction sets for the length of a `with` block."""

import contextlib
import platform

from mathcore._kernels import gemm, runtime

# The block of k that shows in every bit, and how many terms a lane-wise inner product takes between two folds.
KC = 512
DOT_BLOCK = 4096


@contextlib.contextmanager
def restored_tuning():
    before = gemm.set_tuning()
    try:
        yield
    finally:
        gemm.set_tuning(*before)


@contextlib.contextmanager
def tuned(**sizes):
    """Products with other block sizes (kc, mc, nc), so that blocks and packing are walked at small sizes."""
    with restored_tuning():
        gemm.set_tuning(**sizes)
        yield


@contextlib.contextmanager
def using_isa(name):
    before = runtime.get_isa()
    runtime.set_isa(name)
    try:
        yield name
    finally:
        runtime.set_isa(before)


def is_fused(isa):
    """Whether a multiplication and its addition round once. On x86-64 the baseline is SSE2, which has no FMA."""
    return isa != "base" or platform.machine() != "x86_64"
