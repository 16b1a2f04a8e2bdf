# A VPC of two zones behind two gateways, complete: `terraform init && terraform apply`. Each zone has
# a public subnet, one for the inner interface of its gateway, and a private one for the clients.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "package_url" {
  description = "Where you put the Debian package; empty with an image of your own."
  type        = string
  default     = ""
}

variable "package_sha256" {
  type    = string
  default = ""
}

variable "ami_id" {
  description = "An image that make-image prepared; null takes the newest Debian 12."
  type        = string
  default     = null
}

provider "aws" {
  region = var.region
}

locals {
  zones = { a = 0, b = 1 }
}

data "aws_ami" "debian" {
  count       = var.ami_id == null ? 1 : 0
  most_recent = true
  owners      = ["136693071363"] # Debian's own account
  filter {
    name   = "name"
    values = ["debian-12-amd64-*"]
  }
}

resource "aws_vpc" "main" {
  cidr_block           = "10.20.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "discriminat-example" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "outside" {
  for_each          = local.zones
  vpc_id            = aws_vpc.main.id
  availability_zone = "${var.region}${each.key}"
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, each.value)
  tags              = { Name = "discriminat-outside-${each.key}" }
}

resource "aws_subnet" "inside" {
  for_each          = local.zones
  vpc_id            = aws_vpc.main.id
  availability_zone = "${var.region}${each.key}"
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, 10 + each.value)
  tags              = { Name = "discriminat-inside-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each          = local.zones
  vpc_id            = aws_vpc.main.id
  availability_zone = "${var.region}${each.key}"
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, 100 + each.value)
  tags              = { Name = "private-${each.key}" }
}

resource "aws_route_table" "outside" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}

resource "aws_route_table_association" "outside" {
  for_each       = local.zones
  subnet_id      = aws_subnet.outside[each.key].id
  route_table_id = aws_route_table.outside.id
}

# Its default route is the module's.
resource "aws_route_table" "private" {
  for_each = local.zones
  vpc_id   = aws_vpc.main.id
}

resource "aws_route_table_association" "private" {
  for_each       = local.zones
  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

module "discriminat" {
  source         = "../"
  vpc_id         = aws_vpc.main.id
  client_cidrs   = [for it in aws_subnet.private : it.cidr_block]
  ami_id         = var.ami_id == null ? one(data.aws_ami.debian).id : var.ami_id
  package_url    = var.package_url
  package_sha256 = var.package_sha256
  zones = { for zone in keys(local.zones) : zone => {
    outside_subnet_id = aws_subnet.outside[zone].id
    inside_subnet_id  = aws_subnet.inside[zone].id
    route_table_ids   = [aws_route_table.private[zone].id]
  } }
  # The package is fetched over this route.
  depends_on = [aws_route_table_association.outside]
}

# What a client may reach: rules of the Security Groups that it has anyway.
resource "aws_security_group" "web" {
  name        = "web"
  description = "clients that may update themselves"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_egress_rule" "web" {
  security_group_id = aws_security_group.web.id
  description       = "discriminat:tls:deb.debian.org,security.debian.org"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

output "public_addresses" {
  value = module.discriminat.public_addresses
}
