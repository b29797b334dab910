"""Our patches over moto, one module per service: where moto lies or lacks.

Each says what AWS does, what it still simplifies, and is held by a contract test.
"""

from dr.sandbox.sim import Sim


def apply(sim: Sim) -> None:
    """Put every patch over moto, once per process. Raises PatchMisses."""
    from dr.sandbox.patches import (
        autoscaling,
        backup,
        cloudwatch,
        dynamodb,
        dynamodb_global,
        ebs,
        ec2,
        elasticache,
        elbv2,
        kms,
        rds,
        rds_global,
        rds_instances,
        rds_restores,
        s3,
    )

    for module in (
        rds,
        rds_instances,
        rds_restores,
        rds_global,
        dynamodb,
        dynamodb_global,
        s3,
        autoscaling,
        elbv2,
        ebs,
        ec2,
        cloudwatch,
        elasticache,
        kms,
        backup,
    ):
        module.apply(sim)
