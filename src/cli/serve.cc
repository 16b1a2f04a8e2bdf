#include "cli/serve.h"

#include <csignal>
#include <mutex>

#include "base/readable.h"
#include "cli/exit_codes.h"
#include "cli/served_policy.h"
#include "daemon/clock.h"
#include "daemon/logs_endpoint.h"
#include "net/descriptor_limit.h"

namespace dn::cli {

int run_serve(const ServeArguments& arguments, World& world) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before there are threads, which inherit it
  net::raise_descriptor_limit();
  std::mutex printing;
  const auto say = [&](const std::string& text) {
    const std::lock_guard lock(printing);
    world.err << "discriminat: " << printable(text) << std::endl;
  };
  std::unique_ptr<ServedPolicy> policy;
  if (!arguments.policy.empty()) {
    policy = ServedPolicy::open(arguments.policy, world);
    if (policy == nullptr) return kExitCannot;
  }
  daemon::EndpointSettings settings;
  if (policy) {
    settings.sources.policy = [&] { return policy->get(daemon::read_clock(false).today()); };
  }
  settings.store = arguments.store;
  settings.listen = arguments.listen;
  settings.tls_certificate = arguments.tls_certificate;
  settings.tls_key = arguments.tls_key;
  settings.credentials_file = arguments.credentials_file;
  settings.region = arguments.region;
  settings.account = arguments.account;
  settings.clock = [] { return daemon::read_clock(false); };
  settings.on_problem = say;
  auto endpoint = daemon::LogsEndpoint::start(std::move(settings));
  if (!endpoint) {
    say(endpoint.error().message);
    return daemon::kExitSetUpFailed;
  }
  say("log endpoint: " + (*endpoint)->url());
  int number = 0;
  sigwait(&signals, &number);
  say("stopping");
  return kExitGood;
}

}  // namespace dn::cli
