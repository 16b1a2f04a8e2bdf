output "public_addresses" {
  description = "What the Internet sees as the source, per zone."
  value       = { for zone, it in aws_eip.outside : zone => it.public_ip }
}

output "inside_addresses" {
  description = "Where tcp/1042 answers, per zone."
  value       = { for zone, it in aws_network_interface.inside : zone => it.private_ip }
}

output "inside_interface_ids" {
  description = "Targets of the default routes, per zone."
  value       = { for zone, it in aws_network_interface.inside : zone => it.id }
}

output "instance_ids" {
  description = "The field `instance` of the log, per zone."
  value       = { for zone, it in aws_instance.gateway : zone => it.id }
}

output "role_arn" {
  description = "Role of the gateways."
  value       = aws_iam_role.gateway.arn
}
