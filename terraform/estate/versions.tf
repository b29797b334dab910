terraform {
  # Write-only arguments and ephemeral resources keep the database password out of the state.
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
  alias               = "primary"
  region              = var.primary_region
  allowed_account_ids = [var.account_id]
  max_retries         = 2

  default_tags {
    tags = local.tags
  }
}

provider "aws" {
  alias               = "standby"
  region              = var.standby_region
  allowed_account_ids = [var.account_id]
  max_retries         = 2

  default_tags {
    tags = local.tags
  }
}
