# What may reach the interfaces at all. What may leave is the gateway's to say.

resource "aws_security_group" "inside" {
  name        = "${var.name}-inside"
  description = "discriminat, towards its clients"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-inside" })
}

# Everything, so that the log shows what is refused.
resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each          = toset(var.client_cidrs)
  security_group_id = aws_security_group.inside.id
  description       = "clients, and their health checks on tcp/1042"
  ip_protocol       = "-1"
  cidr_ipv4         = each.value
}

resource "aws_vpc_security_group_ingress_rule" "health" {
  for_each          = toset(var.health_check_cidrs)
  security_group_id = aws_security_group.inside.id
  description       = "health checks"
  ip_protocol       = "tcp"
  from_port         = 1042
  to_port           = 1042
  cidr_ipv4         = each.value
}

resource "aws_vpc_security_group_egress_rule" "clients" {
  for_each          = toset(var.client_cidrs)
  security_group_id = aws_security_group.inside.id
  description       = "ICMP errors and resets to clients"
  ip_protocol       = "-1"
  cidr_ipv4         = each.value
}

resource "aws_security_group" "outside" {
  name        = "${var.name}-outside"
  description = "discriminat, towards the Internet"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-outside" })
}

# The gateway forwards TCP alone. The resolver, the clock and the metadata of the VPC are not subject
# to security groups.
resource "aws_vpc_security_group_egress_rule" "internet" {
  security_group_id = aws_security_group.outside.id
  description       = "clients' connections, and the gateway's own"
  ip_protocol       = "tcp"
  from_port         = 1
  to_port           = 65535
  cidr_ipv4         = "0.0.0.0/0"
}
