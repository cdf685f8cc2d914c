"""What every test gets: the floating-point environment, the instruction set and the thread count as they were."""

import ctypes
import platform

import pytest

import mathcore
from mathcore._kernels import runtime
from tests.tuning import restored_tuning

_LIBM = ctypes.CDLL(None)     # the interpreter is linked with it
# Control bits of MXCSR: DAZ, exception masks, rounding mode, FTZ. The rest are sticky flags that any sum may set.
_MXCSR_CONTROL = 0xFFC0
_MXCSR_OFFSET = 28          # in fenv_t of the x86-64 ABI, after the x87 environment


def control_bits():
    """What a library must never change: rounding mode and, where its place is known, the whole control register."""
    rounding = _LIBM.fegetround()
    fenv = (ctypes.c_uint8 * 64)()
    if platform.machine() not in ("x86_64", "aarch64") or _LIBM.fegetenv(ctypes.byref(fenv)):
        return (rounding,)
    raw = bytes(fenv)
    if platform.machine() == "aarch64":
        return rounding, int.from_bytes(raw[:4], "little")
    x87 = int.from_bytes(raw[:2], "little")
    return rounding, x87, int.from_bytes(raw[_MXCSR_OFFSET:_MXCSR_OFFSET + 4], "little") & _MXCSR_CONTROL


def has_subnormals():
    """Computed, not folded: a process with FTZ or DAZ gives 0."""
    smallest_normal = float.fromhex("0x1p-1022")
    return smallest_normal / 2 != 0 and smallest_normal / 2 * 2 == smallest_normal


@pytest.fixture(autouse=True)
def floating_point_environment():
    before = control_bits()
    yield
    assert has_subnormals(), "subnormals are flushed to zero"
    assert control_bits() == before, "the control bits of the floating-point unit changed"


@pytest.fixture(autouse=True)
def process_state():
    """Instruction set, default thread count, block sizes, allocation hook: as before, whatever a test did."""
    isa, threads = runtime.get_isa(), mathcore.get_num_threads()
    with restored_tuning():
        yield
    runtime.fail_allocation_after(-1)
    runtime.set_isa(isa)
    mathcore.set_num_threads(threads)


@pytest.fixture(params=runtime.available_isas())
def isa(request):
    """Each instruction set that this machine runs, in use for one test."""
    before = runtime.get_isa()
    runtime.set_isa(request.param)
    yield request.param
    runtime.set_isa(before)
