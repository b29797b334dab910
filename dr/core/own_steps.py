"""The steps that a run needs by itself; nobody writes them, and their ids begin with `dr-`.

Before the disruption everything must be steady, or the drill would measure an outage that was
there before, and no detector may be firing, or it could not be seen to notice. First of all
verification the service must be seen to recover, and last the marks are read back. After the
return everything must be steady again.
"""

from typing import Final

from dr.core.kinds import Kinds, StepKind
from dr.model.base import Json
from dr.model.drill import Drill, Phase
from dr.model.plan import PlannedStep
from dr.model.units import SECOND_US, Duration

STEADY: Final = "observed.steady"
RECOVERED: Final = "observed.recovered"
READ: Final = "observed.marks"

STEADY_ID: Final = "dr-steady"
RECOVERED_ID: Final = "dr-recovered"
STEADY_AGAIN_ID: Final = "dr-steady-again"

LOOK: Final = Duration(60 * SECOND_US)
"""Deadline of a look at what is measured anyway."""

FEWEST_UPS: Final = 3
GIVE_UP_RATIO: Final = 3


def own_kinds(drill: Drill) -> tuple[str, ...]:
    """Return the kinds of the steps that this drill needs by itself."""
    found = []
    if drill.probes or drill.marks:
        found.append(STEADY)
    if drill.objectives.rto is not None:
        found.append(RECOVERED)
    if drill.marks:
        found.append(READ)
    return tuple(found)


def steady(drill: Drill, kinds: Kinds, *, again: tuple[str, ...] | None = None) -> PlannedStep:
    """Return the look for a steady state: before the disruption, or after the steps `again`."""
    rto = drill.objectives.rto
    params: Json = {
        "probes": [probe.id for probe in drill.probes],
        "marks": [marks.id for marks in drill.marks],
        "ups": max(rto.ups if rto else FEWEST_UPS, FEWEST_UPS),
    }
    if again is None and drill.detect:
        params["quiet"] = [detector.id for detector in drill.detect]
    return _step(
        STEADY_ID if again is None else STEADY_AGAIN_ID,
        Phase.PREPARE if again is None else Phase.RETURN,
        _kind(kinds, STEADY),
        LOOK,
        params,
        again or (),
    )


def recovered(drill: Drill, kinds: Kinds) -> PlannedStep | None:
    """Return the wait for the recovery that the objective is about, if there is one."""
    rto = drill.objectives.rto
    if rto is None:
        return None
    give_up = rto.give_up or Duration(max(GIVE_UP_RATIO * rto.target, LOOK))
    params: Json = {
        "probe": rto.probe,
        "ups": rto.ups,
        "hold": str(rto.hold),
        "impact": rto.impact,
        "controls": [probe.id for probe in drill.probes if probe.control],
    }
    return _step(RECOVERED_ID, Phase.VERIFY, _kind(kinds, RECOVERED), give_up, params, ())


def reads(drill: Drill, kinds: Kinds, after: tuple[str, ...]) -> tuple[PlannedStep, ...]:
    """Return the reading back of all marks, once the steps `after` have settled."""
    return tuple(
        _step(
            f"dr-read-{marks.id}",
            Phase.VERIFY,
            _kind(kinds, READ),
            LOOK,
            {"marks": marks.id},
            after,
        )
        for marks in drill.marks
    )


def _kind(kinds: Kinds, name: str) -> StepKind:
    kind = kinds.step(name)
    if kind is None:
        raise KeyError(name)  # `check` has looked: whoever gets here did not call it
    return kind


def _step(
    id_: str, phase: Phase, kind: StepKind, within: Duration, params: Json, after: tuple[str, ...]
) -> PlannedStep:
    return PlannedStep(
        id=id_,
        phase=phase,
        klass=kind.klass,
        kind=kind.kind,
        site=None,
        within=within,
        after=after,
        params=params,
        needs=kind.needs,
        doubt=kind.doubt,
        reversible=kind.reversible,
    )
