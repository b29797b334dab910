"""Options that commands about schedules share."""

import click

from dr.cli.scheduling import DEFAULT

schedules_ = click.option(
    "--schedules",
    "paths",
    multiple=True,
    metavar="PATH",
    help=f"A schedule, or a directory of them (default: {DEFAULT}).",
)
