variable "name" {
  description = "Prefix of all names. The role may report health of Auto Scaling groups named discriminat-*."
  type        = string
  default     = "discriminat"
}

variable "vpc_id" {
  description = "VPC of the gateways and their clients."
  type        = string
}

variable "zones" {
  description = <<-EOT
    A gateway each; the key is a name of your choice, like "a". All subnets of one entry lie in one
    availability zone.
      outside_subnet_id: a public subnet, its default route an Internet gateway
      inside_subnet_id:  a subnet for the gateway's inner interface alone, without a default route
      route_table_ids:   of the private subnets; each gets 0.0.0.0/0 through this gateway
  EOT
  type = map(object({
    outside_subnet_id = string
    inside_subnet_id  = string
    route_table_ids   = list(string)
  }))
  validation {
    condition     = length(var.zones) > 0
    error_message = "Name at least one zone; two, so that the loss of one leaves the other."
  }
}

variable "client_cidrs" {
  description = "Blocks of the clients: the private subnets, or the VPC."
  type        = list(string)
}

variable "health_check_cidrs" {
  description = "Further blocks that may ask tcp/1042 whether a gateway is healthy; clients may anyway."
  type        = list(string)
  default     = []
}

variable "ami_id" {
  description = "Debian 12 for the instance type's architecture, or an image that make-image prepared."
  type        = string
}

variable "package_url" {
  description = "https address of the Debian package; not used when the image holds it already."
  type        = string
  default     = ""
  validation {
    condition     = var.package_url == "" || can(regex("^https://[^'\\s]+$", var.package_url))
    error_message = "Write an https:// address without blanks and quotes."
  }
}

variable "package_sha256" {
  description = "SHA-256 of the package, 64 hexadecimal digits."
  type        = string
  default     = ""
  validation {
    condition     = var.package_sha256 == "" || can(regex("^[0-9a-f]{64}$", var.package_sha256))
    error_message = "Write 64 lower-case hexadecimal digits."
  }
}

variable "instance_type" {
  description = "See docs/sizing.md."
  type        = string
  default     = "c6i.large"
}

variable "disk_gib" {
  description = "Root disk. Logs take 20 GiB at most as they are configured by default."
  type        = number
  default     = 32
}

variable "key_name" {
  description = "Key pair of the admin account; no security group here lets SSH in."
  type        = string
  default     = null
}

variable "deployment_id" {
  description = "Preferences are read from the parameter DiscrimiNAT_<id>; %default means DiscrimiNAT."
  type        = string
  default     = "%default"
}

variable "external_list_arns" {
  description = "Parameters and secrets that annotations name as external lists."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
