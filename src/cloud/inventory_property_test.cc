// The inventory against a naive model that keeps every event and answers each question from all of
// them: random sweeps, broken sweeps, look-ups, moves and overlaps.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "cloud/inventory.h"

namespace dn::cloud {
namespace {

using namespace std::chrono_literals;

const InventorySettings kSettings = {.instance_id = "i-gateway", .vpc_id = "vpc-0"};

struct Event {
  enum class Kind { Begin, Sight, Finish } kind = Kind::Begin;
  aws::NetworkInterface interface;  // Sight
  MonotonicTime at;                 // Finish
};

// What is known of an interface when all events have happened.
struct Known {
  aws::NetworkInterface told;
  std::map<Ipv4Prefix, std::size_t> since;  // the number of the event
  std::optional<MonotonicTime> missed_at;
};

std::set<Ipv4Prefix> prefixes_of(const aws::NetworkInterface& interface) {
  std::set<Ipv4Prefix> prefixes(interface.prefixes.begin(), interface.prefixes.end());
  for (const Ipv4Address address : interface.addresses) prefixes.insert({address, 32});
  return prefixes;
}

// From the story of one interface alone.
std::optional<Known> tell(const std::vector<Event>& events, const std::string& id) {
  std::optional<Known> known;
  bool seen_since_begin = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (event.kind == Event::Kind::Begin) {
      seen_since_begin = false;
    } else if (event.kind == Event::Kind::Sight && event.interface.id == id) {
      Known next{.told = event.interface, .since = {}, .missed_at = {}};
      for (const Ipv4Prefix prefix : prefixes_of(event.interface)) {
        const bool had = known && known->since.contains(prefix);
        next.since[prefix] = had ? known->since[prefix] : i;
      }
      known = next;
      seen_since_begin = true;
    } else if (event.kind == Event::Kind::Finish && known && !seen_since_begin) {
      if (!known->missed_at) {
        known->missed_at = event.at;
      } else if (event.at - *known->missed_at >= 15s) {
        known.reset();
      }
    }
  }
  return known;
}

bool overlap(Ipv4Prefix a, Ipv4Prefix b) {
  return a.contains(b.base) || b.contains(a.base);
}

// By every pair: whether `known` may have `prefix` as a client.
bool holds(const Known& known, Ipv4Prefix prefix, const std::vector<Known>& all) {
  const auto is_own = [](const Known& k) { return k.told.instance_id == kSettings.instance_id; };
  if (is_own(known)) return false;
  const bool may_stay = known.told.vpc_id == kSettings.vpc_id && !known.missed_at;
  for (const Known& other : all) {
    for (const auto& [taken, since] : other.since) {
      if (!overlap(taken, prefix)) continue;
      const bool same_vpc = other.told.vpc_id == known.told.vpc_id;
      if (same_vpc && is_own(other)) return false;
      if (!same_vpc && !may_stay) return false;
      if (same_vpc && taken == prefix && since > known.since.at(prefix)) return false;
    }
  }
  return true;
}

std::vector<std::string> expected(const std::vector<Event>& events,
                                  const std::set<std::string>& ids) {
  std::vector<Known> all;
  for (const std::string& id : ids) {
    if (auto known = tell(events, id)) all.push_back(*std::move(known));
  }
  std::vector<std::string> texts;
  for (const Known& known : all) {
    for (const auto& [prefix, since] : known.since) {
      if (holds(known, prefix, all)) {
        texts.push_back(fmt::format("{} {} {}", to_text(prefix), known.told.id,
                                    fmt::join(known.told.group_ids, ",")));
      }
    }
  }
  std::ranges::sort(texts);
  return texts;
}

std::vector<std::string> found(Inventory& inventory) {
  policy::PolicyInput input;
  inventory.fill(input);
  std::vector<std::string> texts;
  for (const auto& client : input.clients) {
    texts.push_back(
        fmt::format("{} {} {}", to_text(client.prefix), client.where, fmt::join(client.gids, ",")));
  }
  std::ranges::sort(texts);
  return texts;
}

class Story {
 public:
  explicit Story(unsigned seed) : random_(seed) {}

  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  std::size_t below(std::size_t bound) { return random_() % bound; }

  // An interface keeps its VPC and instance; few addresses, so that they meet. Half of the sights
  // tell nothing new.
  aws::NetworkInterface interface() {
    const std::size_t number = below(7);
    aws::NetworkInterface& made = told_[number];
    if (!made.id.empty() && chance(2)) return made;
    made = {};
    made.id = fmt::format("eni-{}", number);
    made.vpc_id = fmt::format("vpc-{}", number % 3);
    made.instance_id = number == 0 ? kSettings.instance_id : "i-other";
    for (std::size_t i = below(4); i > 0; --i) {
      made.addresses.push_back({0x0a000000 + static_cast<std::uint32_t>(below(6)) * 8});
    }
    // Not in the own VPC, where blocks never overlap addresses of others.
    if (chance(4) && number % 3 != 0) made.prefixes.push_back({{0x0a000000}, 28});
    made.group_ids = {chance(2) ? "sg-a" : "sg-b"};
    return made;
  }

  Event next(MonotonicTime& now) {
    now += 1s * below(12);
    if (chance(4)) return {.kind = Event::Kind::Finish, .interface = {}, .at = now};
    if (chance(4)) return {.kind = Event::Kind::Begin, .interface = {}, .at = {}};
    return {.kind = Event::Kind::Sight, .interface = interface(), .at = {}};
  }

 private:
  std::minstd_rand random_;
  std::map<std::size_t, aws::NetworkInterface> told_;
};

TEST(InventoryProperty, AgreesWithTheNaiveModelAfterEveryEvent) {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    Story story(seed);
    Inventory inventory(kSettings);
    aws::SecurityGroup a, b;
    a.id = "sg-a";
    b.id = "sg-b";
    inventory.add_groups(std::vector{a, b});
    std::vector<Event> events;
    std::set<std::string> ids;
    MonotonicTime now(1000s);
    bool running = false;
    std::vector<std::string> last;
    for (int step = 0; step < 60; ++step) {
      Event event = story.next(now);
      if (event.kind == Event::Kind::Finish && !running) event.kind = Event::Kind::Begin;
      if (event.kind != Event::Kind::Sight) running = event.kind == Event::Kind::Begin;
      switch (event.kind) {
        case Event::Kind::Begin: inventory.begin_interfaces(); break;
        case Event::Kind::Finish: inventory.finish_interfaces(event.at); break;
        case Event::Kind::Sight: inventory.add_interfaces(std::span(&event.interface, 1)); break;
      }
      ids.insert(event.interface.id);
      events.push_back(std::move(event));
      const bool changed = inventory.changed();
      const auto clients = found(inventory);
      ASSERT_EQ(clients, expected(events, ids)) << "seed " << seed << ", step " << step;
      ASSERT_TRUE(changed || clients == last);
      last = clients;
    }
  }
}

}  // namespace
}  // namespace dn::cloud
