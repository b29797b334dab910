"""aws.rds.instance against moto, and by value what moto has not."""

import pytest

from dr.checks.rds_instance import Params, RdsInstance, Seen
from dr.cloud.rds_instances import Instance
from dr.testing import Stage
from tests.contract.database_instances import SETTINGS, an_instance, make

CHECK = RdsInstance()
LEDGER = Params(instance="ledger")
LIKE = Params(instance="ledger", like="other")
ELSEWHERE = SETTINGS.model_copy(update={"security_groups": ("sg-default",)})
APART = SETTINGS.model_copy(update={"subnet_group": "default"})


def test_an_available_instance_holds(stage: Stage) -> None:
    make(stage)

    outcome = CHECK.judge(LEDGER, None, stage.look(CHECK, LEDGER))

    assert outcome.holds
    assert (outcome.compared, outcome.level) == (1, 0)
    stage.needs_are_its_calls(CHECK)


def test_an_instance_that_does_not_exist_never_holds(stage: Stage) -> None:
    outcome = CHECK.judge(LEDGER, None, stage.look(CHECK, LEDGER))

    assert not outcome.holds
    assert outcome.compared == 0
    assert "does not exist" in outcome.why


@pytest.mark.parametrize(
    ("params", "now", "like", "why"),
    [
        (LEDGER, an_instance(status="creating"), None, "creating"),
        (
            Params(instance="ledger", multi_az=True),
            an_instance(standby_zone=None),
            None,
            "has no standby",
        ),
        (LIKE, an_instance(), None, "no other to compare"),
        (LIKE, an_instance(settings=ELSEWHERE), an_instance(id="other"), "sg-default"),
        (LIKE, an_instance(settings=APART), an_instance(id="other"), "subnet group default"),
    ],
)
def test_what_cannot_be_relied_on_does_not_hold(
    params: Params, now: Instance, like: Instance | None, why: str
) -> None:
    outcome = CHECK.judge(params, None, Seen(instance=now, like=like))

    assert not outcome.holds
    assert why in outcome.why


def test_an_instance_like_another_holds() -> None:
    assert CHECK.judge(LIKE, None, Seen(instance=an_instance(), like=an_instance(id="other"))).holds
