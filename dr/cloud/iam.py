"""Which IAM permission an API call needs, where the two have different names.

Most operations need one permission of the same name (`rds` + `FailoverDBCluster` →
`rds:FailoverDBCluster`). This table holds the exceptions among the calls `dr` makes. The `needs`
of every action and check are proven against it by recording the calls they really make, and the
policy of a drill is printed from them.

Errors:  none; an operation that is not listed maps to its own name.
Limits:  condition keys and resources are not described here. Calls that a service makes in our
         name with a customer's KMS key need kms:Decrypt on that key, which nobody can tell from
         the call.
Source:  Service Authorization Reference, Amazon S3 ("Required permissions for Amazon S3 API
         operations"), Amazon EC2 ("Grant permission to tag resources during creation"); Amazon
         DynamoDB Developer Guide, "Using IAM with DynamoDB backup and restore" (a restore writes
         the target table with the caller's permissions).
"""

from collections.abc import Mapping

_PREFIX = {"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing"}

_RESTORE = frozenset(
    f"dynamodb:{name}"
    for name in (
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "UpdateItem",
    )
)

_OTHER_NAME: dict[tuple[str, str], frozenset[str]] = {
    # Of the source by its version id, as all our copies are.
    ("s3", "CopyObject"): frozenset({"s3:GetObjectVersion", "s3:PutObject"}),
    ("s3", "HeadBucket"): frozenset({"s3:ListBucket"}),
    ("s3", "HeadObject"): frozenset({"s3:GetObject"}),
    ("s3", "ListObjects"): frozenset({"s3:ListBucket"}),
    ("s3", "ListObjectsV2"): frozenset({"s3:ListBucket"}),
    ("s3", "ListObjectVersions"): frozenset({"s3:ListBucketVersions"}),
    ("s3", "GetBucketReplication"): frozenset({"s3:GetReplicationConfiguration"}),
    # The job works with a role of its own, which is handed over.
    ("backup", "StartRestoreJob"): frozenset({"backup:StartRestoreJob", "iam:PassRole"}),
    ("dynamodb", "RestoreTableFromBackup"): _RESTORE | {"dynamodb:RestoreTableFromBackup"},
    ("dynamodb", "RestoreTableToPointInTime"): _RESTORE | {"dynamodb:RestoreTableToPointInTime"},
    ("sts", "GetCallerIdentity"): frozenset(),  # allowed to everybody; cannot be denied
}

# What is tagged as it is made takes a permission of its own: by service, (parameter, permission).
_TAGGING = {
    "ec2": ("TagSpecifications", "ec2:CreateTags"),
    "rds": ("Tags", "rds:AddTagsToResource"),
}


# A role that is handed over with a call: by call, (parameter, permission).
_PASSING = {("ec2", "RunInstances"): ("IamInstanceProfile", "iam:PassRole")}


def permissions(
    service: str, operation: str, parameters: Mapping[str, object] | None = None
) -> frozenset[str]:
    """Return the IAM actions that one call needs.

    service: as botocore names it. parameters: of the call; some decide which permission it takes.
    """
    given = parameters or {}
    if (service, operation) == ("s3", "DeleteObjects"):
        return _of_delete_objects(given)
    if service == "s3" and given.get("VersionId") and operation in {"GetObject", "HeadObject"}:
        return frozenset({"s3:GetObjectVersion"})
    if service == "s3" and given.get("VersionId") and operation == "DeleteObject":
        return frozenset({"s3:DeleteObjectVersion"})
    other = _OTHER_NAME.get((service, operation))
    if other is not None:
        return other
    own = f"{_PREFIX.get(service, service)}:{operation}"
    beside = (_TAGGING.get(service, ("", "")), _PASSING.get((service, operation), ("", "")))
    return frozenset({own, *(more for parameter, more in beside if given.get(parameter))})


def _of_delete_objects(parameters: Mapping[str, object]) -> frozenset[str]:
    """With a version id a version goes for good; without one a delete marker is laid on top."""
    delete = parameters.get("Delete")
    objects = delete.get("Objects", ()) if isinstance(delete, Mapping) else ()
    return frozenset(
        "s3:DeleteObjectVersion" if entry.get("VersionId") else "s3:DeleteObject"
        for entry in objects
    )
