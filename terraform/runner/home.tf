# The home of dr: journals, register, keys, locks. All heartbeats share this one: the register in it
# is what begins an occurrence once. One container uses it at a time: see task.tf.
resource "aws_efs_file_system" "home" {
  creation_token   = "${var.name}-home"
  encrypted        = true
  kms_key_id       = aws_kms_key.this.arn
  performance_mode = "generalPurpose"
  throughput_mode  = "elastic"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_efs_backup_policy" "home" {
  count          = var.home_backed_up ? 1 : 0
  file_system_id = aws_efs_file_system.home.id

  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_mount_target" "home" {
  for_each        = var.subnet_ids
  file_system_id  = aws_efs_file_system.home.id
  subnet_id       = each.key
  security_groups = [aws_security_group.home.id]
}

resource "aws_efs_access_point" "home" {
  file_system_id = aws_efs_file_system.home.id

  # The user of the image. dr keeps its home to itself.
  posix_user {
    uid = 10001
    gid = 10001
  }

  root_directory {
    path = "/dr"

    creation_info {
      owner_uid   = 10001
      owner_gid   = 10001
      permissions = "0700"
    }
  }
}

data "aws_iam_policy_document" "home" {
  statement {
    sid       = "OnlyThroughTheAccessPoint"
    actions   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    resources = [aws_efs_file_system.home.arn]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.task.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "elasticfilesystem:AccessPointArn"
      values   = [aws_efs_access_point.home.arn]
    }
  }

  statement {
    sid       = "OnlyEncryptedOnTheWay"
    effect    = "Deny"
    actions   = ["elasticfilesystem:Client*"]
    resources = [aws_efs_file_system.home.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_efs_file_system_policy" "home" {
  file_system_id = aws_efs_file_system.home.id
  policy         = data.aws_iam_policy_document.home.json
}

# Probes ask wherever a drill says, at whatever port.
resource "aws_security_group" "task" {
  name        = "${var.name}-task"
  description = "dr asks, and nobody asks dr"
  vpc_id      = var.vpc_id

  egress {
    description = "APIs, probes, providers of Terraform"
    cidr_blocks = ["0.0.0.0/0"]
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
  }
}

resource "aws_security_group" "home" {
  name        = "${var.name}-home"
  description = "The home of dr, for its tasks only"
  vpc_id      = var.vpc_id

  ingress {
    description     = "NFS from the tasks"
    security_groups = [aws_security_group.task.id]
    protocol        = "tcp"
    from_port       = 2049
    to_port         = 2049
  }
}
