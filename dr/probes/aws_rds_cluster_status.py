"""Ask RDS whether a cluster says of itself that it is available, with a writer.

Only where the database cannot be reached from the runner (`sql.query` asks it itself): it repeats
what the provider says, and a figure made of it alone is at best inconclusive, unless the objective
accepts that beforehand.

Units:   none.
Errors:  none. A call that fails is `unknown`; a cluster that does not exist is, too.
Limits:  "available" is what the control plane believes: connections fail before it notices, and
         it goes on saying so through a failover of a minute.
Source:  Amazon RDS API Reference, DescribeDBClusters.
Example: {id: cluster, kind: aws.rds.cluster_status, every: 2s, with: {cluster: orders}}
"""

from typing import ClassVar

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.reading import State
from dr.ports import Asking, Reading
from dr.probes.provider import ProviderProbe

AVAILABLE = "available"


class RdsClusterStatusParams(Record):
    """Parameters of aws.rds.cluster_status."""

    cluster: str = Field(min_length=1, description="Identifier of the cluster.")


class RdsClusterStatus(ProviderProbe):
    """See the module."""

    kind: ClassVar[str] = "aws.rds.cluster_status"
    needs: ClassVar[tuple[str, ...]] = ("rds:DescribeDBClusters",)
    params: ClassVar[type[Record]] = RdsClusterStatusParams

    def __init__(self, params: Json, asking: Asking) -> None:
        """Take the parameters; open nothing."""
        self._told = RdsClusterStatusParams.model_validate(params, strict=False)
        self._reach(asking)

    def _look(self) -> Reading:
        found = self._aws.rds.describe_db_clusters(DBClusterIdentifier=self._told.cluster)
        cluster = found["DBClusters"][0]
        status = cluster.get("Status", "unknown")
        writers = [m for m in cluster.get("DBClusterMembers", []) if m.get("IsClusterWriter")]
        if status == AVAILABLE and writers:
            return Reading(State.UP)
        said = f"the cluster is {status}" if status != AVAILABLE else "the cluster has no writer"
        return Reading(State.DOWN, said)
