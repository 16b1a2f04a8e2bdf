// CloudSource: the thread on which the cloud is asked, and what it has for the main thread.
//
// The packet loops ask it for clients, it asks the cloud (cloud_reader.h), and the main thread,
// which it wakes, takes the newest policy input, the clients that were not found, and the problems.
// Nothing here waits for the cloud but the thread itself; stopping waits for the call under way.
// Covered by cloud_source_test.cc.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/cloud_reader.h"

namespace dn::daemon {

struct CloudStats {
  std::size_t interfaces = 0, groups = 0;  // as told, the gateway's own included
  std::uint64_t inputs = 0;                // policies handed over
  std::optional<MonotonicTime> swept_at;   // interfaces, completely, the last time
};

class CloudSource {
 public:
  // Questions waiting for the thread; beyond: the client is absent at once.
  static constexpr std::size_t kQuestionsMax = 4096;
  // Absent clients that nobody has taken; beyond: who waits is refused at his deadline.
  static constexpr std::size_t kAbsentMax = 4096;

  // `on_news` is called whenever take() has something new, by the thread or by one that asks, and
  // must not wait.
  CloudSource(CloudReaderSettings settings, CloudQuestions questions,
              cloud::SweepSchedule::Random random, std::function<void()> on_news);
  ~CloudSource();
  CloudSource(const CloudSource&) = delete;
  CloudSource& operator=(const CloudSource&) = delete;

  // Any thread.
  void ask(Ipv4Address address);
  CloudNews take();
  std::vector<std::string> problems() const;
  CloudStats stats() const;

 private:
  void run(CloudReader reader);
  void publish(CloudReader& reader);
  void note_absent(Ipv4Address address);  // under the mutex

  const std::function<void()> on_news_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Ipv4Address> questions_;
  CloudNews news_;
  std::vector<std::string> problems_;
  CloudStats stats_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace dn::daemon
