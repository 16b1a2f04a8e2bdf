# Interfaces outlive instances: routes and addresses stay when an instance is replaced. Two of them,
# because the gateway tells inside from outside by the interface.

resource "aws_network_interface" "outside" {
  for_each        = var.zones
  description     = "${var.name} ${each.key}, towards the Internet"
  subnet_id       = each.value.outside_subnet_id
  security_groups = [aws_security_group.outside.id]
  tags            = merge(var.tags, { Name = "${var.name}-${each.key}-outside" })
}

resource "aws_network_interface" "inside" {
  for_each    = var.zones
  description = "${var.name} ${each.key}, towards the clients"
  subnet_id   = each.value.inside_subnet_id
  # Packets of clients are for other addresses than its own.
  source_dest_check = false
  security_groups   = [aws_security_group.inside.id]
  tags              = merge(var.tags, { Name = "${var.name}-${each.key}-inside" })
}

resource "aws_eip" "outside" {
  for_each          = var.zones
  domain            = "vpc"
  network_interface = aws_network_interface.outside[each.key].id
  tags              = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_instance" "gateway" {
  for_each             = var.zones
  ami                  = var.ami_id
  instance_type        = var.instance_type
  key_name             = var.key_name
  iam_instance_profile = aws_iam_instance_profile.gateway.name
  user_data = replace(replace(file("${path.module}/../aws/cloud-init.yaml"),
  "@PACKAGE_URL@", var.package_url), "@PACKAGE_SHA256@", var.package_sha256)
  # A new gateway, not the old one with another memory: cloud-init runs once.
  user_data_replace_on_change = true

  network_interface {
    device_index         = 0
    network_interface_id = aws_network_interface.outside[each.key].id
  }

  network_interface {
    device_index         = 1
    network_interface_id = aws_network_interface.inside[each.key].id
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "enabled"
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = var.disk_gib
  }

  tags = merge(var.tags, {
    Name        = "${var.name}-${each.key}"
    discriminat = var.deployment_id
  })

  # Its first act is to fetch the package.
  depends_on = [aws_eip.outside]
}

locals {
  routes = merge([for zone, it in var.zones :
    { for number, table in it.route_table_ids : "${zone}-${number}" => { zone = zone, table = table } }
  ]...)
}

resource "aws_route" "clients" {
  for_each               = local.routes
  route_table_id         = each.value.table
  destination_cidr_block = "0.0.0.0/0"
  network_interface_id   = aws_network_interface.inside[each.value.zone].id
}
