// Theory of operation.
//
// Three structures, all of them made for a million names with a few addresses each:
//   - NameTable: open addressing over (hash, entry number). The hash is keyed (SipHash-1-3),
//   because
//     clients choose the names that patterns match and could otherwise make them collide.
//   - Entries: name, status, and its sightings as one exact-size array sorted by address, so that a
//     name of 4096 addresses is searched in 12 steps and one of two addresses costs 24 bytes.
//   - AddressIndex: address → entries, doubly linked, so that forgetting one of a hundred thousand
//     names at one address (a CDN's) does not walk them all.
// An answer is merged into the sorted array in one pass. Nothing recurses; the only work that grows
// with the ledger is the growth of the NameTable, which doubles it (10 ms at a million names).
//
// Attacks considered: an answer with private or special addresses (rebinding: they never count); an
// answer with more addresses than the cap (the ones that run out first go); a flood of names under
// a pattern (their own cap, evicted by the clock algorithm, so that names in use stay longest); a
// restored entry older than the retention (not taken in).
#include "engine/dns_ledger.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <deque>
#include <limits>
#include <string_view>
#include <utility>

#include "base/limits.h"

namespace dn::engine {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// Tenths of a second on the monotonic clock; 32 bits reach for six years around its zero. Sums are
// made in 64 bits.
using Tick = std::int32_t;
using TickDuration = std::chrono::duration<std::int64_t, std::deci>;

std::int64_t ticks(Duration duration) {
  return std::chrono::floor<TickDuration>(duration).count();
}

Tick to_tick(MonotonicTime time) {
  constexpr std::int64_t kMost = std::numeric_limits<Tick>::max();
  return static_cast<Tick>(std::clamp(ticks(time.time_since_epoch()), -kMost, kMost));
}

// SipHash-1-3 with a 64-bit key (Aumasson, Bernstein: "SipHash: a fast short-input PRF").
class SipHash {
 public:
  explicit SipHash(std::uint64_t key)
      : v0_(key ^ 0x736f6d6570736575ULL),
        v1_(key ^ 0x646f72616e646f6dULL),
        v2_(key ^ 0x6c7967656e657261ULL),
        v3_(key ^ 0x7465646279746573ULL) {}

  std::uint32_t operator()(std::string_view bytes) {
    const std::uint64_t size = bytes.size();
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) absorb(load(bytes.substr(0, 8)));
    absorb(load(bytes) | size << 56U);
    v2_ ^= 0xffU;
    for (int i = 0; i < 3; ++i) round();
    const std::uint64_t hash = v0_ ^ v1_ ^ v2_ ^ v3_;
    return static_cast<std::uint32_t>(hash ^ hash >> 32U);
  }

 private:
  static std::uint64_t load(std::string_view bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), bytes.size());
    return word;
  }
  void absorb(std::uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }
  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

// Hash → entry number; linear probing, deletion by shifting back. Three quarters full at most.
class NameTable {
 public:
  // The entry with this hash for which `same(entry)` holds, or kNone.
  template <class Same>
  std::uint32_t find(std::uint32_t hash, Same same) const {
    for (std::size_t at = hash & mask(); slots_[at].entry != kNone; at = (at + 1) & mask()) {
      if (slots_[at].hash == hash && same(slots_[at].entry)) return slots_[at].entry;
    }
    return kNone;
  }

  void insert(std::uint32_t hash, std::uint32_t entry) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    place({hash, entry});
    ++size_;
  }

  void erase(std::uint32_t hash, std::uint32_t entry) {
    std::size_t hole = hash & mask();
    while (slots_[hole].entry != entry) hole = (hole + 1) & mask();
    for (std::size_t at = (hole + 1) & mask(); slots_[at].entry != kNone; at = (at + 1) & mask()) {
      const std::size_t from_home = (at - slots_[at].hash) & mask();
      if (from_home < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {};
    --size_;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t entry = kNone;
  };

  std::size_t mask() const { return slots_.size() - 1; }
  void place(Slot slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].entry != kNone) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.entry != kNone) place(slot);
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(64);
  std::size_t size_ = 0;
};

