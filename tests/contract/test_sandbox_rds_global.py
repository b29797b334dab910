"""The sandbox's global database: its writer moves, takes its time, and says what it is doing."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dr.cloud.rds_global import GlobalDatabase, look
from dr.sandbox.seeds_global import STOCK
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def _seen(cloud: Cloud) -> GlobalDatabase:
    found = look(cloud.east, STOCK)
    assert found is not None
    return found


def _ends(cloud: Cloud) -> tuple[str, str]:
    """Return the cluster that is the writer, and the one that is not."""
    found = _seen(cloud)
    (reader,) = (one.arn for one in found.members if not one.writer)
    return found.writers()[0].arn, reader


def _moved(cloud: Cloud, new: str) -> bool:
    found = _seen(cloud)
    return not found.moving and [one.arn for one in found.writers()] == [new]


def _in_step(cloud: Cloud) -> bool:
    return all(one.in_step for one in _seen(cloud).members)


def _ask(cloud: Cloud, call: str, target: str, **more: Any) -> Any:
    named = {"GlobalClusterIdentifier": STOCK, "TargetDbClusterIdentifier": target, **more}
    return getattr(cloud.west.rds, call)(**named)["GlobalCluster"]


def test_a_failover_takes_time_and_the_old_writer_is_rebuilt(cloud: Cloud) -> None:
    cloud.sandbox.post("times", {"rejoin": 2.0})
    old, new = _ends(cloud)

    told = _ask(cloud, "failover_global_cluster", new, AllowDataLoss=True)

    assert told["Status"] == "failing-over"
    assert told["FailoverState"] == {
        "Status": "failing-over",
        "FromDbClusterArn": old,
        "ToDbClusterArn": new,
        "IsDataLossAllowed": True,
    }
    with pytest.raises(ClientError, match="InvalidGlobalClusterStateFault"):
        _ask(cloud, "switchover_global_cluster", new)
    eventually(lambda: _moved(cloud, new))
    with pytest.raises(ClientError, match="InvalidDBClusterStateFault"):
        _ask(cloud, "switchover_global_cluster", old)  # it is not in step yet
    eventually(lambda: _in_step(cloud))


def test_a_switchover_allows_no_loss_and_goes_both_ways(cloud: Cloud) -> None:
    eventually(lambda: _in_step(cloud))
    for _ in range(2):
        _, new = _ends(cloud)
        told = _ask(cloud, "switchover_global_cluster", new)
        assert told["Status"] == "switching-over"
        assert told["FailoverState"]["IsDataLossAllowed"] is False
        eventually(lambda new=new: _moved(cloud, new))  # type: ignore[misc]
        eventually(lambda: _in_step(cloud))


def test_what_is_not_there_cannot_take_over(cloud: Cloud) -> None:
    eventually(lambda: _in_step(cloud))
    writer, _ = _ends(cloud)
    with pytest.raises(ClientError, match="InvalidDBClusterStateFault"):
        _ask(cloud, "switchover_global_cluster", writer)
    with pytest.raises(ClientError, match="DBClusterNotFoundFault"):
        _ask(cloud, "switchover_global_cluster", f"{writer}-else")
    with pytest.raises(ClientError, match="GlobalClusterNotFoundFault"):
        cloud.east.rds.describe_global_clusters(GlobalClusterIdentifier="none")


def test_it_has_tags_and_an_endpoint_in_either_region(cloud: Cloud) -> None:
    assert _seen(cloud).tags["dr-drill"] == "allowed"
    (found,) = cloud.west.rds.describe_global_clusters()["GlobalClusters"]
    assert ".global-" in found["Endpoint"]
