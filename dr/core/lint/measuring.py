"""Rules about what is measured, and what is taken for a measurement."""

import re
from collections.abc import Iterator
from typing import Final

from dr.core.lint.view import ZONE_LOSS, Remark, View
from dr.core.positions import Path
from dr.core.templates import texts
from dr.model.drill import Drill, Phase

LAG: Final = re.compile(
    r"ReplicaLag|AuroraGlobalDBReplicationLag|AuroraGlobalDBRPOLag|AuroraReplicaLag"
    r"|ReplicationLatency|LatestRestorable(?:Date)?Time|RecoveryPointCreationDate",
    re.IGNORECASE,
)
"""What providers report about how far a copy is behind."""

LOSES: Final = (
    "rds:FailoverDBCluster", "rds:PromoteReadReplica", "rds:PromoteReadReplicaDBCluster",
    "rds:FailoverGlobalCluster", "elasticache:TestFailover",
)  # fmt: skip
"""Calls after which a copy is the original, which may have been behind."""


def lag_metric(view: View) -> Iterator[Remark]:
    """Remark on a lag that the provider reports, where nothing measures what is lost."""
    if view.drill.objectives.rpo is not None:
        return
    for path, text in _texts(view.drill):
        found = LAG.search(text)
        if found:
            message = f"`{found[0]}` is what the provider says; it is no recovery point"
            help_ = "write marks, and set `objectives.rpo`"
            yield Remark(path, message, "an estimate, and an average", help_)


def provider_accepted(view: View) -> Iterator[Remark]:
    """Remark on a recovery time that only repeats what the provider says."""
    rto = view.drill.objectives.rto
    if rto is not None and rto.accept_provider_reported:
        yield Remark(
            ("objectives", "rto", "accept_provider_reported"),
            "the recovery time may rest on what the provider says",
            '"available" is level 0',
            "judge by a probe that does what users do",
        )


def loss_unmeasured(view: View) -> Iterator[Remark]:
    """Remark on a failover to a copy, of which nobody measures what it lacked."""
    if view.drill.objectives.rpo is not None:
        return
    for one in view.acting(Phase.DISRUPT, Phase.RECOVER):
        if one.any_of(LOSES):
            message = f"{one.name} goes over to a copy, and nothing measures what that lacked"
            yield Remark((*one.path, "kind"), message, "", "write marks, and set `objectives.rpo`")


def partial_outage(view: View) -> Iterator[Remark]:
    """One request at a time, for an outage that hits only some of them."""
    rto = view.drill.objectives.rto
    if rto is None or view.drill.scenario is not ZONE_LOSS:
        return
    for index, probe in enumerate(view.drill.probes):
        if probe.id == rto.probe and probe.requests == 1 and probe.kind.startswith("http."):
            message = f"the probe `{probe.id}` asks once, and the loss of a zone hits some requests"
            help_ = "ask several times at once: `requests: 6`"
            yield Remark(("probes", index), message, "sees the outage by luck", help_)


def nothing_verified(view: View) -> Iterator[Remark]:
    """Remark on a drill whose only evidence of recovery is its probe."""
    if not view.drill.verify:
        message = "nothing is verified after the recovery"
        yield Remark(("recover",), message, "", "add checks under `verify:`")


def _texts(drill: Drill) -> Iterator[tuple[Path, str]]:
    """Yield what a drill asks, waits for, and takes for a success."""
    parts = {
        "probes": [one.with_ for one in drill.probes],
        "detect": [one.with_ for one in drill.detect],
        "disrupt": [one.with_ for one in drill.disrupt],
        "recover": [one.with_ for one in drill.recover],
        "verify": [one.with_ for one in drill.verify],
    }
    for part, given in parts.items():
        for index, params in enumerate(given):
            yield from texts(params, (part, index, "with"))
    for index, text in enumerate(drill.success_conditions):
        yield ("success_conditions", index), text
    for index, guard in enumerate(drill.guards):
        for field in ("alarm", "promql", "expect"):
            yield ("guards", index, field), getattr(guard, field) or ""
