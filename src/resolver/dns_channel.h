// DnsChannel: sends one question at a time and collects its reply; the only wrapper of c-ares.
//
// Each channel is a c-ares channel of its own, used for one question after another. c-ares closes a
// channel's sockets when its last question ends, so that every question leaves from a fresh random
// port with a fresh random id, and one question's silent server or TCP connection never delays
// another's. c-ares does the transport: several servers in turn, time-outs, TCP when a reply is
// truncated, comparing sender, id and question. It reads no file and no environment here, applies
// no search list, asks for A records only; the reply is read by dns_reply.h. Covered by
// dns_channel_test.cc.
#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain_name.h"
#include "base/time.h"
#include "resolver/dns_reply.h"

namespace dn::resolver {

// Time-outs of one question. Each server gets `tries` attempts, in turn; the wait doubles from one
// round to the next.
struct QuestionTimeouts {
  std::chrono::milliseconds first{400};
  int tries = 2;
};

struct QuestionOutcome {
  engine::DnsStatus status = engine::DnsStatus::Failed;
  std::vector<engine::DnsAnswer::Address> addresses;
  std::string problem;  // why it Failed
  int timeouts = 0;     // attempts that nobody answered in time
};

// One thread. Not movable: c-ares keeps a pointer to it.
class DnsChannel {
 public:
  explicit DnsChannel(QuestionTimeouts timeouts);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  // Starts a question to the servers "address:port,…", in that order. Not while busy().
  void ask(const DomainName& name, const std::string& servers);

  // From ask() until take_outcome().
  bool busy() const { return asked_.has_value(); }
  const DomainName& asked() const { return *asked_; }
  // The question has ended; its outcome waits to be taken.
  bool ended() const { return outcome_.has_value(); }
  // Once, after the question has ended; the channel is free then.
  std::optional<QuestionOutcome> take_outcome();

  // Adds what must be polled; the deadline becomes earlier where this channel needs it.
  void add_to_poll(std::vector<pollfd>& polled, std::chrono::milliseconds& wait) const;
  // One of its sockets is ready.
  void on_ready(int fd, short events);
  // Ends attempts whose time is up; cheap.
  void on_time();

 private:
  struct Library;
  std::unique_ptr<Library> library_;
  QuestionTimeouts timeouts_;
  std::optional<DomainName> asked_;
  std::optional<QuestionOutcome> outcome_;
};

}  // namespace dn::resolver
