// The ledger over simulated time: what counts, how long, and what the caps do. Evasion cases of the
// threat catalogue: round robin, TTL extremes, retention, rebinding, failing look-ups, floods of
// names under a pattern.
#include "engine/dns_ledger.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "base/limits.h"

namespace dn::engine {

void PrintTo(Verification verification, std::ostream* out) {
  constexpr const char* kNames[] = {"Confirmed",   "Unknown",   "Mismatch",
                                    "PrivateOnly", "NoAddress", "Failed"};
  *out << kNames[static_cast<std::size_t>(verification)];
}

namespace {

using namespace std::chrono_literals;

MonotonicTime at(Duration since_start) {
  return MonotonicTime(100000s) + since_start;
}

DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}

Ipv4Address ip(std::string_view text) {
  return parse_ipv4(text).value();
}

Ipv4Address nth(std::uint32_t n) {
  return {ip("198.18.0.0").value + n};
}

DnsAnswer answered(std::string_view host, std::initializer_list<std::string_view> addresses,
                   Duration ttl = 30s) {
  DnsAnswer answer{name(host), DnsStatus::Answered, {}, {}, false};
  for (const auto text : addresses) answer.addresses.push_back({ip(text), ttl});
  return answer;
}

DnsAnswer without_address(std::string_view host, DnsStatus status) {
  return {name(host), status, {}, {}, false};
}

DnsAnswer on_demand(DnsAnswer answer) {
  answer.on_demand = true;
  return answer;
}

TEST(DnsLedger, ConfirmsOnlyWhatAnAnswerHeld) {
  DnsLedger ledger;
  ledger.on_answer(answered("api.example.com", {"192.0.2.1", "192.0.2.2"}), at(0s));
  const auto verify = [&](std::string_view host, std::string_view address) {
    return ledger.verify(name(host), ip(address), at(1s));
  };
  EXPECT_EQ(verify("api.example.com", "192.0.2.1"), Verification::Confirmed);
  EXPECT_EQ(verify("api.example.com", "192.0.2.2"), Verification::Confirmed);
  EXPECT_EQ(verify("API.example.com.", "192.0.2.2"), Verification::Confirmed);
  EXPECT_EQ(verify("api.example.com", "192.0.2.3"), Verification::Mismatch);
  EXPECT_EQ(verify("example.com", "192.0.2.1"), Verification::Unknown);
  EXPECT_EQ(verify("pi.example.com", "192.0.2.1"), Verification::Unknown);
  EXPECT_EQ(ledger.names(), 1U);
  EXPECT_EQ(ledger.addresses(), 2U);
}

TEST(DnsLedger, UnitesTheAnswersOfARoundRobin) {
  DnsLedger ledger;
  for (std::uint32_t turn = 0; turn < 250; ++turn) {
    DnsAnswer answer{name("s3.example.com"), DnsStatus::Answered, {}, {}, false};
    for (std::uint32_t i = 0; i < 8; ++i) {
      answer.addresses.push_back({nth((turn * 8 + i) * 7919 % 2000), 5s});
    }
    ledger.on_answer(answer, at(turn * 5s));
  }
  for (std::uint32_t i = 0; i < 2000; ++i) {
    EXPECT_EQ(ledger.verify(name("s3.example.com"), nth(i), at(1250s)), Verification::Confirmed);
  }
  EXPECT_EQ(ledger.addresses(), 2000U);
}

TEST(DnsLedger, KeepsAnAddressForItsTtlAndTheRetention) {
  struct Case {
    Duration ttl, retention, after;
    Verification want;
  };
  const Case cases[] = {
      {30s, 1h, 1h, Verification::Confirmed},
      {30s, 1h, 1h + 29s, Verification::Confirmed},
      {30s, 1h, 1h + 30s, Verification::Unknown},
      {0s, 1h, 59min, Verification::Confirmed},
      {0s, 1h, 1h, Verification::Unknown},
      {-5s, 1h, 59min, Verification::Confirmed},
      {-5s, 1h, 1h, Verification::Unknown},
      {std::chrono::hours(24 * 365 * 60), 1h, 24h + 59min, Verification::Confirmed},
      {std::chrono::hours(24 * 365 * 60), 1h, 25h, Verification::Unknown},
      {10s, 60s, 69s, Verification::Confirmed},
      {10s, 60s, 70s, Verification::Unknown},
      {10s, 0s, 1h + 9s, Verification::Confirmed},  // zero: the default
  };
  for (const Case& c : cases) {
    DnsLedger ledger({.retention = c.retention});
    ledger.on_answer(answered("a.example", {"192.0.2.1"}, c.ttl), at(0s));
    EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.1"), at(c.after)), c.want)
        << c.ttl.count() << " " << c.retention.count() << " " << c.after.count();
  }
}

TEST(DnsLedger, AnotherAnswerRenewsOnlyTheAddressesItHolds) {
  DnsLedger ledger({.retention = 60s});
  ledger.on_answer(answered("a.example", {"192.0.2.1", "192.0.2.2"}, 0s), at(0s));
  ledger.on_answer(answered("a.example", {"192.0.2.2", "192.0.2.3"}, 0s), at(40s));
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.1"), at(59s)), Verification::Confirmed);
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.1"), at(60s)), Verification::Mismatch);
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.2"), at(99s)), Verification::Confirmed);
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.3"), at(99s)), Verification::Confirmed);
}

TEST(DnsLedger, AShorterTtlDoesNotTakeBackWhatALongerOneGave) {
  DnsLedger ledger({.retention = 60s});
  ledger.on_answer(answered("a.example", {"192.0.2.1"}, 1000s), at(0s));
  ledger.on_answer(answered("a.example", {"192.0.2.1"}, 1s), at(1s));
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.1"), at(1059s)), Verification::Confirmed);
}

TEST(DnsLedger, FailuresKeepTheLastGoodSetAndNegativeAnswersLetItRunOut) {
  for (const auto& [status, later] : {std::pair{DnsStatus::Failed, Verification::Failed},
                                      std::pair{DnsStatus::NoName, Verification::NoAddress},
                                      std::pair{DnsStatus::NoData, Verification::NoAddress}}) {
    DnsLedger ledger({.retention = 60s});
    const auto verify = [&](std::string_view address, Duration when) {
      return ledger.verify(name("a.example"), ip(address), at(when));
    };
    ledger.on_answer(answered("a.example", {"192.0.2.1"}, 0s), at(0s));
    ledger.on_answer(without_address("a.example", status), at(30s));
    EXPECT_EQ(verify("192.0.2.1", 59s), Verification::Confirmed);
    EXPECT_EQ(verify("192.0.2.9", 59s), Verification::Mismatch);
    EXPECT_EQ(verify("192.0.2.1", 60s), later);
  }
}

TEST(DnsLedger, SaysWhyANameHasNoAddress) {
  struct Case {
    DnsAnswer answer;
    Verification want;
  };
  const Case cases[] = {
      {without_address("a.example", DnsStatus::Failed), Verification::Failed},
      {without_address("a.example", DnsStatus::NoName), Verification::NoAddress},
      {without_address("a.example", DnsStatus::NoData), Verification::NoAddress},
      {answered("a.example", {}), Verification::NoAddress},
      {answered("a.example", {"10.0.0.1", "127.0.0.1"}), Verification::PrivateOnly},
  };
  for (const Case& c : cases) {
    DnsLedger ledger;
    ledger.on_answer(c.answer, at(0s));
    EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.1"), at(1s)), c.want);
    EXPECT_EQ(ledger.verify(name("a.example"), ip("10.0.0.1"), at(1s)), c.want);
  }
}

TEST(DnsLedger, SpecialAddressesNeverCount) {
  struct Case {
    std::string_view address;
    Verification want, want_with_private;
  };
  constexpr auto kNo = Verification::PrivateOnly;
  constexpr auto kYes = Verification::Confirmed;
  const Case cases[] = {
      {"169.254.169.254", kNo, kNo}, {"127.0.0.1", kNo, kNo},   {"0.0.0.0", kNo, kNo},
      {"255.255.255.255", kNo, kNo}, {"224.0.0.1", kNo, kNo},   {"240.0.0.1", kNo, kNo},
      {"192.0.0.8", kNo, kNo},       {"10.1.2.3", kNo, kYes},   {"172.31.255.255", kNo, kYes},
      {"192.168.0.1", kNo, kYes},    {"100.64.0.1", kNo, kYes}, {"203.0.114.7", kYes, kYes},
      {"203.0.114.9", kNo, kNo},  // the gateway itself
      {"10.9.9.9", kNo, kNo},     // the gateway itself
  };
  for (const bool allow_private : {false, true}) {
    for (const Case& c : cases) {
      DnsLedger ledger({.allow_private_answers = allow_private,
                        .own_addresses = {ip("203.0.114.9"), ip("10.9.9.9")}});
      ledger.on_answer(answered("a.example", {c.address}), at(0s));
      EXPECT_EQ(ledger.verify(name("a.example"), ip(c.address), at(1s)),
                allow_private ? c.want_with_private : c.want)
          << c.address;
    }
  }
}

TEST(DnsLedger, PublicAddressesCountBesideSpecialOnes) {
  DnsLedger ledger;
  ledger.on_answer(answered("a.example", {"169.254.169.254", "192.0.2.1"}), at(0s));
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.1"), at(1s)), Verification::Confirmed);
  EXPECT_EQ(ledger.verify(name("a.example"), ip("169.254.169.254"), at(1s)),
            Verification::Mismatch);
}

TEST(DnsLedger, RestoredAnswersCountFromWhenTheyWereVerified) {
  DnsLedger ledger({.retention = 60s});
  DnsAnswer answer = answered("a.example", {"192.0.2.1"}, 0s);
  answer.age = 50s;
  ledger.on_answer(answer, at(0s));
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.1"), at(9s)), Verification::Confirmed);
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.1"), at(10s)), Verification::Unknown);
  DnsAnswer old = answered("b.example", {"192.0.2.1"}, 0s);
  old.age = 61s;
  ledger.on_answer(old, at(0s));
  EXPECT_EQ(ledger.verify(name("b.example"), ip("192.0.2.1"), at(0s)), Verification::Unknown);
  EXPECT_EQ(ledger.names(), 1U);
  // Soon after a boot the monotonic clock is smaller than the age.
  DnsLedger after_boot({.retention = 1h});
  answer.age = 50min;
  after_boot.on_answer(answer, MonotonicTime(5s));
  EXPECT_EQ(after_boot.verify(name("a.example"), ip("192.0.2.1"), MonotonicTime(6s)),
            Verification::Confirmed);
  EXPECT_EQ(after_boot.verify(name("a.example"), ip("192.0.2.1"), MonotonicTime(606s)),
            Verification::Unknown);
}

TEST(DnsLedger, ARestoredAnswerDoesNotHideANewerOutcome) {
  DnsLedger ledger;
  ledger.on_answer(answered("a.example", {"10.0.0.1"}), at(0s));
  DnsAnswer old = answered("a.example", {});
  old.age = 10min;
  ledger.on_answer(old, at(1s));
  EXPECT_EQ(ledger.verify(name("a.example"), ip("10.0.0.1"), at(2s)), Verification::PrivateOnly);
}

TEST(DnsLedger, TheAddressesThatRunOutFirstGoBeyondTheCap) {
  DnsLedger ledger({.addresses_per_name_max = 3});
  ledger.on_answer(answered("a.example", {"192.0.2.1", "192.0.2.5"}), at(0s));
  ledger.on_answer(answered("a.example", {"192.0.2.2", "192.0.2.4"}), at(10s));
  ledger.on_answer(answered("a.example", {"192.0.2.3"}), at(20s));
  EXPECT_EQ(ledger.addresses(), 3U);
  EXPECT_EQ(ledger.counters().addresses_dropped, 2U);
  for (const auto& [address, want] :
       std::map<std::string_view, Verification>{{"192.0.2.1", Verification::Mismatch},
                                                {"192.0.2.5", Verification::Mismatch},
                                                {"192.0.2.2", Verification::Confirmed},
                                                {"192.0.2.4", Verification::Confirmed},
                                                {"192.0.2.3", Verification::Confirmed}}) {
    EXPECT_EQ(ledger.verify(name("a.example"), ip(address), at(21s)), want) << address;
    EXPECT_EQ(ledger.names_at(ip(address), at(21s), 9).size(),
              want == Verification::Confirmed ? 1U : 0U);
  }
}

TEST(DnsLedger, OneAnswerBeyondTheCapIsCutToIt) {
  DnsLedger ledger;
  DnsAnswer answer{name("big.example"), DnsStatus::Answered, {}, {}, false};
  for (std::uint32_t i = 0; i < 5000; ++i) answer.addresses.push_back({nth(4999 - i), 5s});
  answer.addresses.push_back({nth(0), 5s});
  ledger.on_answer(answer, at(0s));
  EXPECT_EQ(ledger.addresses(), limits::kDnsAddressesPerNameMax);
  EXPECT_EQ(ledger.counters().addresses_dropped, 5000 - limits::kDnsAddressesPerNameMax);
}

TEST(DnsLedger, FindsTheNamesAtAnAddress) {
  for (const bool indexed : {true, false}) {
    DnsLedger ledger({.retention = 60s, .index_addresses = indexed});
    ledger.on_answer(answered("a.example", {"192.0.2.1", "192.0.2.2"}, 0s), at(0s));
    ledger.on_answer(answered("b.example", {"192.0.2.1"}, 0s), at(30s));
    const auto names_at = [&](std::string_view address, Duration when, std::size_t most) {
      auto names = ledger.names_at(ip(address), at(when), most);
      std::ranges::sort(names);
      return names;
    };
    EXPECT_EQ(names_at("192.0.2.1", 31s, 9), (std::vector{name("a.example"), name("b.example")}));
    EXPECT_EQ(names_at("192.0.2.2", 31s, 9), (std::vector{name("a.example")}));
    EXPECT_EQ(names_at("192.0.2.1", 60s, 9), (std::vector{name("b.example")}));
    EXPECT_EQ(names_at("192.0.2.1", 31s, 1).size(), 1U);
    EXPECT_TRUE(names_at("192.0.2.1", 31s, 0).empty());
    EXPECT_TRUE(names_at("192.0.2.3", 31s, 9).empty());
  }
}

TEST(DnsLedger, FindsTheNamesAtEachOfManyAddressesWhileTheyComeAndGo) {
  DnsLedger ledger({.retention = 60s});
  const auto host = [](std::uint32_t n) { return name("n" + std::to_string(n) + ".example"); };
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const Duration when = i % 2 == 0 ? 0s : 30s;
    ledger.on_answer({host(i), DnsStatus::Answered, {{nth(i), 0s}, {nth(i / 3), 0s}}, {}, false},
                     at(when));
  }
  const auto holds = [&](std::uint32_t address, std::uint32_t n, Duration when) {
    return std::ranges::count(ledger.names_at(nth(address), at(when), 9), host(n));
  };
  for (std::uint32_t i = 0; i < 3000; ++i) EXPECT_EQ(holds(i, i, 31s), 1) << i;
  ledger.expire_some(at(60s), 3000);
  EXPECT_EQ(ledger.names(), 1500U);
  for (std::uint32_t i = 0; i < 3000; ++i) {
    EXPECT_EQ(holds(i, i, 61s), i % 2) << i;
    EXPECT_EQ(holds(i / 3, i, 61s), i % 2) << i;
  }
}

