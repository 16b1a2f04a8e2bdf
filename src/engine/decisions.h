// Decisions: how often each side of a connection was allowed or refused, by reason and protocol.
//
// Counted where the line of the flow log is written, whether or not the log wants it. The reason is
// None where a rule allowed, else what the line's `reason` begins with; under see-thru that is what
// it overruled. A plain array: counting costs one addition. Covered by decisions_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/protocol.h"
#include "base/reason.h"
#include "records/flow_record.h"

namespace dn::engine {

struct Decision {
  records::PacketOrigin side = records::PacketOrigin::Client;
  records::Outcome outcome = records::Outcome::Disallowed;
  Reason reason = Reason::None;
  Protocol protocol = Protocol::Unknown;
};

class Decisions {
 public:
  void count(const Decision& decision) { ++counts_[place_of(decision)]; }
  std::uint64_t of(const Decision& decision) const { return counts_[place_of(decision)]; }

  // Whatever the reason and the protocol.
  std::uint64_t sum(records::PacketOrigin side, records::Outcome outcome) const {
    std::uint64_t all = 0;
    for_each([&](const Decision& decision, std::uint64_t count) {
      if (decision.side == side && decision.outcome == outcome) all += count;
    });
    return all;
  }

  void merge(const Decisions& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  }

  // visit(decision, count) for those that happened.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) visit(decision_at(i), counts_[i]);
    }
  }

 private:
  static constexpr std::size_t kProtocols = static_cast<std::size_t>(Protocol::Unknown) + 1;
  static constexpr std::size_t kReasonPlaces = static_cast<std::size_t>(Reason::Count_);
  static constexpr std::size_t kPlaces = 2 * 2 * kReasonPlaces * kProtocols;

  static std::size_t place_of(const Decision& decision) {
    const auto side = static_cast<std::size_t>(decision.side);
    const auto outcome = static_cast<std::size_t>(decision.outcome);
    const auto reason = static_cast<std::size_t>(decision.reason);
    const auto protocol = static_cast<std::size_t>(decision.protocol);
    return ((side * 2 + outcome) * kReasonPlaces + reason) * kProtocols + protocol;
  }
  static Decision decision_at(std::size_t place) {
    Decision decision;
    decision.protocol = static_cast<Protocol>(place % kProtocols);
    place /= kProtocols;
    decision.reason = static_cast<Reason>(place % kReasonPlaces);
    place /= kReasonPlaces;
    decision.outcome = static_cast<records::Outcome>(place % 2);
    decision.side = static_cast<records::PacketOrigin>(place / 2);
    return decision;
  }

  std::array<std::uint64_t, kPlaces> counts_{};
};

}  // namespace dn::engine
