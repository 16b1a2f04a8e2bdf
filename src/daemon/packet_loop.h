// PacketLoop: one thread, one packet queue, one engine.
//
// Theory of operation. The loop waits for its queue and its mailbox, reads packets in batches, lets
// the engine judge each, sends injected packets at once and verdicts once per batch (so an injected
// prefix leaves before the packet that completes it). Log lines are formatted into a buffer of its
// own and handed to the store once per batch. It shares nothing with the other loops: DNS answers
// and policies come through the mailbox, numbers go out through net::Guarded<LoopStatus>.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/mailbox.h"
#include "engine/engine.h"
#include "net/guarded.h"
#include "netfilter/injector.h"
#include "netfilter/packet_queue.h"
#include "store/log_store.h"

namespace dn::daemon {

struct LoopSettings {
  engine::EngineSettings engine;
  std::vector<std::uint32_t> inside_interfaces;  // indices
  std::string instance;
  bool require_synchronised_clock = true;
  std::optional<unsigned> cpu;  // that it stays on
};

// What the engine asks of other threads. Called on the loop's thread; must not wait. The answers
// come through the mailbox.
struct LoopQuestions {
  std::function<void(const DomainName&)> name;
  std::function<void(Ipv4Address)> client;
};

struct LoopStatus {
  std::uint16_t queue_number = 0;
  bool answers = false;  // PacketLoop::alive()
  engine::EngineCounters engine;
  Histogram added{kAddedBounds};  // from the arrival of a packet here to its verdict
  netfilter::PacketQueueCounters queue;
  netfilter::KernelQueueCounters kernel_queue;
  netfilter::InjectorCounters injector;
  std::size_t flows = 0, held_bytes = 0, ledger_names = 0, ledger_addresses = 0;
  std::uint64_t events_lost = 0;

  // Packets that the kernel dropped because this loop was too slow.
  std::uint64_t overflows() const { return kernel_queue.queue_dropped + kernel_queue.user_dropped; }
};

class PacketLoop final : private engine::EffectSink {
 public:
  PacketLoop(LoopSettings settings, netfilter::PacketQueue queue, netfilter::Injector injector,
             store::LogStore& store, LoopQuestions questions);
  ~PacketLoop() override;

  void start();
  void stop();  // returns when the thread has ended
  // False when the thread has died or hung for several seconds.
  bool alive() const;

  Mailbox& mailbox() { return mailbox_; }
  LoopStatus status();

 private:
  void run();
  void take_events(const Now& now);
  std::size_t take_packets();
  void publish(const Now& now);

  void verdict(const engine::Verdict& verdict) override;
  void inject(const engine::Injection& injection) override;
  void ask(const DomainName& name) override;
  void ask_client(Ipv4Address address) override;
  void log(const records::FlowRecord& record) override;

  LoopSettings settings_;
  netfilter::PacketQueue queue_;
  netfilter::Injector injector_;
  store::LogStore& store_;
  LoopQuestions questions_;
  engine::Engine engine_;
  Mailbox mailbox_;
  std::vector<LoopEvent> events_;
  std::string lines_;
  std::uint32_t packet_id_ = 0;  // of the packet under judgement
  Histogram added_{kAddedBounds};
  MonotonicTime next_tick_, next_publish_;
  net::Guarded<LoopStatus> status_;
  std::atomic<std::int64_t> heartbeat_ns_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace dn::daemon
