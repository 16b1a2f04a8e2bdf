// Theory of operation.
//
// The front (Resolver) puts wishes into a mailbox and wakes the thread through an eventfd. The
// thread (Loop) turns: take the mail; start questions while channels are free, on demand first,
// then what the schedule says is due; poll all sockets until something happens or the next thing is
// due; pass outcomes on; do a slice of housekeeping (saving, expiring, looking at resolv.conf).
// Work per turn is bounded, so that a held handshake never waits behind a million names.
#include "resolver/resolver.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <fstream>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "net/random.h"
#include "net/wake_up.h"
#include "resolver/ledger_file.h"
#include "resolver/refresh_schedule.h"
#include "resolver/upstreams.h"

namespace dn::resolver {
namespace {

using namespace std::chrono_literals;
using engine::DnsAnswer;
using engine::DnsStatus;

constexpr auto kWaitMax = 1000ms;  // housekeeping at least so often
constexpr std::size_t kNamesSavedPerTurn = 500;
constexpr std::size_t kNamesExpiredPerTurn = 4096;
constexpr auto kExpireInterval = 1s;
// Saving a million names takes a second of work; it then happens every few minutes only.
constexpr auto kSaveIntervalPerName = 300us;

Now read_clocks() {
  return {std::chrono::steady_clock::now(),
          std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()), true};
}

// What the other threads want. All members under `mutex`.
struct Mailbox {
  std::mutex mutex;
  std::deque<DomainName> asks;
  std::unordered_set<std::string> waiting;  // the names in `asks`
  std::optional<NameList> names;
  bool stop = false;
  ResolverStats stats;  // as of the last turn; `dropped` is kept here
};

// resolv.conf, read again when the file is another one.
class ResolvConf {
 public:
  explicit ResolvConf(std::string path) : path_(std::move(path)) {}

  // The servers, if the file has changed since the last call and has any.
  std::optional<std::vector<Upstream>> read_if_changed() {
    struct stat status{};
    if (stat(path_.c_str(), &status) != 0) return {};
    const Version version{status.st_ino, status.st_size, status.st_mtim.tv_sec,
                          status.st_mtim.tv_nsec};
    if (version == version_) return {};
    version_ = version;
    std::string text(kResolvConfBytesMax, '\0');
    std::ifstream file(path_, std::ios::binary);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    auto upstreams = parse_resolv_conf(text);
    if (upstreams.empty()) return {};
    return upstreams;
  }

 private:
  struct Version {
    ino_t inode = 0;
    off_t size = -1;
    time_t seconds = 0;
    long nanoseconds = 0;
    bool operator==(const Version&) const = default;
  };
  std::string path_;
  Version version_;
};

}  // namespace

struct Resolver::Shared {
  net::WakeUp wake_up;
  Mailbox mailbox;
  std::atomic<bool> primed = false;
  std::size_t asks_waiting_max = 0;
  std::thread thread;
};

// One thread, from run() to its end.
class Resolver::Loop {
 public:
  Loop(ResolverSettings settings, ResolverEvents events, std::vector<Upstream> upstreams,
       Shared& shared);
  void run();

 private:
  // A channel, and what was true when its question started.
  struct Lane {
    std::unique_ptr<DnsChannel> channel;
    std::size_t first_server = 0;
  };

  void restore();
  bool take_mail();
  void start_questions(MonotonicTime now);
  std::optional<DomainName> next_ask();
  bool in_flight(const DomainName& name) const;
  bool start(const DomainName& name);
  void wait();
  Duration time_to_wait(MonotonicTime now) const;
  void collect(MonotonicTime now);
  void pass_on(const DomainName& name, QuestionOutcome outcome, MonotonicTime now);
  void count(const DomainName& name, const QuestionOutcome& outcome);
  void keep_house(const Now& now);
  void reread_servers();
  void save_some(const Now& now);
  void on_save_failed(const Error& error);
  void save_all();
  void publish();
  void warn(const std::string& what) const {
    if (events_.on_warning) events_.on_warning(what);
  }
  std::size_t busy_max_in_background() const {
    return std::max<std::size_t>(1, settings_.concurrent_max * 3 / 4);
  }
  std::string server_list() const;

