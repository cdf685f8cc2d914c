"""The rules of rules/linalg.py: both modes, first and second order, against differences and complex steps."""

import pytest

from tests.autodiff.identities import check
from tests.autodiff.samples import GROUPS


@pytest.mark.parametrize("name", GROUPS["linalg"])
def test_rule(name):
    check(GROUPS["linalg"][name])
