"""The tour's fits: descents in closed form, mails as they are drawn, the fit against its model."""

import numpy as np

from mathcore import _tour_fits as fits


def test_descents_are_powers(capsys):
    found = fits.descents()
    assert [d.rate for d in found] == list(fits.RATES)
    for rate, path in found:
        np.testing.assert_allclose(path - 3, 4 * (1 - 2 * rate) ** np.arange(fits.STEPS + 1), rtol=1e-9, atol=1e-12)
    assert "Step 20: x = 3.0461, f(x) = 0.0021" in capsys.readouterr().out


def test_mails_have_the_means_of_their_kind():
    x, spam = fits.mails(np.random.default_rng(1), 50_000)
    means = np.array([mark[1:] for mark in fits.MARKS])
    assert abs(spam.mean() - fits.SPAM_SHARE) < 0.01
    for kind in (0, 1):
        np.testing.assert_allclose(x[spam == kind].mean(axis=0), means[:, kind], atol=0.05)


def test_spam_coefficients_are_near_the_true_ones(capsys):
    """Poisson counts: the log-odds are linear in them, with log(mean of spam / mean of others) each."""
    fit = fits.spam()
    true = np.array([np.log(spam / other) for _, other, spam in fits.MARKS])
    assert np.abs(fit.coef - true).max() < 0.5
    assert "p(spam)" in capsys.readouterr().out
