# The role of the gateways. The policy is packaging/aws/iam-policy.json without what this layout does
# itself: addresses and the source check are set above, and there is no Auto Scaling group.

locals {
  document = jsondecode(file("${path.module}/../aws/iam-policy.json"))
  unneeded = ["FindAFreeAddress", "PrepareItsOwnInstance", "ReportItsHealth"]
  policy = jsonencode({
    Version   = local.document.Version
    Statement = [for it in local.document.Statement : it if !contains(local.unneeded, it.Sid)]
  })
  secret_arns    = [for arn in var.external_list_arns : arn if can(regex(":secretsmanager:", arn))]
  parameter_arns = [for arn in var.external_list_arns : arn if can(regex(":ssm:", arn))]
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "lists" {
  dynamic "statement" {
    for_each = length(local.secret_arns) > 0 ? [local.secret_arns] : []
    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }
  dynamic "statement" {
    for_each = length(local.parameter_arns) > 0 ? [local.parameter_arns] : []
    content {
      actions   = ["ssm:GetParameter"]
      resources = statement.value
    }
  }
}

resource "aws_iam_role" "gateway" {
  name_prefix        = "${var.name}-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "gateway" {
  name   = "gateway"
  role   = aws_iam_role.gateway.id
  policy = local.policy
}

resource "aws_iam_role_policy" "lists" {
  count  = length(var.external_list_arns) > 0 ? 1 : 0
  name   = "external-lists"
  role   = aws_iam_role.gateway.id
  policy = data.aws_iam_policy_document.lists.json
}

resource "aws_iam_instance_profile" "gateway" {
  name_prefix = "${var.name}-"
  role        = aws_iam_role.gateway.name
  tags        = var.tags
}
