"""Where a drill or a plan uses parameters: each place, which kind they are for, what they may say.

One list of places serves checking a drill (`planning`) and putting Terraform's outputs in place
(`binding`), so that neither can forget one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import JsonValue

from dr.core import codes
from dr.core.kinds import BrokenKind, Kinds, ProbeKind, StepKind
from dr.core.positions import Path, Problems, shown
from dr.core.shapes import shape
from dr.core.templates import plain, unresolved
from dr.model.base import Json, Record
from dr.model.drill import Drill, MarksSpec, Phase, ProbeSpec, Step

LoadedT = TypeVar("LoadedT", StepKind, ProbeKind)

PHASES: Final = (Phase.DISRUPT, Phase.RECOVER, Phase.VERIFY, Phase.RETURN)
"""The phases whose steps an author writes."""


@dataclass(frozen=True, slots=True)
class StepPlace:
    """A step of a drill, where it stands, and its kind (None if there is none that can be used)."""

    phase: Phase
    path: Path
    step: Step
    kind: StepKind | None


def steps_of(drill: Drill, phase: Phase) -> tuple[Step, ...]:
    """Return the steps that the author wrote for a phase."""
    if phase is Phase.RETURN:
        return () if isinstance(drill.return_, str) else drill.return_
    written: tuple[Step, ...] = getattr(drill, phase.value)
    return written


def step_places(drill: Drill, kinds: Kinds, problems: Problems) -> list[StepPlace]:
    """Return every step with its kind; note the kinds that do not exist."""
    places = []
    for phase in PHASES:
        for index, step in enumerate(steps_of(drill, phase)):
            path: Path = (phase.value, index)
            kind = None
            try:
                kind = kinds.step(step.kind)
                if kind is None:
                    unknown_kind(step.kind, path, kinds.step_names(), "step", problems)
            except BrokenKind as error:
                _broken_kind(step.kind, path, error, problems)
            places.append(StepPlace(phase, path, step, kind))
    return places


def load_kind(
    kind: str,
    path: Path,
    table: Mapping[str, Callable[[], LoadedT]],
    what: str,
    problems: Problems,
) -> LoadedT | None:
    """Return the kind of a probe or of marks; note it if it does not exist."""
    if kind in table:
        try:
            return table[kind]()
        except BrokenKind as error:
            _broken_kind(kind, path, error, problems)
            return None
    unknown_kind(kind, path, table, what, problems)
    return None


def unknown_kind(
    kind: str, path: Path, known: Iterable[str], what: str, problems: Problems
) -> None:
    """Note a kind that does not exist."""
    listing = "dr probes" if what in {"probe", "marks"} else "dr actions"
    message = f"there is no kind of {what} `{shown(kind)}`"
    suggestion = problems.suggest(kind, known, f"`{listing}` lists the kinds")
    problems.at(codes.UNKNOWN_KIND, (*path, "kind"), message, help_=suggestion)


def _broken_kind(kind: str, path: Path, why: BrokenKind, problems: Problems) -> None:
    """Note a kind that is there and cannot be used."""
    message = f"the kind `{shown(kind)}` cannot be used: {why}"
    problems.at(codes.BROKEN_KIND, (*path, "kind"), message)


def overlays(spec: ProbeSpec | MarksSpec) -> list[tuple[Path, Json, Json]]:
    """Return each set of parameters of a probe or of marks: place, as written, as it is used.

    The place is where it stands in the specification: ("with",), ("copies", 0).
    """
    over: list[tuple[Path, Json | None]]
    if isinstance(spec, ProbeSpec):
        over = [(("negative",), spec.negative)]
    else:
        over = [(("read",), spec.read)]
        over += [(("copies", index), copy) for index, copy in enumerate(spec.copies)]
    laid_over = [(at, one, {**spec.with_, **one}) for at, one in over if one is not None]
    return [(("with",), spec.with_, spec.with_), *laid_over]


def check_params(
    params: type[Record], value: Mapping[str, JsonValue], path: Path, kind: str, problems: Problems
) -> None:
    """Note what is wrong with parameters; what is still a reference is not judged.

    Malformed references must have been noted before.
    """
    later = unresolved(dict(value))
    meant = {key: plain(item) for key, item in value.items()}
    shape(params, meant, problems, later, path, f"the parameters of `{kind}`")
