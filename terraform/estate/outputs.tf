# What drills refer to as ${terraform.estate.NAME}: flat text, so that a plan can print it.

output "account_id" {
  value = var.account_id
}

output "primary_region" {
  value = var.primary_region
}

output "standby_region" {
  value = var.standby_region
}

output "service_name" {
  value = local.service_name
}

output "service_url" {
  value = local.service_url
}

output "control_url" {
  value = var.control_url
}

output "hosted_zone_id" {
  value = aws_route53_zone.this.zone_id
}

output "vpc_id" {
  value = module.primary.vpc_id
}

output "zone_a" {
  value = module.primary.zones[0]
}

output "zone_b" {
  value = module.primary.zones[1]
}

output "zone_c" {
  value = module.primary.zones[2]
}

output "asg_name" {
  value = module.primary.asg_name
}

output "target_group_arn" {
  value = module.primary.target_group_arn
}

output "alb_arn" {
  value = module.primary.alb_arn
}

output "alb_dns" {
  value = module.primary.alb_dns
}

output "standby_vpc_id" {
  value = module.standby.vpc_id
}

output "standby_asg_name" {
  value = module.standby.asg_name
}

output "standby_target_group_arn" {
  value = module.standby.target_group_arn
}

output "standby_alb_dns" {
  value = module.standby.alb_dns
}

# The service in each Region, wherever its name leads.
output "primary_url" {
  value = "http://${module.primary.alb_dns}${local.port}"
}

output "standby_url" {
  value = "http://${module.standby.alb_dns}${local.port}"
}

output "db_cluster" {
  value = module.primary.db_cluster
}

output "standby_db_cluster" {
  value = module.standby.db_cluster
}

output "table" {
  value = aws_dynamodb_table.items.name
}

output "table_parameter" {
  value = module.primary.table_parameter
}

output "bucket" {
  value = aws_s3_bucket.primary.bucket
}

output "standby_bucket" {
  value = aws_s3_bucket.standby.bucket
}

output "kms_key_arn" {
  value = module.primary.kms_key_arn
}

output "alarm_name" {
  value = module.primary.alarm_name
}

output "failing_alarm" {
  value = module.primary.failing_alarm
}

output "unhealthy_alarm" {
  value = module.primary.unhealthy_alarm
}
