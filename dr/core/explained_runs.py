"""The long texts of the codes of safety, steps and measurement."""

from typing import Final

from dr.core import codes
from dr.core.explanation import Explanation

EXPLAINED_RUNS: Final = {
    codes.GUARD_FORM: Explanation(
        "not a guard",
        "A guard is exactly one of: a probe that is down for too long, a CloudWatch\n"
        "alarm at a site, a deadline of the whole run, a condition (JMESPath) on what a\n"
        "URL answers in JSON, a Prometheus query with a limit.",
        "- {probe: storefront}",
        "- {probe: storefront, down_for: 5m}",
    ),
    codes.OUTSIDE_ACCOUNTS: Explanation(
        "a site is outside the allowed accounts",
        "The blast radius is the upper bound of what a run may touch; a site outside it\n"
        "is refused before anything else is looked at.",
        'blast_radius: {accounts: ["111111111111"], ...}\n'
        'sites: {primary: {account: "222222222222", ...}}',
        'sites: {primary: {account: "111111111111", ...}}',
    ),
    codes.OUTSIDE_REGIONS: Explanation(
        "a site is outside the allowed Regions",
        "As for accounts: name every Region that the drill may touch in\n`blast_radius.regions`.",
        "blast_radius: {regions: [us-east-1], ...}\nsites: {standby: {region: us-west-2, ...}}",
        "blast_radius: {regions: [us-east-1, us-west-2], ...}",
    ),
    codes.TOO_MANY_CHANGES: Explanation(
        "more changes than allowed",
        "Every action is one change; undoing is not counted. Raise `changes` only if\n"
        "the drill is really meant to do so much.",
        "changes: 1   (with two actions)",
        "changes: 2",
    ),
    codes.UNKNOWN_KIND: Explanation(
        "no such kind",
        "`dr actions` lists the kinds of steps, `dr probes` those of probes and marks.",
        "kind: aws.rds.fail-over",
        "kind: aws.rds.failover",
    ),
    codes.PROMPT_MISPLACED: Explanation(
        "a prompt where nobody is asked",
        "Only human.approve and human.note speak to a person.",
        '{id: x, kind: wait, prompt: "Ready?", with: {for: 5s}}',
        '{id: x, kind: human.approve, prompt: "Ready?"}',
    ),
    codes.PROMPT_MISSING: Explanation(
        "nothing is asked",
        "Whoever is asked must know what they decide.",
        "{id: go, kind: human.approve}",
        '{id: go, kind: human.approve, prompt: "Zone 1 is dark. Evacuate?"}',
    ),
    codes.NO_TIME: Explanation(
        "not enough time",
        "A deadline of nothing has passed when the step begins; a wait must fit into\n"
        "its own deadline.",
        "{id: x, kind: wait, within: 5s, with: {for: 10s}}",
        "{id: x, kind: wait, within: 15s, with: {for: 10s}}",
    ),
    codes.SITE_USELESS: Explanation(
        "a site that means nothing",
        "Waiting and asking happen nowhere in particular; a site there suggests an\n"
        "effect that does not exist.",
        "{id: x, kind: wait, site: primary, with: {for: 5s}}",
        "{id: x, kind: wait, with: {for: 5s}}",
    ),
    codes.HELD: Explanation(
        "a lost answer would be held for a person (a warning)",
        "If the answer to this action is lost, nothing can find out whether it\n"
        "happened, and repeating it might do harm. The run then waits for a person.",
        "kind: command.run   (which says nothing of itself)",
        "an action whose doubt is convergent, tokened, observable or attachable",
    ),
    codes.IRREVERSIBLE: Explanation(
        "cannot be undone (a warning)",
        "No undo exists for this action; the plan says so before anything runs.",
        "an action without undo in an unattended drill",
        "the same after a human.approve",
    ),
    codes.BROKEN_KIND: Explanation(
        "a kind that cannot be used",
        "An installed package brings this kind, but it cannot be imported, is not what it says,\n"
        "or two packages bring it. `dr actions` and `dr probes` name what is wrong with each.",
        '[project.entry-points."dr.actions"]\n"acme.cache.evict" = "acme_dr.cache"',
        '[project.entry-points."dr.actions"]\n"acme.cache.evict" = "acme_dr.cache:Evict"',
    ),
    codes.PERIOD: Explanation(
        "the period is too short",
        "A sample opens a new connection; more often than every 10 ms one process\n"
        "cannot do it and be on time for others.",
        "every: 1ms",
        "every: 100ms",
    ),
    codes.TIME_LIMIT: Explanation(
        "a time limit of nothing",
        "Every sample would be down.",
        "within: 0s",
        "within: 1s",
    ),
    codes.CONTROL_JUDGED: Explanation(
        "an objective measured by a control probe",
        "A control probe asks what the drill must not touch, to show that the runner\n"
        "can see. It cannot tell whether the service has recovered.",
        "rto: {target: 60s, probe: control}",
        "rto: {target: 60s, probe: storefront}",
    ),
    codes.TOO_COARSE: Explanation(
        "the probe is too coarse for the target",
        "The result is an interval as wide as period + time limit + the second in which\n"
        "the fault was requested. Wider than a tenth of the target, it says little\n"
        "about it, and the plan is refused. Sample more often, shorten the time limit,\n"
        "or accept it with `too_coarse: inconclusive`.",
        "rto: {target: 10s, ...}\nprobes: [{every: 1s, within: 2s, ...}]",
        "rto: {target: 60s, ...}\nprobes: [{every: 200ms, within: 1s, ...}]",
    ),
    codes.MARKS_TOO_COARSE: Explanation(
        "the marks are too coarse for the target",
        "Between two marks nothing is known. Their period must be at most a tenth of\n"
        "the target, and the whole interval must fit into it, or a run that loses\n"
        "nothing could not pass.",
        "rpo: {target: 1s, ...}\nmarks: [{every: 1s, ...}]",
        "rpo: {target: 10s, ...}\nmarks: [{every: 250ms, ...}]",
    ),
    codes.GIVE_UP: Explanation(
        "gives up before the target is missed",
        "The wait for recovery must be longer than the target: a run that stops waiting\n"
        "earlier can be neither passed nor failed.",
        "rto: {target: 60s, give_up: 30s}",
        "rto: {target: 60s, give_up: 5m}",
    ),
    codes.NO_NEGATIVE: Explanation(
        "nothing shows that the probe can fail (a warning)",
        "A probe that would say up whatever happens measures nothing. `negative` aims\n"
        "it once, before the run, at something known bad.",
        'with: {url: "https://shop.example/health"}',
        'with: {url: "https://shop.example/health"}\nnegative: {url: "https://shop.example/no-such-page"}',
    ),
    codes.NO_CONTROL: Explanation(
        "no control probe (a warning)",
        "When the network of the runner fails, everything looks down. A control probe\n"
        "tells the two apart.",
        "probes: [{id: storefront, ...}]",
        "probes: [{id: storefront, ...}, {id: control, control: true, ...}]",
    ),
    codes.NO_OBJECTIVE: Explanation(
        "no objective (a warning)",
        "Without a recovery time or recovery point to compare with, a run can pass\nnothing.",
        "objectives: {}",
        "objectives: {rto: {target: 60s, probe: storefront}}",
    ),
    codes.COARSE_ACCEPTED: Explanation(
        "the measurement will be coarse (a warning)",
        "The drill accepts with `too_coarse: inconclusive` that its result is wide.\n"
        "Near the target it will be inconclusive.",
        "too_coarse: inconclusive",
        "every: 100ms   (and the default, too_coarse: refuse)",
    ),
    codes.PHASE_TARGET: Explanation(
        "a target for a phase that this drill does not have",
        "A phase needs something that ends it: `detected` a detector under `detect:`,\n"
        "`decided` a step `human.approve`, `acting` an action under `recover:`,\n"
        "`recovered` an objective `rto`, `verified` a check under `verify:`.",
        "objectives: {phases: {detected: 1m}}",
        "objectives: {phases: {detected: 1m}}\n"
        "detect:\n"
        "  - {id: pager, kind: http.json, every: 1s, with: {url: ..., firing: ...}}",
    ),
    codes.AUDITED: Explanation(
        "a field that an auditor of this framework will miss",
        "The drill is sound and can run. With `dr validate --profile` you asked what an\n"
        "auditor will look for in its evidence; this is not there yet.",
        "scope:      (missing)",
        'scope: "Order intake and its database; critical, class 1 of the BIA"',
    ),
}
