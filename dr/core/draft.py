"""What must be told before a shipped drill is one for other resources.

Asked for is what names the sample's owners, sites and resources: outputs of its Terraform
configuration, and parameters of actions, checks and marks that name something in AWS.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dr.core.importing.outline import listing, mapping
from dr.core.kinds import Kinds, ProbeKind, StepKind
from dr.core.parse import Parsed, read
from dr.core.positions import Path
from dr.core.templates import texts
from dr.core.uses import PHASES
from dr.model.base import Json

HEAD: Final = {
    "drill": "Name of the drill.",
    "service": "Service that is exercised.",
    "owner": "Team that owns it.",
    "environment": "Environment it runs in: a live run asks for this name to be typed.",
    "title": "What a pass shows, in one sentence.",
}
LISTS: Final = ("probes", "marks", "detect", "guards", *(phase.value for phase in PHASES))
REFERENCE: Final = re.compile(r"\$\{terraform\.([a-z][a-z0-9-]*)\.([A-Za-z_][A-Za-z0-9_-]*)\}")
_WORDS: Final = {"latest"}
"""Values of parameters that are words of `dr`, and name nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be told. kind, param, site: where it is used, if all of a text is asked for."""

    key: str
    about: str
    kind: str = ""
    param: str = ""
    site: str | None = None


@dataclass(frozen=True)
class Draft:
    """A shipped drill and what it must be told. literals: texts of the sample, and their keys."""

    parsed: Parsed
    data: Json
    questions: dict[str, Question]
    literals: dict[str, str]
    terraform: bool  # a step drives Terraform, so that there must be a configuration


def draft(parsed: Parsed, kinds: Kinds) -> Draft:
    """Return the draft that a drill makes, which must be sound."""
    data = mapping(read(parsed.text, parsed.positions.file)[0].data)
    hands = {kind.hand for entry in _steps(data) if (kind := kinds.step(_kind(entry))) is not None}
    made = Draft(parsed, data, {}, _of_sites(parsed), "Terraform" in hands)
    found = [*_of_the_head(made), *_of_resources(made, kinds)]
    # Where all of a text is asked for, it is known what it names: that can be looked for.
    for question in sorted(found, key=lambda one: not one.param):
        made.questions.setdefault(question.key, question)
    order = {question.key: None for question in found}
    return Draft(
        parsed, data, {key: made.questions[key] for key in order}, made.literals, made.terraform
    )


def _steps(data: Json) -> Iterator[Json]:
    for phase in PHASES:
        yield from map(mapping, listing(data.get(phase.value)))


def _of_sites(parsed: Parsed) -> dict[str, str]:
    """Return the keys of the sites' Regions and accounts; of two with the same, the first."""
    found: dict[str, str] = {}
    for name, site in parsed.drill.sites.items():
        found.setdefault(site.region, f"{name}.region")
        found.setdefault(site.account, f"{name}.account")
    return found


def _kind(entry: Json) -> str:
    return str(entry.get("kind", "guard"))


def _of_the_head(made: Draft) -> Iterator[Question]:
    for key, about in HEAD.items():
        yield Question(key, about)
    for name in made.parsed.drill.sites:
        yield Question(f"{name}.account", f"AWS account of the site {name}, 12 digits.")
        yield Question(f"{name}.region", f"Region of the site {name}.")
    if made.terraform:
        for name in made.parsed.drill.terraform:
            about = f"Directory of the Terraform configuration {name}, relative to the drill."
            yield Question(f"{name}.dir", about)


def _of_resources(made: Draft, kinds: Kinds) -> Iterator[Question]:
    told = dict(made.literals)  # sites: they are asked for by their own names
    for path, text in texts(made.data):
        listed = made.data[str(path[0])]
        if path[0] not in LISTS or not isinstance(listed, list):
            continue  # `return: undo` is no list
        entry = mapping(listed[int(path[1])])
        where = f"`{path[-1]}` of {entry.get('id', 'a guard')} ({_kind(entry)})"
        for found in REFERENCE.finditer(text):
            if found[0] == text:
                yield _question(found[2], where, entry, path, kinds)
            else:
                rest = REFERENCE.sub("…", text)
                yield Question(found[2], f"What stands for … in {where}: {rest}")
        if text not in told and _names_something(entry, path, text, kinds):
            key = made.literals.setdefault(text, f"{entry.get('id')}.{path[-1]}")
            yield _question(key, where, entry, path, kinds)


def _question(key: str, where: str, entry: Json, path: Path, kinds: Kinds) -> Question:
    loaded = _loaded(entry, path, kinds)
    declared = loaded.params.model_fields.get(str(path[-1])) if loaded is not None else None
    said = (declared.description if declared is not None else None) or ""
    site = entry.get("site")
    return Question(
        key=key,
        about=f"{where}: {said}" if said else f"{where}.",
        kind=_kind(entry),
        param=str(path[-1]),
        site=site if isinstance(site, str) else None,
    )


def _names_something(entry: Json, path: Path, text: str, kinds: Kinds) -> bool:
    """Say whether a text is a parameter that names something of the sample in AWS."""
    if path[2:-1] != ("with",) or "${" in text or " " in text or text in _WORDS:
        return False  # a sentence names nothing
    loaded = _loaded(entry, path, kinds)
    if loaded is None or not loaded.needs:
        return False
    declared = loaded.params.model_fields.get(str(path[-1]))
    return declared is not None and declared.annotation in {str, str | None}


def _loaded(entry: Json, path: Path, kinds: Kinds) -> StepKind | ProbeKind | None:
    kind = _kind(entry)
    if path[0] == "marks":
        return kinds.marks[kind]() if kind in kinds.marks else None
    if path[0] in {"probes", "detect"}:
        return kinds.probes[kind]() if kind in kinds.probes else None
    return None if path[0] == "guards" else kinds.step(kind)
