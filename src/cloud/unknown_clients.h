// UnknownClients: which unknown source addresses to look up when.
//
// Packet loops ask for addresses that no client has. Questions about one address are one question,
// and many addresses are one call: the first question is asked at once, then what has gathered goes
// out in batches. An address that the cloud does not know is not asked for again for a while, at
// first kAbsentFirst, then twice as long each time. Sources are the choice of whoever sends the
// packets, so everything is bounded; the queue holds no more than can be asked before the handshake
// that waits for it is refused anyway.
// Pure; time is an argument. One thread. Covered by unknown_clients_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/time.h"

namespace dn::cloud {

// Values of one filter of DescribeNetworkInterfaces (EC2 API reference, "Filtering").
inline constexpr std::size_t kAddressesPerCallMax = 200;
inline constexpr auto kCallInterval = std::chrono::milliseconds(500);  // so two calls a second
inline constexpr auto kAbsentFirst = std::chrono::seconds(5);
inline constexpr auto kAbsentMax = std::chrono::seconds(60);
// Waiting for a call; beyond: refused. Four calls, two seconds (limits::kClientSearchDeadline).
inline constexpr std::size_t kWaitingMax = 4 * kAddressesPerCallMax;
// Remembered as absent; beyond: the one told longest ago is forgotten.
inline constexpr std::size_t kAbsentAddressesMax = 65'536;

class UnknownClients {
 public:
  enum class Answer : std::uint8_t {
    Asked,   // waits for the next call, or for the answer of one under way
    Absent,  // the cloud did not know it a moment ago: it may be refused at once
    Full,    // too many are waiting: likewise
  };
  Answer on_question(Ipv4Address address, MonotonicTime now);

  // The addresses of the next call, which is under way from now on; empty when none is due.
  std::vector<Ipv4Address> take_batch(MonotonicTime now);
  // When take_batch() has something; nothing when nobody waits.
  std::optional<MonotonicTime> next_due() const;

  // The outcome for each address of a batch: a client by now, unknown to the cloud, or not known
  // because the call failed (the next question asks again).
  void on_found(Ipv4Address address);
  void on_absent(Ipv4Address address, MonotonicTime now);
  void on_failed(Ipv4Address address);

  std::size_t waiting() const { return waiting_.size(); }
  std::size_t remembered() const { return states_.size(); }

 private:
  struct State {
    bool asked = false;   // waiting or under way
    Duration wait{};      // of the last absence; zero when there was none
    MonotonicTime until;  // absent until then
  };
  void forget_absence(Ipv4Address address, State& state);
  void forget_old(MonotonicTime now);

  std::unordered_map<Ipv4Address, State, Ipv4Hash> states_;
  std::set<std::pair<MonotonicTime, Ipv4Address>> absent_;  // by `until`
  std::deque<Ipv4Address> waiting_;
  std::optional<MonotonicTime> last_call_;
};

}  // namespace dn::cloud
