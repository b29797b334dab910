"""Everything a report says, worked out from the evidence. Pure; the renderers only lay it out."""

from collections.abc import Mapping, Sequence

from dr.core.fold import Run, fold
from dr.model.event import Event, RunCreated
from dr.model.plan import Plan
from dr.model.reading import Mark, Sample
from dr.model.result import Result
from dr.model.verdict import Severity, Verdict
from dr.report import frozen, story
from dr.report.cards import TITLES, cards
from dr.report.controls import INVALID, REHEARSAL, supports
from dr.report.facts import NOTHING_LATER, Later, facts
from dr.report.figures import Observed, figures
from dr.report.limits import limits
from dr.report.moments import moments, stamp
from dr.report.numbers import SECOND_US, length, up
from dr.report.parts import Digests, Fact, Page
from dr.report.people import one_hand, people
from dr.report.steps import rows
from dr.report.tables import tables, went
from dr.report.untrusted import clean, sentence_case, shortened

_LONGEST = 600


def page(  # noqa: PLR0913 - everything a page is made from, by name
    plan: Plan,
    result: Result,
    events: Sequence[Event],
    samples: Sequence[Sample],
    marks: Sequence[Mark],
    *,
    digests: Digests,
    found: Mapping[str, Mapping[int, int]] | None = None,
    later: Later = NOTHING_LATER,
    clocks: int = 1,
) -> Page:
    """Work out what the report of one run says.

    found: by marks id, which sequence numbers the recovered place held, and how often; without
    it the lost writes are counted but not drawn. later: what was added after the seal. clocks: of
    so many boots the moments are, each on its own clock; 1 if all lie on one.
    """
    run = fold(plan, events)
    when = moments(run, events, result.started)
    observed = Observed(samples, marks, found or {})
    present = people(plan, events)
    known = facts(result, run, events, present, later)
    simulated = result.simulated or plan.simulated
    return Page(
        title=clean(plan.title),
        drill=clean(plan.drill),
        run=clean(result.run_id),
        simulated=simulated,
        verdict=result.verdict.value,
        dirty=bool(result.left),
        sentence=_sentence(result, run),
        facts=_facts(plan, result, events),
        cards=cards(plan, result),
        figures=figures(result, run, observed, when, clocks),
        tables=tables(result),
        steps=rows(run, events, when),
        decisions=story.decisions(events, when),
        deviations=story.deviations(events, when),
        findings=story.findings(result),
        left=tuple(shortened(text, _LONGEST) for text in result.left),
        kept=story.kept(events),
        rules=frozen.rules(plan),
        limits=(*_apart(clocks), *limits(plan, result, run)),
        digests=_cleaned(digests),
        tool=next((clean(e.data.tool) for e in events if isinstance(e.data, RunCreated)), ""),
        went=went(result),
        people=present,
        people_note=_note_on(events),
        success=tuple(shortened(text, _LONGEST) for text in plan.success_conditions),
        controls=supports(known, _nothing(result, simulated=simulated)),
        later=_later(later),
    )


def _sentence(result: Result, run: Run) -> str:
    """Say in one sentence why the verdict is what it is."""
    whys = [
        f"{TITLES[o.metric]}: {clean(o.why)}" if o.why[:1].islower() else clean(o.why)
        for o in result.objectives
        if o.verdict == result.verdict and o.why
    ]
    if result.verdict is Verdict.ABORTED and run.stop:
        whys = [f"The run was stopped by {clean(run.stop)}"]
    if not whys or result.verdict is Verdict.INVALID:
        errors = [clean(f.text) for f in result.findings if f.severity is Severity.ERROR]
        whys = errors[:1] or whys
    if not whys and run.failed:
        whys = [f"A step failed: {clean(run.failed)}"]
    if not whys and result.verdict is Verdict.PASS:
        whys = ["Every objective was met"]
    if result.left:
        things = "something" if len(result.left) == 1 else f"{len(result.left)} things"
        whys = [*whys, f"But the run left {things} changed"]
    text = " ".join(sentence_case(why) for why in whys)
    return shortened(text or "No reason was recorded.", _LONGEST)


def _nothing(result: Result, *, simulated: bool) -> str:
    if simulated:
        return REHEARSAL
    return INVALID if result.verdict is Verdict.INVALID else ""


def _cleaned(digests: Digests) -> Digests:
    return Digests(
        clean(digests.result),
        clean(digests.journal_head),
        digests.events,
        clean(digests.plan),
        clean(digests.copy_of),
    )


def _apart(clocks: int) -> tuple[str, ...]:
    if clocks == 1:
        return ()
    said = (
        f"The machine that observes was started {clocks} times during the run, and its wall clock "
        "does not say where the boots lie. Each moment on this page is on the clock of its own "
        "boot: times and drawings across a restart mean nothing."
    )
    return (said,)


def _note_on(events: Sequence[Event]) -> str:
    hand = one_hand(events)
    return f"{hand} started the run and approved it: one hand did both." if hand else ""


def _later(later: Later) -> tuple[str, ...]:
    approved = (
        f"The seal is also signed with a second key, {clean(later.approved_with)}. Whose it is, "
        "a signers file says (check 2 of the verifiers)."
    )
    told = (approved,) if later.approved_with else ()
    return (*told, *(f"Addendum: {shortened(title, _LONGEST)}" for title in later.addenda))


def _facts(plan: Plan, result: Result, events: Sequence[Event]) -> tuple[Fact, ...]:
    created = next((e.data for e in events if isinstance(e.data, RunCreated)), None)
    sites = "; ".join(
        f"{name}: {site.account} {site.region}" for name, site in sorted(plan.sites.items())
    )
    told = (
        ("Run", result.run_id),
        ("Drill", plan.drill),
        ("Service", f"{plan.service} ({plan.environment})"),
        ("Scope", plan.scope or "not stated"),
        ("Scenario", plan.scenario),
        ("Why this one", plan.why or "not stated"),
        ("Owner", plan.owner),
        ("Started by", created.started_by if created else "not recorded"),
        ("Sites", sites or "none"),
        ("Started", stamp(result.started)),
        ("Ended", f"{stamp(result.ended)} ({_lasted(events)})"),
    )
    return tuple(Fact(name, shortened(value, _LONGEST)) for name, value in told)


def _lasted(events: Sequence[Event]) -> str:
    if not events:
        return "no events"
    times = [e.mono_us for e in events]
    return f"after {length(up(max(times) - min(times), SECOND_US))}"