TEST(DnsLedger, ForgetsWhatHasRunOutInBoundedSteps) {
  DnsLedger ledger({.retention = 60s});
  for (int i = 0; i < 1000; ++i) {
    const std::string host = "n" + std::to_string(i) + ".example";
    if (i % 3 == 0) ledger.on_answer(without_address(host, DnsStatus::NoName), at(0s));
    if (i % 3 != 0) ledger.on_answer(answered(host, {"192.0.2.1", "192.0.2.2"}, 0s), at(0s));
  }
  ledger.on_answer(answered("n1.example", {"192.0.2.1"}, 0s), at(30s));
  ledger.expire_some(at(59s), 2000);
  EXPECT_EQ(ledger.names(), 1000U);
  ledger.expire_some(at(60s), 100);
  EXPECT_EQ(ledger.names(), 901U);  // n1 keeps one address
  for (int i = 0; i < 10; ++i) ledger.expire_some(at(60s), 100);
  EXPECT_EQ(ledger.names(), 1U);
  EXPECT_EQ(ledger.addresses(), 1U);
  EXPECT_EQ(ledger.names_at(ip("192.0.2.1"), at(60s), 9), (std::vector{name("n1.example")}));
  ledger.expire_some(at(90s), 2000);
  EXPECT_EQ(ledger.names(), 0U);
  EXPECT_EQ(ledger.addresses(), 0U);
}

