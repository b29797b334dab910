locals {
  # Each begins a task with its own command; an empty one is what the task definition says.
  beats = {
    due = {
      does    = "Heartbeat of the drill schedules"
      when    = "rate(${var.heartbeat_minutes} minutes)"
      command = null
    }
    anchor = {
      does = "Puts the seals of drills out of everybody's reach"
      when = "cron(37 * * * ? *)"
      command = [
        "dr", "anchor", "--all",
        "--s3", "s3://${aws_s3_bucket.evidence.bucket}",
        "--account", var.account_id,
        "--region", var.region,
        "--keep", "${var.evidence_kept_years * 366}d",
      ]
    }
  }
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

resource "aws_scheduler_schedule" "beat" {
  for_each                     = local.beats
  name                         = each.key
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = each.value.does
  schedule_expression          = each.value.when
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.scheduler.arn

    input = each.value.command == null ? null : jsonencode({
      containerOverrides = [{ name = "dr", command = each.value.command }]
    })

    ecs_parameters {
      task_definition_arn    = aws_ecs_task_definition.dr.arn
      launch_type            = "FARGATE"
      enable_execute_command = true

      network_configuration {
        subnets          = var.subnet_ids
        security_groups  = [aws_security_group.task.id]
        assign_public_ip = var.assign_public_ip
      }
    }

    # A beat that comes too late is worth nothing: the next one does the same.
    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 2
    }
  }
}
