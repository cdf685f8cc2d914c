"""The rules of rules/elementwise.py: both modes, first and second order, against differences and complex steps."""

import pytest

from tests.autodiff.identities import check
from tests.autodiff.samples import GROUPS


@pytest.mark.parametrize("name", GROUPS["elementwise"])
def test_rule(name):
    check(GROUPS["elementwise"][name])


@pytest.mark.parametrize("name", GROUPS["scipy"])
def test_rule_of_scipy(name):
    check(GROUPS["scipy"][name])
