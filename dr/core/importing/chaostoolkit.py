"""From an experiment of Chaos Toolkit.

The steady-state hypothesis becomes probes (an alarm that must be OK becomes a detector), the method
becomes `disrupt`, pauses become waits. Rollbacks are kept only where a drill does not put back by
itself: as the `undo` of the one command there is, or as the steps of `return` after commands only.

Limits:  `${name}` is filled in from the experiment's configuration, where that has a value or a
         default; secrets are not. Controls and extensions are gaps.
Source:  Chaos Toolkit Open API, "Experiment" (steady-state-hypothesis, method, rollbacks, pauses,
         background); chaostoolkit-aws 0.35.1, signatures of its actions and probes.
"""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from dr.core.importing import chaostoolkit_actions as actions
from dr.core.importing import chaostoolkit_probes as probes
from dr.core.importing.configuration import Configuration
from dr.core.importing.outline import (
    Entry,
    Inexpressible,
    Outline,
    listing,
    mapping,
    region,
    wait_step,
)
from dr.core.positions import Path
from dr.model.base import Json
from dr.model.units import Duration

PAUSES_S: Final = (0.001, 86_400)
_ROLE: Final = re.compile(r":role/(?:[\w+=,.@/-]*/)?([\w+=,.@-]+)$", re.ASCII)
STEADY: Final = "steady-state-hypothesis"


def of_experiment(data: JsonValue) -> Outline | None:
    """Return what an experiment says; None if it is none."""
    experiment = mapping(data)
    method = listing(experiment.get("method"))
    if "method" not in experiment or not isinstance(experiment["method"], list):
        return None
    outline = Outline("an experiment of Chaos Toolkit")
    outline.title = str(experiment.get("title") or "")
    configuration = Configuration(mapping(experiment.get("configuration")))
    outline.region = region(configuration.known("aws_region"))
    role = configuration.known("aws_assume_role_arn")
    outline.place(role)
    match = _ROLE.search(role or "")
    outline.role = match[1] if match else None
    _around(experiment, outline)
    hypothesis = mapping(experiment.get(STEADY))
    for path, activity in _activities(hypothesis.get("probes"), (STEADY, "probes")):
        _probe(activity, path, outline, configuration)
    _method(method, outline, configuration)
    _rollbacks(experiment.get("rollbacks"), outline, configuration)
    return outline


def _activities(given: JsonValue, base: Path) -> Iterator[tuple[Path, dict[str, JsonValue]]]:
    for index, one in enumerate(listing(given)):
        yield (*base, index), mapping(one)


def _around(experiment: dict[str, JsonValue], outline: Outline) -> None:
    """Note what stands around the method, and has no place in a drill."""
    for name in ("controls", "secrets"):
        if experiment.get(name):
            outline.gap("disrupt", f"`{name}` have no place in a drill", (name,))


def _probe(
    activity: dict[str, JsonValue], path: Path, outline: Outline, known: Configuration
) -> None:
    name = str(activity.get("name", "probe"))[:80]
    try:
        filled = mapping(known.filled(activity, outline, "probes", path))
        section, data = probes.of_activity(filled)
    except Inexpressible as why:
        outline.gap("probes", f"probe `{name}`: {why}", path)
        return
    id_ = outline.id(name)
    into = outline.detect if section == "detect" else outline.probes
    into.append(Entry({"id": id_, **data}, () if name == id_ else (name,)))


def _method(method: list[JsonValue], outline: Outline, known: Configuration) -> None:
    """Add the steps; one that runs in the background is not waited for by the next."""
    before: list[str] = []  # what the next step starts after
    for path, activity in _activities(method, ("method",)):
        if "ref" in activity:
            continue  # asked all along, by the hypothesis
        if activity.get("type") == "probe":
            _probe(activity, path, outline, known)
            continue
        pauses = mapping(activity.get("pauses"))
        before = _pause(pauses.get("before"), "before", path, before, outline)
        name = str(activity.get("name", "action"))[:80]
        if activity.get("controls"):
            outline.gap("disrupt", f"action `{name}`: its controls have no place in a drill", path)
        try:
            data = actions.of_activity(mapping(known.filled(activity, outline, "disrupt", path)))
        except Inexpressible as why:
            outline.gap("disrupt", f"action `{name}`: {why}", path)
        else:
            id_ = outline.id(name)
            _append({"id": id_, **data}, () if name == id_ else (name,), before, outline)
            before = before if activity.get("background") is True else [id_]
        before = _pause(pauses.get("after"), "after", path, before, outline)


def _pause(
    given: JsonValue, when: str, path: Path, before: list[str], outline: Outline
) -> list[str]:
    """Add a wait, if there is a pause; return what the next step starts after."""
    if given is None or given == 0:
        return before
    if isinstance(given, bool) or not isinstance(given, int | float):
        outline.gap("disrupt", f"a pause {when} that is no number of seconds", path)
        return before
    if not PAUSES_S[0] <= given <= PAUSES_S[1]:
        outline.gap("disrupt", f"a pause {when} of {given!s:.20} s is no wait", path)
        return before
    id_ = outline.id("pause")
    _append(wait_step(id_, Duration(round(given * 1_000) * 1_000)), (), before, outline)
    return [id_]


def _append(data: Json, notes: tuple[str, ...], before: list[str], outline: Outline) -> None:
    above = [str(outline.disrupt[-1].data["id"])] if outline.disrupt else []
    after: Json = {} if before == above else {"after": [*before]}
    outline.disrupt.append(Entry({**data, **after}, notes))


def _rollbacks(given: JsonValue, outline: Outline, known: Configuration) -> None:
    """Keep rollbacks that a drill does not make by itself, where there is a place for them."""
    kept: list[Json] = []
    lost = False
    for path, activity in _activities(given, ("rollbacks",)):
        name = str(activity.get("name", "rollback"))[:80]
        try:
            data = actions.of_activity(mapping(known.filled(activity, outline, "disrupt", path)))
        except Inexpressible as why:
            said = f"{why}; the run puts back what its steps have changed, and no more"
        else:
            if data["kind"] == actions.COMMAND:
                kept.append({"id": outline.id(name), **data})
                continue
            if any(_same(data, one.data) for one in outline.disrupt):
                continue  # undoing that step is this rollback
            said = "no step of the method has changed that"
        lost = True
        outline.gap("disrupt", f"rollback `{name}`: {said}", path)
    commands = [one for one in outline.disrupt if one.data["kind"] == actions.COMMAND]
    acting = [one for one in outline.disrupt if one.data["kind"] != "wait"]
    if len(kept) == len(commands) == 1 and not lost:
        mapping(commands[0].data["with"])["undo"] = mapping(kept[0]["with"])["argv"]
    elif kept and commands and len(commands) == len(acting):
        outline.back += [Entry(data) for data in kept]
    elif kept:
        said = "which step a rollback undoes is not said: put its command into that step's `undo`"
        outline.gap("disrupt", said, ("rollbacks",))


def _same(one: Json, other: Json) -> bool:
    """Say whether two steps are of the same kind and aimed at the same thing."""
    aimed = [next(iter(mapping(step["with"]).items()), None) for step in (one, other)]
    return one["kind"] == other["kind"] and aimed[0] == aimed[1]
