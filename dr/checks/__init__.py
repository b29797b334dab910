"""The catalogue of checks: kind → where its class is. Checks look and never change anything."""

CHECKS: dict[str, str] = {
    "aws.dynamodb.content": "dr.checks.dynamodb_content:DynamodbContent",
    "aws.dynamodb.replicas": "dr.checks.dynamodb_replicas:DynamodbReplicas",
    "aws.ec2.volume": "dr.checks.ec2_volume:Ec2Volume",
    "aws.elasticache.group": "dr.checks.elasticache_group:ElasticacheGroup",
    "aws.elb.healthy_targets": "dr.checks.elb_healthy_targets:ElbHealthyTargets",
    "aws.rds.cluster_members": "dr.checks.rds_cluster_members:RdsClusterMembers",
    "aws.rds.global_database": "dr.checks.rds_global_database:RdsGlobalDatabase",
    "aws.rds.instance": "dr.checks.rds_instance:RdsInstance",
    "aws.s3.content": "dr.checks.s3_content:S3Content",
    "observed.marks": "dr.checks.observed_marks:ObservedMarks",
    "observed.recovered": "dr.checks.observed_recovered:ObservedRecovered",
    "observed.steady": "dr.checks.observed_steady:ObservedSteady",
    "sql.content": "dr.checks.sql_content:SqlContent",
    "terraform.no_drift": "dr.checks.terraform_no_drift:TerraformNoDrift",
    "terraform.state": "dr.checks.terraform_state:TerraformState",
}
