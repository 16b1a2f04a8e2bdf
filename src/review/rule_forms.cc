#include "review/rule_forms.h"

#include <fmt/format.h>

#include <algorithm>

#include "records/json_pieces.h"

namespace dn::review {
namespace {

// A group's default quota of outbound rules at AWS.
constexpr std::size_t kRulesPerGroup = 60;

}  // namespace

std::vector<std::string> notes_of(const WrittenRules& written) {
  std::vector<std::string> notes;
  for (const NameOnPort& name : written.too_long) {
    notes.push_back(fmt::format(
        "too long for a description, put it into a list (Parameter Store): {}", name.name));
  }
  if (written.rules.size() > kRulesPerGroup) {
    notes.push_back(fmt::format(
        "{} rules are more than the {} that AWS allows a group by default: raise the quota, or put "
        "the names into a list (Parameter Store) and write discriminat:tls:ARN",
        written.rules.size(), kRulesPerGroup));
  }
  return notes;
}

std::string hcl_text(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool template_start = (c == '$' || c == '%') && i + 1 < text.size() && text[i + 1] == '{';
    if (c == '"' || c == '\\') {
      out += '\\';
    } else if (template_start) {
      out += c;
    }
    if (c >= 0x20 && c < 0x7f) {
      out += c;
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  return out + "\"";
}

void print_rules_terraform(const WrittenRules& written, std::string_view into, std::ostream& out) {
  for (const WrittenRule& rule : written.rules) {
    // The destination is in the name, so that a rule that comes or goes renames no other.
    std::string block = to_text(rule.destination);
    std::ranges::replace_if(block, [](char c) { return c == '.' || c == '/'; }, '_');
    out << fmt::format(
        "\nresource \"aws_vpc_security_group_egress_rule\" \"discriminat_{}_{}_{}\" {{\n"
        "  security_group_id = {}\n"
        "  description       = {}\n"
        "  ip_protocol       = \"tcp\"\n"
        "  from_port         = {}\n"
        "  to_port           = {}\n"
        "  cidr_ipv4         = \"{}\"\n"
        "}}\n",
        to_text(rule.protocol), rule.port, block, hcl_text(into), hcl_text(rule.description),
        rule.port, rule.port, to_text(rule.destination));
  }
}

void print_rules_policy_file(const WrittenRules& written, std::ostream& out) {
  std::string_view separator;
  for (const WrittenRule& rule : written.rules) {
    out << separator
        << fmt::format("[[group.egress]]\ndescription = \"{}\"\nports = {}\n", rule.description,
                       rule.port);
    separator = "\n";
  }
}

void print_rules_json(const WrittenRules& written, std::ostream& out) {
  records::JsonLines lines(out);
  for (const WrittenRule& rule : written.rules) {
    lines.next() << fmt::format(
        "  {{\"protocol\": \"tcp\", \"port\": {}, \"destination\": \"{}\", {}}}", rule.port,
        to_text(rule.destination), records::json_field("description", rule.description));
  }
}

}  // namespace dn::review
