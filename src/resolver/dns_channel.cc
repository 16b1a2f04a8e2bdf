// The c-ares 1.18 API, wrapped. Two of its habits shape this file: a callback may run inside
// ares_query() itself, and a channel must not be touched from its callback; so the callback only
// stores the outcome. And servers can only be replaced on a channel without questions.
#include "resolver/dns_channel.h"

#include <ares.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/check.h"

namespace dn::resolver {
namespace {

// EDNS (RFC 6891) with the size that avoids fragments; a larger answer comes by TCP.
constexpr int kUdpReplyBytesMax = 1232;
constexpr int kClassIn = 1;
constexpr int kTypeA = 1;

// c-ares counts its users without a lock.
void use_c_ares() {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
}

struct Socket {
  int fd;
  short events;
};

}  // namespace

struct DnsChannel::Library {
  ares_channel channel = nullptr;
  std::vector<Socket> sockets;  // that c-ares wants polled
  std::string servers;          // as set on the channel

  static void on_socket(void* self, ares_socket_t fd, int readable, int writable) {
    auto& sockets = static_cast<Library*>(self)->sockets;
    std::erase_if(sockets, [&](const Socket& socket) { return socket.fd == fd; });
    const int events = (readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0);
    if (events != 0) sockets.push_back({fd, static_cast<short>(events)});
  }
  static void on_reply(void* self, int status, int timeouts, unsigned char* bytes, int size);
};

DnsChannel::DnsChannel(QuestionTimeouts timeouts)
    : library_(std::make_unique<Library>()),
      timeouts_(timeouts) {
  use_c_ares();
  // Everything is given, so that c-ares looks at no file and no environment.
  char lookups[] = "b";
  char no_file[] = "/dev/null";
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS;
  options.ednspsz = kUdpReplyBytesMax;
  options.timeout = static_cast<int>(timeouts_.first.count());
  options.tries = timeouts_.tries;
  options.ndots = 0;
  options.lookups = lookups;
  options.resolvconf_path = no_file;
  options.sock_state_cb = &Library::on_socket;
  options.sock_state_cb_data = library_.get();
  const int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_NDOTS | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_RESOLVCONF |
                   ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE;
  const int status = ares_init_options(&library_->channel, &options, mask);
  DN_CHECK(status == ARES_SUCCESS, "c-ares gets complete options; only memory can be short");
}

DnsChannel::~DnsChannel() {
  ares_destroy(library_->channel);
}

void DnsChannel::ask(const DomainName& name, const std::string& servers) {
  DN_CHECK(!busy(), "one question at a time");
  asked_ = name;
  if (servers.empty()) {
    outcome_ = QuestionOutcome{engine::DnsStatus::Failed, {}, "no DNS server is configured", 0};
    return;
  }
  if (library_->servers != servers) {
    const int status = ares_set_servers_ports_csv(library_->channel, servers.c_str());
    DN_CHECK(status == ARES_SUCCESS, "the servers were checked and the channel is idle");
    library_->servers = servers;
  }
  // The final dot: as it stands, whatever the resolver's habits.
  const std::string absolute = std::string(name.text()) + ".";
  ares_query(library_->channel, absolute.c_str(), kClassIn, kTypeA, &Library::on_reply, this);
}

void DnsChannel::Library::on_reply(void* self, int status, int timeouts, unsigned char* bytes,
                                   int size) {
  auto& channel = *static_cast<DnsChannel*>(self);
  QuestionOutcome outcome;
  outcome.timeouts = timeouts;
  const bool replied = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
  if (replied && bytes != nullptr && size > 0) {
    DnsReply reply = parse_dns_reply({bytes, static_cast<std::size_t>(size)}, *channel.asked_);
    outcome.status = reply.status;
    outcome.addresses = std::move(reply.addresses);
    outcome.problem = reply.problem;
  } else if (status == ARES_ENOTFOUND) {
    outcome.status = engine::DnsStatus::NoName;  // .onion: never asked (RFC 7686)
  } else {
    outcome.problem = ares_strerror(status);
  }
  channel.outcome_ = std::move(outcome);
}

std::optional<QuestionOutcome> DnsChannel::take_outcome() {
  if (!outcome_) return {};
  asked_.reset();
  return std::exchange(outcome_, std::nullopt);
}

void DnsChannel::add_to_poll(std::vector<pollfd>& polled, std::chrono::milliseconds& wait) const {
  if (!busy()) return;
  for (const Socket& socket : library_->sockets) polled.push_back({socket.fd, socket.events, 0});
  timeval time{};
  if (ares_timeout(library_->channel, nullptr, &time) == nullptr) return;
  const auto left = std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(left));
}

void DnsChannel::on_ready(int fd, short events) {
  const bool readable = (events & (POLLIN | POLLERR | POLLHUP)) != 0;
  const bool writable = (events & POLLOUT) != 0;
  ares_process_fd(library_->channel, readable ? fd : ARES_SOCKET_BAD,
                  writable ? fd : ARES_SOCKET_BAD);
}

void DnsChannel::on_time() {
  ares_process_fd(library_->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

}  // namespace dn::resolver
