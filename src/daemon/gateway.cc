// `discriminat run`: wiring, start-up order, the main thread's rounds, the end.
//
// Theory of operation. Start-up goes in an order that never opens the gate: configuration, log
// store, resolver, packet queues with their loops, and only then the kernel rules that feed them;
// forwarding is switched on last. Whatever fails before ends the program with a message and an exit
// code; what the kernel holds stays closed. Capabilities go before the first thread starts; system
// calls are forbidden, to all threads, once no more programs have to be run. The log endpoint,
// which talks to more strangers than anything else here, starts after that.
//
// Threads: one packet loop per queue, the resolver, the log writer, the health server, the prober
// of certificates where the policy wants it, those of the log endpoint, and this one, which once a
// second looks at the policy file, the revocation lists, the clock, the loops and the queue rule,
// and ends connections whose rule is gone. Only this thread compiles policies.
//
// At the end the rules stay (no new connections, allowed ones go on), unless --flush-on-exit.
#include "daemon/gateway.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include "daemon/aws_link.h"
#include "daemon/care_thread.h"
#include "daemon/clock.h"
#include "daemon/config_log.h"
#include "daemon/crl_watch.h"
#include "daemon/gateway_metrics.h"
#include "daemon/host_facts.h"
#include "daemon/logs_endpoint.h"
#include "daemon/name_watch.h"
#include "daemon/packet_loop.h"
#include "daemon/policy_keeper.h"
#include "daemon/privileges.h"
#include "daemon/revoker.h"
#include "daemon/self_testing.h"
#include "daemon/status_file.h"
#include "daemon/thread_priority.h"
#include "metrics/emf.h"
#include "metrics/exposition.h"
#include "net/descriptor_limit.h"
#include "net/guarded.h"
#include "net/health_server.h"
#include "net/notify.h"
#include "net/random.h"
#include "net/wake_up.h"
#include "netfilter/firewall.h"
#include "netfilter/sysctls.h"
#include "resolver/resolver.h"

namespace dn::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kRound = 1s;
constexpr auto kStatusEvery = 2s;
constexpr auto kSilentLookEvery = 30s;
constexpr auto kPrimingMost = 120s;      // healthy then in any case
constexpr auto kOldInstanceLeaves = 5s;  // an upgrade: its queues are free once it has ended

void say(std::string_view text) {
  fmt::print(stderr, "discriminat: {}\n", text);
}

netfilter::RulesetSettings ruleset_settings(const config::GatewaySettings& settings) {
  netfilter::RulesetSettings rules;
  rules.inside = settings.inside;
  rules.outside = settings.outside;
  rules.queue_base = settings.queue_base;
  rules.queues = settings.queues;
  if (rules.queues == 0) {
    const unsigned cpus = std::thread::hardware_concurrency();
    rules.queues = static_cast<std::uint16_t>(std::clamp(cpus / 2, 1U, 8U));
  }
  rules.health_port = settings.health_port;
  for (const auto& service : settings.local_services) {
    using From = config::LocalService::Transport;
    using To = netfilter::LocalService::Transport;
    rules.local_services.push_back(
        {service.transport == From::Tcp ? To::Tcp : To::Udp, service.port});
  }
  return rules;
}

