output "task_role_arn" {
  description = "For drill-role: who may assume the roles of the sites."
  value       = aws_iam_role.task.arn
}

output "cluster_arn" {
  description = "Where tasks run."
  value       = aws_ecs_cluster.this.arn
}

output "task_definition_arn" {
  description = "What runs, with a container named dr."
  value       = aws_ecs_task_definition.dr.arn
}

output "scheduler_role_arn" {
  description = "By which a schedule may start the task."
  value       = aws_iam_role.scheduler.arn
}

output "security_group_id" {
  description = "The security group of the tasks."
  value       = aws_security_group.task.id
}

output "evidence_bucket" {
  description = "For dr anchor --s3."
  value       = aws_s3_bucket.evidence.bucket
}

output "alarm_topic_arn" {
  description = "Subscribe whoever is to be woken; nobody is yet."
  value       = aws_sns_topic.alarms.arn
}

output "lever" {
  description = "DR_LEVER, for every other home."
  value       = local.environment.DR_LEVER
}

output "locks" {
  description = "DR_LOCKS, for every other home."
  value       = local.environment.DR_LOCKS
}
