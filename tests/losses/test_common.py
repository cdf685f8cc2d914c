"""What all losses share: their type and the shape of their answers."""

import numpy as np
import pytest

from mathcore.losses._common import common_dtype, plain, reduced_loss


def test_python_numbers_are_weak_and_integers_float64():
    for operands, expected in (((np.ones(2, "f4"), 1.0), "f4"), ((np.ones(2, "f4"), np.ones(2)), "f8"),
                               (([1, 2], None), "f8"), ((np.ones(2, "f2"), 3), "f2")):
        result, arrays = common_dtype("loss", [("x", operands[0]), ("y", operands[1])])
        assert result == expected
        assert (arrays[1] is None) == (operands[1] is None)
    with pytest.raises(TypeError, match="loss: y has dtype complex128"):
        common_dtype("loss", [("x", 1.0), ("y", 1j)])


def test_plain_is_c_order_of_any_dimensions():
    assert plain(np.array(2.0), np.dtype("f8")).shape == ()
    assert plain(np.ones((3, 2), order="F"), np.dtype("f4")).flags.c_contiguous


def test_reduced_loss_has_the_type_and_the_gradient_where_there_is_one():
    assert type(reduced_loss(None, 0.5, None, np.dtype("f4"))) is np.float32
    value, gradient = reduced_loss(np.ones(3), None, np.ones(3), np.dtype("f4"))
    assert value.dtype == gradient.dtype == "f4"
