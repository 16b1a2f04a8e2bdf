// See refresh_schedule.h for the rules. The jitter needs no good randomness: it spreads load, it
// hides nothing.
#include "resolver/refresh_schedule.h"

#include <algorithm>

#include "base/limits.h"

namespace dn::resolver {
namespace {

using namespace std::chrono_literals;
constexpr Duration kRetryFirst = 1s;
constexpr Duration kIntervalMin = 1s;
constexpr std::uint8_t kDoublingsMax = 16;

}  // namespace

void RefreshSchedule::replace(NameList names, MonotonicTime now) {
  std::vector<Name> state(names.size());
  std::size_t old = 0;
  without_outcome_ = 0;
  for (std::size_t at = 0; at < names.size(); ++at) {
    while (old < names_.size() && names_[old] < names[at]) ++old;
    const bool stays = old < names_.size() && names_[old] == names[at];
    state[at] = stays ? state_[old] : Name{now, 0, 0, false};
    if (!state[at].had_outcome) ++without_outcome_;
  }
  names_ = std::move(names);
  state_ = std::move(state);
  heap_.clear();
  for (std::size_t at = 0; at < names_.size(); ++at) {
    if (state_[at].place == kTaken) continue;
    heap_.push_back(static_cast<std::uint32_t>(at));
    sift_up(heap_.size() - 1);
  }
}

std::optional<std::string_view> RefreshSchedule::take_due(MonotonicTime now) {
  if (heap_.empty() || state_[heap_.front()].due > now) return {};
  const std::uint32_t name = heap_.front();
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) {
    put(0, last);
    sift_down(0);
  }
  state_[name].place = kTaken;
  return names_[name];
}

std::optional<MonotonicTime> RefreshSchedule::next_due() const {
  if (heap_.empty()) return {};
  return state_[heap_.front()].due;
}

void RefreshSchedule::on_outcome(std::string_view name, engine::DnsStatus status, Duration ttl,
                                 MonotonicTime now) {
  const auto found = names_.find(name);
  if (!found) return;
  Name& state = state_[*found];
  if (!state.had_outcome) --without_outcome_;
  state.had_outcome = true;
  state.due = now + wait(state, status, ttl);
  if (state.place == kTaken) {
    heap_.push_back(0);
    put(heap_.size() - 1, static_cast<std::uint32_t>(*found));
  }
  sift_up(state.place);
  sift_down(state.place);
}

Duration RefreshSchedule::wait(Name& name, engine::DnsStatus status, Duration ttl) {
  Duration base{};
  if (status == engine::DnsStatus::Answered) {
    name.failures = 0;
    base = std::clamp<Duration>(ttl, limits::kDnsTtlMin, limits::kDnsTtlMax) / 10 * 9;
  } else {
    const Duration most = status == engine::DnsStatus::Failed ? Duration(kFailedRetryMax)
                                                              : Duration(limits::kDnsNegativeTtl);
    base = std::min(kRetryFirst * (1U << name.failures), most);
    if (name.failures < kDoublingsMax) ++name.failures;
  }
  const Duration fair_share = Duration(1s) / kRefreshesPerSecondMax * names_.size();
  return std::max(jitter(std::max(base, fair_share)), kIntervalMin);
}

// A tenth more or less.
Duration RefreshSchedule::jitter(Duration around) {
  std::uniform_int_distribution<std::int64_t> permille(900, 1100);
  return around / 1000 * permille(random_);
}

bool RefreshSchedule::earlier(std::uint32_t a, std::uint32_t b) const {
  return state_[a].due != state_[b].due ? state_[a].due < state_[b].due : a < b;
}

void RefreshSchedule::put(std::size_t place, std::uint32_t name) {
  heap_[place] = name;
  state_[name].place = static_cast<std::uint32_t>(place);
}

void RefreshSchedule::sift_up(std::size_t place) {
  const std::uint32_t name = heap_[place];
  for (; place > 0 && earlier(name, heap_[(place - 1) / 2]); place = (place - 1) / 2) {
    put(place, heap_[(place - 1) / 2]);
  }
  put(place, name);
}

void RefreshSchedule::sift_down(std::size_t place) {
  const std::uint32_t name = heap_[place];
  for (;;) {
    std::size_t child = place * 2 + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && earlier(heap_[child + 1], heap_[child])) ++child;
    if (!earlier(heap_[child], name)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, name);
}

}  // namespace dn::resolver
