"""Fits: linear models by descent, each in one compiled loop."""

from mathcore.optimize.fits import fit_linear, fit_logistic, fit_softmax

__all__ = ["fit_linear", "fit_logistic", "fit_softmax"]
