terraform {
  # A variable's validation speaks of other variables.
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# The provider's default of 25 retries turns one call that cannot succeed into ten silent minutes.
# allowed_account_ids fails the plan before anything is read in the wrong account.
provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
  max_retries         = 2

  default_tags {
    tags = merge({ service = var.name }, var.tags)
  }
}