TEST(DnsLedger, NamesBeyondTheCapAreNotTakenIn) {
  DnsLedger ledger({.names_max = 2});
  for (const auto host : {"a.example", "b.example", "c.example"}) {
    ledger.on_answer(answered(host, {"192.0.2.1"}), at(0s));
  }
  EXPECT_EQ(ledger.names(), 2U);
  EXPECT_EQ(ledger.counters().names_refused, 1U);
  EXPECT_EQ(ledger.verify(name("c.example"), ip("192.0.2.1"), at(1s)), Verification::Unknown);
  ledger.on_answer(answered("a.example", {"192.0.2.2"}), at(1s));
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.2"), at(1s)), Verification::Confirmed);
}

TEST(DnsLedger, AFloodOfNamesUnderAPatternEvictsOnlySuchNames) {
  DnsLedger ledger({.on_demand_names_max = 100});
  for (int i = 0; i < 50; ++i) {
    ledger.on_answer(answered("rule" + std::to_string(i) + ".example", {"192.0.2.1"}), at(0s));
  }
  for (int i = 0; i < 10000; ++i) {
    const std::string host = "x" + std::to_string(i) + ".pattern.example";
    ledger.on_answer(on_demand(without_address(host, DnsStatus::NoName)), at(1s));
    ledger.on_answer(on_demand(answered("used.pattern.example", {"192.0.2.7"})), at(1s));
  }
  EXPECT_EQ(ledger.names(), 150U);
  EXPECT_EQ(ledger.counters().on_demand_evicted, 10001U - 100U);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(ledger.verify(name("rule" + std::to_string(i) + ".example"), ip("192.0.2.1"), at(1s)),
              Verification::Confirmed);
  }
  // Answered again and again, so the hand of the clock spares it.
  EXPECT_EQ(ledger.verify(name("used.pattern.example"), ip("192.0.2.7"), at(1s)),
            Verification::Confirmed);
}

