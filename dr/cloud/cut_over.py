"""Parameters of Systems Manager that a run has cut over to something it made, and from what.

Limits:  who else may use a thing is looked for in the parameters of type String of the Region.
Source:  AWS Systems Manager API Reference, DescribeParameters, GetParameters, GetParameterHistory.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Final

from dr.cloud.aws import Aws

_PARAMETERS_A_CALL: Final = 10


def parameters(aws: Aws, ours: Callable[[str], bool]) -> dict[str, list[str]]:
    """Return the names of the parameters whose value is one that a run made, by their value."""
    pages = aws.ssm.get_paginator("describe_parameters").paginate(
        ParameterFilters=[{"Key": "Type", "Option": "Equals", "Values": ["String"]}]
    )
    names = [one["Name"] for page in pages for one in page["Parameters"]]
    found: dict[str, list[str]] = defaultdict(list)
    for start in range(0, len(names), _PARAMETERS_A_CALL):
        some = aws.ssm.get_parameters(Names=names[start : start + _PARAMETERS_A_CALL])
        for one in some["Parameters"]:
            if ours(one.get("Value", "")):
                found[one["Value"]].append(one["Name"])
    return found


def before(aws: Aws, parameter: str, now: str) -> str | None:
    """Return what a parameter held before it was set to what it holds now."""
    pages = aws.ssm.get_paginator("get_parameter_history").paginate(Name=parameter)
    values = [one.get("Value") for page in pages for one in page["Parameters"]]
    while values and values[-1] == now:
        values.pop()
    return values[-1] if values else None
