#include "certificates/crl_prober.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <utility>

#include "base/check.h"
#include "certificates/tls_probe.h"
#include "net/file_descriptor.h"
#include "net/guarded.h"
#include "net/wake_up.h"

namespace dn::certificates {
namespace {

constexpr auto kTrustReadAgain = std::chrono::hours(1);
constexpr auto kTrustRetry = std::chrono::seconds(30);
constexpr std::size_t kAddressesKeptMax = 64;

MonotonicTime clock_now() {
  return std::chrono::steady_clock::now();
}

struct Answer {
  DomainName name;
  std::vector<Ipv4Address> addresses;
};

}  // namespace

// What the threads share. The schedule may be large, but every turn of its lock is short.
struct CrlProber::Shared {
  struct Inbox {
    std::set<DomainName> awaited;
    std::vector<Answer> answers;
    ProberStats stats;
  };
  explicit Shared(std::uint64_t seed) : schedule(ProbeSchedule(seed)) {}

  ProberSettings settings;
  ProberEvents events;
  net::Guarded<ProbeSchedule> schedule;
  net::Guarded<Inbox> inbox;
  net::WakeUp wake_up;
  std::atomic<bool> stopping = false;
};

// The thread and what is its own.
class CrlProber::Loop {
 public:
  explicit Loop(Shared& shared)
      : shared_(shared),
        random_(shared.settings.seed + 1),
        thread_([this] { run(); }) {}
  ~Loop() {
    shared_.stopping = true;
    shared_.wake_up.wake();
    thread_.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

 private:
  // A target in work. First its addresses are awaited, then there is a probe.
  struct Attempt {
    Attempt(const ProbeTarget& what, MonotonicTime until) : target(what), deadline(until) {}
    ProbeTarget target;
    MonotonicTime deadline;
    std::vector<Ipv4Address> addresses;  // yet to be tried
    std::size_t tried = 0;
    std::unique_ptr<TlsProbe> probe;
    std::string problem;  // of the last address
    bool answered = false;
    bool over = false;
  };

  void run();
  bool have_trust();
  void begin_attempts();
  void take_answers();
  void try_next_address(Attempt& attempt);
  void look_at(Attempt& attempt);
  void end_attempt(Attempt& attempt);
  void wait();

  Shared& shared_;
  std::optional<TrustStore> trust_;
  MonotonicTime trust_due_;
  bool trust_missing_ = false;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  MonotonicTime now_;
  std::mt19937_64 random_;
  std::thread thread_;  // last: it uses the others
};

void CrlProber::Loop::run() {
  while (!shared_.stopping) {
    now_ = clock_now();
    take_answers();
    for (const auto& attempt : attempts_) look_at(*attempt);
    std::erase_if(attempts_, [](const auto& attempt) { return attempt->over; });
    if (have_trust()) begin_attempts();
    shared_.inbox.with([&](Shared::Inbox& inbox) { inbox.stats.in_work = attempts_.size(); });
    wait();
  }
}

// Reads the authorities when it is time. Attempts that use the old ones go on with them.
bool CrlProber::Loop::have_trust() {
  const auto due = shared_.schedule.with([](ProbeSchedule& s) { return s.next_due(); });
  if (now_ < trust_due_ || !due || now_ < *due) return trust_.has_value();
  auto loaded = TrustStore::load(shared_.settings.ca_file);
  trust_due_ = now_ + (loaded ? Duration(kTrustReadAgain) : Duration(kTrustRetry));
  if (trust_missing_ == loaded.has_value()) {
    trust_missing_ = !loaded;
    shared_.events.on_trust_problem(loaded ? std::string() : loaded.error().message);
  }
  if (loaded) trust_ = std::move(*loaded);
  return trust_.has_value();
}

void CrlProber::Loop::begin_attempts() {
  while (attempts_.size() < kProbesMax) {
    const auto target = shared_.schedule.with([&](ProbeSchedule& s) { return s.begin_next(now_); });
    if (!target) return;
    auto attempt = std::make_unique<Attempt>(*target, now_ + shared_.settings.addresses_deadline);
    shared_.inbox.with([&](Shared::Inbox& inbox) { inbox.awaited.insert(target->name); });
    attempts_.push_back(std::move(attempt));
    shared_.events.ask(target->name);
  }
}

void CrlProber::Loop::take_answers() {
  shared_.wake_up.clear();
  const auto answers =
      shared_.inbox.with([](Shared::Inbox& inbox) { return std::exchange(inbox.answers, {}); });
  for (const Answer& answer : answers) {
    for (const auto& attempt : attempts_) {
      if (attempt->target.name != answer.name || attempt->answered) continue;
      attempt->answered = true;
      attempt->addresses = answer.addresses;
      std::shuffle(attempt->addresses.begin(), attempt->addresses.end(), random_);
      try_next_address(*attempt);
    }
  }
}

void CrlProber::Loop::try_next_address(Attempt& attempt) {
  attempt.probe.reset();
  if (attempt.addresses.empty() || attempt.tried == kAddressesTriedMax) {
    end_attempt(attempt);
    return;
  }
  const Ipv4Address address = attempt.addresses.back();
  attempt.addresses.pop_back();
  ++attempt.tried;
  attempt.deadline = now_ + shared_.settings.handshake_deadline;
  attempt.probe =
      std::make_unique<TlsProbe>(*trust_, attempt.target.name, address, attempt.target.port);
  shared_.inbox.with([](Shared::Inbox& inbox) { ++inbox.stats.probes; });
}

// Moves an attempt on after its descriptor was polled, or its deadline has passed.
void CrlProber::Loop::look_at(Attempt& attempt) {
  if (attempt.over) return;
  const bool late = now_ >= attempt.deadline;
  if (!attempt.probe) {
    if (late) end_attempt(attempt);  // no answer: the name's own warning tells
    return;
  }
  if (attempt.probe->status() == TlsProbe::Status::Waiting) {
    pollfd polled{attempt.probe->fd(), attempt.probe->events(), 0};
    if (poll(&polled, 1, 0) > 0) attempt.probe->step();
  }
  switch (attempt.probe->status()) {
    case TlsProbe::Status::Done: end_attempt(attempt); return;
    case TlsProbe::Status::Failed: attempt.problem = attempt.probe->problem(); break;
    case TlsProbe::Status::Waiting:
      if (!late) return;
      attempt.problem = "no complete TLS handshake in time";
      break;
  }
  try_next_address(attempt);
}

void CrlProber::Loop::end_attempt(Attempt& attempt) {
  attempt.over = true;
  const bool done = attempt.probe && attempt.probe->status() == TlsProbe::Status::Done;
  const ProblemChange change = shared_.schedule.with([&](ProbeSchedule& schedule) {
    return done ? schedule.on_success(attempt.target, attempt.probe->crls(), now_)
                : schedule.on_failure(attempt.target, attempt.problem, now_);
  });
  shared_.inbox.with([&](Shared::Inbox& inbox) {
    if (!done) ++inbox.stats.failures;
    if (!attempt.answered) inbox.awaited.erase(attempt.target.name);
  });
  if (change == ProblemChange::None) return;
  shared_.events.on_problem(attempt.target,
                            change == ProblemChange::Went ? std::string() : attempt.problem);
}

void CrlProber::Loop::wait() {
  std::vector<pollfd> polled = {{shared_.wake_up.fd(), POLLIN, 0}};
  constexpr auto kLongest = std::chrono::minutes(10);
  MonotonicTime until = now_ + kLongest;
  for (const auto& attempt : attempts_) {
    until = std::min(until, attempt->deadline);
    if (!attempt->probe) continue;
    if (attempt->probe->status() != TlsProbe::Status::Waiting) until = now_;
    polled.push_back({attempt->probe->fd(), attempt->probe->events(), 0});
  }
  const auto due = shared_.schedule.with([](ProbeSchedule& s) { return s.next_due(); });
  if (due && attempts_.size() < kProbesMax) {
    until = std::min(until, trust_ ? *due : std::max(*due, trust_due_));
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock_now());
  poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
}

// -- the door -------------------------------------------------------------------------------------

CrlProber::CrlProber(ProberSettings settings, ProberEvents events)
    : shared_(std::make_unique<Shared>(settings.seed)) {
  shared_->settings = std::move(settings);
  shared_->events = std::move(events);
}

CrlProber::~CrlProber() {
  stop();
}

void CrlProber::start() {
  if (!thread_) thread_ = std::make_unique<Loop>(*shared_);
}

void CrlProber::stop() {
  thread_.reset();
}

void CrlProber::set_targets(const std::vector<ProbeTarget>& targets) {
  shared_->schedule.with([&](ProbeSchedule& s) { s.set_targets(targets, clock_now()); });
  shared_->wake_up.wake();
}

bool CrlProber::awaits(const DomainName& name) const {
  return shared_->inbox.with([&](Shared::Inbox& inbox) { return inbox.awaited.contains(name); });
}

void CrlProber::on_answer(const DomainName& name, const std::vector<Ipv4Address>& addresses) {
  const bool taken = shared_->inbox.with([&](Shared::Inbox& inbox) {
    if (inbox.awaited.erase(name) == 0) return false;
    const std::size_t count = std::min(addresses.size(), kAddressesKeptMax);
    inbox.answers.push_back(
        {name, {addresses.begin(), addresses.begin() + static_cast<std::ptrdiff_t>(count)}});
    return true;
  });
  if (taken) shared_->wake_up.wake();
}

std::optional<std::vector<ProbeFinding>> CrlProber::take_findings() {
  return shared_->schedule.with([](ProbeSchedule& s) { return s.take_findings(); });
}

ProberStats CrlProber::stats() const {
  ProberStats stats = shared_->inbox.with([](Shared::Inbox& inbox) { return inbox.stats; });
  shared_->schedule.with([&](ProbeSchedule& s) {
    stats.hosts = s.targets();
    stats.problems = s.problems();
  });
  return stats;
}

}  // namespace dn::certificates
