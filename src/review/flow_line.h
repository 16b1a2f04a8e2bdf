// FlowLine: a line of the flow log, read back.
//
// The opposite of records/flow_record.h, tolerant: lines may be older or newer than this program,
// imported, or no flow lines at all. A field that is missing or has another type is empty. Covered
// by flow_line_test.cc.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/protocol.h"
#include "base/reason.h"

namespace dn::review {

struct FlowLine {
  std::string dhost, cat, outcome, src, dst, proto, proto_v, reason, see_thru_gid;
  Port spt = 0, dpt = 0;
  std::optional<bool> see_thru_exerted;
  std::optional<int> see_thru_days;

  bool from_client() const { return cat == "client"; }
  bool allowed() const { return outcome == "allowed"; }
  // Up to the first colon: "not-allowlisted", "policy".
  std::string_view slug() const;
};

// A message that is one JSON object; nothing otherwise. Depth and size are bounded by the parser
// and the log's own limit of a message.
std::optional<boost::json::object> parse_log_object(std::string_view message);
// The text of a member, or empty.
std::string_view text_of(const boost::json::object& object, std::string_view name);

// Nothing when the message is no JSON object with `outcome` and `dhost`.
std::optional<FlowLine> parse_flow_line(std::string_view message);

// The reason that a slug names; nothing for an allowed line and for an unknown slug.
std::optional<Reason> find_reason(std::string_view slug);
std::optional<Protocol> find_protocol(std::string_view word);

}  // namespace dn::review
