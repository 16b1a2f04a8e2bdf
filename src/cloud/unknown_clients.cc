#include "cloud/unknown_clients.h"

#include <algorithm>

namespace dn::cloud {

UnknownClients::Answer UnknownClients::on_question(Ipv4Address address, MonotonicTime now) {
  const auto known = states_.find(address);
  if (known != states_.end()) {
    if (known->second.asked) return Answer::Asked;
    if (now < known->second.until) return Answer::Absent;
  }
  if (waiting_.size() >= kWaitingMax) return Answer::Full;
  states_[address].asked = true;
  waiting_.push_back(address);
  return Answer::Asked;
}

std::vector<Ipv4Address> UnknownClients::take_batch(MonotonicTime now) {
  const auto due = next_due();
  if (!due || now < *due) return {};
  const std::size_t count = std::min(waiting_.size(), kAddressesPerCallMax);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Ipv4Address> batch(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  last_call_ = now;
  return batch;
}

std::optional<MonotonicTime> UnknownClients::next_due() const {
  if (waiting_.empty()) return {};
  return last_call_ ? *last_call_ + kCallInterval : MonotonicTime{};
}

void UnknownClients::forget_absence(Ipv4Address address, State& state) {
  if (state.wait == Duration{}) return;
  absent_.erase({state.until, address});
  state.wait = {};
}

void UnknownClients::on_found(Ipv4Address address) {
  const auto known = states_.find(address);
  if (known == states_.end()) return;
  forget_absence(address, known->second);
  states_.erase(known);
}

void UnknownClients::on_absent(Ipv4Address address, MonotonicTime now) {
  State& state = states_[address];
  const Duration last = state.wait;
  forget_absence(address, state);
  state.asked = false;
  state.wait =
      last == Duration{} ? Duration(kAbsentFirst) : std::min<Duration>(last * 2, kAbsentMax);
  state.until = now + state.wait;
  absent_.emplace(state.until, address);
  forget_old(now);
}

void UnknownClients::on_failed(Ipv4Address address) {
  const auto known = states_.find(address);
  if (known == states_.end()) return;
  known->second.asked = false;
  if (known->second.wait == Duration{}) states_.erase(known);
}

// An absence is remembered longer than it counts, so that the next one lasts twice as long.
void UnknownClients::forget_old(MonotonicTime now) {
  while (!absent_.empty()) {
    const auto [until, address] = *absent_.begin();
    if (absent_.size() <= kAbsentAddressesMax && now < until + kAbsentMax) return;
    const auto state = states_.find(address);
    forget_absence(address, state->second);
    if (!state->second.asked) states_.erase(state);
  }
}

}  // namespace dn::cloud
