"""Probability of finitely many outcomes: joint tables with named axes, their marginals, conditionals and moments, and
counting. Exact in fractions where the table is made of fractions or of counts.

>>> from fractions import Fraction
>>> from mathcore.probability import joint
>>> dice = joint([[Fraction(1, 36)] * 6] * 6, names=("first", "second"), values=(range(1, 7), range(1, 7)))
>>> dice.probability(lambda first, second: first + second == 7)
Fraction(1, 6)
"""

from mathcore.probability.counting import comb, perm
from mathcore.probability.joint import joint, joint_from_samples
from mathcore.probability.queries import (
    conditional,
    correlation,
    covariance,
    expectation,
    is_independent,
    marginal,
    total_probability,
    variance,
)
from mathcore.probability.table import Joint

__all__ = [
    "Joint", "comb", "conditional", "correlation", "covariance", "expectation", "is_independent", "joint",
    "joint_from_samples", "marginal", "perm", "total_probability", "variance",
]
