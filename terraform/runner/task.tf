resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.name}/runner"
  retention_in_days = var.log_kept_days
  kms_key_id        = aws_kms_key.this.arn
}

resource "aws_ecs_cluster" "this" {
  name = var.name
}

locals {
  home = "/var/lib/dr"

  environment = merge(var.environment, {
    AWS_REGION = var.region
    DR_HOME    = local.home
    DR_LEVER   = "ssm:${aws_ssm_parameter.lever.name}@${var.region}"
    DR_LOCKS   = "dynamodb:${aws_dynamodb_table.locks.name}@${var.region}"
  })
}

# The image begins every command by taking the lock of the home: a container that finds another one
# at work there ends with 75, having touched nothing. A journal is SQLite, which two machines must
# never open at once over a network file system.
resource "aws_ecs_task_definition" "dr" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn

  volume {
    name = "home"

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.home.id
      transit_encryption = "ENABLED"

      authorization_config {
        access_point_id = aws_efs_access_point.home.id
        iam             = "ENABLED"
      }
    }
  }

  container_definitions = jsonencode([
    {
      name        = "dr"
      image       = var.image
      essential   = true
      command     = concat(["dr", "due", "--run"], var.schedules)
      user        = "10001:10001"
      stopTimeout = 120 # the most that Fargate grants for putting back
      linuxParameters = {
        initProcessEnabled = true # passes signals on, and buries what a killed run has left
      }
      environment = [for name, value in local.environment : { name = name, value = value }]
      secrets     = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
      mountPoints = [{ sourceVolume = "home", containerPath = local.home, readOnly = false }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = var.region
          awslogs-stream-prefix = "dr"
        }
      }
    }
  ])
}
