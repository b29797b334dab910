"""What a drill's infrastructure is now, for `dr due --look`: read only, and live."""

import tempfile
from pathlib import Path

import click

from dr.cli.catalogue import kinds
from dr.cli.diagnostics import safe
from dr.cli.scheduling import Item
from dr.cli.stages import bound_plan, live
from dr.cloud.clock import Clock
from dr.core.planning import plan
from dr.model.due import Present
from dr.model.errors import DrError
from dr.stores.history import identity


def now_of(item: Item) -> Present:
    """Return what Terraform says of a drill's configurations; what it cannot say is not known."""
    nothing = Present(Clock().now(), item.parsed.sha256)
    drill = item.parsed.drill
    if item.entry.sandbox:
        return nothing
    try:
        with tempfile.TemporaryDirectory(prefix="dr-due-") as work:
            stage = live(drill, item.path, Path(work))
            bound = bound_plan(plan(item.parsed, kinds(), simulated=False), stage, item.parsed)
            drifted = any(
                stage.terraform(name, Path(work) / name).drift() for name in stage.terraform_dirs
            )
    except DrError as error:
        click.echo(f"{drill.drill}: nobody knows what it is now: {safe(str(error))}", err=True)
        return nothing
    return Present(nothing.now, nothing.definition_sha256, identity(bound), drifted)
