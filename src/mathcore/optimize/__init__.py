"""Fits: linear models by descent, each in one compiled loop."""

from mathcore.optimize.fits import FitTrace, fit_linear, fit_logistic, fit_softmax

__all__ = ["FitTrace", "fit_linear", "fit_logistic", "fit_softmax"]
