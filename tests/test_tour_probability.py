"""The tour's probability against numbers worked out by hand."""

import numpy as np
import pytest

from mathcore import _tour_probability as probability
from mathcore._tour import load_split


def test_bayes(capsys):
    """0.0095 / 0.1085; odds of 1 to 99 times 9.5, twice; Beta(8, 4)."""
    test, again, coin = probability.bayes()
    assert test.ppv == pytest.approx(0.0095 / 0.1085, rel=1e-14)
    assert again.ppv / (1 - again.ppv) == pytest.approx(9.5**2 / 99, rel=1e-13)
    assert coin.mean == pytest.approx(8 / 12)
    out = capsys.readouterr().out
    assert "0.1719" in out                          # 176 / 1024
    assert max(map(len, out.splitlines())) <= 100


def test_information(capsys):
    h, ce, kl = probability.information()
    assert ce == pytest.approx(np.log2(6), rel=1e-14)
    assert kl == pytest.approx(ce - h, rel=1e-13)
    out = capsys.readouterr().out
    assert "0.5: entropy 1.0000 bits" in out
    assert "0.9: entropy 0.4690 bits" in out
    assert max(map(len, out.splitlines())) <= 100


def test_naive_bayes(capsys):
    fpr, tpr = probability.naive_bayes(load_split(np.random.default_rng(0)))
    assert 0.95 < np.trapezoid(tpr, fpr) < 1
    out = capsys.readouterr().out
    right = [int(line.split()[1]) for line in out.splitlines() if "NB" in line]
    assert min(right) > 0.85 * 360
    assert max(map(len, out.splitlines())) <= 100
