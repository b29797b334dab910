"""The rules that were fixed, and hashed, before the run."""

from dr.core.guards import told
from dr.model.brakes import BlastRadius
from dr.model.plan import Plan
from dr.report.numbers import length
from dr.report.parts import Fact
from dr.report.untrusted import clean, shortened

_LONGEST = 600
_DECISION = (
    "pass: the whole interval is within the target. fail: the whole interval is beyond it, or the "
    "service never recovered. Anything between is inconclusive, and is not a pass."
)


def rules(plan: Plan) -> tuple[Fact, ...]:
    """Return the rules, each by name."""
    radius = plan.blast_radius
    tags = ", ".join(f"{k}={v}" for k, v in sorted(radius.require_tag.items()))
    facts = [
        (
            "Decision",
            _DECISION,
        ),
        *_objectives(plan),
        (
            "Blast radius",
            f"{_where(radius)}; at most "
            f"{radius.changes} changes; " + (f"only what is tagged {tags}" if tags else "no tag"),
        ),
        ("Guards", "; ".join(clean(told(g)) for g in plan.guards) or "none"),
        ("Watchdog", _watchdog(plan)),
        *_packages(plan),
        ("Return", "undo everything, last first" if plan.undo else "by its own steps"),
        ("Definition", f"sha256 {plan.definition_sha256}"),
    ]
    return tuple(Fact(name, shortened(value, _LONGEST)) for name, value in facts)


def _objectives(plan: Plan) -> list[tuple[str, str]]:
    told = []
    rto, rpo = plan.objectives.rto, plan.objectives.rpo
    if rto is not None:
        source = f"; source: {rto.source}" if rto.source else ""
        impact = "; no impact expected" if rto.impact == "none" else ""
        told.append(
            (
                "Recovery time",
                (
                    f"RTO {length(rto.target.us)}; clock starts at: {rto.clock}; recovered when "
                    f'"{rto.probe}" succeeds {rto.ups} times in a row and holds for '
                    f"{length(rto.hold.us)}{impact}{source}"
                ),
            )
        )
    if rpo is not None:
        source = f"; source: {rpo.source}" if rpo.source else ""
        told.append(
            ("Recovery point", f'RPO {length(rpo.target.us)}; from marks "{rpo.marks}"{source}')
        )
    wanted = [f"{phase} {length(target.us)}" for phase, target in plan.objectives.phases.items()]
    if wanted:
        told.append(("Phases", "; ".join(wanted)))
    return told


def _packages(plan: Plan) -> list[tuple[str, str]]:
    told = [f"{clean(kind)} is of {clean(str(one))}" for kind, one in sorted(plan.packages.items())]
    return [("Other packages", "; ".join(told))] if told else []


def _where(radius: BlastRadius) -> str:
    if not radius.accounts:
        return "no AWS account"
    return f"accounts {', '.join(radius.accounts)}; Regions {', '.join(radius.regions)}"


def _watchdog(plan: Plan) -> str:
    if plan.watchdog is None:
        return "off"
    return f"puts everything back after {length(plan.watchdog.after.us)} without a sign of life"
