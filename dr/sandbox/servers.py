"""What moto knows of the servers of the orders service, in its fleet and beside it.

A part of the service with servers of its own has the target group orders-PART. Its program was put
on one server, which the parameter /orders/PART names; a target without it does not listen.
"""

from typing import Any

from dr.sandbox.backends import backend
from dr.sandbox.inventory_data import NAME
from dr.sandbox.patches import ebs, ec2, elbv2
from dr.sandbox.seeds_ec2 import DEVICE
from dr.sandbox.sim import Sim
from dr.sandbox.world import Disk, Target


def targets(region: str, group: Any, first: str | None = None) -> list[Target]:
    """Return the registered targets of a group. first: who does not carry its program is idle."""
    found = []
    for id_ in list(group.targets):
        instance = backend("ec2", region).get_instance_by_id(id_)
        if instance is not None:
            carries = first is None or ec2.carries(instance, first)
            found.append(
                Target(
                    instance=id_,
                    zone=str(instance.placement.zone),
                    subnet=str(instance.subnet_id),
                    running=instance.state == "running" and carries,
                    healthy=elbv2.health_of(group, id_) == "healthy",
                )
            )
    return found


def targets_of(region: str, part: str) -> list[Target]:
    """Return the registered targets of a part of the service; none if it has no group."""
    groups = list(backend("elbv2", region).target_groups.values())
    group = next((one for one in groups if one.name == f"{NAME}-{part}"), None)
    first = _named(region, part)
    return targets(region, group, first) if group is not None and first is not None else []


def disk(sim: Sim, region: str, part: str) -> Disk | None:
    """Return the disk that the server of a part can read from; None: there is none."""
    server = backend("ec2", region).get_instance_by_id(_named(region, part) or "")
    if server is None or server.state != "running":
        return None
    volume = ebs.attached(server, DEVICE)
    if volume is None:
        return None
    return Disk(str(server.subnet_id), ebs.blocks(volume), ebs.reader(sim, volume))


def _named(region: str, part: str) -> str | None:
    found = backend("ssm", region).get_parameter(f"/{NAME}/{part}")
    return str(found.value) if found is not None else None
