"""Limits of the machine: the bounds are wide, since nothing here may fail on a slow or a busy one."""

import threading
import time

import numpy as np
import pytest

from mathcore._kernels import machine, runtime

BANDWIDTHS = [machine.read_bandwidth, machine.copy_bandwidth, machine.triad_bandwidth]
SHORT = 1e-3


@pytest.fixture(params=runtime.available_isas())
def isa(request):
    before = runtime.get_isa()
    runtime.set_isa(request.param)
    yield request.param
    runtime.set_isa(before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, "float64", np.dtype("float32")])
def test_fma_peak_is_plausible(isa, dtype):
    # from a slow core in an emulator to 4 pipes of 512 bits at 6 GHz
    assert 0.01 < machine.fma_peak(dtype, seconds=SHORT) < 1000


@pytest.mark.parametrize("bandwidth", BANDWIDTHS)
@pytest.mark.parametrize("nbytes", [64 * 3, 10_000, 1_000_003])
def test_bandwidth_is_plausible(isa, bandwidth, nbytes):
    assert 1e-3 < bandwidth(nbytes, seconds=SHORT) < 10_000


@pytest.mark.parametrize("threads", [1, 2, 3, -1])
def test_threads(threads):
    assert machine.fma_peak(np.float64, threads, seconds=SHORT) > 0
    for bandwidth in BANDWIDTHS:
        assert bandwidth(100_000, threads, seconds=SHORT) > 0


def test_releases_the_gil():
    """The main thread goes on while another one measures: seen in many of the 30 hundredths of a second."""
    worker = threading.Thread(target=machine.fma_peak, args=(np.float64,), kwargs={"seconds": 0.3})
    worker.start()
    seen = set()
    while worker.is_alive():
        seen.add(int(100 * time.perf_counter()))
    assert len(seen) > 5


@pytest.mark.parametrize("dtype", [np.int64, np.float16, np.complex128, bool])
def test_fma_peak_refuses_other_dtypes(dtype):
    with pytest.raises(TypeError, match="fma_peak: dtype: expected float32 or float64, got"):
        machine.fma_peak(dtype)


@pytest.mark.parametrize(("threads", "error"), [(0, ValueError), (-2, ValueError), (1.5, TypeError), ("2", TypeError)])
def test_refuses_bad_threads(threads, error):
    with pytest.raises(error, match="threads: expected"):
        machine.fma_peak(np.float64, threads)
    for bandwidth in BANDWIDTHS:
        with pytest.raises(error, match="threads: expected"):
            bandwidth(1000, threads)


@pytest.mark.parametrize("bandwidth", BANDWIDTHS)
def test_refuses_less_than_a_line_for_each_thread(bandwidth):
    for nbytes in (0, -1, 63, 127):
        with pytest.raises(ValueError, match="nbytes: expected at least"):
            bandwidth(nbytes, 2)
