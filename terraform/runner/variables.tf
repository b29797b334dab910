variable "account_id" {
  description = "The account that runs dr; better none that is drilled. In any other the plan fails."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account is twelve digits."
  }
}

variable "region" {
  description = "The Region that runs dr: one that no drill takes away."
  type        = string

  validation {
    condition     = !contains(var.drilled_regions, var.region)
    error_message = "A drill takes this Region away, and dr with it: choose another."
  }
}

variable "drilled_regions" {
  description = "Every Region in which drills break something."
  type        = set(string)

  validation {
    condition     = length(var.drilled_regions) > 0
    error_message = "Name the Regions that are drilled; dr must run in another one."
  }
}

variable "name" {
  description = "What everything here is called."
  type        = string
  default     = "dr"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.name))
    error_message = "Up to twenty small letters, digits and hyphens."
  }
}

variable "tags" {
  description = "Tags of everything here. Not the one that drills look for: nothing here is to be broken."
  type        = map(string)
  default     = {}

  validation {
    condition     = !contains(keys(var.tags), "dr-drill")
    error_message = "The tag dr-drill allows drills to break what bears it."
  }
}

variable "image" {
  description = "The image with dr, your drills and schedules, by digest: REPOSITORY@sha256:DIGEST."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest: what a tag means can change before an auditor asks."
  }
}

variable "schedules" {
  description = "The schedules, files or directories of the image."
  type        = list(string)
  default     = ["schedules"]
}

variable "vpc_id" {
  description = "The network of the tasks."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets, of two zones at least, from which the APIs of AWS can be reached."
  type        = set(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "One zone is not enough: dr must outlive its loss."
  }
}

variable "assign_public_ip" {
  description = "Give tasks a public address, in subnets without NAT."
  type        = bool
  default     = false
}

variable "drill_role_arns" {
  description = "The roles of the sites, made by drill-role in each account that is drilled."
  type        = set(string)
}

variable "environment" {
  description = "More variables of the environment, none of them secret: DR_TSA, DR_WATCHDOG, ..."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Variables of the environment from Secrets Manager: name to the ARN of the secret."
  type        = map(string)
  default     = {}
}

variable "evidence_kept_years" {
  description = "How long nobody, the root user included, can remove or change what lies in the bucket."
  type        = number
  default     = 7

  validation {
    condition     = var.evidence_kept_years >= 1 && floor(var.evidence_kept_years) == var.evidence_kept_years
    error_message = "Whole years, one at least."
  }
}

variable "home_backed_up" {
  description = "Have AWS Backup copy the home every day."
  type        = bool
  default     = true
}

variable "log_kept_days" {
  description = "How long the log group keeps what dr said. Evidence is not there."
  type        = number
  default     = 400
}

variable "cpu" {
  description = "CPU units of a task."
  type        = number
  default     = 1024
}

variable "memory" {
  description = "Memory of a task in MiB: each provider that Terraform starts takes half a gigabyte."
  type        = number
  default     = 4096
}

variable "heartbeat_minutes" {
  description = "Time between two heartbeats; shorter than the shortest window of a schedule."
  type        = number
  default     = 15
}

variable "heartbeat_missing_hours" {
  description = "An alarm rings when no heartbeat ended for so long; longer than the longest drill."
  type        = number
  default     = 6

  validation {
    condition     = var.heartbeat_missing_hours >= 1 && var.heartbeat_missing_hours <= 24
    error_message = "One hour to one day."
  }
}
