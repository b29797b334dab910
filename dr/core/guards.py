"""Guards in words, and whether what is written in one makes sense."""

from dr.core import codes
from dr.core.positions import Path, Problems
from dr.core.scopes import Scope, check_template
from dr.model.brakes import Guard

REFERRING = ("alarm", "http_json", "promql", "url")
"""The fields of a guard in which references are filled in."""


def name(guard: Guard) -> str:
    """Name a guard for people."""
    if guard.probe is not None:
        return f"probe {guard.probe}"
    if guard.alarm is not None:
        return f"alarm {guard.alarm}"
    if guard.http_json is not None:
        return f"http_json {guard.http_json}"
    return f"promql {guard.promql}" if guard.promql is not None else "deadline"


def told(guard: Guard) -> str:
    """Say when a guard stops the run."""
    if guard.probe is not None:
        return f"{name(guard)} down for {guard.down_for}"
    if guard.deadline is not None:
        return f"deadline {guard.deadline}"
    blind = f"unreadable {guard.unreadable} times in a row, asked every {guard.every}"
    if guard.alarm is not None:
        return f"{name(guard)} fires, or is {blind}"
    if guard.http_json is not None:
        return f"{name(guard)} is not so that {guard.expect}, or is {blind}"
    bounds = [
        f"{word} {bound}"
        for word, bound in (("above", guard.above), ("below", guard.below))
        if bound is not None
    ]
    return f"{name(guard)} is {' or '.join(bounds)}, or is {blind}"


def check_guard(
    guard: Guard, path: Path, configurations: frozenset[str], problems: Problems
) -> None:
    """Note what cannot be asked: a wrong reference, a condition that is none, no time to answer."""
    scope = Scope("a guard", configurations)
    for field in REFERRING:
        check_template(getattr(guard, field), (*path, field), scope, problems)
    if guard.expect is not None:
        _check_condition(guard.expect, (*path, "expect"), problems)
    for field in ("every", "within"):
        if getattr(guard, field) == 0:
            problems.at(codes.GUARD_FORM, (*path, field), f"`{field}` is no time at all")


def _check_condition(text: str, path: Path, problems: Problems) -> None:
    import jmespath  # only a drill with such a guard pays for it

    try:
        jmespath.compile(text)
    except jmespath.exceptions.JMESPathError as error:
        words = str(error).splitlines()[0]
        problems.at(codes.GUARD_FORM, path, f"`expect` is not a JMESPath expression: {words}")
