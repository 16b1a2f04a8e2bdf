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
  // Only this thread writes them.
  const bool worth_telling =
      fresh.input.has_value() || !fresh.absent.empty() || problems != problems_;
  // A packet loop may be waiting in ask(): what was here before is destroyed after the lock.
  {
    const std::scoped_lock lock(mutex_);
    std::swap(problems_, problems);
    stats_.interfaces = reader.interfaces();
    stats_.groups = reader.groups();
    stats_.swept_at = reader.swept_at();
    if (fresh.input) {
      ++stats_.inputs;
      std::swap(news_.input, fresh.input);
    }
    for (const Ipv4Address address : fresh.absent) note_absent(address);
  }
  if (worth_telling) on_news_();
}

void CloudSource::note_absent(Ipv4Address address) {
  if (news_.absent.size() < kAbsentMax) news_.absent.push_back(address);
}

void CloudSource::ask(Ipv4Address address) {
  bool is_first_absent = false;
  {
    const std::scoped_lock lock(mutex_);
    if (questions_.size() < kQuestionsMax) {
      questions_.push_back(address);
    } else {
      is_first_absent = news_.absent.empty();
      note_absent(address);
    }
  }
  if (is_first_absent) return on_news_();
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
