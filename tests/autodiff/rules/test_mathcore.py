"""The rules of rules/mathcore.py: both modes, first and second order, against differences and complex steps."""

import numpy as np
import pytest

from mathcore import linalg, nn, special
from mathcore.autodiff import vjp
from tests.autodiff.identities import check
from tests.autodiff.samples import GROUPS


@pytest.mark.parametrize("name", GROUPS["mathcore"])
def test_rule(name):
    check(GROUPS["mathcore"][name])


@pytest.mark.parametrize("call", [
    lambda x, out: special.exp(x, out=out), lambda x, out: special.softmax(x, axis=0, out=out),
    lambda x, out: special.relu(x, out), lambda x, out: linalg.linear(x, x, out=out),
    lambda x, out: nn.dense(x, x, activation="tanh", out=out), lambda x, out: linalg.matmul(x, x, out=out),
    lambda x, out: linalg.gram(x, out=out)], ids=["exp", "softmax", "relu", "linear", "dense", "matmul", "gram"])
def test_out_receives_the_result_or_is_refused(call):
    x = np.arange(9.0).reshape(3, 3) / 10

    def f(x):
        y = np.zeros_like(x)
        call(x, y)
        return y

    value, pullback = vjp(f, x)
    expected, direct = vjp(lambda x: call(x, None), x)
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(pullback(np.ones((3, 3)))[0], direct(np.ones((3, 3)))[0])
    with pytest.raises(TypeError, match="out is a plain array"):
        vjp(lambda x: call(x, np.zeros((3, 3))), x)
