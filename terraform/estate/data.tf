# The data of the service: catalogue (DynamoDB), documents (S3), database credentials.

resource "aws_dynamodb_table" "items" {
  provider = aws.primary

  name         = "${local.name}-items"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"

  attribute {
    name = "pk"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_s3_bucket" "primary" {
  provider = aws.primary
  bucket   = "${local.name}-documents-${var.account_id}-${var.primary_region}"
}

resource "aws_s3_bucket" "standby" {
  provider = aws.standby
  bucket   = "${local.name}-documents-${var.account_id}-${var.standby_region}"
}

resource "aws_s3_bucket_versioning" "primary" {
  provider = aws.primary
  bucket   = aws_s3_bucket.primary.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_versioning" "standby" {
  provider = aws.standby
  bucket   = aws_s3_bucket.standby.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "primary" {
  provider = aws.primary
  bucket   = aws_s3_bucket.primary.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_public_access_block" "standby" {
  provider = aws.standby
  bucket   = aws_s3_bucket.standby.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# S3 refuses replication unless both buckets have versions.
resource "aws_s3_bucket_replication_configuration" "documents" {
  provider = aws.primary
  bucket   = aws_s3_bucket_versioning.primary.bucket
  role     = aws_iam_role.replication.arn

  rule {
    id       = "documents"
    priority = 1
    status   = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Disabled"
    }

    destination {
      bucket        = "arn:aws:s3:::${aws_s3_bucket_versioning.standby.bucket}"
      storage_class = "STANDARD"
    }
  }
}

# Made anew by every plan and never stored by Terraform: only the apply that creates the secret and
# the cluster uses it, and gives both the same one. Replicas inherit it.
ephemeral "aws_secretsmanager_random_password" "database" {
  provider            = aws.primary
  password_length     = 32
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "database" {
  provider = aws.primary

  name                    = "${local.name}/database"
  description             = "Password of the database user ${local.name}"
  recovery_window_in_days = 0

  replica {
    region = var.standby_region
  }
}

resource "aws_secretsmanager_secret_version" "database" {
  provider = aws.primary

  secret_id                = aws_secretsmanager_secret.database.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.database.random_password
  secret_string_wo_version = 1
}
