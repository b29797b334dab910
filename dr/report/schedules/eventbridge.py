"""The heartbeat as a schedule of Amazon EventBridge Scheduler that runs an ECS task, in Terraform.

It lives in one Region: apply it in another than the drills break. Its precision is a minute.
"""

import json
from typing import Final

from dr.report.schedules.heartbeats import MINUTES

_TEXT: Final = """\
# Heartbeat of the drill schedules. Apply it in a Region that no drill takes away.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "cluster_arn" {
  description = "ECS cluster that runs dr."
  type        = string
}

variable "task_definition_arn" {
  description = "Task definition with a container named dr."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the task."
  type        = list(string)
}

variable "role_arn" {
  description = "Role by which the scheduler may run the task: ecs:RunTask and iam:PassRole."
  type        = string
}

resource "aws_scheduler_schedule" "due" {
  name                         = "dr-due"
  description                  = "Heartbeat of the drill schedules"
  schedule_expression          = "rate(MINUTES minutes)"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.cluster_arn
    role_arn = var.role_arn
    input = jsonencode({
      containerOverrides = [
        {
          name    = "dr"
          command = COMMAND
        }
      ]
    })

    ecs_parameters {
      task_definition_arn = var.task_definition_arn
      launch_type         = "FARGATE"

      network_configuration {
        subnets          = var.subnet_ids
        assign_public_ip = false
      }
    }

    # A beat that comes too late is worth nothing: the next one does the same.
    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 2
    }
  }
}
"""


def terraform(argv: list[str], image: str) -> str:
    """Return the configuration, formatted as `terraform fmt` wants it."""
    words = ", ".join(json.dumps(w).replace("${", "$${").replace("%{", "%%{") for w in argv)
    return _TEXT.replace("MINUTES", str(MINUTES)).replace("COMMAND", f"[{words}]")
