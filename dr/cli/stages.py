"""Finding or building the stage of a run: a live one, or the sandbox with the drill's estate."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from dr.cli.catalogue import kinds
from dr.cli.home import home
from dr.cli.stage import Stage, sandbox_home
from dr.core.binding import bind
from dr.core.drift import with_drift_gate
from dr.core.parse import Parsed
from dr.model.base import Json
from dr.model.drill import Drill
from dr.model.errors import Refused
from dr.model.plan import Plan
from dr.stores.rundir import Home


@contextlib.contextmanager
def opened(drill: Drill, definition: Path, *, sandbox: bool) -> Iterator[Stage]:
    """Have the stage of a drill for as long as the block."""
    with contextlib.ExitStack() as stack:
        if sandbox:
            yield stack.enter_context(rehearsal(drill, definition, home().ready(), echo))
        else:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dr-")))
            yield live(drill, definition, work)


def bound_plan(planned: Plan, stage: Stage, parsed: Parsed) -> Plan:
    """Put the outputs in place, and the drift gate around the drill where there is a state."""
    bound = bind(planned, stage.outputs, kinds(), parsed=parsed)
    gate = {
        name: config.drift == "refuse"
        for name, config in parsed.drill.terraform.items()
        if name in stage.terraform_dirs
    }
    return with_drift_gate(bound, gate)


def live(drill: Drill, definition: Path, work: Path) -> Stage:
    """Return the live stage, with the outputs of every Terraform configuration of the drill.

    work: a scratch directory for Terraform's own files.
    """
    directories = directories_of(drill, definition)
    stage = Stage(simulated=False, terraform_dirs={n: str(p) for n, p in directories.items()})
    outputs: dict[str, Json] = {}
    for name in directories:
        terraform = stage.terraform(name, work / name)
        terraform.initialise_once()
        outputs[name] = terraform.outputs()
    return Stage(simulated=False, terraform_dirs=stage.terraform_dirs, outputs=outputs)


@contextlib.contextmanager
def rehearsal(
    drill: Drill, definition: Path, home: Home, say: Callable[[str], None]
) -> Iterator[Stage]:
    """Have the sandbox that is up, or one that lasts as long as the block."""
    from dr.sandbox import control

    directories = directories_of(drill, definition)
    if len(set(directories.values())) != 1:
        raise Refused(
            "the sandbox rehearses drills with exactly one Terraform configuration; this drill "
            f"has {len(directories)}"
        )
    estate = next(iter(directories.values()))
    place = sandbox_home(home.path)
    running = control.find(place)
    if running is not None:
        yield _stage(running, directories, estate)
        return
    say("starting a sandbox for this run (`dr sandbox up` keeps one)")
    with control.ephemeral(place, estate) as sandbox:
        say(sandbox.how)
        yield _stage(sandbox, directories, estate)


def directories_of(drill: Drill, definition: Path) -> dict[str, Path]:
    """Return where each Terraform configuration of a drill is; relative to its file."""
    return {
        name: (definition.parent / config.dir).resolve() for name, config in drill.terraform.items()
    }


def _stage(sandbox: object, directories: dict[str, Path], estate: Path) -> Stage:
    from dr.sandbox.control import Sandbox

    if not isinstance(sandbox, Sandbox):
        raise TypeError("not a sandbox")
    outputs = sandbox.outputs.get(str(estate))
    if outputs is None:
        built = ", ".join(sandbox.outputs)
        raise Refused(f"the sandbox that is up has another estate ({built}); `dr sandbox down`")
    workdir = sandbox.workdirs.get(str(estate))
    return Stage(
        simulated=True,
        endpoint=sandbox.endpoint,
        resolver=sandbox.resolver,
        terraform_dirs=dict.fromkeys(directories, workdir) if workdir else {},
        outputs={name: dict(outputs) for name in directories},
    )


def echo(text: str) -> None:
    """Say something about progress."""
    click.echo(text, err=True)
