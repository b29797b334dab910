"""`dr lever`: stop every run, and let none begin, until it is released."""

import click

from dr.cli.exit_codes import Exit


@click.group()
def lever() -> None:
    """Stop every run, and let none begin, until the lever is released.

    With DR_LEVER=ssm:/path@region or s3://bucket/key, all runners that share it are stopped.
    Running drills stop and put everything back; `dr abort` and undoing are always allowed.
    """


@lever.command()
@click.option("-m", "--message", required=True, metavar="WHY", help="Why.")
def engage(message: str) -> int:
    """Stop every run now."""
    from dr.cli.home import home
    from dr.cli.safety import lever as found
    from dr.model.errors import DrError

    pulled = found(home().path)
    try:
        pulled.engage(_word(message))
    except DrError as error:
        click.echo(f"engaged here, but NOT for the others: {error}", err=True)
        return Exit.INCONCLUSIVE
    click.echo(f"the safety lever is engaged{_where(shared=pulled.shared is not None)}", err=True)
    return Exit.PASS


@lever.command()
@click.option("-m", "--message", default="", metavar="WHY", help="Why.")
def release(message: str) -> int:
    """Let runs begin again."""
    from dr.cli.home import home
    from dr.cli.safety import lever as found

    pulled = found(home().path)
    pulled.release(_word(message))
    click.echo(f"the safety lever is released{_where(shared=pulled.shared is not None)}", err=True)
    return Exit.PASS


@lever.command()
def status() -> int:
    """Say whether the lever is engaged. Exit code 6 if it is: a run would be refused."""
    from dr.cli.home import home
    from dr.cli.safety import lever as found

    why = found(home().path).engaged()
    click.echo("released" if why is None else why)
    return Exit.PASS if why is None else Exit.REFUSED


def _where(*, shared: bool) -> str:
    return ", here and for all that share it" if shared else ", here (no DR_LEVER is set)"


def _word(message: str) -> dict[str, str]:
    from dr.cloud.clock import Clock
    from dr.stores.rundir import whoami

    return {"who": whoami(), "at": Clock().stamp(), "why": message}
