"""`dr seal`, `dr sign`, `dr addendum`, `dr keys`, `dr register`: what makes evidence checkable."""

import re
import socket
from pathlib import Path

import click

from dr.cli.answers import owned
from dr.cli.evidence import sealed_already, write_events
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cloud.clock import Clock
from dr.core.seal import APPROVAL_SIGNATURE, NOBODY, SEAL_FILE
from dr.model.errors import Refused
from dr.stores.keys import RUNNER, Key, Keys, load
from dr.stores.register import FILE, Register
from dr.stores.rundir import RunDir

key_ = click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="An OpenSSH private key to sign with, instead of one of `dr keys`.",
)


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--abandoned", metavar="WHY", help="Register that this run's files are gone.")
def seal(run_id: str, *, abandoned: str | None) -> int:
    """Seal a run whose process died, as it is: incomplete.

    A run that comes to its end is sealed by itself. Changes that a dead run has left are put back
    by `dr abort RUN`, not by this.
    """
    if abandoned is not None:
        return _abandon(run_id, abandoned)
    directory = home().run(run_id)
    if owned(directory):
        raise Refused(f"{directory.id} is still running")
    if sealed_already(directory) is not None:
        raise Refused(f"{directory.id} is sealed already")
    _end_observer(directory)
    write_events(directory)
    from dr.stores.sealing import seal as seal_

    made = seal_(directory, home().path, Clock())
    click.echo((directory.path / SEAL_FILE).read_text(), nl=False)
    if made.signed_by == NOBODY:
        click.echo("not signed: there is no key of the runner (`dr keys new runner`)", err=True)
    return Exit.PASS


def _end_observer(directory: RunDir) -> None:
    """Stop an observer that outlived its run: what is sealed must not grow."""
    from dr.observer.running import find, stop

    left = find(directory.path, Clock())
    if left is not None:
        stop(left)


def _abandon(run_id: str, why: str) -> int:
    place = home()
    if any(run.id == run_id for run in place.runs()):
        raise Refused(f"the files of {run_id} are there: `dr seal {run_id}` seals them")
    with Register(place.path / FILE).held() as register:
        intents = register.of(run_id, "intent")
        if not intents:
            raise Refused(f"no run called {run_id!r} was ever registered")
        if register.of(run_id, "seal") or register.of(run_id, "abandoned"):
            raise Refused(f"{run_id} has an outcome already")
        one = intents[0]
        register.append("abandoned", (run_id, one.run_no), one.sha256, Clock().stamp(), why)
    return Exit.PASS


@click.command()
@click.argument("run_id", metavar="RUN", default="last")
@click.option("--as", "name", default="reviewer", show_default=True, help="Name of the key.")
@key_
def sign(run_id: str, *, name: str, key: Path | None) -> int:
    """Approve a sealed run with a second key, after checking it and showing what is signed."""
    from dr.cli.verifying import own_checks
    from dr.stores.additions import approve, attached

    directory = home().run(run_id)
    if attached(directory, home().path, APPROVAL_SIGNATURE):
        raise Refused(f"{directory.id} is approved already")
    checks = own_checks(directory, without=APPROVAL_SIGNATURE)
    wrong = [check.text for check in checks if check.ok is False]
    if wrong:
        raise Refused(f"{directory.id} is not signed, because it does not hold: {wrong[0]}")
    approve(directory, home().path, key_of(name, key), Clock())
    click.echo((directory.path / SEAL_FILE).read_text(), nl=False)
    return Exit.PASS


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-m", "--title", default="addendum", help="What it is, in a few words.")
@click.option("--as", "name", default=RUNNER, show_default=True, help="Name of the key.")
@key_
def addendum(run_id: str, file: Path, *, title: str, name: str, key: Path | None) -> int:
    """Add a file to a sealed run: actions, owners, retests. Nothing sealed is ever changed."""
    from dr.core.witnessed import FILE
    from dr.stores.additions import add

    if file.name == FILE:
        raise Refused(f"{FILE} is what `dr witness {run_id}` makes; call yours something else")
    directory, used = home().run(run_id), signing_key(name, key)
    made = add(directory, home().path, file.name, file.read_bytes(), title, used, Clock())
    click.echo(directory.path / f"addenda/{made.number:04d}")
    return Exit.PASS


def signing_key(name: str, path: Path | None) -> Key | None:
    """Return the key to sign an addendum with; None if the runner has none and none was named."""
    if path is None and name == RUNNER and name not in Keys(home().path / "keys").names():
        return None
    return key_of(name, path)


def key_of(name: str, path: Path | None) -> Key:
    """Return a key by its file, or by its name. Raises Refused if there is none."""
    if path is not None:
        return load(path)
    found = Keys(home().path / "keys").get(name)
    if found is None:
        raise Refused(f"there is no key {name!r}; `dr keys new {name}` makes one")
    return found


@click.group()
def keys() -> None:
    """Make and list the keys that sign."""


@keys.command()
@click.argument("name", default=RUNNER)
@click.option("--identity", help="Whose key it is, as signers files name it: me@example.com.")
@click.option(
    "--existing",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use this OpenSSH key, where it is, instead of making one.",
)
def new(name: str, *, identity: str | None, existing: Path | None) -> int:
    """Make a key. `runner` signs by itself at every run; every other one is a person's."""
    who = identity or f"{name}@{socket.gethostname()}"
    if not re.fullmatch(r"[A-Za-z0-9._@+-]+", who):
        raise Refused(f"an identity is one word of letters, digits and . _ @ + -, not {who!r}")
    place = Keys(home().ready().path / "keys")
    made = place.new(name, who) if existing is None else place.link(name, existing, who, None)
    click.echo(f"{made.fingerprint} {who}")
    click.echo("give auditors the line of `dr keys list --signers` by another way", err=True)
    return Exit.PASS


@keys.command("list")
@click.option("--signers", is_flag=True, help="Print a signers file for ssh-keygen and `verify`.")
def list_(*, signers: bool) -> int:
    """List the keys."""
    place = Keys(home().path / "keys")
    if signers:
        click.echo(place.allowed_signers(), nl=False)
        return Exit.PASS
    for name in place.names():
        click.echo(f"{name:12} {place.published(name)}  {place.path / name}")
    return Exit.PASS


@click.group(invoke_without_command=True)
@click.pass_context
def register(ctx: click.Context) -> int:
    """List every run that was ever meant, and what became of it."""
    from dr.core.seal import head_of

    if ctx.invoked_subcommand is not None:
        return Exit.PASS
    entries = Register(home().path / FILE).entries()
    for one in entries:
        what = f"{one.kind:9} {one.note}".rstrip()
        click.echo(f"{one.n:5} {one.t} {one.run_no:5} {one.run_id:32} {what}")
    click.echo(f"head {head_of(entries)}")
    return Exit.PASS


@register.command()
def head() -> int:
    """Print the head of the register only, to mail to somebody after each run.

    Whoever has kept one can tell a register that was written anew: `dr verify --head HEX`.
    """
    from dr.core.seal import head_of

    click.echo(head_of(Register(home().path / FILE).entries()))
    return Exit.PASS
