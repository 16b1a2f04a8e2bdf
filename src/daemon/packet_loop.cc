#include "daemon/packet_loop.h"

#include <poll.h>

#include <algorithm>
#include <array>

#include "daemon/clock.h"
#include "daemon/thread_priority.h"

namespace dn::daemon {
namespace {

using namespace std::chrono_literals;
constexpr auto kTick = 10ms;
constexpr auto kPublish = 1s;
constexpr auto kHungAfter = 5s;
constexpr int kBatchesPerRound = 8;  // then timers and events get their turn

}  // namespace

PacketLoop::PacketLoop(LoopSettings settings, netfilter::PacketQueue queue,
                       netfilter::Injector injector, store::LogStore& store,
                       LoopQuestions questions)
    : settings_(std::move(settings)),
      queue_(std::move(queue)),
      injector_(std::move(injector)),
      store_(store),
      questions_(std::move(questions)),
      engine_(settings_.engine) {}

PacketLoop::~PacketLoop() {
  stop();
}

void PacketLoop::start() {
  heartbeat_ns_ = read_clock(false).monotonic.time_since_epoch().count();
  thread_ = std::thread([this] { run(); });
}

void PacketLoop::stop() {
  stopping_ = true;
  mailbox_.wake();
  if (thread_.joinable()) thread_.join();
}

bool PacketLoop::alive() const {
  const auto beat = MonotonicTime(Duration(heartbeat_ns_.load()));
  return read_clock(false).monotonic - beat < kHungAfter;
}

LoopStatus PacketLoop::status() {
  const auto counters = netfilter::read_queue_counters(queue_.number());
  LoopStatus status = status_.with([&](LoopStatus& published) {
    // After a failure the last ones stay: zeros would look as if they had begun anew.
    if (counters) published.kernel_queue = *counters;
    return published;
  });
  status.queue_number = queue_.number();
  status.answers = alive();
  return status;
}

void PacketLoop::run() {
  go_before_others(settings_.cpu);
  std::array<pollfd, 2> fds = {pollfd{queue_.fd(), POLLIN, 0}, pollfd{mailbox_.fd(), POLLIN, 0}};
  while (!stopping_) {
    const int timeout_ms = engine_.has_timers() ? 10 : 1000;
    poll(fds.data(), fds.size(), timeout_ms);
    const Now now = read_clock(settings_.require_synchronised_clock);
    if ((fds[1].revents & POLLIN) != 0) take_events(now);
    if ((fds[0].revents & POLLIN) != 0) {
      for (int batch = 0; batch < kBatchesPerRound; ++batch) {
        if (take_packets() < netfilter::PacketQueue::kBatch) break;
      }
    }
    if (now.monotonic >= next_tick_) {
      engine_.on_tick(now, *this);
      next_tick_ = now.monotonic + kTick;
    }
    if (!lines_.empty()) {
      store_.post(store::Stream::Flow, lines_);
      lines_.clear();
    }
    heartbeat_ns_.store(now.monotonic.time_since_epoch().count(), std::memory_order_relaxed);
    if (now.monotonic >= next_publish_) publish(now);
  }
}

void PacketLoop::take_events(const Now& now) {
  mailbox_.take(events_);
  for (const LoopEvent& event : events_) {
    if (const auto* answer = std::get_if<0>(&event)) {
      engine_.on_dns_answer(**answer, now, *this);
    } else if (const auto* not_found = std::get_if<ClientNotFound>(&event)) {
      engine_.on_client_unknown(not_found->address, now, *this);
    } else {
      engine_.on_policy(std::get<1>(event), now, *this);
    }
  }
  events_.clear();
}

std::size_t PacketLoop::take_packets() {
  const Now now = read_clock(settings_.require_synchronised_clock);
  const std::size_t count = queue_.receive_batch([&](const netfilter::QueuedPacket& queued) {
    packet_id_ = queued.id;
    if (queued.truncated) {  // what cannot be read whole is not judged
      queue_.add_verdict(queued.id, false, 0);
      return;
    }
    engine::Packet packet;
    packet.ip = queued.payload;
    packet.mark = queued.mark;
    packet.from_inside = std::ranges::find(settings_.inside_interfaces, queued.in_interface) !=
                         settings_.inside_interfaces.end();
    packet.checksum_unverified = queued.checksum_unverified;
    engine_.on_packet(packet, now, *this);
  });
  queue_.flush_verdicts();
  // Per packet, though read once per batch: each waited for the verdicts of all.
  if (count > 0) added_.add(std::chrono::steady_clock::now() - now.monotonic, count);
  return count;
}

void PacketLoop::publish(const Now& now) {
  next_publish_ = now.monotonic + kPublish;
  status_.with([&](LoopStatus& status) {
    status.engine = engine_.counters();
    status.added = added_;
    status.queue = queue_.counters();
    status.injector = injector_.counters();
    status.flows = engine_.flows();
    status.held_bytes = engine_.held_bytes();
    status.ledger_names = engine_.ledger().names();
    status.ledger_addresses = engine_.ledger().addresses();
    status.events_lost = mailbox_.lost();
  });
}

void PacketLoop::verdict(const engine::Verdict& verdict) {
  queue_.add_verdict(packet_id_, verdict.accept, verdict.mark);
}

void PacketLoop::inject(const engine::Injection& injection) {
  injector_.send(injection.ip, injection.mark);
}

void PacketLoop::ask(const DomainName& name) {
  questions_.name(name);
}

void PacketLoop::ask_client(Ipv4Address address) {
  questions_.client(address);
}

void PacketLoop::log(const records::FlowRecord& record) {
  append_json_line(lines_, record, settings_.instance);
}

}  // namespace dn::daemon
