"""The catalogue of actions: kind → where its class is.

A table and not a scan: what is not listed does not exist, and importing this module imports no
action, so that `dr validate` loads only the kinds a drill uses.
"""

ACTIONS: dict[str, str] = {
    "aws.arc.zonal_shift": "dr.actions.arc_zonal_shift:ArcZonalShift",
    "aws.asg.leave_zone": "dr.actions.asg_leave_zone:AsgLeaveZone",
    "aws.backup.put_validation": "dr.actions.backup_put_validation:BackupPutValidation",
    "aws.backup.restore_table": "dr.actions.backup_restore_table:BackupRestoreTable",
    "aws.dynamodb.delete_items": "dr.actions.dynamodb_delete_items:DynamodbDeleteItems",
    "aws.dynamodb.restore_backup": "dr.actions.dynamodb_restore_backup:DynamodbRestoreBackup",
    "aws.dynamodb.restore_point_in_time": (
        "dr.actions.dynamodb_restore_point_in_time:DynamodbRestorePointInTime"
    ),
    "aws.ec2.attach_volume": "dr.actions.ec2_attach_volume:Ec2AttachVolume",
    "aws.ec2.detach_volume": "dr.actions.ec2_detach_volume:Ec2DetachVolume",
    "aws.ec2.rebuild_instance": "dr.actions.ec2_rebuild_instance:Ec2RebuildInstance",
    "aws.ec2.restore_volume": "dr.actions.ec2_restore_volume:Ec2RestoreVolume",
    "aws.ec2.stop_instance": "dr.actions.ec2_stop_instance:Ec2StopInstance",
    "aws.ec2.zone_blackhole": "dr.actions.ec2_zone_blackhole:Ec2ZoneBlackhole",
    "aws.ecs.leave_zone": "dr.actions.ecs_leave_zone:EcsLeaveZone",
    "aws.elasticache.failover": "dr.actions.elasticache_failover:ElasticacheFailover",
    "aws.elb.register_target": "dr.actions.elb_register_target:ElbRegisterTarget",
    "aws.kms.disable_key": "dr.actions.kms_disable_key:KmsDisableKey",
    "aws.kms.enable_key": "dr.actions.kms_enable_key:KmsEnableKey",
    "aws.rds.copy_snapshot": "dr.actions.rds_copy_snapshot:RdsCopySnapshot",
    "aws.rds.failover": "dr.actions.rds_failover:RdsFailover",
    "aws.rds.global_failover": "dr.actions.rds_global_failover:RdsGlobalFailover",
    "aws.rds.promote": "dr.actions.rds_promote:RdsPromote",
    "aws.rds.promote_replica": "dr.actions.rds_promote_replica:RdsPromoteReplica",
    "aws.rds.reboot_failover": "dr.actions.rds_reboot_failover:RdsRebootFailover",
    "aws.rds.restore_point_in_time": "dr.actions.rds_restore_point_in_time:RdsRestorePointInTime",
    "aws.rds.restore_snapshot": "dr.actions.rds_restore_snapshot:RdsRestoreSnapshot",
    "aws.rds.stop_instance": "dr.actions.rds_stop_instance:RdsStopInstance",
    "aws.route53.failover": "dr.actions.route53_failover:Route53Failover",
    "aws.route53.invert_health_check": (
        "dr.actions.route53_invert_health_check:Route53InvertHealthCheck"
    ),
    "aws.s3.delete_objects": "dr.actions.s3_delete_objects:S3DeleteObjects",
    "aws.s3.overwrite_objects": "dr.actions.s3_overwrite_objects:S3OverwriteObjects",
    "aws.s3.roll_back": "dr.actions.s3_roll_back:S3RollBack",
    "aws.s3.undelete": "dr.actions.s3_undelete:S3Undelete",
    "aws.secretsmanager.delete_secret": (
        "dr.actions.secretsmanager_delete_secret:SecretsmanagerDeleteSecret"
    ),
    "aws.secretsmanager.restore_secret": (
        "dr.actions.secretsmanager_restore_secret:SecretsmanagerRestoreSecret"
    ),
    "aws.ssm.set_parameter": "dr.actions.ssm_set_parameter:SsmSetParameter",
    "command.run": "dr.actions.command_run:CommandRun",
    "terraform.apply": "dr.actions.terraform_apply:TerraformApply",
    "terraform.hold_lock": "dr.actions.terraform_hold_lock:TerraformHoldLock",
    "terraform.release_lock": "dr.actions.terraform_release_lock:TerraformReleaseLock",
    "terraform.restore_state": "dr.actions.terraform_restore_state:TerraformRestoreState",
}
