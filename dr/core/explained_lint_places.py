"""The long texts of lint about places and restores. Sources are titles, to be searched for."""

from typing import Final

from dr.core import codes
from dr.core.explanation import Explanation

_BOUNDARIES: Final = "AWS whitepaper, AWS Fault Isolation Boundaries"
_RDS: Final = "Amazon RDS User Guide, Restoring to a DB instance"

EXPLAINED_LINT_PLACES: Final = {
    codes.UNUSED_ALLOWANCE: Explanation(
        "allowed, and not there (lint)",
        "An entry under `lint:` allows a code that lint does not find in this drill. Either\n"
        "the drill has become better, or the code is misspelt.",
        'lint: [{allow: DR0941, why: "..."}]   (in a drill that has guards)',
        "no such entry",
    ),
    codes.CONTROL_PLANE_LOST: Explanation(
        "recovery needs a control plane in the Region that is lost (lint)",
        "Some services have one control plane for all Regions: Route 53, IAM, Organizations\n"
        "and CloudFront in us-east-1, Global Accelerator and the configuration of ARC in\n"
        "us-west-2. While that Region is impaired, what exists goes on working, but changing\n"
        "it may fail. A recovery should need data planes only: health checks that fail over\n"
        "by themselves, ARC routing controls, copies that are there beforehand.",
        "scenario: region-loss   (of us-east-1)\nrecover: [{kind: aws.route53.failover, ...}]",
        "failover records with a health check, which need no change in the moment of loss",
        f"{_BOUNDARIES}, Global services; docs.aws.amazon.com/whitepapers/latest/"
        "aws-fault-isolation-boundaries/global-services.html",
    ),
    codes.LAUNCH_IN_LOST_PLACE: Explanation(
        "new capacity where everything is lost (lint)",
        "A recovery that launches, restores or grows in the Region or zone which the drill\n"
        "takes for lost works in the drill, where only a part is broken, and not in earnest.",
        "scenario: region-loss\nrecover: [{kind: aws.rds.restore_snapshot, site: primary, ...}]",
        "recover: [{kind: aws.rds.restore_snapshot, site: standby, ...}]",
        f"{_BOUNDARIES}, Control planes and data planes",
    ),
    codes.NEW_CAPACITY: Explanation(
        "recovery needs new capacity during the loss of a zone (lint, advice)",
        "When a zone fails, everybody asks for machines in the others at once, and launching\n"
        "is a matter of the control plane. A service that runs enough in every zone\n"
        "beforehand has to launch nothing. The drill cannot show what capacity there will be.",
        "recover: [{kind: aws.asg.leave_zone, ...}]   (two machines in each of three zones)",
        "three in each, so that two zones carry all of it; the step then only tidies up",
        "Amazon Builders' Library, Static stability using Availability Zones",
    ),
    codes.WATCHED_FROM_INSIDE: Explanation(
        "something watches from inside of what is lost (lint)",
        "A probe, marks, a detector or the alarm of a guard that is asked through the Region\n"
        "which is lost falls silent together with it: the drill measures its own blindness,\n"
        "and in earnest nobody is told. In a drill that breaks only the network of a VPC\n"
        "they go on; allow it then, and say so.",
        "scenario: region-loss\ndetect: [{kind: aws.cloudwatch.alarm, site: primary, ...}]",
        "detect: [{kind: aws.cloudwatch.alarm, site: standby, ...}]",
        "AWS Well-Architected Framework, Reliability Pillar, REL11-BP01",
    ),
    codes.CONTROL_SHARES_HOST: Explanation(
        "the control probe shares its host with what it controls (lint)",
        "A control probe tells an outage of the service from one of the runner. If it asks\n"
        "the same host, it goes down with the service, the samples count as unknown, and the\n"
        "run is inconclusive.",
        "probes:\n  - {id: shop, with: {url: https://shop.example/health}, ...}\n"
        "  - {id: control, control: true, with: {url: https://shop.example/}, ...}",
        "  - {id: control, control: true, with: {url: https://status.example/}, ...}",
    ),
    codes.STATE_HOME: Explanation(
        "where are Terraform's state and lock? (lint, advice)",
        "After the loss of a Region, Terraform can do nothing if the bucket of its state or\n"
        "the table of its lock was there, nor if providers must be downloaded first.",
        "the state of the standby Region in a bucket of the primary Region",
        "one state for each Region, in that Region",
        "HashiCorp, Terraform, Backend type: s3; AWS Prescriptive Guidance on Terraform backends",
    ),
    codes.COPY_FROM_LOST_REGION: Explanation(
        "recovery fetches from the Region that is lost (lint)",
        "A copy that is made in the moment of loss is asked of the Region that is lost. What\n"
        "the recovery needs must be elsewhere before: by a schedule of copies, by replication.",
        "scenario: region-loss   (of us-east-1)\n"
        "recover: [{kind: aws.rds.copy_snapshot, with: {from_region: us-east-1, ...}}]",
        "recover: [{kind: aws.rds.restore_snapshot, site: standby, ...}]   (of a daily copy)",
        f"{_BOUNDARIES}, Regional services; AWS Backup Developer Guide, Cross-Region backup",
    ),
    codes.RESTORED_SETTINGS: Explanation(
        "nobody looks at the settings of what is restored (lint)",
        "RDS restores into a new instance, and gives it the default security group, the\n"
        "default parameter group and one zone only, unless it is told others. Such an\n"
        "instance is available, and nobody can connect to it.",
        "verify: [{kind: aws.rds.instance, with: {instance: ...}}]",
        "verify: [{kind: aws.rds.instance, with: {instance: ..., like: orders}}]",
        f"{_RDS}; docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html",
    ),
    codes.SINGLE_ZONE: Explanation(
        "nothing shows that a standby is there again (lint, advice)",
        "After a restore the database runs in one zone until it is told otherwise: the next\n"
        "loss of a zone is a loss of data or hours. If the old one had no standby either,\n"
        "allow it.",
        "verify: [{kind: aws.rds.instance, with: {instance: ..., like: orders}}]",
        "verify: [{kind: aws.rds.instance, with: {instance: ..., like: orders, multi_az: true}}]",
        _RDS,
    ),
    codes.WINDOW_EXCEEDS_RTO: Explanation(
        "the moment to restore to is not there before the target has passed (lint)",
        "RDS uploads logs every five minutes, and DynamoDB can restore to moments up to about\n"
        "five minutes ago. A restore to the moment of the fault cannot begin earlier.",
        'rto: {target: 2m, ...}\nrecover: [{..., with: {at: "${fault.at}"}}]',
        "rto: {target: 45m, ...}",
        "Amazon RDS User Guide, Restoring a DB instance to a specified time; Amazon DynamoDB\n"
        "Developer Guide, Point-in-time recovery (LatestRestorableDateTime)",
    ),
    codes.WINDOW_EXCEEDS_RPO: Explanation(
        "the latest moment is older than the recovery point may be (lint)",
        "The end of a point-in-time window is usually within the last five minutes. A target\n"
        "below that is met by luck, depending on when the logs were last uploaded.",
        "rpo: {target: 30s, ...}\nrecover: [{..., with: {at: latest}}]",
        "rpo: {target: 6m, ...}",
        "Amazon RDS API Reference, DBInstance, LatestRestorableTime",
    ),
    codes.MARKS_TOO_YOUNG: Explanation(
        "no mark can be in what is restored (lint)",
        "Marks begin with the run. A backup that was made before holds none of them, and a\n"
        "window that ends five minutes ago none of the last five minutes: all are lost,\n"
        "nothing bounds the recovery point from above, and the objective is missed.",
        "disrupt: [{kind: wait, with: {for: 3s}}, {kind: aws.rds.stop_instance, ...}]\n"
        "recover: [{kind: aws.rds.restore_point_in_time, with: {at: latest, ...}}]",
        "disrupt: [{kind: wait, within: 20m, with: {for: 15m}}, ...]",
        "Amazon RDS API Reference, DBInstance, LatestRestorableTime",
    ),
    codes.RESTORE_UNPROVEN: Explanation(
        "nothing compares the content of what is restored (lint, advice)",
        'A restore that is "available" or COMPLETED has proved level 0 of 5. Whether the data\n'
        "are whole is for a check of content, or for marks.",
        "verify: [{kind: aws.rds.instance, ...}]",
        "verify: [{kind: sql.content, ...}]",
        "AWS Backup Developer Guide, Restore testing validation",
    ),
}
