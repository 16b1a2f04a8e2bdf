// The picture of what a see-thru let through: names, and what no rule can express.
//
// Fed with lines of the flow log, in any order; pure. A line counts when only the see-thru of the
// asked group let its packet through (see_thru_exerted). Client lines say what was reached; a
// server line counts where the server itself would have been refused (an old version, say), because
// no rule will help then. Memory is bounded: beyond kEntriesMax destinations, kClientsMax clients
// or kPairsMax pairs of them further ones are counted, not kept, and the picture says so. Covered
// by allowlist_picture_test.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/protocol.h"
#include "base/time.h"
#include "review/flow_line.h"

namespace dn::review {

// One destination. A name that a rule can express is one, whatever the rules lacked; what no rule
// can express is one for each reason.
struct SeenDestination {
  Protocol protocol = Protocol::Tls;
  Port port = 0;
  std::string dhost;
  std::string slug;                // why rules would have refused it; of several the least
  std::optional<DomainName> name;  // a rule can express it; otherwise `advice` says what to do
  std::string advice;
  std::uint64_t hits = 0;
  std::int64_t first = 0, last = 0;  // milliseconds since 1970
  std::vector<Ipv4Address> clients;  // distinct; those that were kept
  Ipv4Address first_client;
};

class AllowlistPicture {
 public:
  static constexpr std::size_t kEntriesMax = 50'000;
  static constexpr std::size_t kClientsMax = 100'000;
  static constexpr std::size_t kPairsMax = 2'000'000;  // destination and client

  explicit AllowlistPicture(std::string gid) : gid_(std::move(gid)) {}
  void add(std::int64_t timestamp, const FlowLine& line);

  std::uint64_t connections() const { return connections_; }
  std::uint64_t left_out() const { return left_out_; }
  std::optional<std::int64_t> first() const { return first_; }
  std::optional<std::int64_t> last() const { return last_; }
  // Of the kept ones, those of addresses that were no client.
  std::uint64_t unknown_clients() const { return unknown_clients_; }
  // By protocol, port and name.
  std::vector<SeenDestination> destinations() const;

  // How complete it is.
  struct Completeness {
    std::optional<std::int64_t> last_new;  // when the last new name appeared, and which
    std::string last_new_name;
    std::size_t days = 0, days_without_new = 0;        // UTC days with lines
    std::size_t clients = 0, clients_without_new = 0;  // that were never the first with a name
    std::optional<std::int64_t> see_thru_ends;         // the day's first millisecond
  };
  Completeness completeness() const;

  // How many names were known at the end of a UTC day; one for each day with connections, by day.
  struct CurvePoint {
    Date day;
    std::size_t names = 0;
    bool operator==(const CurvePoint&) const = default;
  };
  std::vector<CurvePoint> curve() const;

 private:
  SeenDestination* find_or_make(const FlowLine& line, Protocol protocol, Port port);
  void count_client(SeenDestination& seen, Ipv4Address client);

  std::string gid_;
  std::map<std::string, SeenDestination> entries_;  // by protocol, port, dhost and perhaps slug
  std::map<const SeenDestination*, std::unordered_set<std::uint32_t>> clients_of_;
  std::unordered_set<std::uint32_t> clients_;
  std::set<std::int64_t> days_;  // since 1970
  std::size_t pairs_ = 0;
  std::uint64_t connections_ = 0, left_out_ = 0, unknown_clients_ = 0;
  std::optional<std::int64_t> first_, last_, see_thru_ends_;
};

}  // namespace dn::review
