"""`dr scenarios`: the drills that are shipped, and one page about each."""

import click

from dr.cli.exit_codes import Exit


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def scenarios(ctx: click.Context, as_json: bool) -> int:  # noqa: FBT001 - click's signature
    """List the drills that are shipped, by the scenario they rehearse."""
    if ctx.invoked_subcommand is not None:
        return Exit.PASS
    import json

    from dr.cli.shipped import drill_of, names

    rows = [
        {"drill": drill.drill, "scenario": drill.scenario.value, "title": drill.title}
        for drill in (drill_of(name).drill for name in names())
    ]
    rows.sort(key=lambda row: (row["scenario"], row["drill"]))
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return Exit.PASS
    drill, scenario = (max(len(row[key]) for row in rows) for key in ("drill", "scenario"))
    for row in rows:
        click.echo(f"{row['drill']:<{drill}}  {row['scenario']:<{scenario}}  {row['title']}")
    return Exit.PASS


@scenarios.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, as_json: bool) -> int:  # noqa: FBT001 - click's signature
    """Explain one: what it breaks, proves and costs, its calls, permissions and pitfalls."""
    import json

    from dr.cli.scenario_text import as_data, as_text
    from dr.cli.shipped import drill_of, page_of

    parsed = drill_of(name)
    page = page_of(name)
    if as_json:
        click.echo(json.dumps(as_data(parsed, page), indent=2, ensure_ascii=False))
    else:
        click.echo(as_text(parsed, page))
    return Exit.PASS
