variable "account_id" {
  description = "The only AWS account this may be applied in."
  type        = string
  default     = "123456789012"

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An AWS account id has 12 digits."
  }
}

variable "primary_region" {
  description = "Region that serves."
  type        = string
  default     = "us-east-1"
}

variable "standby_region" {
  description = "Region that takes over."
  type        = string
  default     = "us-west-2"
}

variable "zones" {
  description = "Letters of the three availability zones used in both Regions."
  type        = list(string)
  default     = ["a", "b", "c"]

  validation {
    condition     = length(distinct(var.zones)) == 3
    error_message = "Name three different zones."
  }
}

variable "domain" {
  description = "Domain of the hosted zone; the service is orders.<domain>."
  type        = string
  default     = "dr-estate.example"
}

variable "service_port" {
  description = "Port of the load balancers and of the service."
  type        = number
  default     = 80
}

variable "control_url" {
  description = "Something no drill touches; while it is unreachable, the prober is blind."
  type        = string
  default     = "https://checkip.amazonaws.com/"
}

variable "instance_type" {
  description = "Type of the application instances."
  type        = string
  default     = "t3.micro"
}

variable "ami_id" {
  description = "Image of the application instances; null: the newest Amazon Linux 2023, looked up by EC2 at launch."
  type        = string
  default     = null
}

variable "primary_desired" {
  description = "Application instances in the primary Region."
  type        = number
  default     = 3
}

variable "standby_desired" {
  description = "Application instances in the standby Region."
  type        = number
  default     = 1
}

variable "db_engine" {
  description = "Engine of the database. A replica cluster in another Region exists on AWS for aurora-mysql only; aurora-postgresql is for simulators."
  type        = string
  default     = "aurora-mysql"

  validation {
    condition     = contains(["aurora-mysql", "aurora-postgresql"], var.db_engine)
    error_message = "Choose aurora-mysql or aurora-postgresql."
  }
}

variable "db_instance_class" {
  description = "Class of the database instances."
  type        = string
  default     = "db.t4g.medium"
}