// Address → entries that have sighted it. A node belongs to one sighting. Grows one bucket at a
// time, because rebuilding it for two million sightings would halt the packets for a tenth of a
// second.
class AddressIndex {
 public:
  explicit AddressIndex(std::uint64_t key) : key_(key) {}

  std::uint32_t add(Ipv4Address address, std::uint32_t entry) {
    if (size_ >= heads_.size() * 2) split_one();
    std::uint32_t node = free_;
    if (node == kNone) {
      node = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      free_ = nodes_[node].next;
    }
    nodes_[node] = {address, entry, kNone, kNone};
    link(node);
    ++size_;
    return node;
  }

  void remove(std::uint32_t node) {
    const Node& gone = nodes_[node];
    if (gone.next != kNone) nodes_[gone.next].previous = gone.previous;
    (gone.previous == kNone ? heads_[bucket(gone.address)] : nodes_[gone.previous].next) =
        gone.next;
    nodes_[node].next = free_;
    free_ = node;
    --size_;
  }

  // Visits the entries at the address, newest first, until `visit` returns false.
  template <class Visit>
  void at(Ipv4Address address, Visit visit) const {
    for (std::uint32_t n = heads_[bucket(address)]; n != kNone; n = nodes_[n].next) {
      if (nodes_[n].address == address && !visit(nodes_[n].entry)) return;
    }
  }

 private:
  struct Node {
    Ipv4Address address;
    std::uint32_t entry = kNone;
    std::uint32_t next = kNone;      // in the bucket, or in the free list
    std::uint32_t previous = kNone;  // kNone: the first of its bucket
  };

  // Linear hashing: the buckets below `split_` have been split in two already.
  std::size_t bucket(Ipv4Address address) const {
    const auto bytes = std::bit_cast<std::array<char, 4>>(address.value);
    const std::size_t hash = SipHash(key_)({bytes.data(), bytes.size()});
    const std::size_t at = hash & (level_ - 1);
    return at < split_ ? hash & (level_ * 2 - 1) : at;
  }
  void link(std::uint32_t node) {
    std::uint32_t& head = heads_[bucket(nodes_[node].address)];
    nodes_[node].next = head;
    nodes_[node].previous = kNone;
    if (head != kNone) nodes_[head].previous = node;
    head = node;
  }
  void split_one() {
    std::uint32_t node = std::exchange(heads_[split_], kNone);
    heads_.push_back(kNone);
    if (++split_ == level_) {
      level_ *= 2;
      split_ = 0;
    }
    while (node != kNone) link(std::exchange(node, nodes_[node].next));
  }

  std::uint64_t key_;
  std::size_t level_ = 64;  // a power of two; heads_.size() is level_ + split_
  std::size_t split_ = 0;
  std::deque<std::uint32_t> heads_ = std::deque<std::uint32_t>(64, kNone);
  std::deque<Node> nodes_;  // deques: growing them copies nothing
  std::uint32_t free_ = kNone;
  std::size_t size_ = 0;
};

struct Sighting {
  Ipv4Address address;
  Tick fresh_until = 0;        // the end of its TTL
  std::uint32_t node = kNone;  // in the address index, if there is one
};

enum class Status : std::uint8_t { Answered, SpecialOnly, NoAddress, Failed };

// What is known about one name. A free entry has no name.
struct Entry {
  std::unique_ptr<char[]> name;
  std::unique_ptr<Sighting[]> sightings;  // `count` of them, sorted by address
  Tick freshest = 0;                      // the latest fresh_until; valid when count > 0
  Tick answered = 0;                      // the last outcome, which gave `status`
  std::uint32_t clock_place = kNone;      // in the ring of on-demand names; kNone: not one
  std::uint16_t count = 0;
  std::uint8_t name_size = 0;
  Status status = Status::Failed;
  bool recent = false;  // answered since the hand of the clock passed

