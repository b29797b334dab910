"""How long a run can take."""

from typing import Final

from dr.model.plan import Plan
from dr.model.units import SECOND_US

SLACK_US: Final = 900 * SECOND_US
"""What goes with a run outlives every deadline of its plan by so much."""


def longest_us(plan: Plan) -> int:
    """Return how long a run of this plan can take at most, there and back."""
    return sum(2 * step.within.us for step in plan.steps) + SLACK_US
