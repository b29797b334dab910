# What this runner shares with the homes of people: set the same DR_LEVER and DR_LOCKS there.

resource "aws_ssm_parameter" "lever" {
  name        = "/${var.name}/lever"
  description = "The safety lever of dr: engaged, it stops every run (dr lever)"
  type        = "String"
  value       = "released"

  # Whoever pulls it must not see the next apply release it.
  lifecycle {
    ignore_changes = [value]
  }
}

resource "aws_dynamodb_table" "locks" {
  name                        = "${var.name}-locks"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = true

  attribute {
    name = "id"
    type = "S"
  }
}