  ResolverSettings settings_;
  ResolverEvents events_;
  Shared& shared_;
  std::vector<Upstream> upstreams_;
  std::size_t first_server_ = 0;
  ResolvConf resolv_conf_;
  engine::DnsLedger ledger_;
  RefreshSchedule schedule_;
  std::vector<Lane> lanes_;
  std::size_t busy_ = 0;
  bool names_given_ = false;
  std::optional<LedgerSaver> saver_;
  bool ledger_changed_ = false;
  bool save_failed_ = false;
  bool warned_of_no_server_ = false;
  MonotonicTime next_save_, next_expiry_, next_reread_;
  ResolverStats stats_;
  std::vector<pollfd> polled_;
  std::vector<std::size_t> polled_lanes_;  // beside polled_, after the wake-up
};

Resolver::Loop::Loop(ResolverSettings settings, ResolverEvents events,
                     std::vector<Upstream> upstreams, Shared& shared)
    : settings_(std::move(settings)),
      events_(std::move(events)),
      shared_(shared),
      upstreams_(std::move(upstreams)),
      resolv_conf_(settings_.resolv_conf),
      ledger_(settings_.ledger),
      schedule_(static_cast<std::uint32_t>(net::random_number())) {
  settings_.concurrent_max = std::max<std::size_t>(1, settings_.concurrent_max);
}

void Resolver::Loop::run() {
  restore();
  const MonotonicTime start_time = read_clocks().monotonic;
  next_expiry_ = next_reread_ = start_time;
  next_save_ = start_time + settings_.save_interval;
  keep_house(read_clocks());
  while (take_mail()) {
    start_questions(read_clocks().monotonic);
    publish();
    wait();
    const Now now = read_clocks();
    collect(now.monotonic);
    keep_house(now);
  }
  if (ledger_changed_) save_all();
  publish();
}

void Resolver::Loop::restore() {
  if (settings_.ledger_file.empty()) return;
  const Now now = read_clocks();
  const auto restored = read_ledger_file(settings_.ledger_file, now.wall,
                                         settings_.ledger.retention, [&](const DnsAnswer& answer) {
                                           ledger_.on_answer(answer, now.monotonic);
                                           events_.on_answer(answer);
                                         });
  if (restored) {
    stats_.restored = *restored;
    return;
  }
  ++stats_.ledger_file_problems;
  warn(restored.error().message + "; starting without it");
}

// False when it is time to stop.
bool Resolver::Loop::take_mail() {
  std::optional<NameList> names;
  {
    const std::lock_guard lock(shared_.mailbox.mutex);
    if (shared_.mailbox.stop) return false;
    names.swap(shared_.mailbox.names);
  }
  if (!names) return true;
  stats_.names_left_out = names->left_out();
  if (stats_.names_left_out > 0) {
    warn(std::to_string(stats_.names_left_out) +
         " names of the policy are not kept fresh: more than " +
         std::to_string(limits::kDnsNamesMax));
  }
  schedule_.replace(std::move(*names), read_clocks().monotonic);
  names_given_ = true;
  return true;
}

void Resolver::Loop::start_questions(MonotonicTime now) {
  while (busy_ < settings_.concurrent_max) {
    const auto ask = next_ask();
    if (!ask) break;
    if (!in_flight(*ask) && start(*ask)) ++stats_.asked_on_demand;
  }
  while (busy_ < busy_max_in_background()) {
    const auto due = schedule_.take_due(now);
    if (!due) break;
    const auto name = DomainName::parse(*due);
    if (!name) {  // The policy gives valid names only; another one has no address.
      schedule_.on_outcome(*due, DnsStatus::NoName, {}, now);
    } else if (!in_flight(*name)) {
      start(*name);
    }
  }
}

std::optional<DomainName> Resolver::Loop::next_ask() {
  const std::lock_guard lock(shared_.mailbox.mutex);
  auto& mailbox = shared_.mailbox;
  if (mailbox.asks.empty()) return {};
  const DomainName name = mailbox.asks.front();
  mailbox.asks.pop_front();
  mailbox.waiting.erase(std::string(name.text()));
  return name;
}

bool Resolver::Loop::in_flight(const DomainName& name) const {
  return std::ranges::any_of(lanes_, [&](const Lane& lane) {
    return lane.channel->busy() && lane.channel->asked() == name;
  });
}

bool Resolver::Loop::start(const DomainName& name) {
  auto lane = std::ranges::find_if(lanes_, [](const Lane& l) { return !l.channel->busy(); });
  if (lane == lanes_.end()) {
    lanes_.push_back({std::make_unique<DnsChannel>(settings_.timeouts), 0});
    lane = lanes_.end() - 1;
  }
  lane->first_server = first_server_;
  lane->channel->ask(name, server_list());
  ++busy_;
  if (upstreams_.empty()) return false;
  ++stats_.asked;
  return true;
}

