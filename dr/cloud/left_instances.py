"""Database instances that a crashed run has restored and left, found by their names and tags.

The service may read from one by now. So, before it is deleted, a parameter that was cut over to it
is set back, to an instance that is available; what is in use in any other way is held.

Errors:  what `remove` meets: Failed, Unclear, Forbidden, through botocore.
Limits:  what was written to the instance since it was restored goes with it: no two databases can
         be merged. Who else may use it is looked for in Systems Manager's parameters of the Region.
Source:  Amazon RDS API Reference, DescribeDBInstances, DeleteDBInstance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from dr.cloud import cut_over
from dr.cloud import rds_instances as instances
from dr.cloud.aws import Aws
from dr.cloud.leftover import Leftover, moment
from dr.model.intent import EXPIRES_TAG, RUN_TAG

KIND: Final = "database-instance"


@dataclass(frozen=True, slots=True)
class _Left:
    """A restored instance, and what hangs on it."""

    name: str
    status: str
    cut_over: dict[str, str]  # parameters that name it now, with what they named before
    used: tuple[str, ...]  # parameters that name it and never named anything else
    away: tuple[str, ...]  # what parameters would be set back to, but is not available


def find(aws: Aws) -> list[Leftover]:
    """Find every instance in a Region that a run restored."""
    there = {one.id: one for one in instances.every(aws)}
    names = [name for name in there if instances.run_named(name)]
    tagged = {name: tags for name in names if RUN_TAG in (tags := instances.tags(aws, name))}
    if not tagged:
        return []
    named = cut_over.parameters(aws, instances.run_named)
    return [
        Leftover(
            kind=KIND,
            id=name,
            run=tags[RUN_TAG],
            expires=moment(tags.get(EXPIRES_TAG)),
            does=_does(left := _looked(aws, there[name], named.get(name, []), there)),
            remove=partial(_remove, aws, left),
            held=_held(left),
        )
        for name, tags in tagged.items()
    ]


def _looked(
    aws: Aws,
    one: instances.Instance,
    named: list[str],
    there: Mapping[str, instances.Instance],
) -> _Left:
    were = {name: cut_over.before(aws, name, one.id) for name in named}
    back = {name: was for name, was in were.items() if was is not None}
    return _Left(
        name=one.id,
        status=one.status,
        cut_over=back,
        used=tuple(name for name, was in were.items() if was is None),
        away=tuple(
            sorted(
                was
                for was in set(back.values())
                if was not in there or there[was].status != instances.AVAILABLE
            )
        ),
    )


def _does(left: _Left) -> str:
    sets = [f"sets {name} back to {was}" for name, was in left.cut_over.items()]
    return ", ".join([*sets, "deletes the instance, with what was written to it"])


def _held(left: _Left) -> str:
    if left.status != instances.AVAILABLE and left.status not in instances.BROKEN:
        return f"it is {left.status}"
    if left.used:
        return f"it is in use: {', '.join(left.used)} names it"
    if left.away:
        return f"it is in use, and {', '.join(left.away)} is not available; start that first"
    return ""


def _remove(aws: Aws, left: _Left) -> None:
    """Point back what points here, and delete it."""
    acting = aws.acting_hand()
    for name, was in left.cut_over.items():
        acting.ssm.put_parameter(Name=name, Value=was, Overwrite=True)
    instances.delete(acting, left.name)
