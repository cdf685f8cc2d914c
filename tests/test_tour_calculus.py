"""The tour's calculus against closed forms."""

import numpy as np
import pytest

from mathcore import _tour_calculus as calculus


def test_derivatives(capsys):
    slope, g, h = calculus.derivatives()
    assert slope == pytest.approx(np.exp(np.sin(0.25)) * np.cos(0.25) * 2 * 0.5, rel=1e-15)
    np.testing.assert_allclose(g, [np.cos(1), 1 + np.sin(1)], rtol=1e-15)
    np.testing.assert_allclose(h, [[-np.sin(1), 2 + np.cos(1)], [2 + np.cos(1), np.sin(1)]], rtol=1e-14)
    out = capsys.readouterr().out
    assert "f'(1) = -4, f'(3) = 0, f'(5) = 4" in out
    assert max(map(len, out.splitlines())) <= 100


def test_taylor(capsys):
    found = calculus.taylor().polynomials
    np.testing.assert_allclose(found[7].coef, [0, 1, 0, -1 / 6, 0, 1 / 120, 0, -1 / 5040], rtol=1e-15)
    out = capsys.readouterr().out
    assert "7    0.90794" in out
    assert max(map(len, out.splitlines())) <= 100