  std::string_view text() const { return {name.get(), name_size}; }
  std::span<Sighting> seen() { return {sightings.get(), count}; }
  std::span<const Sighting> seen() const { return {sightings.get(), count}; }
  const Sighting* find(Ipv4Address address) const {
    const auto found = std::ranges::lower_bound(seen(), address, {}, &Sighting::address);
    return found != seen().end() && found->address == address ? &*found : nullptr;
  }
};

static_assert(limits::kDnsAddressesPerNameMax <= std::numeric_limits<std::uint16_t>::max());

LedgerSettings with_defaults(LedgerSettings settings) {
  if (settings.retention <= Duration{}) settings.retention = limits::kDnsRetention;
  std::ranges::sort(settings.own_addresses);
  const auto cap = [](std::size_t& value, std::size_t most) {
    if (value == 0 || value > most) value = most;
  };
  cap(settings.names_max, limits::kDnsNamesMax);
  cap(settings.on_demand_names_max, limits::kDnsOnDemandNamesMax);
  cap(settings.addresses_per_name_max, limits::kDnsAddressesPerNameMax);
  return settings;
}

}  // namespace

struct DnsLedger::State {
  explicit State(LedgerSettings given)
      : settings(with_defaults(std::move(given))),
        retention(ticks(settings.retention)),
        index(settings.hash_seed) {}

  bool counts(Ipv4Address address) const {
    if (std::ranges::binary_search(settings.own_addresses, address)) return false;
    return is_reachable(address, settings.allow_private_answers);
  }
  bool ran_out(std::int64_t since, Tick now) const { return now - since >= retention; }
  std::uint32_t hash(std::string_view name) const { return SipHash(settings.hash_seed)(name); }

  std::uint32_t find(std::string_view name) const {
    return table.find(hash(name), [&](std::uint32_t id) { return entries[id].text() == name; });
  }
  std::uint32_t take_in(std::string_view name, bool on_demand);
  void forget(std::uint32_t id);
  void evict_on_demand();
  void leave_clock(Entry& entry);

  // Fills `incoming` with the addresses that count and have not run out, sorted and unique.
  void choose_addresses(const DnsAnswer& answer, Tick verified, Tick now);
  void unite(std::uint32_t id, Tick now);
  void merge(std::uint32_t id, Tick now);
  void cut_to_cap();
  void store(Entry& entry);

  LedgerSettings settings;
  std::int64_t retention;  // in ticks
  NameTable table;
  AddressIndex index;
  std::deque<Entry> entries;  // a deque: growing it copies nothing
  std::vector<std::uint32_t> free_entries;
  std::size_t address_count = 0;
  std::vector<std::uint32_t> clock;  // the on-demand names
  std::size_t hand = 0;
  std::size_t expire_at = 0;
  LedgerCounters counters;
  std::vector<Sighting> incoming;  // scratch of one on_answer()
  std::vector<Sighting> merged;
};

std::uint32_t DnsLedger::State::take_in(std::string_view name, bool on_demand) {
  if (on_demand && clock.size() >= settings.on_demand_names_max) evict_on_demand();
  if (entries.size() - free_entries.size() >= settings.names_max) {
    ++counters.names_refused;
    return kNone;
  }
  std::uint32_t id = 0;
  if (free_entries.empty()) {
    id = static_cast<std::uint32_t>(entries.size());
    entries.emplace_back();
  } else {
    id = free_entries.back();
    free_entries.pop_back();
  }
  Entry& entry = entries[id];
  entry.name = std::make_unique_for_overwrite<char[]>(name.size());
  std::ranges::copy(name, entry.name.get());
  entry.name_size = static_cast<std::uint8_t>(name.size());
  entry.answered = std::numeric_limits<Tick>::min();
  if (on_demand) {
    entry.clock_place = static_cast<std::uint32_t>(clock.size());
    clock.push_back(id);
  }
  table.insert(hash(name), id);
  return id;
}