TEST(DnsLedger, ANameThatARuleHoldsReadyIsNoLongerOnDemand) {
  DnsLedger ledger({.on_demand_names_max = 2});
  ledger.on_answer(on_demand(answered("a.example", {"192.0.2.1"})), at(0s));
  ledger.on_answer(answered("a.example", {"192.0.2.1"}), at(1s));
  for (int i = 0; i < 10; ++i) {
    ledger.on_answer(on_demand(answered("x" + std::to_string(i) + ".example", {"192.0.2.2"})),
                     at(2s));
  }
  EXPECT_EQ(ledger.names(), 3U);
  EXPECT_EQ(ledger.verify(name("a.example"), ip("192.0.2.1"), at(2s)), Verification::Confirmed);
}

TEST(DnsLedger, ExportedAnswersGiveTheSameLedgerAgain) {
  DnsLedger ledger({.retention = 60s});
  ledger.on_answer(answered("a.example", {"192.0.2.1"}, 0s), at(0s));
  ledger.on_answer(answered("a.example", {"192.0.2.2"}, 30s), at(10s));
  ledger.on_answer(on_demand(answered("b.example", {"192.0.2.3", "192.0.2.4"}, 5s)), at(10s));
  ledger.on_answer(without_address("c.example", DnsStatus::NoName), at(10s));
  const auto exported = ledger.export_answers(at(20s));
  ASSERT_EQ(exported.size(), 3U);
  EXPECT_EQ(exported[0].age, 20s);
  EXPECT_EQ(exported[1].age, 0s);
  EXPECT_EQ(exported[1].addresses.at(0).ttl, 20s);
  EXPECT_FALSE(exported[1].on_demand);
  EXPECT_EQ(exported[2].age, 5s);
  EXPECT_TRUE(exported[2].on_demand);

  DnsLedger again({.retention = 60s});
  for (const auto& answer : exported) again.on_answer(answer, at(20s));
  for (const Duration when : {21s, 59s, 60s, 74s, 75s, 99s, 100s}) {
    for (const auto host : {"a.example", "b.example", "c.example"}) {
      for (const auto address : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
        const auto confirmed = [&](const DnsLedger& which) {
          return which.verify(name(host), ip(address), at(when)) == Verification::Confirmed;
        };
        EXPECT_EQ(confirmed(again), confirmed(ledger)) << host << address << when.count();
      }
    }
  }
}

