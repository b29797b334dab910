"""The long texts of lint about time, measurement, brakes, the way back and keys."""

from typing import Final

from dr.core import codes
from dr.core.explanation import Explanation

_ROUTE_53: Final = "Amazon Route 53 Developer Guide"

EXPLAINED_LINT: Final = {
    codes.WAITS_EXCEED_RTO: Explanation(
        "the waits alone are longer than the target (lint)",
        "The longest chain of `wait` steps under `recover` cannot be shortened by anybody.",
        "rto: {target: 1m, ...}\nrecover: [{kind: wait, with: {for: 90s}}, ...]",
        "rto: {target: 5m, ...}",
    ),
    codes.APPROVAL_EXCEEDS_RTO: Explanation(
        "an approval may take as long as the target (lint, advice)",
        "The clock that starts with the fault counts people, too. That is honest; the time\n"
        "limit of the approval should then leave something of the target.",
        "rto: {target: 5m, ...}\nrecover: [{kind: human.approve, within: 15m, ...}]",
        "rto: {target: 5m, clock: declared, ...}   (or within: 2m)",
        "ISO 22301, 8.2; NIST SP 800-34 rev. 1, 3.2 (what a recovery time objective counts)",
    ),
    codes.NAMES_EXCEED_RTO: Explanation(
        "names take longer to change than the target (lint)",
        "A changed record is on all name servers usually within 60 s, and resolvers keep the\n"
        "old answer for its TTL: 60 s for an alias to a load balancer. A health check notices\n"
        "after its interval (10 or 30 s) times its threshold (usually 3). Lint adds up what\n"
        "the step says (`ttl`, `interval`, `threshold`); where it does not say, a TTL of 60 s\n"
        "and one check after 10 s. Who holds no old answer is quicker: measure with a probe.",
        "rto: {target: 60s, ...}\nrecover: [{kind: aws.route53.failover, ...}]",
        "rto: {target: 3m, ...}",
        f"{_ROUTE_53}, Choosing between alias and non-alias records; How Route 53 determines\n"
        "whether a health check is healthy; Amazon Route 53 FAQs (propagation)",
    ),
    codes.GUARD_TOO_TIGHT: Explanation(
        "a guard stops the run before the target has passed (lint)",
        "A guard that trips aborts the run: a recovery that is late, but within its target,\n"
        "is never seen. A guard is for what must not happen at all.",
        "rto: {target: 5m, probe: shop}\nguards: [{probe: shop, down_for: 2m}]",
        "guards: [{probe: shop, down_for: 15m}]",
    ),
    codes.FASTER_THAN_USUAL: Explanation(
        "a target shorter than AWS usually takes (lint, advice)",
        "The target can be met, and seldom will be. It may be wrong by a unit, or be the\n"
        "target of a part only.",
        "rto: {target: 20s, ...}\ndisrupt: [{kind: aws.rds.reboot_failover, ...}]",
        "rto: {target: 2m, ...}",
        "Amazon RDS User Guide, Failing over a Multi-AZ DB instance; Amazon Aurora User Guide,\n"
        "High availability; Amazon DynamoDB Developer Guide, Restoring a table",
    ),
    codes.DEADLINE_BY_DEFAULT: Explanation(
        "a restore with the default deadline (lint, advice)",
        "A step has five minutes unless it says otherwise. A restore takes longer: the run\n"
        "would give up, and put everything back.",
        "{id: restore, kind: aws.rds.restore_snapshot, ...}",
        "{id: restore, kind: aws.rds.restore_snapshot, within: 60m, ...}",
    ),
    codes.LAG_METRIC: Explanation(
        "a provider's lag is no recovery point (lint)",
        "ReplicaLag and its like are averages over a minute, measured from the copy's side,\n"
        "and stop being reported in the moment that counts. What was lost is what was\n"
        "acknowledged before the fault and is not there afterwards.",
        "detect: [{..., with: {alarm: orders-ReplicaLag}}]   (and no rpo)",
        "rpo: {target: 30s, marks: orders}",
        "Amazon RDS User Guide, Monitoring read replication; Amazon Aurora User Guide,\n"
        "Using switchover or failover in Aurora Global Database",
    ),
    codes.PROVIDER_ACCEPTED: Explanation(
        "a recovery time on the provider's word (lint, advice)",
        "The drill accepts beforehand that its probe repeats what an API says. Users may\n"
        "still be turned away when it says available.",
        "rto: {target: 5m, probe: cluster-status, accept_provider_reported: true}",
        "rto: {target: 5m, probe: storefront}",
    ),
    codes.LOSS_UNMEASURED: Explanation(
        "a failover to a copy whose loss is not measured (lint, advice)",
        "Replication across Regions is asynchronous: what the copy lacked is lost. Also where\n"
        "nothing can be lost by design, marks prove it.",
        "objectives: {rto: {...}}\nrecover: [{kind: aws.rds.promote_replica, ...}]",
        "objectives: {rto: {...}, rpo: {target: 30s, marks: orders}}",
        "Amazon RDS User Guide, Promoting a read replica to be a standalone DB instance",
    ),
    codes.PARTIAL_OUTAGE: Explanation(
        "one request would see the loss of a zone by luck (lint)",
        "A balancer sends a request to one target of many. While a third of them is dark,\n"
        "one request alone is answered two times of three.",
        "scenario: zone-loss\nprobes: [{id: shop, kind: http.get, ...}]",
        "probes: [{id: shop, kind: http.get, requests: 6, ...}]",
        "AWS whitepaper, Advanced Multi-AZ Resilience Patterns (gray failures)",
    ),
    codes.NOTHING_VERIFIED: Explanation(
        "nothing is verified (lint, advice)",
        "The probe says that users are served. Whether everything behind it is whole again -\n"
        "capacity, members, content - is for checks.",
        "verify: []",
        "verify: [{kind: aws.elb.healthy_targets, ...}]",
        "NIST SP 800-34 rev. 1, 4.4 (validation testing)",
    ),
    codes.NO_GUARD: Explanation(
        "no guard (lint)",
        "Nothing stops the run when it does more harm than it was meant to.",
        "guards: []",
        "guards: [{probe: storefront, down_for: 10m}]",
        "Principles of Chaos Engineering, Minimize blast radius; AWS FIS User Guide,\n"
        "Stop conditions",
    ),
    codes.PATIENCE_BY_DEFAULT: Explanation(
        "an approval without a time limit of its own (lint, advice)",
        "It waits five minutes, as any step does, and then the run is put back. Say how long\n"
        "the person has; it is part of the procedure.",
        '{id: go, kind: human.approve, prompt: "Go?"}',
        '{id: go, kind: human.approve, prompt: "Go?", within: 15m}',
    ),
    codes.NO_WATCHDOG: Explanation(
        "the watchdog is off (lint)",
        "When the process of the run is killed, what it has broken stays broken until\n"
        "somebody notices.",
        "watchdog: off",
        "watchdog: {after: 10m}",
    ),
    codes.NOBODY_THERE: Explanation(
        "a step that needs a person in a drill that may go unattended (lint)",
        "`allow_unattended` says that nobody need be there. An approval waits in vain; a lost\n"
        "answer of an opaque action, or what cannot be undone, leaves it dirty until morning.",
        "allow_unattended: true\nrecover: [{kind: human.approve, ...}]",
        "without allow_unattended",
    ),
    codes.NO_TAG: Explanation(
        "everything in the account may be touched (lint)",
        "A wrong name in a parameter then reaches what was never meant.",
        "blast_radius: {accounts: [...], regions: [...], changes: 1}",
        "blast_radius: {..., require_tag: {dr-drill: allowed}}",
        "AWS FIS User Guide, Identity-based policies (tag the targets)",
    ),
    codes.NOT_RETURNED: Explanation(
        "the return names nothing of what was changed (lint)",
        "With a list under `return:` nothing is undone by itself. No step of it has a\n"
        "parameter in common with the step that disrupts, nor refers to it.",
        "disrupt: [{id: stop, ..., with: {instance: orders}}]\nreturn: [{..., with: {name: x}}]",
        "return: undo",
    ),
    codes.NO_WAY_BACK: Explanation(
        "a step that cannot be undone (lint)",
        "A command needs `undo`, an apply needs `undo_vars`: else the run ends dirty (exit 5)\n"
        "and a person has to put it back.",
        "{kind: command.run, with: {argv: [./stop.sh]}}",
        "{kind: command.run, with: {argv: [./stop.sh], undo: [./start.sh]}}",
    ),
    codes.BLIND_COMMAND: Explanation(
        "a command whose effect nobody can look for (lint, advice)",
        "If the end of the command is lost, only a `check` can tell whether it happened;\n"
        "without one the run is held for a person.",
        "with: {argv: [./promote.sh]}",
        "with: {argv: [./promote.sh], check: [./writer-is.sh, west]}",
    ),
    codes.KEY_OF_COPY: Explanation(
        "a copy without a key of its own (lint)",
        "A KMS key belongs to one Region: an encrypted snapshot that goes to another needs a\n"
        "key there. What is encrypted by a service's default key (alias/aws/...) cannot be\n"
        "shared with another account at all.",
        "argv: [aws, rds, copy-db-snapshot, --source-region, us-east-1, ...]",
        "argv: [aws, rds, copy-db-snapshot, ..., --kms-key-id, alias/dr]",
        "Amazon RDS User Guide, Copying a DB snapshot (encryption); Sharing encrypted snapshots",
    ),
    codes.KEY_ELSEWHERE: Explanation(
        "a restore where the original's key may not be used (lint, advice)",
        "Restoring takes the use of a key in that account and Region, by grants of the role\n"
        "(kms:CreateGrant, kms:Decrypt, kms:DescribeKey). `dr iam-policy` does not list them:\n"
        "which key it is, only the snapshot says.",
        "a role at the standby site that may restore, and use no key",
        "the same with the use of the key of that Region",
        "AWS KMS Developer Guide, Grants in AWS KMS; Amazon RDS User Guide, AWS KMS key management",
    ),
}
