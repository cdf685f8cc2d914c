"""How many rows' logits the compiled linear cross-entropy stores: the promise of its extra memory."""

from mathcore._kernels.linear_loss import chunk_rows


def test_chunks_are_a_twentieth_or_16_megabytes_or_16_rows():
    for n in (1, 15, 16, 100, 1024, 10**6):
        for classes in (1, 10, 1000, 32_000, 10**6):
            rows = chunk_rows(n, classes, 4)
            assert 1 <= rows <= n
            assert rows <= max(16, n // 20)
            assert rows * classes * 4 <= max(16 << 20, 16 * classes * 4)
    assert chunk_rows(1024, 32_000, 4) == 48