TEST(DnsLedger, ExportsInSlices) {
  DnsLedger ledger;
  for (int i = 0; i < 10; ++i) {
    ledger.on_answer(answered("n" + std::to_string(i) + ".example", {"192.0.2.1"}), at(0s));
  }
  std::vector<std::string> seen;
  std::size_t position = 0;
  int slices = 0;
  do {
    position = ledger.export_some(position, 3, at(0s), [&](const DnsAnswer& answer) {
      seen.emplace_back(answer.name.text());
    });
    ++slices;
  } while (position != 0);
  EXPECT_EQ(slices, 4);
  EXPECT_EQ(seen.size(), 10U);
  EXPECT_EQ(DnsLedger().export_some(0, 3, at(0s), [](const DnsAnswer&) {}), 0U);
}

TEST(DnsLedger, VerifyingAllocatesNothing) {
  DnsLedger ledger;
  ledger.on_answer(answered("a.example", {"192.0.2.1"}), at(0s));
  const auto known = name("a.example");
  const auto unknown = name("b.example");
  const auto before = mallinfo2().uordblks;
  const bool right = ledger.verify(known, ip("192.0.2.1"), at(1s)) == Verification::Confirmed &&
                     ledger.verify(unknown, ip("192.0.2.1"), at(1s)) == Verification::Unknown;
  EXPECT_EQ(mallinfo2().uordblks, before);
  EXPECT_TRUE(right);
}

