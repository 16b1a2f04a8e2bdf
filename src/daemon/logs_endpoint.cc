#include "daemon/logs_endpoint.h"

#include <fmt/format.h>

#include <chrono>
#include <set>
#include <utility>

#include "base/check.h"
#include "daemon/api_keys.h"
#include "net/random.h"

namespace dn::daemon {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(30);
constexpr std::size_t kToldMax = 1000;  // problems remembered; beyond, each may be told again

}  // namespace

Result<std::unique_ptr<LogsEndpoint>> LogsEndpoint::start(EndpointSettings settings) {
  std::unique_ptr<LogsEndpoint> endpoint(new LogsEndpoint(std::move(settings)));
  if (auto opened = endpoint->open(); !opened) return tl::unexpected(opened.error());
  return endpoint;
}

Result<void> LogsEndpoint::open() {
  auto listen = parse_listen_address(settings_.listen);
  if (!listen) {
    return fail(fmt::format("listen {}: {}", settings_.listen, listen.error().message));
  }
  listen_ = *std::move(listen);
  ApiSettings api;
  api.listen = listen_;
  api.clock = [clock = settings_.clock] { return clock().wall; };
  api.random = net::random_number;
  if (settings_.tls_certificate.empty() != settings_.tls_key.empty()) {
    return fail("a TLS certificate and its key are given together, or none of them");
  }
  if (!settings_.tls_certificate.empty()) {
    api.tls = http::TlsFiles{settings_.tls_certificate, settings_.tls_key};
  }
  if (!settings_.credentials_file.empty()) {
    auto keys = read_api_keys(settings_.credentials_file);
    if (!keys) return tl::unexpected(keys.error());
    api.keys = *std::move(keys);
  }
  auto catalog = store::LogCatalog::open({.directory = settings_.store,
                                          .writable = true,
                                          .own_streams_taken = settings_.own_streams_taken,
                                          .segments = settings_.segments,
                                          .clock = settings_.clock});
  if (!catalog) return tl::unexpected(catalog.error());
  catalog_ = std::move(*catalog);
  logs::ServiceSettings service;
  service.region = settings_.region;
  service.account = settings_.account;
  service.clock = api.clock;
  service.random = net::random_number;
  service_ = logs::LogsService::make(*catalog_, std::move(service));
  console::ConsoleSettings console;
  console.files = console::ConsoleFiles::built_in();
  console.sources = settings_.sources;
  if (!api.keys.empty()) {
    console.sources.check_key = [keys = api.keys](std::string_view id, std::string_view secret) {
      return is_api_key(keys, id, secret);
    };
  }
  console.tls = api.tls.has_value();
  console.clock = settings_.clock;
  console.random = net::random_number;
  console_ = std::make_unique<console::Console>(std::move(console), *service_);
  api.elsewhere = [this](const http::Request& request) { return console_->answer(request); };
  auto server = ApiServer::start(std::move(api), *service_);
  if (!server) return tl::unexpected(server.error());
  server_ = std::move(*server);
  keeper_ = std::thread([this] { look_after_store(); });
  return {};
}

LogsEndpoint::~LogsEndpoint() {
  // The server waits for what its workers do, and that ends soon now.
  if (console_) console_->stop_soon();
  if (service_) service_->stop_soon();
  server_.reset();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (keeper_.joinable()) keeper_.join();
}

void LogsEndpoint::look_after_store() {
  std::set<std::string> told;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kLookEvery, [this] { return stopping_; })) {
    lock.unlock();
    catalog_->tidy();
    if (told.size() > kToldMax) told.clear();
    for (std::string& problem : catalog_->take_problems()) {
      const auto [entry, fresh] = told.insert(std::move(problem));
      if (fresh) settings_.on_problem(*entry);
    }
    lock.lock();
  }
}

std::string LogsEndpoint::url() const {
  const bool six = listen_.address.contains(':');
  return fmt::format("{}://{}{}{}:{}", settings_.tls_certificate.empty() ? "http" : "https",
                     six ? "[" : "", listen_.address, six ? "]" : "", server_->port());
}

}  // namespace dn::daemon
