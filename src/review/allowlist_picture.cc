#include "review/allowlist_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/reason.h"
#include "policy/member.h"

namespace dn::review {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kDaysMax = 36'600;  // further days are not told apart

std::int64_t day_of(std::int64_t timestamp) {
  return timestamp >= 0 ? timestamp / kDayMs : (timestamp - kDayMs + 1) / kDayMs;
}

// Reasons of a server line that no rule can change.
bool is_server_flaw(Reason reason) {
  constexpr std::array kFlaws = {Reason::TlsVersionServerTooOld, Reason::TlsServerMismatch,
                                 Reason::SshVersionServer, Reason::SshServerMismatch,
                                 Reason::HttpServerMismatch};
  return std::ranges::find(kFlaws, reason) != kFlaws.end();
}

// What an entry is worth once rules replace the see-thru.
bool only_lacks_a_rule(std::optional<Reason> reason) {
  return reason == Reason::NotAllowlisted || reason == Reason::PortNotAllowed ||
         reason == Reason::ClientUnknown;
}

// Whether a rule that names the host is all that it takes.
bool can_be_named(std::string_view dhost, Protocol protocol, std::optional<Reason> reason) {
  const bool has_rules = protocol == Protocol::Tls || protocol == Protocol::Ssh;
  if (!has_rules || !only_lacks_a_rule(reason)) return false;
  const auto member = policy::parse_member(dhost);
  return member && member->kind() == policy::MemberKind::Name;
}

std::string advise_on_address(std::string_view what, const SeenDestination& seen) {
  const auto member = policy::parse_member(seen.dhost);
  if (!member) return fmt::format("{}; no rule can allow this address", what);
  return fmt::format("{}, or allow the address: discriminat:{}:{}", what, to_text(seen.protocol),
                     seen.dhost);
}

std::string advise(const SeenDestination& seen, std::optional<Reason> reason) {
  if (reason == Reason::TlsNoSni) {
    return advise_on_address("have the client name the server (SNI)", seen);
  }
  if (seen.protocol == Protocol::Ssh && only_lacks_a_rule(reason)) {
    return advise_on_address("write the host's name: discriminat:ssh:NAME", seen);
  }
  if (seen.protocol == Protocol::Tls && only_lacks_a_rule(reason)) {
    const auto member = policy::parse_member(seen.dhost);
    if (!member) return member.error().message;
  }
  switch (reason.value_or(Reason::None)) {
    case Reason::TlsVersionClientTooOld:
      return "no rule can allow it: have the client offer TLS 1.2 or newer";
    case Reason::TlsVersionServerTooOld:
      return "no rule can allow it: have the server take TLS 1.2 or newer";
    case Reason::HttpNotAllowed: return "no rule can allow plain HTTP: use TLS";
    case Reason::DnsMismatch:
    case Reason::DnsNotReady:
    case Reason::DnsFailed:
    case Reason::DnsPrivateAddress:
      return fmt::format("a rule names it already, but {}",
                         row_of(reason.value_or(Reason::None)).sentence);
    case Reason::None: return "no rule is known to allow it";
    default: break;
  }
  return fmt::format("no rule can allow it: {}", row_of(*reason).sentence);
}

}  // namespace

SeenDestination* AllowlistPicture::find_or_make(const FlowLine& line, Protocol protocol,
                                                Port port) {
  const auto slug = line.slug();
  const auto reason = find_reason(slug);
  const auto host = DomainName::parse(line.dhost);
  const std::string_view dhost = host ? host->text() : std::string_view(line.dhost);
  const bool named = host && can_be_named(line.dhost, protocol, reason);
  std::string key = fmt::format("{} {:05} {}", static_cast<int>(protocol), port, dhost);
  if (!named) key += fmt::format(" {}", slug);
  if (const auto known = entries_.find(key); known != entries_.end()) {
    SeenDestination& seen = known->second;
    if (slug < seen.slug) seen.slug = slug;
    return &seen;
  }
  if (entries_.size() >= kEntriesMax) return nullptr;
  SeenDestination seen;
  seen.protocol = protocol;
  seen.port = port;
  seen.dhost = dhost;
  seen.slug = std::string(slug);
  if (named) {
    seen.name = host;
  } else {
    seen.advice = advise(seen, reason);
  }
  return &entries_.emplace(key, std::move(seen)).first->second;
}

