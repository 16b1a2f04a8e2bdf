// Mailbox: how other threads hand events to a packet loop.
//
// Bounded; the loop polls fd() together with its packet queue and never waits for a poster. Covered
// by mailbox_test.cc.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <variant>
#include <vector>

#include "base/check.h"
#include "engine/effects.h"
#include "net/file_descriptor.h"
#include "net/guarded.h"
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

  Mailbox() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    DN_CHECK(wake_.get() >= 0, "an eventfd costs nothing but a descriptor");
  }

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

  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake_.get(), &one, sizeof one);
  }

  // For the owning loop: swaps the waiting events into `into`, which must be empty.
  void take(std::vector<LoopEvent>& into) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(wake_.get(), &count, sizeof count);
    events_.with([&](std::vector<LoopEvent>& events) { events.swap(into); });
  }

  int fd() const { return wake_.get(); }
  std::uint64_t lost() const { return lost_; }

 private:
  net::FileDescriptor wake_;
  net::Guarded<std::vector<LoopEvent>> events_;
  std::atomic<std::uint64_t> lost_ = 0;
};

}  // namespace dn::daemon
