"""What auditors of a framework look for in a drill's definition, and would miss in this one.

A drill is sound without these fields; its evidence then answers fewer of an auditor's questions.
Control ids and our own words only.

Limits: a reading of the frameworks by engineers. What an auditor accepts is the auditor's to say.
Source: AICPA TSC A1.2 and A1.3; ISO/IEC 27001 A.5.30 and A.8.13; NIST SP 800-53 CP-2, CP-4, CP-9,
SP 800-84 6.5; DORA articles 12 and 24, RTS 2024/1774 articles 25 and 26; OCR's audit protocol of
45 CFR 164.308(a)(7); FFIEC BCM VII.K; PCI DSS 12.10.2.
"""

from collections.abc import Callable
from typing import Final

from dr.core import codes
from dr.core.parse import Parsed
from dr.core.positions import Path, Problems
from dr.model.diagnostic import Diagnostic
from dr.model.drill import Drill
from dr.model.gates import APPROVE

Lacks = Callable[[Drill], Path | None]
"""Return where a field is missing, or None if it is not."""


def _empty(name: str) -> Lacks:
    return lambda drill: None if getattr(drill, name) else ()


def _no_source(drill: Drill) -> Path | None:
    for name in ("rto", "rpo"):
        objective = getattr(drill.objectives, name)
        if objective is not None and not objective.source:
            return ("objectives", name)
    return None


def _no_objective(name: str) -> Lacks:
    return lambda drill: ("objectives",) if getattr(drill.objectives, name) is None else None


def _nobody_independent(drill: Drill) -> Path | None:
    return None if any(p.independent for p in drill.participants) else ("participants",)


def _nobody_asked(drill: Drill) -> Path | None:
    return None if any(step.kind == APPROVE for step in drill.disrupt) else ("disrupt",)


FIELDS: Final[dict[str, tuple[Lacks, str]]] = {
    "scope": (_empty("scope"), "`scope`: what is exercised, and how critical it is"),
    "why": (_empty("why"), "`why`: what makes this scenario worth rehearsing"),
    "exclusions": (_empty("exclusions"), "`exclusions`: what is left out, third parties too"),
    "rto": (_no_objective("rto"), "`objectives.rto`: a recovery time to compare with"),
    "rpo": (_no_objective("rpo"), "`objectives.rpo`: a recovery point to compare with"),
    "source": (_no_source, "`source`: the impact analysis that a target comes from"),
    "success_conditions": (
        _empty("success_conditions"),
        "`success_conditions`: when it may be called a success",
    ),
    "participants": (_empty("participants"), "`participants`: who is to take part"),
    "independent": (_nobody_independent, "a participant who is `independent`"),
    "approval": (_nobody_asked, f"a step `{APPROVE}` under `disrupt`: approval before the test"),
    "verify": (_empty("verify"), "`verify`: a check of what was recovered"),
}

PROFILES: Final[dict[str, dict[str, str]]] = {
    "soc2": {"scope": "A1.2", "why": "A1.3", "exclusions": "A1.3", "rto": "A1.2", "verify": "A1.3"},
    "iso27001": {
        "why": "A.5.30", "rto": "A.5.30", "rpo": "A.8.13", "source": "A.5.30",
        "approval": "A.5.30", "verify": "A.8.13",
    },
    "nist": {
        "scope": "CP-4", "rto": "CP-2", "source": "CP-2", "participants": "SP 800-84 6.5",
        "verify": "CP-9(1)",
    },
    "dora": {
        "scope": "12(6)", "why": "RTS 25(2)(a)", "exclusions": "RTS 25(2)(b)", "rto": "12(6)",
        "rpo": "12(6)", "source": "RTS 25(1)", "success_conditions": "RTS 26(1)(f)",
        "independent": "24(4)", "verify": "12(7)",
    },
    "hipaa": {"participants": "(a)(7)(ii)(D)", "verify": "(a)(7)(ii)(B)"},
    "ffiec": {
        "scope": "VII.K", "rto": "VII.K", "success_conditions": "VII.K", "participants": "VII.K",
    },
    "pci": {"scope": "12.10.2", "verify": "12.10.2"},
}  # fmt: skip
"""Framework → field → the clause that asks for it."""


def missed(parsed: Parsed, profile: str) -> tuple[Diagnostic, ...]:
    """Return what an auditor of a framework will miss in a drill that is otherwise sound."""
    problems = Problems(parsed.positions)
    for field, clause in PROFILES[profile].items():
        lacks, what = FIELDS[field]
        place = lacks(parsed.drill)
        if place is not None:
            problems.at(codes.AUDITED, place, f"{profile} {clause} asks for {what}")
    return problems.sorted()
