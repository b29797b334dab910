"""aws.rds.cluster_members against moto, whose instances are always available."""

import pytest

from dr.checks.rds_cluster_members import Params, RdsClusterMembers
from dr.cloud.rds import Cluster, Member
from dr.testing import Stage

CHECK = RdsClusterMembers()
TWO = Params(cluster="orders", at_least=2)


def a_cluster(stage: Stage, instances: int) -> None:
    rds = stage.admin("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="orders",
        Engine="aurora-postgresql",
        MasterUsername="dr",
        MasterUserPassword="only-a-test",
    )
    for n in range(instances):
        rds.create_db_instance(
            DBInstanceIdentifier=f"orders-{n}",
            DBClusterIdentifier="orders",
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
        )


@pytest.mark.parametrize(("instances", "holds"), [(3, True), (2, True), (1, False)])
def test_enough_members_with_one_writer_hold(stage: Stage, instances: int, *, holds: bool) -> None:
    a_cluster(stage, instances)

    outcome = CHECK.judge(TWO, None, stage.look(CHECK, TWO))

    assert outcome.holds is holds, outcome.why
    assert outcome.compared == instances
    stage.needs_are_its_calls(CHECK)


def cluster(*members: str, status: str = "available") -> Cluster:
    """Describe a cluster: members as "w available" (writer) or "r rebooting" (reader)."""
    made = []
    for n, text in enumerate(members):
        role, state = text.split()
        made.append(Member(id=f"db-{n}", writer=role == "w", tier=1, status=state))
    return Cluster(cluster="orders", status=status, source=None, members=tuple(made))


@pytest.mark.parametrize(
    ("seen", "holds"),
    [
        (cluster("w available", "r available"), True),
        (cluster("w available", "r available", status="failing-over"), False),
        (cluster("w available", "r rebooting"), False),
        (cluster("w rebooting", "r available", "r available"), False),
        (cluster("r available", "r available"), False),
        (cluster("w available", "w available"), False),
        (cluster(), False),
    ],
)
def test_judgement(seen: Cluster, *, holds: bool) -> None:
    outcome = CHECK.judge(TWO, None, seen)

    assert outcome.holds is holds
    assert "available, 2 wanted" in outcome.why
    assert outcome.level == 0
