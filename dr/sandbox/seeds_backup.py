"""A vault of AWS Backup with a recovery point of the catalogue.

It is not in `terraform/estate`, which backs nothing up. The role that restores is a name only: the
sandbox asks no role what it may do.
"""

from dr.cloud.aws import Aws
from dr.sandbox.inventory_data import NAME, TAG
from dr.sandbox.sim import ACCOUNT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/{NAME}-backup"


def seed(aws: Aws, outputs: dict[str, str]) -> None:
    """Make the vault, and back the table up as it is now."""
    aws.backup.create_backup_vault(BackupVaultName=NAME, BackupVaultTags=TAG)
    table = aws.dynamodb.describe_table(TableName=outputs["table"])["Table"]["TableArn"]
    aws.backup.start_backup_job(BackupVaultName=NAME, ResourceArn=table, IamRoleArn=ROLE)
