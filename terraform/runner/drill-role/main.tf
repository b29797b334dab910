# The role that dr assumes to drill in one account. Apply it once in each account that is drilled.
terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
  max_retries         = 2
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.task_role_arn]
    }
  }
}

resource "aws_iam_role" "drill" {
  name               = var.name
  description        = "Drills, by dr"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = var.tags
}

# Word for word what `dr iam-policy` printed: it is made from the calls that the steps make.
resource "aws_iam_policy" "drill" {
  for_each    = var.policies
  name        = "${var.name}-${each.key}"
  description = "What the drill ${each.key} needs"
  policy      = each.value
  tags        = var.tags
}

resource "aws_iam_role_policy_attachment" "drill" {
  for_each   = aws_iam_policy.drill
  role       = aws_iam_role.drill.name
  policy_arn = each.value.arn
}

output "role_arn" {
  description = "For drill_role_arns of the runner."
  value       = aws_iam_role.drill.arn
}
