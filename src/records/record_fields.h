// The fields of the log lines, each declared once: name, JSON type, presence, meaning.
//
// The order of a table is the order in which its fields are written; `time` comes first, so that a
// line stands on its own in any tool. The writer (flow_record.cc) takes its keys from here at
// compile time, docs/logs.md is made from here, and so are the types of a query engine. Names are
// stable: users filter by them. Covered by flow_record_test.cc, which asserts that a full line
// holds exactly these fields in this order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dn::records {

enum class FieldType : std::uint8_t { Time, Text, Number, Boolean };

// Time is a JSON string too: RFC 3339, UTC, milliseconds.
constexpr std::string_view to_text(FieldType type) {
  switch (type) {
    case FieldType::Time: return "time";
    case FieldType::Text: return "string";
    case FieldType::Number: return "number";
    case FieldType::Boolean: break;
  }
  return "boolean";
}

struct FieldRow {
  std::string_view name;
  FieldType type;
  std::string_view when;  // "always", or the condition under which the field is present
  std::string_view meaning;
};

inline constexpr std::array kFlowFields = {
    FieldRow{"time", FieldType::Time, "always", "when the gateway decided"},
    FieldRow{"dhost", FieldType::Text, "always",
             "destination name (SNI, Host, the allowed name that an SSH destination resolves to) "
             "or, failing that, the destination's IP address"},
    FieldRow{"cat", FieldType::Text, "always", "who sent the packet: `client` or `server`"},
    FieldRow{"outcome", FieldType::Text, "always", "`allowed` or `disallowed`"},
    FieldRow{"src", FieldType::Text, "always",
             "source address of the packet; in a server line that is the Internet host"},
    FieldRow{"spt", FieldType::Number, "always", "source port of the packet; 0 without ports"},
    FieldRow{"dst", FieldType::Text, "always", "destination address of the packet"},
    FieldRow{"dpt", FieldType::Number, "always", "destination port of the packet"},
    FieldRow{"proto", FieldType::Text, "always", "`tls`, `ssh`, `http` or `unknown`"},
    FieldRow{"proto_v", FieldType::Text, "when known",
             "TLS `1.0` to `1.3`, SSH `2.0`, `1.99` or `1.5`, HTTP `1.0` or `1.1`; in a client "
             "line the highest offered, in a server line the selected one"},
    FieldRow{"reason", FieldType::Text, "always",
             "a slug of reasons.md, then `: ` and a sentence where that helps; for an allowed line "
             "`policy:<gid>: <addr>`"},
    FieldRow{"instance", FieldType::Text, "always", "name of the gateway that wrote the line"},
    FieldRow{
        "pqc", FieldType::Boolean, "TLS only",
        "a post-quantum key exchange group is offered (client line) or selected (server line)"},
    FieldRow{"http_method", FieldType::Text, "plaintext HTTP only", "request method"},
    FieldRow{"http_path", FieldType::Text, "plaintext HTTP only", "request path and query"},
    FieldRow{"http_user_agent", FieldType::Text, "plaintext HTTP only", "User-Agent field"},
    FieldRow{"http_code", FieldType::Number, "plaintext HTTP only", "status code of the response"},
    FieldRow{"see_thru_days_remaining", FieldType::Number, "the client has a see-thru rule",
             "days until the see-thru date; 0 on the last day and afterwards"},
    FieldRow{"see_thru_gid", FieldType::Text, "the client has a see-thru rule",
             "the group whose see-thru rule counts, or `%default`"},
    FieldRow{"see_thru_exerted", FieldType::Boolean, "the client has a see-thru rule",
             "true when only see-thru let the packet through"},
    FieldRow{"evidence", FieldType::Text, "name and address were compared",
             "how they were found to agree: `dns`, `dns-fresh` (looked up while the handshake was "
             "held), `address-rule` or `none`"},
    FieldRow{"held_ms", FieldType::Number, "the handshake waited for a look-up",
             "how long it waited, in milliseconds"},
    FieldRow{"ech", FieldType::Boolean, "only when true",
             "the ClientHello carries encrypted_client_hello (GREASE looks the same)"},
};

inline constexpr std::array kConfigFields = {
    FieldRow{"time", FieldType::Time, "always", "when the gateway took the change in"},
    FieldRow{"instance", FieldType::Text, "always", "name of the gateway that wrote the line"},
    FieldRow{"cat", FieldType::Text, "always",
             "what changed: `addr` (name or address), `wildcard-addr`, `client`, `see-thru`, or "
             "`self` (the gateway itself)"},
    FieldRow{"outcome", FieldType::Text, "always",
             "`accepted`, `removed`, `rejected` or `warning`"},
    FieldRow{"client", FieldType::Text, "one client is affected", "address of the client"},
    FieldRow{"subnet", FieldType::Text, "a block of clients is affected", "the block, `a.b.c.d/e`"},
    FieldRow{"gid", FieldType::Text, "a group is affected", "group id"},
    FieldRow{"addr", FieldType::Text, "a rule is affected",
             "name, pattern or address as in the rule"},
    FieldRow{"proto", FieldType::Text, "a rule is affected", "`tls`, `ssh` or `http`"},
    FieldRow{"thru_date", FieldType::Text, "see-thru only", "the see-thru date"},
    FieldRow{"http_path", FieldType::Text, "a revocation list is affected", "its path"},
    FieldRow{"reason", FieldType::Text, "rejected and warning, and where it helps",
             "what is wrong and what to write instead"},
};

template <std::size_t kCount>
constexpr bool is_complete(const std::array<FieldRow, kCount>& fields) {
  for (const FieldRow& row : fields) {
    if (row.name.empty() || row.when.empty() || row.meaning.empty()) return false;
  }
  return fields.front().name == "time";
}
static_assert(is_complete(kFlowFields) && is_complete(kConfigFields),
              "every field has a name, a presence and a meaning, and time is the first");

}  // namespace dn::records
