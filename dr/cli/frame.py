"""The frame around every command: the table of commands, lazy loading, errors, exit codes."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import click

from dr.cli.exit_codes import Exit
from dr.cli.guard import ReaderGone, guarded

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "init": ("dr.cli.init", "Write a drill for your own resources, from one that is shipped."),
    "validate": ("dr.cli.definition", "Check drill files; no credentials, no network."),
    "lint": ("dr.cli.linting", "Say what is likely to go wrong with drills that are sound."),
    "import": ("dr.cli.importing", "Make a drill of an experiment of FIS or Chaos Toolkit."),
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
    "report": ("dr.cli.results", "Write the report of a run, or export it."),
    "redact": ("dr.cli.results", "Make a copy with other names for accounts, hosts, people."),
    "seal": ("dr.cli.sealing", "Seal a run whose process died, as incomplete."),
    "sign": ("dr.cli.sealing", "Approve a sealed run with a second key."),
    "addendum": ("dr.cli.sealing", "Add a file to a sealed run."),
    "anchor": (
        "dr.cli.anchoring",
        "Anchor a sealed run with somebody outside.",
    ),
    "findings": ("dr.cli.findings", "Follow up what drills have found, until it is closed."),
    "witness": ("dr.cli.witness", "Hold a run against what AWS has recorded of it."),
    "history": ("dr.cli.portfolio", "List the runs of a drill, and what they show together."),
    "compare": ("dr.cli.portfolio", "Compare two runs."),
    "portfolio": ("dr.cli.portfolio", "Show every service and scenario, and gaps of the record."),
    "pack": ("dr.cli.packing", "Collect a quarter of evidence for an auditor."),
    "keys": ("dr.cli.sealing", "Make and list the keys that sign."),
    "register": ("dr.cli.sealing", "List every run that was ever meant."),
    "verify": ("dr.cli.verifying", "Check evidence, and compute every figure again."),
    "demo": ("dr.cli.demo", "Run three drills in the sandbox and show what comes out."),
    "sandbox": ("dr.cli.sandboxing", "Start a cloud to rehearse in."),
    "actions": ("dr.cli.describe", "List the kinds of steps, or describe one."),
    "probes": ("dr.cli.describe", "List the kinds of probes and marks, or describe one."),
    "scenarios": ("dr.cli.scenarios", "List the drills that are shipped, or explain one."),
    "schema": ("dr.cli.definition", "Print the JSON Schema of a file, for editors."),
    "doctor": ("dr.cli.doctor", "Examine whether a drill could run here."),
    "sweep": ("dr.cli.sweep", "Find and remove what crashed runs have left."),
    "lever": ("dr.cli.lever", "Stop every run, and let none begin."),
    "iam-policy": ("dr.cli.policy", "Print the IAM policy that a drill needs."),
    "due": ("dr.cli.due", "Say where every scheduled drill stands, and begin what may."),
    "schedule": ("dr.cli.schedule", "List what is owed when; skip, waive, move, export."),
    "campaign": ("dr.cli.campaigns", "Run all drills of a schedule that a period owes."),
    "serve": ("dr.cli.serve", "Stay, and be the heartbeat of the schedules."),
    "explain": ("dr.cli.definition", "Explain a code such as DR0107."),
}
"""Command → module and help. Static, so that `dr --help` imports no command."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a closed stdout is neither a pass nor a fail."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; a name that is a keyword of Python may end in an underscore."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(COMMANDS[cmd_name][0])
        name = cmd_name.replace("-", "_")
        command = getattr(module, name, None) or getattr(module, f"{name}_")
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


def _width() -> int:
    """Return the width of the terminal. click would import shutil for it, with all archives."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return int(os.environ.get("COLUMNS", "80"))


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
    return guarded(lambda: _dispatch(arguments))


def _dispatch(arguments: Sequence[str]) -> int:
    try:
        result = dr.main(
            args=list(arguments),
            prog_name="dr",
            standalone_mode=False,
            terminal_width=_width(),
        )
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except click.Abort as error:
        raise KeyboardInterrupt from error
    return int(result) if isinstance(result, int) else Exit.PASS