void DnsLedger::State::forget(std::uint32_t id) {
  Entry& entry = entries[id];
  for (const Sighting& sighting : entry.seen()) {
    if (sighting.node != kNone) index.remove(sighting.node);
  }
  address_count -= entry.count;
  table.erase(hash(entry.text()), id);
  leave_clock(entry);
  entry = Entry{};
  free_entries.push_back(id);
}

void DnsLedger::State::leave_clock(Entry& entry) {
  if (entry.clock_place == kNone) return;
  clock[entry.clock_place] = clock.back();
  entries[clock.back()].clock_place = entry.clock_place;
  clock.pop_back();
  entry.clock_place = kNone;
}

// The clock algorithm: names answered since the hand passed are spared once. The hand moves a
// bounded way, so that a flood does not buy a walk over all names.
void DnsLedger::State::evict_on_demand() {
  constexpr int kStepsMax = 64;
  for (int step = 0;; ++step) {
    hand = (hand + 1) % clock.size();
    Entry& entry = entries[clock[hand]];
    if (!entry.recent || step == kStepsMax) break;
    entry.recent = false;
  }
  forget(clock[hand]);
  ++counters.on_demand_evicted;
}

void DnsLedger::State::choose_addresses(const DnsAnswer& answer, Tick verified, Tick now) {
  incoming.clear();
  for (const DnsAnswer::Address& given : answer.addresses) {
    if (!counts(given.address)) continue;
    const std::int64_t ttl = ticks(std::clamp<Duration>(given.ttl, Duration{}, limits::kDnsTtlMax));
    if (ran_out(verified + ttl, now)) continue;
    incoming.push_back({given.address, static_cast<Tick>(verified + ttl), kNone});
  }
  const auto later_first = [](const Sighting& a, const Sighting& b) {
    return a.address != b.address ? a.address < b.address : a.fresh_until > b.fresh_until;
  };
  std::ranges::sort(incoming, later_first);
  const auto doubles = std::ranges::unique(incoming, {}, &Sighting::address);
  incoming.erase(doubles.begin(), doubles.end());
}

void DnsLedger::State::unite(std::uint32_t id, Tick now) {
  Entry& entry = entries[id];
  const auto known = [&](const Sighting& s) { return entry.find(s.address) != nullptr; };
  if (!std::ranges::all_of(incoming, known)) return merge(id, now);
  // The usual refresh: the same addresses again.
  for (const Sighting& fresh : incoming) {
    auto& old = *std::ranges::lower_bound(entry.seen(), fresh.address, {}, &Sighting::address);
    old.fresh_until = std::max(old.fresh_until, fresh.fresh_until);
    entry.freshest = std::max(entry.freshest, old.fresh_until);
  }
}

void DnsLedger::State::merge(std::uint32_t id, Tick now) {
  Entry& entry = entries[id];
  merged.clear();
  auto fresh = incoming.cbegin();
  const auto append_until = [&](Ipv4Address end) {
    for (; fresh != incoming.cend() && fresh->address < end; ++fresh) merged.push_back(*fresh);
  };
  for (Sighting old : entry.seen()) {
    append_until(old.address);
    if (fresh != incoming.cend() && fresh->address == old.address) {
      old.fresh_until = std::max(old.fresh_until, fresh->fresh_until);
      ++fresh;
    }
    if (!ran_out(old.fresh_until, now)) {
      merged.push_back(old);
    } else if (old.node != kNone) {
      index.remove(old.node);
    }
  }
  merged.insert(merged.end(), fresh, incoming.cend());
  if (merged.size() > settings.addresses_per_name_max) cut_to_cap();
  if (settings.index_addresses) {
    for (Sighting& sighting : merged) {
      if (sighting.node == kNone) sighting.node = index.add(sighting.address, id);
    }
  }
  store(entry);
}

