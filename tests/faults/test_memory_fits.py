"""Scratch memory that is refused in the midst of a fit or of a fused loss."""

import numpy as np
import pytest

from mathcore._kernels import runtime
from mathcore.losses import linear_cross_entropy
from mathcore.optimize import fit_linear, fit_logistic, fit_softmax

RNG = np.random.default_rng(0)
X = RNG.standard_normal((6000, 40))
Y = (X[:, 0] + RNG.logistic(size=6000) > 0).astype(int)

CALLS = {
    "descent": (fit_logistic, {"solver": "gd", "max_iter": 5}),
    "fista": (fit_linear, {"alpha": 0.1, "l1_ratio": 1.0, "max_iter": 5}),
    "L-BFGS from a sample": (fit_logistic, {"max_iter": 5}),
    "L-BFGS of classes": (fit_softmax, {"max_iter": 3}),
    "Newton": (fit_logistic, {"solver": "newton"}),
    "equations": (fit_linear, {}),
    "weighted equations": (fit_linear, {"sample_weight": np.linspace(0, 1, 6000)}),
    "mini-batches": (fit_logistic, {"solver": "sgd", "max_iter": 1, "rng": 0}),
}


def outcome(call):
    """The exception of a call, or None, and its result."""
    try:
        return None, call()
    except MemoryError as error:
        return error, None


def refused_once(call, name):
    """`call` with its first, second ... allocation refused, until none is left: how many there were."""
    expected = call()
    for failures in range(100):
        runtime.release_workspace()
        live = runtime.live_allocations()
        runtime.fail_allocation_after(failures)
        error, result = outcome(call)
        runtime.fail_allocation_after(-1)
        if error is None:
            assert np.array_equal(result, expected)
            return failures
        assert str(error).split(": could not allocate")[0] in (name, "cho_factor", "cho_solve")     # which a fit calls
        runtime.release_workspace()
        assert runtime.live_allocations() <= live + 2       # scratch of workers stays for their next job
        assert np.array_equal(call(), expected)
    raise AssertionError("still failing after 100 allocations")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("what", CALLS)
def test_fits(what, workers):
    fit, options = CALLS[what]
    assert refused_once(lambda: fit(X, Y, workers=workers, **options).coef, fit.__name__) >= 1


@pytest.mark.parametrize("workers", [1, 2])
def test_linear_cross_entropy(workers):
    w, labels = RNG.standard_normal((3000, 40)), RNG.integers(0, 3000, 300)
    assert refused_once(lambda: linear_cross_entropy(X[:300], w, labels, grad=True, workers=workers)[1][0],
                        "linear_cross_entropy") >= 1
