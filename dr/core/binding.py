"""Terraform's outputs, put in place of `${terraform.NAME.OUTPUT}` everywhere in a plan.

A bound plan is checked again, in full: only now are the values known. What the run alone can know
stays a reference until its step's intent is written.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import JsonValue

from dr.core import codes
from dr.core.canonical import canonical
from dr.core.guards import REFERRING
from dr.core.kinds import Kinds, ProbeKind
from dr.core.parse import Parsed
from dr.core.positions import Path, Positions, Problems, listed, shown
from dr.core.templates import Reference, fill
from dr.core.uses import PHASES, check_params, load_kind, overlays, steps_of, unknown_kind
from dr.model.base import Json
from dr.model.brakes import Guard
from dr.model.drill import DetectorSpec, Drill, MarksSpec, ProbeSpec
from dr.model.errors import DefinitionError
from dr.model.plan import Plan, PlannedStep

_ROOT: Final = frozenset({"terraform"})


def bind(
    plan: Plan, outputs: Mapping[str, Json], kinds: Kinds, *, parsed: Parsed | None = None
) -> Plan:
    """Return the plan with outputs in place; `plan.terraform` holds those that were used.

    outputs: by configuration, then by name. parsed: the drill's text, so that problems have a
    place. Raises DefinitionError for outputs that are missing or do not fit.
    """
    binder = _Binder(outputs, kinds, parsed)
    bound = plan.model_copy(
        update={
            "probes": tuple(binder.probe(i, probe) for i, probe in enumerate(plan.probes)),
            "detect": tuple(binder.detector(i, one) for i, one in enumerate(plan.detect)),
            "marks": tuple(binder.marks(i, marks) for i, marks in enumerate(plan.marks)),
            "guards": tuple(binder.guard(i, guard) for i, guard in enumerate(plan.guards)),
            "steps": tuple(binder.step(step) for step in plan.steps),
            "terraform": binder.used,
        }
    )
    if binder.problems.found:
        raise DefinitionError(binder.problems.sorted())
    return bound


class _Unusable(Exception):
    """An output is missing or has no use here; the problem has been noted."""


class _Binder:
    """Binds one plan: looks outputs up, remembers those used, notes what does not fit."""

    def __init__(self, outputs: Mapping[str, Json], kinds: Kinds, parsed: Parsed | None) -> None:
        self.outputs = outputs
        self.kinds = kinds
        self.problems = Problems(parsed.positions if parsed else Positions(""))
        self.places = _places(parsed.drill) if parsed else {}
        self.used: dict[str, Json] = {}

    def probe(self, index: int, spec: ProbeSpec) -> ProbeSpec:
        path: Path = ("probes", index)
        values = {"with_": self._object(spec.with_, (*path, "with"))}
        if spec.negative is not None:
            values["negative"] = self._object(spec.negative, (*path, "negative"))
        bound = spec.model_copy(update=values)
        self._check_spec(bound, path, self.kinds.probes, "probe")
        return bound

    def detector(self, index: int, spec: DetectorSpec) -> DetectorSpec:
        path: Path = ("detect", index)
        bound = spec.model_copy(update={"with_": self._object(spec.with_, (*path, "with"))})
        self._check_spec(bound.probe(), path, self.kinds.probes, "probe")
        return bound

    def marks(self, index: int, spec: MarksSpec) -> MarksSpec:
        path: Path = ("marks", index)
        values: dict[str, object] = {
            "with_": self._object(spec.with_, (*path, "with")),
            "copies": tuple(
                self._object(copy, (*path, "copies", place))
                for place, copy in enumerate(spec.copies)
            ),
        }
        if spec.read is not None:
            values["read"] = self._object(spec.read, (*path, "read"))
        bound = spec.model_copy(update=values)
        self._check_spec(bound, path, self.kinds.marks, "marks")
        return bound

    def guard(self, index: int, guard: Guard) -> Guard:
        bound: dict[str, str] = {}
        for field in REFERRING:
            written, path = getattr(guard, field), ("guards", index, field)
            value = self._value(written, path)
            if isinstance(value, str):
                bound[field] = value
            elif written is not None:
                message = f"`{field}` of a guard must be text, not `{shown(value)}`"
                self.problems.at(codes.OUTPUT_TYPE, path, message)
        return guard.model_copy(update=bound)

    def step(self, step: PlannedStep) -> PlannedStep:
        path = (*self.places.get(step.id, (step.id,)), "with")
        params = self._object(step.params, path)
        kind = self.kinds.step(step.kind)
        if kind is None:
            unknown_kind(step.kind, path[:-1], self.kinds.step_names(), "step", self.problems)
        elif not self.unusable:
            check_params(kind.params, params, path, step.kind, self.problems)
        return step.model_copy(update={"params": params})

    @property
    def unusable(self) -> bool:
        """Whether values are missing: what they would have been cannot be judged then."""
        return any(d.code in {codes.MISSING_OUTPUT, codes.OUTPUT_TYPE} for d in self.problems.found)

    def _check_spec(
        self,
        spec: ProbeSpec | MarksSpec,
        path: Path,
        table: Mapping[str, Callable[[], ProbeKind]],
        what: str,
    ) -> None:
        kind = load_kind(spec.kind, path, table, what, self.problems)
        if kind is not None and not self.unusable:
            for at, _, used in overlays(spec):
                check_params(kind.params, used, (*path, *at), spec.kind, self.problems)

    def _object(self, value: Json, path: Path) -> Json:
        return {key: self._value(item, (*path, key)) for key, item in value.items()}

    def _value(self, value: JsonValue, path: Path) -> JsonValue:
        if isinstance(value, dict):
            return self._object(value, path)
        if isinstance(value, list):
            return [self._value(item, (*path, index)) for index, item in enumerate(value)]
        try:
            return fill(value, lambda reference: self._output(reference, path), _ROOT)
        except _Unusable:
            return value
        except ValueError as error:
            self.problems.at(codes.OUTPUT_TYPE, path, str(error))
            return value

    def _output(self, reference: Reference, path: Path) -> JsonValue:
        there = self.outputs.get(reference.name)
        if there is None or reference.field not in there:
            message = f"Terraform gave no output `{reference.field}`"
            label = f"configuration `{reference.name}`"
            help_ = self.problems.suggest(reference.field, there or (), "it has no outputs at all")
            if there:
                help_ = f"{help_} the outputs are {listed(sorted(there))}"
            self.problems.at(codes.MISSING_OUTPUT, path, message, label, help_)
            raise _Unusable
        value = there[reference.field]
        if value is None or not _exact(value):
            message = f"the output `{reference.field}` is null, or holds a number with a fraction"
            self.problems.at(codes.OUTPUT_TYPE, path, message, "no value of a drill can be that")
            raise _Unusable
        self.used.setdefault(reference.name, {})[reference.field] = value
        return value


def _places(drill: Drill) -> dict[str, Path]:
    """Return where each step the author wrote stands in the file."""
    return {
        step.id: (phase.value, index)
        for phase in PHASES
        for index, step in enumerate(steps_of(drill, phase))
    }


def _exact(value: JsonValue) -> bool:
    """Say whether canonical JSON can hold a value."""
    try:
        canonical(value)
    except ValueError:
        return False
    return True
