"""Bayes' rule for finitely many hypotheses; conjugate families: posteriors, predictives, evidence in closed form."""

from mathcore.bayes.counts import BetaBinomial, DirichletMultinomial, GammaPoisson
from mathcore.bayes.discrete import (
    DiagnosticTest,
    Posterior,
    bayes_factor,
    diagnostic_table,
    diagnostic_test,
    odds,
    posterior,
    posterior_odds,
    probability_of_odds,
    sequential_update,
)
from mathcore.bayes.normal import NormalInverseGamma, NormalNormal

__all__ = [
    "BetaBinomial", "DiagnosticTest", "DirichletMultinomial", "GammaPoisson", "NormalInverseGamma", "NormalNormal",
    "Posterior", "bayes_factor", "diagnostic_table", "diagnostic_test", "odds", "posterior", "posterior_odds",
    "probability_of_odds", "sequential_update",
]
