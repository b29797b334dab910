"""The pack in which a campaign ends: every run of its period, whoever began it, and its summary."""

from datetime import tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Final

import click

from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cli.scheduling import Known
from dr.core.decisions import instant_of
from dr.core.periods import Period
from dr.model.portfolio import Outcome
from dr.stores.register import FILE, Register

SUMMARY: Final = "campaign.json"


def packed_up(
    known: Known, period: Period, own: list[str], summary: str, to: tuple[Path | None, Path | None]
) -> int:
    """Write the pack; return an exit code. own: the runs of the campaign, in whatever period.

    to: where (None: in the home), and the certificates that timestamps are checked against.
    In the home a pack is named by the length of the register and those certificates: called again
    with nothing new, the one that is there says it all. Nothing is ever written over.
    """
    from zoneinfo import ZoneInfo

    from dr.cli.packing import packed
    from dr.cli.portfolio import gathered

    found, (out, tsa_ca) = gathered(), to
    roots = None if tsa_ca is None else tsa_ca.read_bytes()
    zone = ZoneInfo(known.schedule.timezone)
    runs = [one for one in found.outcomes if one.run_id in own or _within(one, period, zone)]
    if not runs:
        click.echo(f"no run was registered in {period.name}: there is no pack", err=True)
        return Exit.PASS
    if out is None:
        entries = len(Register(home().path / FILE).entries())
        trusted = "" if roots is None else f"-{sha256(roots).hexdigest()[:8]}"
        name = f"{known.schedule.schedule}-{period.name}-{entries:06d}{trusted}"
        out = home().path / "campaigns" / name
        if out.exists():
            click.echo(f"{out} was packed before, and nothing is new", err=True)
            return Exit.PASS if found.complete else Exit.FAIL
    code = packed(out, period.name, runs, found, roots, {SUMMARY: summary.encode()})
    click.echo(f"packed: {out}", err=True)
    return code


def _within(one: Outcome, period: Period, zone: tzinfo) -> bool:
    return period.begins <= instant_of(one.registered).astimezone(zone).date() < period.ends
