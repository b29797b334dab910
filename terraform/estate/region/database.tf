locals {
  replica = var.db_source_region != null # the source's ARN is not known before it exists
  mysql   = var.db_engine == "aurora-mysql"
  db_port = local.mysql ? 3306 : 5432
}

resource "aws_security_group" "data" {
  name        = "${var.name}-data"
  description = "Database of ${var.name}"
  vpc_id      = aws_vpc.this.id

  ingress {
    description     = "Application"
    protocol        = "tcp"
    from_port       = local.db_port
    to_port         = local.db_port
    security_groups = [aws_security_group.app.id]
  }
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = aws_subnet.data[*].id
}

# A replica cluster in another Region follows the binary log, which is off by default.
resource "aws_rds_cluster_parameter_group" "this" {
  name   = var.db_cluster
  family = local.mysql ? "aurora-mysql8.0" : "aurora-postgresql16"

  dynamic "parameter" {
    for_each = local.mysql ? ["ROW"] : []

    content {
      name         = "binlog_format"
      value        = parameter.value
      apply_method = "pending-reboot"
    }
  }
}

resource "aws_rds_cluster" "this" {
  cluster_identifier              = var.db_cluster
  engine                          = var.db_engine
  port                            = local.db_port
  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.data.id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name
  storage_encrypted               = true
  kms_key_id                      = aws_kms_key.this.arn
  backup_retention_period         = 7
  skip_final_snapshot             = true

  database_name              = local.replica ? null : var.name
  master_username            = local.replica ? null : var.name
  master_password_wo         = local.replica ? null : var.db_password
  master_password_wo_version = local.replica ? null : 1

  replication_source_identifier = var.db_replica_of
  source_region                 = var.db_source_region

  lifecycle {
    # AWS fills in the name and the user of a replica. A promoted replica no longer has a source:
    # Terraform would replace it, and with it the only database that is being written to.
    # scaling_configuration means Aurora Serverless v1 and is nothing here, but simulators report it.
    ignore_changes = [
      database_name,
      master_username,
      replication_source_identifier,
      scaling_configuration,
    ]
  }
}

resource "aws_rds_cluster_instance" "this" {
  for_each = var.db_instances

  identifier           = each.key
  cluster_identifier   = aws_rds_cluster.this.id
  engine               = aws_rds_cluster.this.engine
  instance_class       = var.db_instance_class
  availability_zone    = local.zones[each.value]
  db_subnet_group_name = aws_db_subnet_group.this.name
  promotion_tier       = each.value
}
