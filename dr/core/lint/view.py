"""What a rule of lint looks at: the drill, its plan, and each step with its place and its calls."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from dr.core.kinds import StepKind
from dr.core.positions import Path, Positions
from dr.core.templates import texts
from dr.model.drill import Drill, Phase, Scenario, Site, Step
from dr.model.gates import WAIT
from dr.model.plan import Plan, StepClass
from dr.model.units import Duration

Level = Literal["warning", "advice"]
"""warning: it is likely to go wrong. advice: it is worth a thought."""

REGION_LOSS: Final = Scenario.REGION_LOSS
ZONE_LOSS: Final = Scenario.ZONE_LOSS
COMMAND: Final = "command.run"
TERRAFORM: Final = "terraform.apply"

_SERVICES: Final = {"elbv2": "elasticloadbalancing", "s3api": "s3"}
_WITH_VALUE: Final = {"--region", "--profile", "--output", "--endpoint-url", "--query"}
"""Options of the AWS CLI that stand before the service, and take the next word."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule has to say about one place."""

    path: Path
    message: str
    label: str = ""
    help: str = ""


Remarks = Iterable[Remark]
Rule = Callable[["View"], Remarks]


@dataclass(frozen=True, slots=True)
class Placed:
    """A step of the author's, where it stands, at which site it acts, and what it calls.

    calls: IAM actions in lower case. Of a command those that its arguments spell out for the
    AWS CLI; what a script calls, nobody knows.
    """

    phase: Phase
    path: Path
    step: Step
    kind: StepKind
    where: str | None
    site: Site | None
    calls: frozenset[str]

    @property
    def acts(self) -> bool:
        """Whether it changes something."""
        return self.kind.klass is StepClass.ACTION

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return f"`{self.step.id}` ({self.step.kind})"

    @property
    def command(self) -> str:
        """The command that it runs, as one line; empty if it runs none."""
        argv = self.step.with_.get("argv")
        given = argv if self.step.kind == COMMAND and isinstance(argv, list) else []
        return " ".join(str(word) for word in given)

    def any_of(self, wanted: Iterable[str]) -> bool:
        """Say whether it makes one of these calls; `route53:*` stands for all of a service."""
        return any(_fits(call, one.lower()) for one in wanted for call in self.calls)


@dataclass(frozen=True, slots=True)
class View:
    """A drill of which everything holds, for the rules."""

    drill: Drill
    plan: Plan
    positions: Positions
    steps: tuple[Placed, ...]

    def of(self, *phases: Phase) -> Iterator[Placed]:
        """Yield the steps of some phases, in order."""
        return (one for one in self.steps if one.phase in phases)

    def acting(self, *phases: Phase) -> Iterator[Placed]:
        """Yield the steps of some phases that change something."""
        return (one for one in self.of(*phases) if one.acts)

    def written(self, path: Path) -> bool:
        """Say whether the author has written this field."""
        return path in self.positions.values

    @property
    def lost_regions(self) -> frozenset[str]:
        """The Regions that the drill takes for lost: those in which it disrupts."""
        if self.drill.scenario is not REGION_LOSS:
            return frozenset()
        return frozenset(one.site.region for one in self.acting(Phase.DISRUPT) if one.site)

    @property
    def lost_zones(self) -> frozenset[str]:
        """The zones that the drill takes for lost, as written."""
        given = (one.step.with_.get("zone") for one in self.acting(Phase.DISRUPT))
        return frozenset(zone for zone in given if isinstance(zone, str))

    def is_lost(self, site: str | None) -> bool:
        """Say whether a site is in a Region that is lost."""
        place = self.drill.sites.get(site) if site else None
        return place is not None and place.region in self.lost_regions


def calls(step: Step, kind: StepKind) -> frozenset[str]:
    """Return the IAM actions of a step, in lower case."""
    found = {need.lower() for need in kind.needs}
    if step.kind == COMMAND:
        found |= _of_cli(" ".join(text for _, text in texts(step.with_.get("argv"))).split())
    return frozenset(found)


def wait_of(step: Step) -> int:
    """Return how long a step only waits, in microseconds; 0 if it does not, or does not say."""
    given = step.with_.get("for")
    if step.kind != WAIT or not isinstance(given, str):
        return 0
    try:
        return Duration.parse(given)
    except ValueError:
        return 0  # a reference


def _of_cli(words: list[str]) -> set[str]:
    """Return the calls that a command line makes with the AWS CLI."""
    found = set()
    for start, word in enumerate(words):
        if word.rsplit("/", maxsplit=1)[-1] != "aws":
            continue
        at = start + 1
        while at < len(words) and words[at].startswith("--"):
            at += 2 if words[at] in _WITH_VALUE else 1
        if at + 1 < len(words):
            service, operation = words[at].lower(), words[at + 1].lower()
            found.add(f"{_SERVICES.get(service, service)}:{operation.replace('-', '')}")
    return found


def _fits(call: str, wanted: str) -> bool:
    return call.startswith(wanted[:-1]) if wanted.endswith("*") else call == wanted
