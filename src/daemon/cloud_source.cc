#include "daemon/cloud_source.h"

#include <utility>

#include "daemon/clock.h"
#include "daemon/thread_priority.h"

namespace dn::daemon {
namespace {

MonotonicTime now() {
  return read_clock(false).monotonic;
}

}  // namespace

CloudSource::CloudSource(CloudReaderSettings settings, CloudQuestions questions,
                         cloud::SweepSchedule::Random random, std::function<void()> on_news)
    : on_news_(std::move(on_news)) {
  CloudReader reader(std::move(settings), std::move(questions), std::move(random), now());
  thread_ = std::thread([this, reader = std::move(reader)]() mutable { run(std::move(reader)); });
}

CloudSource::~CloudSource() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void CloudSource::run(CloudReader reader) {
  give_way_to_packets();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto questions = std::exchange(questions_, {});
    lock.unlock();
    for (const Ipv4Address address : questions) reader.ask(address, now());
    const bool asked = reader.step(now());
    publish(reader);
    lock.lock();
    if (asked) continue;
    wake_.wait_until(lock, reader.next_step(now()),
                     [this] { return stopping_ || !questions_.empty(); });
  }
}

void CloudSource::publish(CloudReader& reader) {
  CloudNews fresh = reader.take();
  auto problems = reader.problems();
  bool worth_telling = fresh.input.has_value() || !fresh.absent.empty();
  {
    const std::scoped_lock lock(mutex_);
    worth_telling |= problems != problems_;
    problems_ = std::move(problems);
    stats_.interfaces = reader.interfaces();
    stats_.groups = reader.groups();
    stats_.swept_at = reader.swept_at();
    if (fresh.input) {
      ++stats_.inputs;
      news_.input = std::move(fresh.input);
    }
    news_.absent.insert(news_.absent.end(), fresh.absent.begin(), fresh.absent.end());
  }
  if (worth_telling) on_news_();
}

void CloudSource::ask(Ipv4Address address) {
  {
    const std::scoped_lock lock(mutex_);
    auto& list = questions_.size() < kQuestionsMax ? questions_ : news_.absent;
    list.push_back(address);
  }
  wake_.notify_one();
}

CloudNews CloudSource::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(news_, {});
}

std::vector<std::string> CloudSource::problems() const {
  const std::scoped_lock lock(mutex_);
  return problems_;
}

CloudStats CloudSource::stats() const {
  const std::scoped_lock lock(mutex_);
  return stats_;
}

}  // namespace dn::daemon
