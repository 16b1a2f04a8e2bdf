# What the layout promises, with a provider that only pretends: `terraform test`.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\": \"2012-10-17\", \"Statement\": []}" }
  }
}

variables {
  vpc_id         = "vpc-1"
  client_cidrs   = ["10.20.100.0/24", "10.20.101.0/24"]
  ami_id         = "ami-1"
  package_url    = "https://packages.example/discriminat.deb"
  package_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  zones = {
    a = { outside_subnet_id = "subnet-oa", inside_subnet_id = "subnet-ia", route_table_ids = ["rtb-a1", "rtb-a2"] }
    b = { outside_subnet_id = "subnet-ob", inside_subnet_id = "subnet-ib", route_table_ids = ["rtb-b"] }
  }
}

run "two_zones" {
  assert {
    condition     = toset(keys(aws_instance.gateway)) == toset(["a", "b"])
    error_message = "there must be one gateway per zone"
  }
  assert {
    condition     = { for k, r in aws_route.clients : r.route_table_id => r.network_interface_id } == { rtb-a1 = aws_network_interface.inside["a"].id, rtb-a2 = aws_network_interface.inside["a"].id, rtb-b = aws_network_interface.inside["b"].id }
    error_message = "each private route table must lead to the inner interface of its own zone"
  }
  assert {
    condition     = alltrue([for r in aws_route.clients : r.destination_cidr_block == "0.0.0.0/0"])
    error_message = "the gateway must be the default route"
  }
  assert {
    condition     = alltrue([for i in aws_network_interface.inside : i.source_dest_check == false])
    error_message = "the inner interface must take packets for other addresses"
  }
  assert {
    condition     = alltrue([for i in aws_instance.gateway : one(i.metadata_options).http_tokens == "required"])
    error_message = "the metadata service must want tokens"
  }
  assert {
    condition     = alltrue([for i in aws_instance.gateway : !strcontains(i.user_data, "@PACKAGE")])
    error_message = "cloud-init must know the package"
  }
}

run "nobody_reaches_it_from_the_internet" {
  assert {
    condition     = toset([for r in aws_vpc_security_group_ingress_rule.clients : r.cidr_ipv4]) == toset(var.client_cidrs)
    error_message = "only clients may come in"
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.health) == 0
    error_message = "nobody else may ask for health unless named"
  }
}

run "the_role_may_do_what_it_needs_here" {
  assert {
    condition     = toset([for s in jsondecode(aws_iam_role_policy.gateway.policy).Statement : s.Sid]) == toset(["FindClientsAndTheirRules", "ReadPreferences", "ShipLogs"])
    error_message = "the role of this layout needs three statements"
  }
  assert {
    condition     = length(aws_iam_role_policy.lists) == 0
    error_message = "no external lists, no policy for them"
  }
}

run "external_lists_get_a_policy" {
  variables {
    external_list_arns = ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:list-AbCdEf"]
  }
  assert {
    condition     = length(aws_iam_role_policy.lists) == 1
    error_message = "external lists must be readable"
  }
}

run "a_package_needs_https" {
  command = plan
  variables {
    package_url = "http://packages.example/discriminat.deb"
  }
  expect_failures = [var.package_url]
}
