output "vpc_id" {
  value = aws_vpc.this.id
}

output "zones" {
  value = local.zones
}

output "asg_name" {
  value = aws_autoscaling_group.this.name
}

output "target_group_arn" {
  value = aws_lb_target_group.this.arn
}

output "alb_arn" {
  value = aws_lb.this.arn
}

output "alb_dns" {
  value = aws_lb.this.dns_name
}

output "alb_zone_id" {
  value = aws_lb.this.zone_id
}

output "db_cluster" {
  value = aws_rds_cluster.this.cluster_identifier
}

# RDS makes no replica of a cluster that has no instance yet.
output "db_cluster_arn" {
  value      = aws_rds_cluster.this.arn
  depends_on = [aws_rds_cluster_instance.this]
}

output "table_parameter" {
  value = aws_ssm_parameter.table.name
}

output "kms_key_arn" {
  value = aws_kms_key.this.arn
}

output "alarm_name" {
  value = aws_cloudwatch_metric_alarm.errors.alarm_name
}

output "failing_alarm" {
  value = aws_cloudwatch_metric_alarm.failing.alarm_name
}

output "unhealthy_alarm" {
  value = aws_cloudwatch_metric_alarm.unhealthy.alarm_name
}
