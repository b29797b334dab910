# Orders: a small web shop service, active in one Region, warm in another. See README.md.

locals {
  name         = "orders"
  service_name = "${local.name}.${var.domain}"
  port         = var.service_port == 80 ? "" : ":${var.service_port}"
  service_url  = "http://${local.service_name}${local.port}"

  # dr-drill=allowed is what a drill's blast_radius.require_tag looks for.
  tags = {
    dr-drill = "allowed"
    service  = local.name
  }
}

module "primary" {
  source    = "./region"
  providers = { aws = aws.primary }

  name             = local.name
  region           = var.primary_region
  zones            = var.zones
  cidr             = "10.10.0.0/16"
  service_port     = var.service_port
  instance_type    = var.instance_type
  instance_profile = aws_iam_instance_profile.app.name
  ami_id           = var.ami_id
  desired          = var.primary_desired
  table            = aws_dynamodb_table.items.name
  bucket           = aws_s3_bucket.primary.bucket
  db_secret        = aws_secretsmanager_secret.database.name
  tags             = local.tags

  db_engine         = var.db_engine
  db_instance_class = var.db_instance_class
  db_cluster        = local.name
  db_instances      = { "${local.name}-1" = 0, "${local.name}-2" = 1 }
  db_password       = ephemeral.aws_secretsmanager_random_password.database.random_password
}

module "standby" {
  source    = "./region"
  providers = { aws = aws.standby }

  name             = local.name
  region           = var.standby_region
  zones            = var.zones
  cidr             = "10.20.0.0/16"
  service_port     = var.service_port
  instance_type    = var.instance_type
  instance_profile = aws_iam_instance_profile.app.name
  ami_id           = var.ami_id
  desired          = var.standby_desired
  table            = aws_dynamodb_table.items.name
  bucket           = aws_s3_bucket.standby.bucket
  db_secret        = aws_secretsmanager_secret.database.name
  tags             = local.tags

  db_engine         = var.db_engine
  db_instance_class = var.db_instance_class
  db_cluster        = "${local.name}-standby"
  db_instances      = { "${local.name}-standby-1" = 0 }
  db_replica_of     = module.primary.db_cluster_arn
  db_source_region  = var.primary_region
}
