"""The hands of a run: made once per site, handed to each step by the type it declares."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dr.cli.kinds import StepKindObject
from dr.cli.stage import Stage
from dr.cloud.aws import Aws
from dr.cloud.child import Children
from dr.cloud.postgres import Postgres
from dr.cloud.terraform import Terraform
from dr.model.errors import Refused
from dr.model.event import Call, Way
from dr.model.plan import Plan, PlannedStep
from dr.ports import Observations


@dataclass
class SiteHands:
    """See the module. `kinds` are the loaded actions and checks of the plan."""

    plan: Plan
    stage: Stage
    directory: Path
    kinds: dict[str, StepKindObject]
    observations: Observations
    _looking: dict[str, Aws] = field(default_factory=dict)
    _acting: dict[str, Aws] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def looking(self, step: PlannedStep, way: Way) -> Any:
        """Return the hand that only looks."""
        kind = self.kinds[step.kind].hand
        return self.aws(step.site) if kind is Aws else self._other(kind, step, way)

    def acting(self, step: PlannedStep, way: Way) -> Any:
        """Return the hand that asks exactly once."""
        kind = self.kinds[step.kind].hand
        if kind is not Aws:
            return self._other(kind, step, way)
        site = self._site(step.site)
        with self._lock:
            if site not in self._acting:
                self._acting[site] = self._made(site).acting_hand()
            return self._acting[site]

    def drain(self, hand: Any) -> tuple[Call, ...]:
        """Return the provider calls made through a hand by this thread."""
        return hand.drain() if isinstance(hand, Aws) else ()

    def aws(self, site: str | None) -> Aws:
        """Return the looking hand of a site."""
        name = self._site(site)
        with self._lock:
            return self._made(name)

    def _made(self, site: str) -> Aws:
        if site not in self._looking:
            self._looking[site] = self.stage.aws(self.plan.sites[site])
        return self._looking[site]

    def _site(self, site: str | None) -> str:
        if site is not None:
            return site
        if len(self.plan.sites) == 1:
            return next(iter(self.plan.sites))
        raise Refused("the step names no site, and there is not exactly one")

    def _other(self, kind: type, step: PlannedStep, way: Way) -> Any:
        if kind is Observations:
            return self.observations
        work = self.directory / "children" / f"{step.id}-{way.value}"
        if kind is Postgres:
            return Postgres(self.stage.resolver)
        if kind is Children:
            return Children(work, self.stage.environment())
        if kind is Terraform:
            return self.stage.terraform(str(step.params.get("config", "")), work)
        raise Refused(f"no hand of type {kind.__name__}")