// The naive ledger: every sighting in one map. Both must say the same after any history.
class NaiveLedger {
 public:
  explicit NaiveLedger(Duration retention) : retention_(retention) {}
  void on_answer(const DnsAnswer& answer, MonotonicTime now) {
    status_[answer.name] = answer.status;
    for (const auto& [address, ttl] : answer.addresses) {
      auto& end = ends_[answer.name][address];
      end = std::max(end, now + ttl + retention_);
    }
  }
  Verification verify(const DomainName& host, Ipv4Address address, MonotonicTime now) const {
    if (!status_.contains(host)) return Verification::Unknown;
    const auto found = ends_.find(host);
    bool any = false;
    if (found != ends_.end()) {
      for (const auto& [known, end] : found->second) {
        if (end <= now) continue;
        any = true;
        if (known == address) return Verification::Confirmed;
      }
    }
    if (any) return Verification::Mismatch;
    switch (status_.at(host)) {
      case DnsStatus::Answered: return Verification::Unknown;
      case DnsStatus::NoData:
      case DnsStatus::NoName: return Verification::NoAddress;
      case DnsStatus::Failed: return Verification::Failed;
    }
    return Verification::Unknown;
  }

 private:
  Duration retention_;
  std::map<DomainName, DnsStatus> status_;
  std::map<DomainName, std::map<Ipv4Address, MonotonicTime>> ends_;
};

TEST(DnsLedger, AgreesWithTheNaiveLedgerOnRandomHistories) {
  std::mt19937 random(1);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  for (int history = 0; history < 20; ++history) {
    DnsLedger ledger({.retention = 100s, .hash_seed = random()});
    NaiveLedger naive(100s);
    std::vector<DomainName> hosts;
    for (int i = 0; i < 40; ++i) hosts.push_back(name("h" + std::to_string(i) + ".example"));
    for (int step = 0; step < 2000; ++step) {
      const MonotonicTime now = at(step * 1s);
      const DomainName& host = hosts[below(40)];
      DnsAnswer answer{host, DnsStatus::Answered, {}, {}, false};
      if (below(4) == 0) answer.status = static_cast<DnsStatus>(1 + below(3));
      if (answer.status == DnsStatus::Answered) {
        for (std::uint32_t i = 0; i <= below(6); ++i) {
          answer.addresses.push_back({nth(below(30)), std::chrono::seconds(below(20))});
        }
      }
      ledger.on_answer(answer, now);
      naive.on_answer(answer, now);
      ledger.expire_some(now, below(5));
      const DomainName& asked = hosts[below(40)];
      const Ipv4Address address = nth(below(30));
      const Verification got = ledger.verify(asked, address, now);
      const Verification want = naive.verify(asked, address, now);
      // A name that was forgotten is as unknown as one that ran out.
      if (got != Verification::Unknown) {
        EXPECT_EQ(got, want);
      }
      if (want == Verification::Confirmed || want == Verification::Mismatch) {
        EXPECT_EQ(got, want);
      }
      const auto at_address = ledger.names_at(address, now, hosts.size());
      EXPECT_EQ(std::ranges::count(at_address, asked) == 1, want == Verification::Confirmed);
    }
  }
}

}  // namespace
}  // namespace dn::engine