void AllowlistPicture::count_client(SeenDestination& seen, Ipv4Address client) {
  if (clients_.size() < kClientsMax) clients_.insert(client.value);
  if (pairs_ >= kPairsMax) return;
  if (clients_of_[&seen].insert(client.value).second) {
    seen.clients.push_back(client);
    ++pairs_;
  }
}

void AllowlistPicture::add(std::int64_t timestamp, const FlowLine& line) {
  if (line.see_thru_exerted != true || line.see_thru_gid != gid_ || !line.allowed()) return;
  const bool from_client = line.from_client();
  const auto reason = find_reason(line.slug());
  if (!from_client && (line.cat != "server" || !reason || !is_server_flaw(*reason))) return;
  if (from_client) {
    ++connections_;
    if (days_.size() < kDaysMax) days_.insert(day_of(timestamp));
    if (!last_ || timestamp >= *last_) {
      last_ = timestamp;
      if (line.see_thru_days) {
        see_thru_ends_ = (day_of(timestamp) + *line.see_thru_days) * kDayMs;
      }
    }
    if (!first_ || timestamp < *first_) first_ = timestamp;
  }
  const auto protocol = find_protocol(line.proto).value_or(Protocol::Unknown);
  SeenDestination* seen = find_or_make(line, protocol, from_client ? line.dpt : line.spt);
  if (seen == nullptr) {
    ++left_out_;
    return;
  }
  if (reason == Reason::ClientUnknown) ++unknown_clients_;
  const auto client = parse_ipv4(from_client ? line.src : line.dst);
  if (seen->hits++ == 0 || timestamp < seen->first) {
    seen->first = timestamp;
    seen->first_client = client.value_or(Ipv4Address{});
  }
  seen->last = std::max(seen->last, timestamp);
  if (client) count_client(*seen, *client);
}

std::vector<SeenDestination> AllowlistPicture::destinations() const {
  std::vector<SeenDestination> list;
  for (const auto& [key, seen] : entries_) list.push_back(seen);
  return list;
}

AllowlistPicture::Completeness AllowlistPicture::completeness() const {
  Completeness complete;
  std::unordered_set<std::int64_t> days_with_new;
  std::unordered_set<std::uint32_t> clients_with_new;
  for (const auto& [key, seen] : entries_) {
    if (!seen.name) continue;
    days_with_new.insert(day_of(seen.first));
    clients_with_new.insert(seen.first_client.value);
    if (!complete.last_new || seen.first > *complete.last_new) {
      complete.last_new = seen.first;
      complete.last_new_name = seen.dhost;
    }
  }
  complete.days = days_.size();
  complete.days_without_new = static_cast<std::size_t>(
      std::ranges::count_if(days_, [&](std::int64_t day) { return !days_with_new.contains(day); }));
  complete.clients = clients_.size();
  complete.clients_without_new = static_cast<std::size_t>(std::ranges::count_if(
      clients_, [&](std::uint32_t client) { return !clients_with_new.contains(client); }));
  complete.see_thru_ends = see_thru_ends_;
  return complete;
}

std::vector<AllowlistPicture::CurvePoint> AllowlistPicture::curve() const {
  std::vector<std::int64_t> news;
  for (const auto& [key, seen] : entries_) {
    if (seen.name) news.push_back(day_of(seen.first));
  }
  std::ranges::sort(news);
  std::vector<CurvePoint> points;
  for (const std::int64_t day : days_) {
    const auto known = std::ranges::upper_bound(news, day) - news.begin();
    points.push_back(
        {Date(std::chrono::sys_days(std::chrono::days(day))), static_cast<std::size_t>(known)});
  }
  return points;
}

}  // namespace dn::review
