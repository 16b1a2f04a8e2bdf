// FlowRecord and ConfigRecord: the two kinds of log lines, and the table of their fields.
//
// The fields are declared once, in record_fields.h; the JSON form here, the reference page
// docs/logs.md and the query engine's types come from it. Text from the network is escaped, cut at
// limits::kLogFieldBytesMax and can never break the line. Covered by flow_record_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/protocol.h"
#include "base/time.h"

namespace dn::records {

enum class PacketOrigin : std::uint8_t { Client, Server };
enum class Outcome : std::uint8_t { Allowed, Disallowed };
enum class Evidence : std::uint8_t { Absent, Dns, DnsFresh, AddressRule, None };

struct SeeThruFields {
  int days_remaining = 0;
  std::string_view gid;
  bool exerted = false;
};

// Views need to live only while the record is formatted. src and dst are the packet's own: in a
// server line src is the Internet host. `src_text`/`dst_text` replace the addresses when not empty
// (IPv6).
struct FlowRecord {
  WallTime time;
  PacketOrigin cat = PacketOrigin::Client;
  Outcome outcome = Outcome::Disallowed;
  std::string_view dhost;  // empty: the destination address is written
  Ipv4Address src, dst;
  Port spt = 0, dpt = 0;
  std::string_view src_text, dst_text;
  Protocol proto = Protocol::Unknown;
  std::string_view proto_v;  // empty: absent
  std::string_view reason;
  std::optional<bool> pqc;
  bool ech = false;
  std::string_view http_method, http_path, http_user_agent;  // empty: absent
  int http_code = 0;                                         // 0: absent
  std::optional<SeeThruFields> see_thru;
  Evidence evidence = Evidence::Absent;
  std::optional<std::int64_t> held_ms;
};

struct ConfigRecord {
  WallTime time;
  std::string_view cat;      // addr, wildcard-addr, client, see-thru, self
  std::string_view outcome;  // accepted, removed, rejected, warning
  std::string_view client, subnet, gid, addr, proto, thru_date, http_path, reason;  // empty: absent
};

// Appends one line with its final '\n'. `instance` is the EC2 instance id or the host name.
// No heap allocation beyond what `out` needs to grow.
void append_json_line(std::string& out, const FlowRecord& record, std::string_view instance);
void append_json_line(std::string& out, const ConfigRecord& record, std::string_view instance);

}  // namespace dn::records
