"""The blast radius, checked again just before each effect.

The plan was within it when it was made; the world may have changed since. Nothing is sent unless
the caller's account is the site's, the site is inside the declared accounts and Regions, the
number of changes stays within the declared cap, and every target carries the required tags.
"""

import threading
from typing import Any

from dr.cloud.aws import Aws
from dr.core.fold import Run
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.event import Way
from dr.model.plan import Plan, PlannedStep
from dr.ports import Action


class Brakes:
    """Checks before an effect. Raises Refused; what is refused was not attempted."""

    def __init__(self, plan: Plan) -> None:
        """Take the plan whose `blast_radius` binds."""
        self._plan = plan
        self._accounts: dict[str, str] = {}
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
        if radius.require_tag and isinstance(hand, Aws):
            self._tags(action, hand, change)

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

    def _tags(self, action: Action[Any, Any, Any, Any], hand: Aws, change: Record) -> None:
        targets = action.targets(change)
        found = action.tags(hand, change)
        for target in targets:
            tags = found.get(target, {})
            for key, value in self._plan.blast_radius.require_tag.items():
                if tags.get(key) != value:
                    raise Refused(
                        f"{target} does not carry the tag {key}={value} that blast_radius requires"
                    )
