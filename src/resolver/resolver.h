// Resolver: asks the gateway's own DNS questions, on one thread of its own.
//
// Three kinds of question: the exact names of the policy, looked up when they appear and then kept
// fresh (refresh_schedule.h); names asked on demand, because a handshake is held for them; nothing
// else. Every outcome goes to `on_answer`, on the resolver's thread, and into a master ledger that
// is saved now and then and restored at the start (ledger_file.h). Questions on demand go first and
// have a quarter of the channels to themselves, so that silent servers cannot stop them. Limits:
// kDnsConcurrentMax questions in flight, kAsksWaitingMax waiting on demand (beyond: dropped and
// counted; the handshake is refused at its deadline). The upstream servers are asked in turn, the
// one that answered after another kept silent becomes the first. /etc/resolv.conf is read again
// when it changes; a version without servers is passed over. Covered by resolver_test.cc, against a
// DNS server on the loopback interface.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/domain_name.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/time.h"
#include "engine/dns_ledger.h"
#include "engine/effects.h"
#include "resolver/dns_channel.h"
#include "resolver/name_list.h"

namespace dn::resolver {

inline constexpr std::size_t kAsksWaitingMax = 4096;

struct ResolverSettings {
  std::vector<std::string> servers = {};  // upstreams.h; empty: those of resolv_conf
  std::string resolv_conf = "/etc/resolv.conf";
  std::string ledger_file = {};  // empty: nothing is saved or restored
  engine::LedgerSettings ledger = {};
  QuestionTimeouts timeouts = {};
  std::size_t concurrent_max = limits::kDnsConcurrentMax;
  std::size_t asks_waiting_max = kAsksWaitingMax;
  Duration save_interval = std::chrono::seconds(60);
  Duration reread_interval = std::chrono::seconds(5);  // of resolv_conf
};

// Called on the resolver's thread; must not call stop().
struct ResolverEvents {
  std::function<void(const engine::DnsAnswer&)> on_answer;
  // A sentence for the operator: a corrupt ledger file, a disk that is full, no server.
  std::function<void(const std::string&)> on_warning = {};
};

// Counts since the start, and what is the case now.
struct ResolverStats {
  std::uint64_t asked = 0;            // questions that were sent
  std::uint64_t asked_on_demand = 0;  // of those, for handshakes
  std::uint64_t answered = 0;
  std::uint64_t no_data = 0;
  std::uint64_t no_name = 0;
  std::uint64_t failed = 0;
  std::uint64_t timeouts = 0;  // attempts without reply in time
  std::uint64_t dropped = 0;   // asked on demand beyond the queue
  std::uint64_t restored = 0;  // answers from the ledger file
  std::uint64_t ledger_file_problems = 0;
  std::size_t in_flight = 0;
  std::size_t names = 0;             // kept fresh
  std::size_t names_unanswered = 0;  // of those, without any outcome yet
  std::size_t names_left_out = 0;    // beyond limits::kDnsNamesMax
  std::size_t ledger_names = 0;
  std::size_t ledger_addresses = 0;
  engine::LedgerCounters ledger = {};
  std::vector<std::string> servers = {};  // in use, the first one asked first
  std::string last_failure = {};          // "name: why"; empty: none so far
};

class Resolver {
 public:
  // Fails on servers that are none.
  static Result<std::unique_ptr<Resolver>> start(ResolverSettings settings, ResolverEvents events);
  ~Resolver();  // stops
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // The exact names to keep fresh from now on: anything with size() and operator[] that gives
  // std::string_view or DomainName. Thread-safe.
  template <class Names>
  void set_names(const Names& names) {
    NameList list;
    for (std::size_t i = 0; i < names.size(); ++i) list.add(names[i]);
    list.sort();
    set_name_list(std::move(list));
  }

  // Asks for a name on demand; a question in flight or waiting for the same name serves. False when
  // it was dropped. Thread-safe, never waits for the network.
  bool ask(const DomainName& name);

  // Whether every name given by set_names() has had some outcome, once. Thread-safe.
  bool primed() const;
  ResolverStats stats() const;

  // Saves the ledger and ends the thread; questions in flight are given up. Idempotent.
  void stop();

 private:
  struct Shared;
  class Loop;
  Resolver();
  void set_name_list(NameList names);
  std::unique_ptr<Shared> shared_;
};

}  // namespace dn::resolver
