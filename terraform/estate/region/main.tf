# One Region of the service: network and keys. Compute and database are in files of their own.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

locals {
  zones = [for letter in var.zones : "${var.region}${letter}"]
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true

  tags = {
    Name = var.name
  }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = {
    Name = var.name
  }
}

# The application subnets have public addresses instead of three NAT gateways; the security group
# lets in nobody but the load balancer.
resource "aws_subnet" "app" {
  count = length(local.zones)

  vpc_id                  = aws_vpc.this.id
  availability_zone       = local.zones[count.index]
  cidr_block              = cidrsubnet(var.cidr, 8, count.index)
  map_public_ip_on_launch = true

  tags = {
    Name = "${var.name}-app-${var.zones[count.index]}"
    tier = "app"
  }
}

resource "aws_subnet" "data" {
  count = length(local.zones)

  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 8, 100 + count.index)

  tags = {
    Name = "${var.name}-data-${var.zones[count.index]}"
    tier = "data"
  }
}

resource "aws_route_table" "app" {
  vpc_id = aws_vpc.this.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }

  tags = {
    Name = "${var.name}-app"
  }
}

resource "aws_route_table" "data" {
  vpc_id = aws_vpc.this.id

  tags = {
    Name = "${var.name}-data"
  }
}

resource "aws_route_table_association" "app" {
  count = length(local.zones)

  subnet_id      = aws_subnet.app[count.index].id
  route_table_id = aws_route_table.app.id
}

resource "aws_route_table_association" "data" {
  count = length(local.zones)

  subnet_id      = aws_subnet.data[count.index].id
  route_table_id = aws_route_table.data.id
}

resource "aws_kms_key" "this" {
  description             = "Database of ${var.name}"
  deletion_window_in_days = 7
  enable_key_rotation     = true
}

# The service reads from here which table holds the catalogue. A drill that restores the table
# beside the original cuts over by changing the value, which Terraform must not change back.
resource "aws_ssm_parameter" "table" {
  name  = "/${var.name}/table"
  type  = "String"
  value = var.table

  lifecycle {
    ignore_changes = [value]
  }
}