std::string Resolver::Loop::server_list() const {
  std::string list;
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    if (i > 0) list += ',';
    list += to_text(upstreams_[(first_server_ + i) % upstreams_.size()]);
  }
  return list;
}

Duration Resolver::Loop::time_to_wait(MonotonicTime now) const {
  if (saver_) return {};
  MonotonicTime until = now + kWaitMax;
  if (ledger_changed_ && !settings_.ledger_file.empty()) until = std::min(until, next_save_);
  const auto due = schedule_.next_due();
  if (due && busy_ < busy_max_in_background()) until = std::min(until, *due);
  return std::max(until - now, Duration{});
}

void Resolver::Loop::wait() {
  auto wait = std::chrono::ceil<std::chrono::milliseconds>(time_to_wait(read_clocks().monotonic));
  polled_.assign(1, {shared_.wake_up.fd(), POLLIN, 0});
  polled_lanes_.clear();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i].channel->add_to_poll(polled_, wait);
    polled_lanes_.resize(polled_.size() - 1, i);
  }
  // An outcome that came without any reply: nothing to wait for.
  const auto ended = [](const Lane& lane) { return lane.channel->ended(); };
  if (std::ranges::any_of(lanes_, ended)) wait = {};
  if (poll(polled_.data(), polled_.size(), static_cast<int>(wait.count())) < 0) return;
  if (polled_[0].revents != 0) shared_.wake_up.clear();
  for (std::size_t i = 0; i < polled_lanes_.size(); ++i) {
    const pollfd& ready = polled_[i + 1];
    if (ready.revents == 0) continue;
    lanes_[polled_lanes_[i]].channel->on_ready(ready.fd, ready.revents);
  }
}

void Resolver::Loop::collect(MonotonicTime now) {
  for (Lane& lane : lanes_) {
    if (!lane.channel->busy()) continue;
    lane.channel->on_time();
    const DomainName name = lane.channel->asked();
    auto outcome = lane.channel->take_outcome();
    if (!outcome) continue;
    --busy_;
    // Somebody answered after others kept silent: begin with that one from now on.
    if (outcome->timeouts > 0 && outcome->status != DnsStatus::Failed && !upstreams_.empty()) {
      first_server_ =
          (lane.first_server + static_cast<std::size_t>(outcome->timeouts)) % upstreams_.size();
    }
    count(name, *outcome);
    pass_on(name, std::move(*outcome), now);
  }
}

void Resolver::Loop::pass_on(const DomainName& name, QuestionOutcome outcome, MonotonicTime now) {
  Duration ttl = limits::kDnsTtlMax;
  for (const auto& address : outcome.addresses) ttl = std::min(ttl, address.ttl);
  schedule_.on_outcome(name.text(), outcome.status, ttl, now);
  const DnsAnswer answer{
      name, outcome.status, std::move(outcome.addresses), {}, !schedule_.contains(name.text())};
  if (answer.status == DnsStatus::Answered) ledger_changed_ = true;
  ledger_.on_answer(answer, now);
  events_.on_answer(answer);
}

void Resolver::Loop::count(const DomainName& name, const QuestionOutcome& outcome) {
  stats_.timeouts += static_cast<std::uint64_t>(outcome.timeouts);
  switch (outcome.status) {
    case DnsStatus::Answered: ++stats_.answered; break;
    case DnsStatus::NoData: ++stats_.no_data; break;
    case DnsStatus::NoName: ++stats_.no_name; break;
    case DnsStatus::Failed:
      ++stats_.failed;
      stats_.last_failure = std::string(name.text()) + ": " + outcome.problem;
      break;
  }
}

void Resolver::Loop::keep_house(const Now& now) {
  if (now.monotonic >= next_expiry_) {
    next_expiry_ = now.monotonic + kExpireInterval;
    ledger_.expire_some(now.monotonic, kNamesExpiredPerTurn);
  }
  if (settings_.servers.empty() && now.monotonic >= next_reread_) {
    next_reread_ = now.monotonic + settings_.reread_interval;
    reread_servers();
  }
  if (settings_.ledger_file.empty()) return;
  if (saver_ || (ledger_changed_ && now.monotonic >= next_save_)) save_some(now);
}

void Resolver::Loop::reread_servers() {
  if (auto changed = resolv_conf_.read_if_changed()) {
    upstreams_ = std::move(*changed);
    first_server_ = 0;
  }
  if (upstreams_.empty() && !warned_of_no_server_) {
    warned_of_no_server_ = true;
    warn("no nameserver in " + settings_.resolv_conf + ": no name can be looked up");
  }
}

