"""Block sizes: only the block of k shows in the bits."""

import itertools
import sys

import numpy as np
import pytest
from mathcore._kernels.matmul import product

from mathcore._kernels import gemm
from tests.layouts import values
from tests.oracles import assert_same_bits, chain_product
from tests.tuning import is_fused, restored_tuning, tuned


def test_set_tuning_returns_the_former():
    with restored_tuning():
        before = gemm.set_tuning()
        assert before[0] == 512, "the block of k is part of every result's bits, and documented"
        assert gemm.set_tuning(kc=7) == before
        assert gemm.set_tuning(mc=9, nc=11) == (7, *before[1:])
        assert gemm.set_tuning(*before) == (7, 9, 11)
        assert gemm.set_tuning() == before


def test_only_kc_shows_in_the_bits(isa):
    rng = np.random.default_rng(0)
    a, b = values(rng, (40, 90), "float64"), values(rng, (90, 60), "float64")
    for kc in (1, 5, 30, 64, 90):
        expected = chain_product(a, b, kc, is_fused(isa))
        for mc, nc in itertools.product((1, 8, 100), (1, 24, 100)):
            with tuned(kc=kc, mc=mc, nc=nc):
                assert_same_bits(product(a, b, None, 1), expected, f"kc={kc} mc={mc} nc={nc}")


def resident():
    with open("/proc/self/status") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resident memory is read from /proc")
def test_a_long_k_takes_no_scratch_of_its_length():
    """Few columns: the scratch for B stops at 4 MB (64 MB at k = 2^20, n = 8 without the bound); the bits stay."""
    k = 1 << 20
    a, b = np.lib.stride_tricks.as_strided(np.ones(k + 32), (32, k), (8, 8)), np.ones((k, 8))
    before = resident()
    c = product(a, b, None, 1)
    assert resident() - before < 16 << 20
    assert (c == k).all()
