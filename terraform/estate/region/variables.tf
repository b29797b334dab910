variable "name" {
  description = "Name of the service."
  type        = string
}

variable "region" {
  description = "Region of the provider."
  type        = string
}

variable "zones" {
  description = "Letters of three zones. Not looked up: a data source that lists the available zones would move every subnet on the day one of them is not."
  type        = list(string)
}

variable "cidr" {
  description = "Network of the VPC, a /16."
  type        = string
}

variable "service_port" {
  type = number
}

variable "instance_type" {
  type = string
}

variable "instance_profile" {
  type = string
}

variable "ami_id" {
  type = string
}

variable "desired" {
  description = "Application instances."
  type        = number
}

variable "table" {
  description = "Name of the catalogue's table at first; drills change the parameter that holds it."
  type        = string
}

variable "bucket" {
  description = "Bucket of the documents in this Region."
  type        = string
}

variable "db_secret" {
  description = "Name of the secret with the database's password."
  type        = string
}

variable "tags" {
  description = "For what default_tags does not reach: instances launched by the group."
  type        = map(string)
}

variable "db_engine" {
  type = string
}

variable "db_instance_class" {
  type = string
}

variable "db_cluster" {
  description = "Identifier of the database cluster."
  type        = string
}

variable "db_instances" {
  description = "Identifier of each database instance and the index of its zone; in order of promotion."
  type        = map(number)
}

variable "db_password" {
  description = "Password of a cluster that is not a replica."
  type        = string
  default     = null
  ephemeral   = true
}

variable "db_replica_of" {
  description = "ARN of the cluster in the other Region that this one replicates; null: none."
  type        = string
  default     = null
}

variable "db_source_region" {
  type    = string
  default = null
}