void Resolver::Loop::save_some(const Now& now) {
  if (!saver_) {
    ledger_changed_ = false;
    next_save_ = now.monotonic + std::max(settings_.save_interval,
                                          Duration(kSaveIntervalPerName * ledger_.names()));
    auto saver = LedgerSaver::begin(settings_.ledger_file);
    if (!saver) return on_save_failed(saver.error());
    saver_ = std::move(*saver);
  }
  const auto done = saver_->save_some(ledger_, now, kNamesSavedPerTurn);
  if (done && !*done) return;
  saver_.reset();
  if (!done) return on_save_failed(done.error());
  save_failed_ = false;
}

// Warns once until a save succeeds again; the next attempt is at next_save_.
void Resolver::Loop::on_save_failed(const Error& error) {
  ++stats_.ledger_file_problems;
  ledger_changed_ = true;
  if (!std::exchange(save_failed_, true)) warn(error.message);
}

void Resolver::Loop::save_all() {
  if (settings_.ledger_file.empty()) return;
  saver_.reset();
  do save_some(read_clocks());
  while (saver_);
}

void Resolver::Loop::publish() {
  if (names_given_ && schedule_.without_outcome() == 0) shared_.primed = true;
  stats_.in_flight = busy_;
  stats_.names = schedule_.size();
  stats_.names_unanswered = schedule_.without_outcome();
  stats_.ledger_names = ledger_.names();
  stats_.ledger_addresses = ledger_.addresses();
  stats_.ledger = ledger_.counters();
  stats_.servers.clear();
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    stats_.servers.push_back(to_text(upstreams_[(first_server_ + i) % upstreams_.size()]));
  }
  const std::lock_guard lock(shared_.mailbox.mutex);
  stats_.dropped = shared_.mailbox.stats.dropped;
  shared_.mailbox.stats = stats_;
}

Resolver::Resolver() : shared_(std::make_unique<Shared>()) {}

Resolver::~Resolver() {
  stop();
}

Result<std::unique_ptr<Resolver>> Resolver::start(ResolverSettings settings,
                                                  ResolverEvents events) {
  DN_CHECK(events.on_answer != nullptr, "somebody must listen");
  std::vector<Upstream> upstreams;
  for (const std::string& server : settings.servers) {
    auto upstream = parse_upstream(server);
    if (!upstream) return tl::unexpected(upstream.error());
    if (upstreams.size() < kUpstreamsMax) upstreams.push_back(std::move(*upstream));
  }
  if (settings.ledger.hash_seed == 0) settings.ledger.hash_seed = net::random_number();
  settings.ledger.index_addresses = false;  // nobody asks the master which names are at an address
  std::unique_ptr<Resolver> resolver(new Resolver);
  Shared& shared = *resolver->shared_;
  if (shared.wake_up.fd() < 0) return fail("no eventfd for the resolver");
  shared.asks_waiting_max = settings.asks_waiting_max;
  // Signals are the daemon's business: the thread inherits a mask that blocks them all.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  shared.thread =
      std::thread([loop = std::make_unique<Loop>(std::move(settings), std::move(events),
                                                 std::move(upstreams), shared)] { loop->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return resolver;
}

void Resolver::set_name_list(NameList names) {
  {
    const std::lock_guard lock(shared_->mailbox.mutex);
    shared_->mailbox.names = std::move(names);
  }
  shared_->wake_up.wake();
}

bool Resolver::ask(const DomainName& name) {
  {
    const std::lock_guard lock(shared_->mailbox.mutex);
    Mailbox& mailbox = shared_->mailbox;
    std::string text(name.text());
    if (mailbox.waiting.contains(text)) return true;
    if (mailbox.asks.size() >= shared_->asks_waiting_max) {
      ++mailbox.stats.dropped;
      return false;
    }
    mailbox.asks.push_back(name);
    mailbox.waiting.insert(std::move(text));
  }
  shared_->wake_up.wake();
  return true;
}

bool Resolver::primed() const {
  return shared_->primed;
}

ResolverStats Resolver::stats() const {
  const std::lock_guard lock(shared_->mailbox.mutex);
  return shared_->mailbox.stats;
}

void Resolver::stop() {
  if (!shared_->thread.joinable()) return;
  {
    const std::lock_guard lock(shared_->mailbox.mutex);
    shared_->mailbox.stop = true;
  }
  shared_->wake_up.wake();
  shared_->thread.join();
}

}  // namespace dn::resolver
