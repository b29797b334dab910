"""The codes of the findings that measuring and judging make, and what each means.

A code is never given to another meaning. M1: time away. M2: data. M3: the judgement of one
objective. M4: the run as a whole.
"""

from dr.model.verdict import Finding, Severity

INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR

CODES: dict[str, tuple[Severity, str]] = {
    "M101": (
        ERROR,
        (
            "No good sample came before the first bad one, so nobody knows since when the "
            "service was away. Start the observer earlier, or find out why the probe failed."
        ),
    ),
    "M102": (
        WARNING,
        (
            "The service was down before the fault: it was not steady. What was measured may "
            "have another cause."
        ),
    ),
    "M103": (ERROR, "The last that is known of the service is that it was down."),
    "M104": (
        WARNING,
        (
            "The service was good again at the end, but not often enough in a row, or not for "
            "long enough, to count as recovered."
        ),
    ),
    "M105": (
        WARNING,
        (
            "Samples after the fault say nothing (the prober failed, a control probe was down, "
            "a slot of the schedule has no sample). Bounds are as wide as if each of them could"
            " have been either."
        ),
    ),
    "M106": (INFO, "No control probe: a runner that loses its own network looks like an outage."),
    "M107": (
        WARNING,
        (
            "Samples were sent late: the machine that observes was too busy. The real times "
            "were used, so bounds are wider, not wrong."
        ),
    ),
    "M108": (INFO, "An outage that falls between two samples cannot be seen."),
    "M109": (
        WARNING,
        "The service came back and went away again. Recovery counts to the last time.",
    ),
    "M110": (
        ERROR,
        (
            "The machine that observes was restarted during the run, and its clock with it: "
            "times before and after cannot be compared, because its wall clock was not known to "
            "be right on both sides."
        ),
    ),
    "M111": (
        WARNING,
        "The detector was firing before the fault already: what it noticed was something else.",
    ),
    "M112": (
        WARNING,
        "The detector did not notice the disruption, or could not be asked when it might have.",
    ),
    "M113": (
        WARNING,
        (
            "The machine that observes was restarted during the run. Its wall clock, synchronised "
            "before and after, says how long that took at least and at most; every figure across "
            "it is as wide as both together."
        ),
    ),
    "M201": (WARNING, "Acknowledged writes were lost."),
    "M202": (
        INFO,
        (
            "Writes were acknowledged while the fault was being requested: they belong to "
            "neither side and are not counted."
        ),
    ),
    "M203": (
        ERROR,
        (
            "An older acknowledged write is missing although a newer one is there: this is not "
            "a point in time. The recovery point is judged on the oldest lost."
        ),
    ),
    "M204": (
        ERROR,
        (
            "Marks were found that this run never wrote: the wrong place was read, or the "
            "ledger is not whole. Nothing is concluded from it."
        ),
    ),
    "M205": (WARNING, "Marks are there more than once."),
    "M206": (INFO, "Writes that were never acknowledged are there. That is allowed."),
    "M207": (
        INFO,
        "Writes had no answer. They may have been made or not, and are never counted as lost.",
    ),
    "M208": (ERROR, "The marks were never read back after the recovery."),
    "M209": (
        ERROR,
        "Nothing survived that is older than the oldest lost write: the loss has no upper bound.",
    ),
    "M301": (
        WARNING,
        "The target lies inside the measured interval. Measure more finely to decide.",
    ),
    "M302": (WARNING, "The figure is what the provider says of itself; on its own it cannot pass."),
    "M303": (
        WARNING,
        (
            "The probe is too slow to measure the target to a tenth, and the drill chose to run"
            " all the same: it cannot pass."
        ),
    ),
    "M304": (
        ERROR,
        (
            "The objective starts its clock at the declaration, and nobody declared (approved) "
            "anything after the fault."
        ),
    ),
    "M305": (ERROR, "The run waited as long as it was told to, and the service had not recovered."),
    "M306": (ERROR, "Nothing was measured for this objective."),
    "M307": (
        ERROR,
        "The phase did not end within the run, or nothing shows when it began or ended.",
    ),
    "M401": (
        ERROR,
        (
            "A step had nothing to do: what it should have changed was so already. A drill "
            "whose steps do nothing proves nothing."
        ),
    ),
    "M402": (
        ERROR,
        (
            "No probe saw the fault. Either it did not happen, or the probe looks at something "
            "else. If users should notice nothing, say so beforehand: impact: none."
        ),
    ),
    "M403": (ERROR, "Nothing was disrupted."),
    "M404": (
        ERROR,
        (
            "The probe was never shown able to fail: aimed at something known to be bad, it did"
            " not say so."
        ),
    ),
    "M405": (ERROR, "A verification compared nothing, so it would have held whatever happened."),
    "M406": (ERROR, "No mark was acknowledged before the fault, so none could be lost."),
    "M407": (ERROR, "The drill has no objective."),
    "M408": (WARNING, "The run was stopped."),
    "M409": (ERROR, "A recovery step or a verification failed."),
    "M410": (
        ERROR,
        "The disruption, or its preparation, failed: what was measured is not what was planned.",
    ),
    "M411": (ERROR, "Something is still changed in the world."),
    "M412": (ERROR, "A step neither settled nor failed: the run is not whole."),
}


def finding(code: str, text: str, about: str = "") -> Finding:
    """Make a finding; its severity belongs to its code."""
    return Finding(code=code, severity=CODES[code][0], text=text, about=about)
