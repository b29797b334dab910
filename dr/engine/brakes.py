"""The blast radius, checked again just before each effect, and the locks of what it touches.

The plan was within it when it was made; the world may have changed since. Nothing is sent unless
the caller's account is the site's, the site is inside the declared accounts and Regions, the
numbers of changes and of targets and their share stay within the declared caps, there are targets
at all, every one carries the required tags, and no other run is at work on it.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dr.cloud.aws import Aws
from dr.core.fold import Run
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.event import Way
from dr.model.plan import Plan, PlannedStep
from dr.ports import Action

Hold = Callable[[str], None]
"""Take the lock of a target for the run, or raise Refused, naming who has it. Idempotent."""

NO_REGION = frozenset({"iam", "route53", "s3"})
"""Services whose resources are the same ones, seen from every Region."""


def _unheld(target: str) -> None:
    """Hold nothing: a look, or a test."""


class Brakes:
    """Checks before an effect. Raises Refused; what is refused was not attempted."""

    def __init__(
        self, plan: Plan, kinds: Mapping[str, object] | None = None, hold: Hold = _unheld
    ) -> None:
        """Take the plan whose `blast_radius` binds, its actions by kind, and the locks."""
        self._plan = plan
        self._kinds = kinds or {}
        self._hold = hold
        self._accounts: dict[str, str] = {}
        self._known: dict[str, tuple[object, tuple[str, ...]]] = {}  # by step: of which intent
        self._lock = threading.Lock()

    def before(
        self,
        run: Run,
        step: PlannedStep,
        way: Way,
        action: Action[Any, Any, Any, Any],
        hand: Any,
        change: Record,
    ) -> None:
        """Refuse the effect if it is outside the blast radius. Putting back is never capped."""
        if isinstance(hand, Aws):
            self._place(step, hand)
        if way is Way.UNDO:
            return
        radius = self._plan.blast_radius
        if len(run.intended) > radius.changes:
            raise Refused(
                f"{step.id} would be change number {len(run.intended)}; blast_radius allows "
                f"{radius.changes}"
            )
        if isinstance(hand, Aws):
            targets = action.targets(change)
            if not targets:
                raise Refused(f"{step.id} matches nothing: there is nothing it would change")
            self._share(run, step, action, hand, targets)
            if radius.require_tag:
                self._tags(action, hand, change, targets)
            self._all(run, step)

    def targets(self, run: Run) -> list[str]:
        """Return what a run touches in AWS, by names that every drill gives them."""
        for id_ in run.intended:
            intent = run.forward[id_].intent
            if id_ not in self._known or self._known[id_][0] is not intent:
                self._known[id_] = (intent, tuple(self._keys(run, id_)))
        return list(dict.fromkeys(key for id_ in run.intended for key in self._known[id_][1]))

    def _place(self, step: PlannedStep, hand: Aws) -> None:
        radius = self._plan.blast_radius
        if hand.account not in radius.accounts or hand.region not in radius.regions:
            raise Refused(f"{hand.account}/{hand.region} is outside blast_radius")
        with self._lock:
            site = step.site or ""
            if site not in self._accounts:
                self._accounts[site] = hand.sts.get_caller_identity()["Account"]
                hand.drain()
            actual = self._accounts[site]
        if actual != hand.account:
            raise Refused(
                f"the credentials belong to account {actual}, the site {site} is {hand.account}"
            )

    def _share(
        self,
        run: Run,
        step: PlannedStep,
        action: Action[Any, Any, Any, Any],
        hand: Aws,
        targets: tuple[str, ...],
    ) -> None:
        """Compare with what there is to choose from, where the action knows that."""
        percent, intent = self._plan.blast_radius.percent, run.forward[step.id].intent
        if percent is None or intent is None or not chooses(action):
            return
        seen = action.observe(hand, action.params.of_plain(intent.params))
        whole = action.out_of(seen)
        if len(targets) * 100 > percent * (whole or 0):
            raise Refused(
                f"{step.id} would touch {len(targets)} of {whole}; blast_radius allows {percent} %"
            )

    def _tags(
        self,
        action: Action[Any, Any, Any, Any],
        hand: Aws,
        change: Record,
        targets: tuple[str, ...],
    ) -> None:
        found = action.tags(hand, change)
        for target in targets:
            tags = found.get(target, {})
            for key, value in self._plan.blast_radius.require_tag.items():
                if tags.get(key) != value:
                    raise Refused(
                        f"{target} does not carry the tag {key}={value} that blast_radius requires"
                    )

    def _all(self, run: Run, step: PlannedStep) -> None:
        """Count the targets of the whole run, and hold them: also those of an earlier process."""
        keys = self.targets(run)
        most = self._plan.blast_radius.targets
        if most is not None and len(keys) > most:
            raise Refused(
                f"{step.id} would make it {len(keys)} targets; blast_radius allows {most}"
            )
        for key in keys:
            self._hold(key)

    def _keys(self, run: Run, id_: str) -> Iterator[str]:
        step, action = run.steps[id_], self._kinds.get(run.steps[id_].kind)
        if not isinstance(action, Action) or action.hand is not Aws or step.site is None:
            return
        site, service = self._plan.sites[step.site], step.kind.split(".")[1]
        region = "" if service in NO_REGION else site.region
        for target in action.targets(action.change.of_plain(run.changes()[id_])):
            yield f"{site.account}/{region}/{service}/{target}"


def chooses(action: Action[Any, Any, Any, Any]) -> bool:
    """Say whether an action takes its targets from a whole that it knows."""
    return type(action).out_of is not Action.out_of