// Drops the sightings that run out first from `merged`, down to the cap.
void DnsLedger::State::cut_to_cap() {
  const std::size_t cap = settings.addresses_per_name_max;
  std::size_t to_drop = merged.size() - cap;
  counters.addresses_dropped += to_drop;
  std::vector<Tick> ends(merged.size());
  std::ranges::transform(merged, ends.begin(), &Sighting::fresh_until);
  const auto border = ends.begin() + static_cast<std::ptrdiff_t>(to_drop);
  std::ranges::nth_element(ends, border);
  // Everything before the border goes; of those at the border, as many as are still needed.
  std::size_t earlier = 0;
  for (const Sighting& sighting : merged) earlier += sighting.fresh_until < *border ? 1U : 0U;
  std::size_t at_border = to_drop - earlier;
  std::erase_if(merged, [&](const Sighting& sighting) {
    if (sighting.fresh_until > *border) return false;
    if (sighting.fresh_until == *border && at_border == 0) return false;
    if (sighting.fresh_until == *border) --at_border;
    if (sighting.node != kNone) index.remove(sighting.node);
    return true;
  });
}

// Makes `merged` the sightings of the entry.
void DnsLedger::State::store(Entry& entry) {
  address_count += merged.size();
  address_count -= entry.count;
  entry.count = static_cast<std::uint16_t>(merged.size());
  entry.sightings.reset();
  if (merged.empty()) return;
  entry.sightings = std::make_unique_for_overwrite<Sighting[]>(merged.size());
  std::ranges::copy(merged, entry.sightings.get());
  entry.freshest = std::ranges::max(merged, {}, &Sighting::fresh_until).fresh_until;
}

DnsLedger::DnsLedger(LedgerSettings settings)
    : state_(std::make_unique<State>(std::move(settings))) {}
DnsLedger::~DnsLedger() = default;
DnsLedger::DnsLedger(DnsLedger&&) noexcept = default;
DnsLedger& DnsLedger::operator=(DnsLedger&&) noexcept = default;

void DnsLedger::on_answer(const DnsAnswer& answer, MonotonicTime now) {
  State& s = *state_;
  const Tick tick = to_tick(now);
  const Tick verified = to_tick(now - std::max(answer.age, Duration{}));
  s.incoming.clear();
  if (answer.status == DnsStatus::Answered) s.choose_addresses(answer, verified, tick);
  // A restored answer that has run out tells nothing.
  if (s.incoming.empty() && s.ran_out(verified, tick)) return;

  std::uint32_t id = s.find(answer.name.text());
  if (id == kNone) id = s.take_in(answer.name.text(), answer.on_demand);
  if (id == kNone) return;
  Entry& entry = s.entries[id];
  entry.recent = true;
  if (!answer.on_demand) s.leave_clock(entry);
  if (verified >= entry.answered) {
    entry.answered = verified;
    switch (answer.status) {
      case DnsStatus::Answered:
        entry.status = !s.incoming.empty()         ? Status::Answered
                       : !answer.addresses.empty() ? Status::SpecialOnly
                                                   : Status::NoAddress;
        break;
      case DnsStatus::NoData:
      case DnsStatus::NoName: entry.status = Status::NoAddress; break;
      case DnsStatus::Failed: entry.status = Status::Failed; break;
    }
  }
  if (!s.incoming.empty()) s.unite(id, tick);
}

Verification DnsLedger::verify(const DomainName& name, Ipv4Address address,
                               MonotonicTime now) const {
  const State& s = *state_;
  const std::uint32_t id = s.find(name.text());
  if (id == kNone) return Verification::Unknown;
  const Entry& entry = s.entries[id];
  const Tick tick = to_tick(now);
  const Sighting* sighting = entry.find(address);
  if (sighting != nullptr && !s.ran_out(sighting->fresh_until, tick)) {
    return Verification::Confirmed;
  }
  if (entry.count > 0 && !s.ran_out(entry.freshest, tick)) return Verification::Mismatch;
  switch (entry.status) {
    case Status::Answered: return Verification::Unknown;
    case Status::SpecialOnly: return Verification::PrivateOnly;
    case Status::NoAddress: return Verification::NoAddress;
    case Status::Failed: return Verification::Failed;
  }
  return Verification::Unknown;
}

