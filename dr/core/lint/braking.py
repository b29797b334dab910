"""Rules about what holds a run back, and who is there."""

from collections.abc import Iterator

from dr.core.lint.view import Remark, View
from dr.model.brakes import WatchdogSpec
from dr.model.drill import Phase
from dr.model.gates import APPROVE
from dr.model.progress import Doubt

_AWS = "Aws"


def no_guard(view: View) -> Iterator[Remark]:
    """Remark on a run that nothing stops."""
    if not view.drill.guards:
        help_ = "such as {probe: …, down_for: 10m}, or the alarm that must not fire"
        yield Remark(("disrupt",), "no guard would stop this run", "", help_)


def patience_by_default(view: View) -> Iterator[Remark]:
    """Remark on an approval that waits as long as any step."""
    for one in view.steps:
        if one.step.kind == APPROVE and not view.written((*one.path, "within")):
            message = f"{one.name} has no time limit of its own: the default is {one.step.within}"
            yield Remark(one.path, message, "then the run is put back", "say it: `within: 15m`")


def no_watchdog(view: View) -> Iterator[Remark]:
    """Remark on a run that nobody puts back when its process dies."""
    if not isinstance(view.drill.watchdog, WatchdogSpec):
        message = "nothing puts this run back when its process is gone"
        yield Remark(("watchdog",), message, "", "leave it out, or say `watchdog: {after: 10m}`")


def nobody_there(view: View) -> Iterator[Remark]:
    """Remark on a run that may go unattended, and needs a person."""
    if not view.drill.allow_unattended:
        return
    for one in view.steps:
        if one.step.kind == APPROVE:
            why = "waits for a person"
        elif one.acts and (one.kind.doubt is Doubt.OPAQUE or not one.kind.reversible):
            why = "needs a person if its answer is lost, or cannot be undone"
        else:
            continue
        message = f"{one.name} {why}, and the drill may run with nobody there"
        yield Remark((*one.path, "kind"), message, "", "remove `allow_unattended`, or the step")


def no_tag(view: View) -> Iterator[Remark]:
    """Remark on a blast radius in which everything of an account may be touched."""
    acting = any(one.kind.hand == _AWS for one in view.acting(Phase.DISRUPT, Phase.RECOVER))
    if acting and not view.drill.blast_radius.require_tag:
        message = "everything in the account may be touched: no tag is required"
        help_ = "require one: {dr-drill: allowed}, and put it on what may be touched"
        yield Remark(("blast_radius",), message, "", help_)
