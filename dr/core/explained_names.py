"""The long texts of the codes of names that point at other things."""

from typing import Final

from dr.core import codes
from dr.core.explanation import Explanation

EXPLAINED_NAMES: Final = {
    codes.DUPLICATE_ID: Explanation(
        "an id is used twice",
        "Ids name things in the journal and in the evidence. All steps of a drill share\n"
        "one set of names; so do all probes, and all marks.",
        "- {id: go, ...}\n- {id: go, ...}",
        "- {id: go, ...}\n- {id: go-on, ...}",
    ),
    codes.RESERVED_ID: Explanation(
        "a reserved id",
        "Ids that begin with `dr-` belong to the steps that every run needs by itself,\n"
        "such as dr-steady and dr-recovered.",
        "id: dr-check",
        "id: check",
    ),
    codes.UNKNOWN_PROBE: Explanation(
        "no such probe",
        "The objective or guard names a probe that is not under `probes:`.",
        "rto: {target: 60s, probe: shopfront}",
        "rto: {target: 60s, probe: storefront}",
    ),
    codes.UNKNOWN_MARKS: Explanation(
        "no such marks",
        "The objective names marks that are not under `marks:`.",
        "rpo: {target: 5s, marks: order}",
        "rpo: {target: 5s, marks: orders}",
    ),
    codes.UNKNOWN_SITE: Explanation(
        "no such site",
        "The step, probe, marks or guard names a site that is not under `sites:`.",
        "site: primray",
        "site: primary",
    ),
    codes.SITE_NEEDED: Explanation(
        "a site is needed",
        "Whatever speaks to AWS does so in one account and Region. `site` may be left\n"
        "out only when the drill has exactly one.",
        "sites: {a: ..., b: ...}\ndisrupt: [{id: x, kind: aws.rds.failover}]",
        "disrupt: [{id: x, kind: aws.rds.failover, site: a}]",
    ),
    codes.UNKNOWN_AFTER: Explanation(
        "`after` names no step of this phase",
        "Phases follow each other by themselves; `after` orders the steps of one phase.",
        "after: [evacuat]",
        "after: [evacuate]",
    ),
    codes.AFTER_CYCLE: Explanation(
        "steps wait for each other",
        "Each would start only after the other has settled, so none would ever start.",
        "- {id: a, after: [b]}\n- {id: b, after: [a]}",
        "- {id: a, after: []}\n- {id: b, after: [a]}",
    ),
    codes.REFERENCE_SYNTAX: Explanation(
        "not a reference",
        "`${...}` takes four forms: ${terraform.NAME.OUTPUT}, ${run.id}, ${fault.at}\n"
        "and ${steps.ID.FIELD}. Write $${ for the characters ${ themselves.",
        'url: "${env.URL}"',
        'url: "${terraform.estate.url}"',
    ),
    codes.REFERENCE_PLACE: Explanation(
        "a reference that cannot be filled in here",
        "References are filled in inside `with`, `negative`, `read` and `alarm`.\n"
        "${fault.at} is known after the disruption, ${steps...} once that step has\n"
        "settled; probes and marks begin before both.",
        'title: "Drill ${run.id}"',
        'title: "Quarterly drill"',
    ),
    codes.UNKNOWN_CONFIGURATION: Explanation(
        "no such Terraform configuration",
        "The reference names a configuration that is not under `terraform:`.",
        'url: "${terraform.estat.url}"',
        'url: "${terraform.estate.url}"',
    ),
    codes.UNKNOWN_STEP: Explanation(
        "no such step",
        "The reference names a step that the drill does not have.",
        'table: "${steps.restor.table}"',
        'table: "${steps.restore.table}"',
    ),
    codes.STEP_NOT_BEFORE: Explanation(
        "the step may not have settled by then",
        "What a step makes is known only when it has settled. The step that is referred\n"
        "to must be in an earlier phase, or in this one's `after`, directly or through\n"
        "others.",
        '- {id: b, after: [], with: {t: "${steps.a.table}"}}',
        '- {id: b, after: [a], with: {t: "${steps.a.table}"}}',
    ),
    codes.UNKNOWN_CHANGE_FIELD: Explanation(
        "the step has no such value",
        "Only actions have values to refer to: the fields of their change. `dr actions\n"
        "KIND` lists them.",
        'table: "${steps.restore.tabel}"',
        'table: "${steps.restore.table}"',
    ),
    codes.MISSING_OUTPUT: Explanation(
        "Terraform gave no such output",
        "The configuration was read, and has no output of this name; or it has not been\napplied.",
        'url: "${terraform.estate.serviceurl}"',
        'url: "${terraform.estate.service_url}"',
    ),
    codes.OUTPUT_TYPE: Explanation(
        "the output does not fit",
        "A reference inside a longer text must stand for text or a whole number; null\n"
        "and fractions cannot be used at all.",
        'url: "${terraform.estate.subnets}/health"',
        'url: "${terraform.estate.service_url}/health"',
    ),
    codes.UNFILLED: Explanation(
        "still to be filled in",
        "`dr init` leaves `${your.KEY}` where nobody has told it a value. Put the value there,\n"
        "or write the drill anew with `--set KEY=VALUE`.",
        'with: {cluster: "${your.db_cluster}"}',
        "with: {cluster: orders}",
    ),
}
