# discriminat in a VPC: one gateway per zone, each the default route of its zone's private subnets.
# Described in docs/aws-quick-start.md.
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}