std::vector<DomainName> DnsLedger::names_at(Ipv4Address address, MonotonicTime now,
                                            std::size_t most) const {
  const State& s = *state_;
  const Tick tick = to_tick(now);
  std::vector<DomainName> names;
  const auto visit = [&](const Entry& entry) {
    const Sighting* sighting = entry.find(address);
    if (sighting == nullptr || s.ran_out(sighting->fresh_until, tick)) return;
    if (const auto name = DomainName::parse(entry.text())) names.push_back(*name);
  };
  if (most == 0) return names;
  if (s.settings.index_addresses) {
    s.index.at(address, [&](std::uint32_t id) {
      visit(s.entries[id]);
      return names.size() < most;
    });
    return names;
  }
  for (const Entry& entry : s.entries) {
    visit(entry);
    if (names.size() == most) break;
  }
  return names;
}

void DnsLedger::expire_some(MonotonicTime now, std::size_t names_most) {
  State& s = *state_;
  const Tick tick = to_tick(now);
  const std::size_t visits = std::min(names_most, s.entries.size());
  for (std::size_t i = 0; i < visits; ++i) {
    if (s.expire_at >= s.entries.size()) s.expire_at = 0;
    const auto id = static_cast<std::uint32_t>(s.expire_at++);
    Entry& entry = s.entries[id];
    if (!entry.name) continue;
    const auto gone = [&](const Sighting& seen) { return s.ran_out(seen.fresh_until, tick); };
    if (std::ranges::any_of(entry.seen(), gone)) {
      s.incoming.clear();
      s.merge(id, tick);
    }
    if (entry.count == 0 && s.ran_out(entry.answered, tick)) s.forget(id);
  }
}

std::size_t DnsLedger::names() const {
  return state_->entries.size() - state_->free_entries.size();
}

std::size_t DnsLedger::addresses() const {
  return state_->address_count;
}

LedgerCounters DnsLedger::counters() const {
  return state_->counters;
}

std::size_t DnsLedger::export_some(std::size_t from, std::size_t names_most, MonotonicTime now,
                                   const std::function<void(const DnsAnswer&)>& visit) const {
  const State& s = *state_;
  const Tick tick = to_tick(now);
  const std::size_t end =
      from + std::min(names_most, s.entries.size() - std::min(from, s.entries.size()));
  std::vector<Sighting> kept;
  for (std::size_t at = from; at < end; ++at) {
    const Entry& entry = s.entries[at];
    kept.clear();
    std::ranges::copy_if(entry.seen(), std::back_inserter(kept),
                         [&](const Sighting& seen) { return !s.ran_out(seen.fresh_until, tick); });
    std::ranges::sort(
        kept, {}, [](const Sighting& seen) { return std::pair(seen.fresh_until, seen.address); });
    const auto name = kept.empty() ? std::nullopt : DomainName::parse(entry.text());
    if (!name) continue;
    DnsAnswer answer{*name, DnsStatus::Answered, {}, {}, entry.clock_place != kNone};
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const Duration rest = TickDuration(std::int64_t{kept[i].fresh_until} - tick);
      answer.age = std::max(-rest, Duration{});
      answer.addresses.push_back({kept[i].address, std::max(rest, Duration{})});
      if (i + 1 < kept.size() && kept[i + 1].fresh_until == kept[i].fresh_until) continue;
      visit(answer);
      answer.addresses.clear();
    }
  }
  return end < s.entries.size() ? end : 0;
}

std::vector<DnsAnswer> DnsLedger::export_answers(MonotonicTime now) const {
  std::vector<DnsAnswer> answers;
  export_some(0, state_->entries.size(), now,
              [&](const DnsAnswer& answer) { answers.push_back(answer); });
  return answers;
}

}  // namespace dn::engine
