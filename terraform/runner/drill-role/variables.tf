variable "account_id" {
  description = "The account that is drilled; in any other the plan fails."
  type        = string
}

variable "region" {
  description = "Any Region: roles have none."
  type        = string
}

variable "name" {
  description = "The `role` of the drills' sites."
  type        = string
  default     = "dr-drill"
}

variable "task_role_arn" {
  description = "Who may assume it: the output of the runner."
  type        = string
}

variable "policies" {
  description = "Name of the drill to what `dr iam-policy DRILL --site SITE` printed; at most ten."
  type        = map(string)

  validation {
    condition     = length(var.policies) >= 1 && length(var.policies) <= 10
    error_message = "IAM attaches ten policies to a role: drill with several roles, or ask for more."
  }

  validation {
    condition     = alltrue([for policy in values(var.policies) : can(jsondecode(policy).Statement)])
    error_message = "Each is the JSON of one policy: `dr iam-policy DRILL --site SITE`."
  }
}

variable "tags" {
  description = "Tags of the role and its policies."
  type        = map(string)
  default     = {}
}
