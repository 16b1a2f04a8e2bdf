// Findings: what compile_policy() accepted, rejected and warns about; and how two of them differ.
//
// A finding is a line of the config log in the making. Accepted members are
// not kept as lines: a policy of a million names would need a gigabyte for them. They are kept as
// two numbers each and written out when somebody asks. Immutable, cheap to copy, to be read by any
// number of threads. Covered by findings_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace dn::policy {

// Equal findings are the same fact.
struct Finding {
  enum class Category : std::uint8_t { Addr, WildcardAddr, Client, SeeThru, Self };
  enum class Outcome : std::uint8_t { Accepted, Removed, Rejected, Warning };
  Category category = Category::Addr;
  Outcome outcome = Outcome::Accepted;
  std::optional<Ipv4Prefix> client;  // a /32 is written as `client`, else as `subnet`
  std::string gid;
  std::string addr;       // accepted: in its compared form; otherwise as written, cut
  std::string proto;      // "tls", "ssh", "http"; empty where it does not apply
  std::string thru_date;  // ISO date; as written where it is rejected
  std::string http_path;  // of a revocation list
  std::string reason;     // what is wrong and what to write instead
  std::string where;      // not part of equality
  bool operator==(const Finding& other) const;
};

// "addr", "wildcard-addr", "client", "see-thru", "self".
std::string_view to_text(Finding::Category category);
// "accepted", "removed", "rejected", "warning".
std::string_view to_text(Finding::Outcome outcome);

// No finding comes twice. First the rejections and warnings, in the order of the input; then the
// accepted members by gid, protocol and place of the member in the input; see-thru rules by gid;
// revocation lists by gid and URI; clients by address and gid.
class Findings {
 public:
  struct Store;  // findings_store.h

  Findings();
  explicit Findings(std::shared_ptr<const Store> store);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // Written out for the caller.
  Finding operator[](std::size_t at) const;
  // Only the rejections and warnings.
  const std::vector<Finding>& problems() const;

  class Iterator {
   public:
    Iterator(const Findings* findings, std::size_t at) : findings_(findings), at_(at) {}
    Finding operator*() const { return (*findings_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const Findings* findings_;
    std::size_t at_;
  };
  // For range loops: `for (const Finding& finding : findings)`.
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  friend std::vector<Finding> diff_findings(const Findings& before, const Findings& after);
  std::shared_ptr<const Store> store_;
};

// The config log lines that lead from one to the other: new findings as they are, then gone ones
// with outcome Removed (a gone rejection or warning too: the problem went). Takes time in
// proportion to both, memory in proportion to the difference.
std::vector<Finding> diff_findings(const Findings& before, const Findings& after);

}  // namespace dn::policy
