"""The frame around every command: the table of commands, lazy loading, errors, exit codes."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Final

import click

from dr.cli.exit_codes import Exit

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "validate": ("dr.cli.definition", "Check drill files; no credentials, no network."),
    "plan": ("dr.cli.plan", "Show what a drill would do; no credentials needed."),
    "run": ("dr.cli.runs", "Run a drill: break, recover, measure, put back."),
    "resume": ("dr.cli.runs", "Go on with a run whose process died."),
    "abort": ("dr.cli.runs", "Stop a run and put everything back."),
    "status": ("dr.cli.watching", "Say where a run stands."),
    "watch": ("dr.cli.watching", "Follow a run."),
    "show": ("dr.cli.watching", "Show the journal of a run."),
    "list": ("dr.cli.watching", "List the runs."),
    "note": ("dr.cli.watching", "Add a note to a run."),
    "approve": ("dr.cli.watching", "Approve a step that waits for it."),
    "deny": ("dr.cli.watching", "Deny a step that waits for approval."),
    "resolve": ("dr.cli.watching", "Say of a held step whether it happened."),
    "measure": ("dr.cli.results", "Compute the result of a run again."),
    "report": ("dr.cli.results", "Write the report of a run."),
    "demo": ("dr.cli.demo", "Run three drills in the sandbox and show what comes out."),
    "sandbox": ("dr.cli.sandboxing", "Start a cloud to rehearse in."),
    "actions": ("dr.cli.catalogue", "List the kinds of steps, or describe one."),
    "probes": ("dr.cli.catalogue", "List the kinds of probes and marks, or describe one."),
    "schema": ("dr.cli.definition", "Print the JSON Schema of a file, for editors."),
    "explain": ("dr.cli.definition", "Explain a code such as DR0107."),
}
"""Command → module and help. Static, so that `dr --help` imports no command."""

YOUNG_OBJECTS: Final = 50_000
"""Start-up makes many objects and no garbage: collecting at the default 700 costs a tenth of it."""

DEBUG_VARIABLE: Final = "DR_DEBUG"


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; a name that is a keyword of Python may end in an underscore."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(COMMANDS[cmd_name][0])
        command = getattr(module, cmd_name, None) or getattr(module, f"{cmd_name}_")
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the command that was meant."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value:
        from dr import __version__

        click.echo(f"dr {__version__}")
        ctx.exit()


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version.",
)
def dr() -> None:
    """Disaster-recovery drills: break, recover, measure, put back, prove.

    Exit codes: 0 pass, 1 fail, 2 definition or usage, 3 aborted, 4 inconclusive or invalid, 5 left
    dirty, 6 refused, 7 credentials, 70 a bug.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code; nothing escapes but that."""
    gc.set_threshold(YOUNG_OBJECTS)
    _without_plugins()
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone. Python would complain once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.PASS
    return code


def _without_plugins() -> None:
    """Keep pydantic from looking through every installed distribution for plugins of its own.

    That costs 20 ms and more, and a plugin could change what a definition means. The variable is
    pydantic's documented switch; the empty module saves the import of what would do the looking.
    """
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    loader = ModuleType("pydantic.plugin._loader")
    loader.get_plugins = tuple  # type: ignore[attr-defined]
    sys.modules.setdefault(loader.__name__, loader)


def _dispatch(arguments: Sequence[str]) -> int:
    try:
        result = dr.main(args=list(arguments), prog_name="dr", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing was touched", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last place: a bug must not look like a fail
        return _report(error)
    return int(result) if isinstance(result, int) else Exit.PASS


def _report(error: Exception) -> int:
    from dr.cli.diagnostics import render, safe
    from dr.model.errors import DefinitionError, DrError, Forbidden, Refused

    if isinstance(error, DefinitionError):
        click.echo(render(error.diagnostics, {}), err=True)
        return Exit.USAGE
    if isinstance(error, DrError):
        click.echo(f"{type(error).__name__.lower()}: {safe(str(error))}", err=True)
        if isinstance(error, Forbidden):
            return Exit.FORBIDDEN
        return Exit.REFUSED if isinstance(error, Refused) else Exit.INCONCLUSIVE
    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        traceback.print_exception(error)
    message = f"internal error: {type(error).__name__}: {safe(str(error))}"
    click.echo(f"{message}\n{DEBUG_VARIABLE}=1 shows where; please report it", err=True)
    return Exit.BUG
