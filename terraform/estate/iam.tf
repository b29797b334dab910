data "aws_iam_policy_document" "assume" {
  for_each = toset(["ec2", "s3"])
  provider = aws.primary

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "app" {
  provider           = aws.primary
  name               = "${local.name}-app"
  assume_role_policy = data.aws_iam_policy_document.assume["ec2"].json
}

resource "aws_iam_instance_profile" "app" {
  provider = aws.primary
  name     = "${local.name}-app"
  role     = aws_iam_role.app.name
}

data "aws_iam_policy_document" "app" {
  provider = aws.primary

  statement {
    actions = ["dynamodb:GetItem"]
    # A drill cuts over to a table restored beside the original: orders-items-...
    resources = ["${aws_dynamodb_table.items.arn}*"]
  }

  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.primary.arn}/*", "${aws_s3_bucket.standby.arn}/*"]
  }

  statement {
    actions = ["ssm:GetParameter"]
    resources = [
      for region in [var.primary_region, var.standby_region] :
      "arn:aws:ssm:${region}:${var.account_id}:parameter/${local.name}/*"
    ]
  }

  statement {
    actions = ["rds:DescribeDBClusters"]
    resources = [
      "arn:aws:rds:${var.primary_region}:${var.account_id}:cluster:${local.name}",
      "arn:aws:rds:${var.standby_region}:${var.account_id}:cluster:${local.name}-standby",
    ]
  }

  statement {
    actions = ["secretsmanager:GetSecretValue"]
    resources = [
      for region in [var.primary_region, var.standby_region] :
      "arn:aws:secretsmanager:${region}:${var.account_id}:secret:${local.name}/*"
    ]
  }
}

resource "aws_iam_role_policy" "app" {
  provider = aws.primary
  name     = "read-what-it-serves"
  role     = aws_iam_role.app.id
  policy   = data.aws_iam_policy_document.app.json
}

resource "aws_iam_role" "replication" {
  provider           = aws.primary
  name               = "${local.name}-replication"
  assume_role_policy = data.aws_iam_policy_document.assume["s3"].json
}

data "aws_iam_policy_document" "replication" {
  provider = aws.primary

  statement {
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [aws_s3_bucket.primary.arn]
  }

  statement {
    actions = [
      "s3:GetObjectVersionForReplication",
      "s3:GetObjectVersionAcl",
      "s3:GetObjectVersionTagging",
    ]
    resources = ["${aws_s3_bucket.primary.arn}/*"]
  }

  statement {
    actions   = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
    resources = ["${aws_s3_bucket.standby.arn}/*"]
  }
}

resource "aws_iam_role_policy" "replication" {
  provider = aws.primary
  name     = "replicate"
  role     = aws_iam_role.replication.id
  policy   = data.aws_iam_policy_document.replication.json
}
