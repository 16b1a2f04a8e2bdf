// Mailbox: how other threads hand events to a packet loop.
//
// Bounded; the loop polls fd() together with its packet queue and never waits for a poster.
#pragma once

#include <atomic>
#include <memory>
#include <variant>
#include <vector>

#include "engine/effects.h"
#include "net/guarded.h"
#include "net/wake_up.h"
#include "policy/policy_snapshot.h"

namespace dn::daemon {

// A client was looked for and there is none with this address.
struct ClientNotFound {
  Ipv4Address address;
};

using LoopEvent = std::variant<std::shared_ptr<const engine::DnsAnswer>,
                               std::shared_ptr<const policy::PolicySnapshot>, ClientNotFound>;

class Mailbox {
 public:
  // A start with a full ledger on disk brings one answer per name at once.
  static constexpr std::size_t kEventsMax = 1U << 21U;

  // Thread-safe. False when the mailbox is full; the event is lost and counted.
  bool post(LoopEvent event) {
    const bool kept = events_.with([&](std::vector<LoopEvent>& events) {
      if (events.size() >= kEventsMax) return false;
      events.push_back(std::move(event));
      return true;
    });
    if (!kept) ++lost_;
    wake();
    return kept;
  }

  void wake() { wake_.wake(); }

  // For the owning loop: swaps the waiting events into `into`, which must be empty.
  void take(std::vector<LoopEvent>& into) {
    wake_.clear();
    events_.with([&](std::vector<LoopEvent>& events) { events.swap(into); });
  }

  int fd() const { return wake_.fd(); }
  std::uint64_t lost() const { return lost_; }

 private:
  net::WakeUp wake_;
  net::Guarded<std::vector<LoopEvent>> events_;
  std::atomic<std::uint64_t> lost_ = 0;
};

}  // namespace dn::daemon