// What only one gateway at a time can have: the old one of an upgrade is about to end.
template <class Open>
auto open_behind_old_instance(Open open) {
  const auto give_up = read_clock(false).monotonic + kOldInstanceLeaves;
  for (;;) {
    auto opened = open();
    if (opened || read_clock(false).monotonic >= give_up) return opened;
    std::this_thread::sleep_for(20ms);
  }
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

class Gateway {
 public:
  explicit Gateway(const RunOptions& options) : options_(options) {}
  ~Gateway() { shut_down(); }
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // The exit code, or nothing when the gateway stands.
  std::optional<int> set_up();
  int run();

 private:
  bool load_settings();
  engine::LedgerSettings ledger_settings() const;
  store::SegmentLimits log_limits() const;
  Result<void> find_instance();
  Result<void> open_log();
  Result<void> start_resolver();
  Result<void> start_loops();
  Result<netfilter::PacketQueue> open_queue(std::uint16_t number);
  Result<void> start_policy();
  Result<void> start_cloud();
  Result<void> start_care();
  void open_probe();
  Result<void> test_data_path();
  Result<void> start_firewall();
  Result<void> start_health();
  Result<void> forbid_calls();
  Result<void> start_endpoint();
  Result<void> finish_set_up();
  void publish_policy(const policy::CompiledPolicy& compiled);
  void on_dns_answer(const engine::DnsAnswer& answer);
  void round();
  void look_at_crls(const Now& now);
  void look_at_cloud(const Now& now);
  void revoke();
  void watch_clock();
  void watch_rules();
  bool loops_alive() const;
  bool ready() const;
  GatewayStatus make_status(const Now& now);
  void publish_status(const Now& now);
  void shut_down();

  RunOptions options_;
  config::GatewaySettings settings_;
  policy::PolicyInput input_;
  std::vector<std::string> warnings_;  // of the configuration file
  netfilter::RulesetSettings rules_;
  std::string instance_, queue_form_;
  WallTime started_wall_;
  MonotonicTime started_, next_status_, next_silent_look_;
  SilentConnections silent_;
  SnatUse snat_;
  net::Guarded<std::shared_ptr<const GatewayStatus>> status_;  // of the last round that made one
  std::uint64_t silent_erased_ = 0;
  std::unique_ptr<store::LogStore> store_;
  std::unique_ptr<ConfigLog> log_;
  std::optional<metrics::EmfWriter> emf_;  // where the store has the stream for it
  std::unique_ptr<NameWatch> names_;
  std::unique_ptr<CrlWatch> crls_;
  std::unique_ptr<resolver::Resolver> resolver_;
  std::vector<unsigned> loop_cpus_;
  std::vector<std::unique_ptr<PacketLoop>> loops_;
  std::unique_ptr<PolicyKeeper> keeper_;
  AwsInstance aws_;
  net::WakeUp cloud_news_;  // outlives the link, whose thread wakes
  std::unique_ptr<AwsLink> cloud_;
  std::vector<std::string> cloud_problems_;    // told in the config log
  std::optional<netfilter::PathProbe> probe_;  // of the thread of `care_`
  std::unique_ptr<CareThread> care_;
  std::unique_ptr<net::HealthServer> health_;
  std::unique_ptr<LogsEndpoint> endpoint_;
  Snapshot policy_;
  std::vector<Snapshot> retired_;  // held until the loops let go: freeing one takes them too long
  std::atomic<bool> has_policy_ = false;  // the health server reads it
  std::optional<MonotonicTime> revoke_at_;
  MonotonicTime published_at_;  // valid when has_policy_
  bool clock_was_good_ = true, loops_were_alive_ = true;
  std::atomic<bool> rules_stand_ = false;  // the health server reads it
  std::uint64_t revoked_ = 0;
  std::atomic<bool> armed_ = false;
  bool down_ = false;
};

bool Gateway::load_settings() {
  const auto text = read_config_text(options_.config_file);
  if (!text) {
    say(text.error().message);
    return false;
  }
  config::LoadedConfig loaded = config::load_config(*text, options_.config_file);
  for (const auto& problem : loaded.problems) {
    fmt::print(stderr, "{}\n", to_text(problem));
    warnings_.push_back(to_text(problem));
  }
  if (loaded.has_errors()) return false;
  settings_ = std::move(loaded.gateway);
  input_ = std::move(loaded.policy);
  rules_ = ruleset_settings(settings_);
  return true;
}

std::optional<int> Gateway::set_up() {
  if (!load_settings()) return kExitBadConfig;
  if (const auto dropped = drop_capabilities(); !dropped) {
    say(dropped.error().message);
    return kExitSetUpFailed;
  }
  loop_cpus_ = set_cpus_aside(rules_.queues);
  started_wall_ = read_clock(false).wall;
  started_ = read_clock(false).monotonic;
  using Step = Result<void> (Gateway::*)();
  constexpr std::array<Step, 12> kSteps = {
      &Gateway::find_instance,  &Gateway::open_log,       &Gateway::start_loops,
      &Gateway::start_resolver, &Gateway::start_policy,   &Gateway::start_cloud,
      &Gateway::start_firewall, &Gateway::start_care,     &Gateway::start_health,
      &Gateway::forbid_calls,   &Gateway::start_endpoint, &Gateway::finish_set_up};
  for (const Step step : kSteps) {
    if (const auto done = (this->*step)(); !done) {
      say(done.error().message);
      return kExitSetUpFailed;
    }
  }
  return {};
}

store::SegmentLimits Gateway::log_limits() const {
  store::SegmentLimits limits;
  limits.segment_bytes = settings_.log_segment_bytes;
  limits.segment_age = settings_.log_segment_age;
  limits.keep_bytes = settings_.log_keep_bytes;
  limits.keep_age = settings_.log_keep_age;
  return limits;
}

// Before the log, whose lines name the instance.
Result<void> Gateway::find_instance() {
  instance_ = settings_.instance;
  if (settings_.source == config::PolicySource::Aws) {
    auto found = daemon::find_instance(settings_, aws::process_environment());
    if (!found) return tl::unexpected(found.error());
    aws_ = *std::move(found);
    if (instance_.empty()) instance_ = aws_.instance_id;
  }
  if (instance_.empty()) instance_ = host_name();
  return {};
}

Result<void> Gateway::open_log() {
  store::LogStoreSettings settings;
  settings.directory = settings_.state_dir;
  settings.instance = instance_;
  settings.metrics = settings_.source == config::PolicySource::Aws && settings_.aws_ship_logs &&
                     settings_.aws_metrics;
  if (settings.metrics) emf_.emplace(metrics::EmfSource{instance_, deployment_of(settings_, aws_)});
  settings.segments = log_limits();
  const bool require = settings_.require_synchronised_clock;
  settings.clock = [require] { return read_clock(require); };
  auto store = store::LogStore::open(std::move(settings));
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  log_ = std::make_unique<ConfigLog>(*store_, instance_);
  names_ = std::make_unique<NameWatch>(*log_, settings_.dns_allow_private_answers);
  CrlWatchSettings crls;
  crls.ca_file = settings_.x509_ca_file;
  crls.allow_private = settings_.dns_allow_private_answers;
  crls.own_addresses = own_addresses();
  crls.seed = net::random_number();
  crls_ = std::make_unique<CrlWatch>(std::move(crls), *log_,
                                     [this](const DomainName& name) { resolver_->ask(name); });
  return {};
}

engine::LedgerSettings Gateway::ledger_settings() const {
  engine::LedgerSettings ledger;
  ledger.retention = settings_.dns_retention;
  ledger.allow_private_answers = settings_.dns_allow_private_answers;
  ledger.own_addresses = own_addresses();
  ledger.hash_seed = net::random_number();
  return ledger;
}

Result<void> Gateway::start_resolver() {
  resolver::ResolverSettings settings;
  for (const auto& upstream : settings_.dns_upstream) {
    settings.servers.push_back(fmt::format("{}:{}", to_text(upstream.address), upstream.port));
  }
  settings.ledger_file = settings_.state_dir + "/dns-ledger.jsonl";
  settings.ledger = ledger_settings();
  resolver::ResolverEvents events;
  events.on_answer = [this](const engine::DnsAnswer& answer) { on_dns_answer(answer); };
  events.on_warning = [this](const std::string& text) { log_->write_self("warning", text); };
  auto started = resolver::Resolver::start(std::move(settings), std::move(events));
  if (!started) return tl::unexpected(started.error());
  resolver_ = std::move(*started);
  return {};
}

Result<netfilter::PacketQueue> Gateway::open_queue(std::uint16_t number) {
  netfilter::PacketQueueSettings settings;
  settings.number = number;
  return open_behind_old_instance([&] { return netfilter::PacketQueue::open(settings); });
}

// One more inside interface, for the self-test. Without it the rest of the test has to do.
void Gateway::open_probe() {
  auto probe = open_behind_old_instance(netfilter::PathProbe::open);
  if (!probe) {
    return log_->write_self(
        "warning", "the self-test goes without packets of its own: " + probe.error().message);
  }
  probe_ = std::move(*probe);
  rules_.inside.emplace_back(netfilter::kProbeInterface);
}

Result<void> Gateway::start_loops() {
  if (settings_.source == config::PolicySource::Aws) open_probe();
  const auto inside = interface_indices(rules_.inside);
  if (!inside) return tl::unexpected(inside.error());
  if (const auto outside = interface_indices({settings_.outside}); !outside) {
    return tl::unexpected(outside.error());
  }
  LoopSettings settings;
  settings.engine.hash_key = net::random_number();
  settings.engine.ledger = ledger_settings();
  settings.engine.probe_source = netfilter::kProbeSource;
  settings.inside_interfaces = *inside;
  settings.instance = instance_;
  settings.require_synchronised_clock = settings_.require_synchronised_clock;
  for (std::uint16_t i = 0; i < rules_.queues; ++i) {
    if (!loop_cpus_.empty()) settings.cpu = loop_cpus_[i];
    auto queue = open_queue(static_cast<std::uint16_t>(rules_.queue_base + i));
    if (!queue) return tl::unexpected(queue.error());
    auto injector = netfilter::Injector::open();
    if (!injector) return tl::unexpected(injector.error());
    LoopQuestions questions;
    questions.name = [this](const DomainName& name) { resolver_->ask(name); };
    // A file tells all clients at once, and its policy says so: then nothing is ever asked.
    questions.client = [this](Ipv4Address address) {
      if (cloud_) cloud_->source().ask(address);
    };
    loops_.push_back(std::make_unique<PacketLoop>(settings, std::move(*queue), std::move(*injector),
                                                  *store_, std::move(questions)));
  }
  return {};
}

Result<void> Gateway::start_policy() {
  auto suffixes = load_public_suffixes(settings_);
  if (!suffixes) return tl::unexpected(suffixes.error());
  log_->write_self("accepted", fmt::format("started: discriminat {} on {}", DN_VERSION, instance_));
  keeper_ = std::make_unique<PolicyKeeper>(
      options_.config_file, settings_, std::move(*suffixes), *log_,
      [this](const policy::CompiledPolicy& compiled) { publish_policy(compiled); });
  const Date today = read_clock(false).today();
  if (settings_.source == config::PolicySource::File) {
    keeper_->start(std::move(input_), today);
  } else {
    keeper_->start_without_policy(today);
  }
  for (const std::string& warning : warnings_) log_->write_self("warning", warning);
  return {};
}

// The loops start behind it: they ask it for clients.
Result<void> Gateway::start_cloud() {
  if (settings_.source == config::PolicySource::Aws) {
    auto link = AwsLink::start({settings_, aws_, [this] { cloud_news_.wake(); }}, *log_);
    if (!link) return tl::unexpected(link.error());
    cloud_ = *std::move(link);
  }
  for (const auto& loop : loops_) loop->start();
  return {};
}

Result<void> Gateway::start_firewall() {
  auto report = netfilter::install(rules_);
  if (!report) return tl::unexpected(report.error());
  queue_form_ = report->form == netfilter::QueueForm::Native ? "nft queue" : "xt NFQUEUE";
  rules_stand_ = true;
  say(fmt::format("rules installed: {} to {}, {} queue(s) from {}, queue form: {}",
                  fmt::join(settings_.inside, ", "), settings_.outside, rules_.queues,
                  rules_.queue_base, queue_form_));
  return {};
}

// Only for an instance of EC2 that instance metadata knows.
Result<void> Gateway::start_care() {
  if (aws_.instance_id.empty()) return {};
  auto questions = cloud_->self_care_questions(aws_);
  if (!questions) return tl::unexpected(questions.error());
  CareParts parts;
  parts.settings.source_dest_check = settings_.aws_disable_source_dest_check;
  parts.settings.elastic_ip = settings_.aws_associate_address;
  parts.settings.report_health = settings_.aws_report_unhealthy;
  parts.questions = *std::move(questions);
  parts.self_test = [this] { return test_data_path(); };
  parts.connections_being_judged = [this] {
    std::size_t flows = 0;
    for (const auto& loop : loops_) flows += loop->status().flows;
    return flows;
  };
  parts.tell = [this](const SelfLine& line) { log_->write_self(line.outcome, line.reason); };
  parts.on_exit = [this] { cloud_news_.wake(); };
  care_ = std::make_unique<CareThread>(std::move(parts));
  return {};
}

Result<void> Gateway::test_data_path() {
  if (!armed_) return {};
  SelfTestParts parts;
  parts.loops_alive = [this] { return loops_alive(); };
  parts.rules = [this] { return netfilter::verify(rules_); };
  parts.queue_overflows = [this] {
    std::uint64_t packets = 0;
    for (const auto& loop : loops_) packets += loop->status().overflows();
    return packets;
  };
  if (probe_) parts.probe = [this] { return probe_->run(); };
  return run_self_test(parts);
}

Result<void> Gateway::start_health() {
  net::HealthSettings settings;
  settings.port = settings_.health_port;
  settings.ready = [this] { return ready(); };
  auto server = net::HealthServer::start(std::move(settings));
  if (!server) return tl::unexpected(server.error());
  health_ = std::move(*server);
  return {};
}

Result<void> Gateway::forbid_calls() {
  return daemon::forbid_calls(options_.flush_on_exit);
}

// The threads that serve packets stand; this one and the endpoint's are not among them.
Result<void> Gateway::start_endpoint() {
  give_way_to_packets();
  if (settings_.api_listen.empty()) return {};
  EndpointSettings endpoint;
  endpoint.store = settings_.state_dir;
  endpoint.own_streams_taken = true;
  endpoint.segments = log_limits();
  endpoint.listen = settings_.api_listen;
  endpoint.tls_certificate = settings_.api_tls_certificate;
  endpoint.tls_key = settings_.api_tls_key;
  endpoint.credentials_file = settings_.api_credentials_file;
  endpoint.region = settings_.api_region;
  endpoint.account = settings_.api_account;
  const bool require = settings_.require_synchronised_clock;
  endpoint.clock = [require] { return read_clock(require); };
  endpoint.on_problem = [this](const std::string& text) { log_->write_self("warning", text); };
  const auto status = [this] { return status_.with([](const auto& last) { return last; }); };
  endpoint.sources.gateway_status = [status] {
    const auto last = status();
    return last ? format_status(*last) : std::string();
  };
  endpoint.sources.metrics = [status] {
    const auto last = status();
    return last ? metrics::format_exposition(samples_of(*last)) : std::string();
  };
  endpoint.sources.policy = [this] { return keeper_->in_force(); };
  endpoint.sources.names = [this] { return names_->resolved(); };
  auto started = LogsEndpoint::start(std::move(endpoint));
  if (!started) {
    return fail(started.error().message + " (section [api]; listen = \"\" does without it)");
  }
  endpoint_ = std::move(*started);
  say("log endpoint: " + endpoint_->url());
  return {};
}

Result<void> Gateway::finish_set_up() {
  armed_ = true;
  [[maybe_unused]] const auto told = net::notify_supervisor("READY=1");
  say("ready");
  return {};
}

void Gateway::publish_policy(const policy::CompiledPolicy& compiled) {
  if (policy_) retired_.push_back(std::move(policy_));
  policy_ = compiled.snapshot;
  has_policy_ = true;
  for (const auto& loop : loops_) loop->mailbox().post(policy_);
  resolver_->set_names(policy_->exact_names());
  names_->on_policy(policy_->exact_names());
  crls_->on_policy(compiled.tls_hosts);
  // A round behind the policy: a loop that is still judging by the old one has its new marks in the
  // kernel by then, and they are found too.
  published_at_ = read_clock(false).monotonic;
  if (settings_.revoke_on_rule_removal) revoke_at_ = published_at_ + kRound;
}

// On the resolver's thread, which starts after the loops were made.
void Gateway::on_dns_answer(const engine::DnsAnswer& answer) {
  const auto shared = std::make_shared<const engine::DnsAnswer>(answer);
  for (const auto& loop : loops_) loop->mailbox().post(shared);
  names_->on_answer(answer);
  crls_->on_answer(answer);
}

// The loops end connections whose list is gone themselves, so there is nothing to revoke.
void Gateway::look_at_crls(const Now& now) {
  auto crls = crls_->look(now.monotonic);
  if (!crls) return;
  const auto revoke_at = revoke_at_;
  keeper_->set_crls(std::move(*crls), now.today());
  revoke_at_ = revoke_at;
}

void Gateway::look_at_cloud(const Now& now) {
  cloud_news_.clear();
  if (!cloud_) return;
  CloudNews news = cloud_->source().take();
  // First the policy: a client that was found is in it, and the loops read their letters in order.
  if (news.input) keeper_->take(*std::move(news.input), now.today());
  for (const Ipv4Address address : news.absent) {
    for (const auto& loop : loops_) loop->mailbox().post(ClientNotFound{address});
  }
  auto problems = cloud_->source().problems();
  log_->write_problems(cloud_problems_, problems);
  cloud_problems_ = std::move(problems);
}

void Gateway::revoke() {
  revoke_at_.reset();
  const auto count = revoke_ungranted(*policy_);
  if (!count) {
    log_->write_self("warning", "live connections cannot be listed: " + count.error().message);
    revoke_at_ = read_clock(false).monotonic;  // tried again in the next round
    return;
  }
  if (*count == 0) return;
  revoked_ += *count;
  log_->write_self(
      "warning",
      fmt::format("{} live connection(s) ended: the rule that allowed them is gone", *count));
}

void Gateway::watch_clock() {
  if (!settings_.require_synchronised_clock) return;
  const bool good = clock_synchronised();
  if (good == clock_was_good_) return;
  clock_was_good_ = good;
  if (good) {
    log_->write_self("accepted", "the clock is synchronised again");
  } else {
    log_->write_self("warning",
                     "the clock is not synchronised: see-thru counts as expired; start an NTP "
                     "client, or set require_synchronised_clock = false in [gateway]");
  }
}

// Somebody may flush the rule set or load another one over it. Without our rules this host must not
// forward anything: that is the only safe answer left to a process that may not start programs.
void Gateway::watch_rules() {
  const auto verified = netfilter::verify(rules_);
  if (!verified) {
    if (const auto off = netfilter::set_forwarding(false); !off) say(off.error().message);
  }
  if (verified.has_value() == rules_stand_) return;
  rules_stand_ = verified.has_value();
  if (verified) {
    const auto on = netfilter::set_forwarding(true);
    log_->write_self("accepted", on ? "the kernel rules stand again; forwarding is on"
                                    : "the kernel rules stand again: " + on.error().message);
  } else {
    log_->write_self("warning",
                     "the kernel rules are not as installed: " + verified.error().message +
                         "; forwarding is off until a restart installs them");
  }
}

bool Gateway::loops_alive() const {
  return std::ranges::all_of(loops_, [](const auto& loop) { return loop->alive(); });
}

bool Gateway::ready() const {
  if (!armed_ || !rules_stand_ || !has_policy_ || (care_ && !care_->healthy())) return false;
  const bool primed = resolver_->primed() || read_clock(false).monotonic - started_ > kPrimingMost;
  return primed && loops_alive();
}

GatewayStatus Gateway::make_status(const Now& now) {
  GatewayStatus status;
  status.version = DN_VERSION;
  status.instance = instance_;
  status.queue_form = queue_form_;
  status.started = started_wall_;
  status.written = now.wall;
  status.healthy = ready();
  status.clock_synchronised = clock_synchronised();
  status.policy_file_broken = keeper_->file_broken();
  status.policy_revision = keeper_->revision();
  if (has_policy_) status.policy_age = now.monotonic - published_at_;
  if (const auto policy = keeper_->in_force()) {
    status.policy_clients = policy->input.clients.size();
    status.policy_groups = policy->input.groups.size();
  }
  status.policy_findings = keeper_->findings();
  status.policy_problems = keeper_->problems();
  status.names_with_problems = names_->problems();
  status.revoked = revoked_;
  status.silent_erased = silent_erased_;
  for (const auto& loop : loops_) status.loops.push_back(loop->status());
  status.resolver = resolver_->stats();
  status.crls = crls_->stats();
  if (cloud_) {
    const CloudStats stats = cloud_->source().stats();
    std::optional<Duration> age;
    if (stats.swept_at) age = now.monotonic - *stats.swept_at;
    status.aws = {aws_.region, stats, cloud_problems_.size(), age, cloud_->shipped()};
  }
  status.flow_log = store_->stats(store::Stream::Flow);
  status.config_log = store_->stats(store::Stream::Config);
  if (emf_) status.metrics_log = store_->stats(store::Stream::Metrics);
  if (auto counters = netfilter::read_counters()) status.firewall = std::move(*counters);
  status.conntrack = read_conntrack_use();
  status.snat = snat_;
  status.process = read_process_use();
  return status;
}

void Gateway::publish_status(const Now& now) {
  const auto status = std::make_shared<const GatewayStatus>(make_status(now));
  // A full disk is told by the log store; a stale file tells itself by its age.
  [[maybe_unused]] const auto written = write_status(settings_.state_dir, format_status(*status));
  status_.with([&](auto& published) { published = status; });
  if (emf_) store_->post(store::Stream::Metrics, emf_->on_samples(now, samples_of(*status)));
}

void Gateway::round() {
  const Now now = read_clock(false);
  std::erase_if(retired_, [](const Snapshot& policy) { return policy.use_count() == 1; });
  if (revoke_at_ && now.monotonic >= *revoke_at_) revoke();
  keeper_->look(now.today());
  look_at_cloud(now);
  look_at_crls(now);
  if (now.monotonic >= next_silent_look_) {
    next_silent_look_ = now.monotonic + kSilentLookEvery;
    if (auto look = silent_.look()) {
      silent_erased_ += look->erased;
      snat_ = std::move(look->snat);
    }
  }
  watch_clock();
  watch_rules();
  const bool alive = loops_alive();
  if (alive != loops_were_alive_) {
    loops_were_alive_ = alive;
    log_->write_self(alive ? "accepted" : "warning",
                     alive ? "all packet loops answer again" : "a packet loop does not answer");
  }
  if (alive) [[maybe_unused]]
    const auto told = net::notify_supervisor("WATCHDOG=1");
  if (now.monotonic >= next_status_) {
    next_status_ = now.monotonic + kStatusEvery;
    publish_status(now);
  }
}

int Gateway::run() {
  const sigset_t set = handled_signals();
  const net::FileDescriptor signals(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  DN_CHECK(signals.is_open(), "a signalfd costs nothing but a descriptor");
  for (;;) {
    round();
    if (care_ && care_->may_exit()) {
      say("stopping: this instance ends");
      return kExitStopped;
    }
    std::array<pollfd, 2> waiting = {{{signals.get(), POLLIN, 0}, {cloud_news_.fd(), POLLIN, 0}}};
    constexpr int kRoundMs = std::chrono::milliseconds(kRound).count();
    if (poll(waiting.data(), waiting.size(), kRoundMs) <= 0 || waiting[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (read(signals.get(), &info, sizeof info) != sizeof info) continue;
    if (info.ssi_signo == SIGHUP) continue;  // the next round looks at the file
    say("stopping");
    return kExitStopped;
  }
}

void Gateway::shut_down() {
  if (down_) return;
  down_ = true;
  armed_ = false;
  [[maybe_unused]] const auto told = net::notify_supervisor("STOPPING=1");
  health_.reset();
  care_.reset();
  if (crls_) crls_->stop();
  if (resolver_) resolver_->stop();
  for (const auto& loop : loops_) loop->stop();
  cloud_.reset();  // the loops asked it
  if (rules_stand_ && options_.flush_on_exit) {
    if (const auto removed = netfilter::remove(); !removed) say(removed.error().message);
  }
  if (log_ && rules_stand_) {
    log_->write_self("removed", options_.flush_on_exit ? "stopped: rules removed, forwarding off"
                                                       : "stopped: rules stay, no new connections");
  }
  loops_.clear();
  if (store_) store_->close();
  endpoint_.reset();  // last: it waits for a search that is under way
}

// Signals are handled by the main thread alone, so they are blocked before any thread starts.
void block_signals() {
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

int run_gateway(const RunOptions& options) {
  block_signals();
  net::raise_descriptor_limit();
  Gateway gateway(options);
  if (const auto failed = gateway.set_up()) return *failed;
  return gateway.run();
}

}  // namespace dn::daemon
