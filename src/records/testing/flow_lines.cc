#include "records/testing/flow_lines.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "base/reason.h"
#include "records/flow_record.h"

namespace dn::records::testing {
namespace {

constexpr std::size_t kClients = 200;
constexpr std::size_t kNames = 500;
constexpr std::string_view kInstance = "i-0a1b2c3d4e5f60718";

constexpr std::array<std::string_view, 8> kKnownNames = {
    "api.github.com",     "pypi.org",
    "registry.npmjs.org", "deb.debian.org",
    "sts.amazonaws.com",  "ec2-instance-connect.eu-west-1.amazonaws.com",
    "hooks.slack.com",    "files.pythonhosted.org"};
constexpr std::array<std::string_view, 4> kGroups = {"sg-0a1b2c3d4e5f60001", "sg-0a1b2c3d4e5f60002",
                                                     "sg-00replaceme00", "%default"};
constexpr std::array<std::string_view, 3> kPaths = {"/", "/debian/dists/bookworm/InRelease",
                                                    "/latest/meta-data/?x=1&y=2"};
constexpr std::array<std::string_view, 2> kOddPaths = {"/find?q=\"quoted words\"", "/a\\b"};
constexpr std::array<std::string_view, 3> kAgents = {
    "curl/7.88.1", "Debian APT-HTTP/1.3 (2.6.1)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"};
constexpr std::array kRefusals = {Reason::NotAllowlisted, Reason::NotAllowlisted,
                                  Reason::DnsMismatch, Reason::TlsNoSni, Reason::PortNotAllowed};

// Texts of one connection, which its record only borrows.
struct Connection {
  FlowRecord record;
  std::string dhost, reason;
};

std::string name_of(SeededNumbers& numbers) {
  // Two names in three are the few that everybody asks for.
  if (numbers.below(3) < 2) return std::string(kKnownNames[numbers.below(kKnownNames.size())]);
  const std::size_t name = numbers.below(kNames);
  return fmt::format("{}-{}.service{}.example.{}", name % 2 == 0 ? "api" : "cdn", name, name % 17,
                     name % 3 == 0 ? "com" : "net");
}

void choose_protocol(Connection& connection, SeededNumbers& numbers) {
  FlowRecord& record = connection.record;
  const std::size_t kind = numbers.below(100);
  if (kind < 80) {
    record.proto = Protocol::Tls;
    record.proto_v = numbers.below(10) == 0 ? "1.2" : "1.3";
    record.pqc = numbers.below(2) == 0;
    record.ech = numbers.below(20) == 0;
    record.dpt = numbers.below(25) == 0 ? 8443 : 443;
  } else if (kind < 90) {
    record.proto = Protocol::Ssh;
    record.proto_v = "2.0";
    record.dpt = 22;
  } else {
    record.proto = Protocol::Http;
    record.proto_v = "1.1";
    record.dpt = 80;
    record.http_method = numbers.below(4) == 0 ? "POST" : "GET";
    record.http_path = numbers.below(10) == 0 ? kOddPaths[numbers.below(kOddPaths.size())]
                                              : kPaths[numbers.below(kPaths.size())];
    record.http_user_agent = kAgents[numbers.below(kAgents.size())];
  }
}

void choose_see_thru(Connection& connection, std::size_t client, SeededNumbers& numbers,
                     unsigned per_mille) {
  // A client is under see-thru always or never; so it follows from its number.
  if (SeededNumbers(client).below(1000) >= per_mille) return;
  FlowRecord& record = connection.record;
  SeeThruFields fields;
  fields.gid = kGroups[client % kGroups.size()];
  fields.days_remaining = static_cast<int>(client % 30);
  fields.exerted = record.outcome == Outcome::Allowed && numbers.below(3) == 0;
  record.see_thru = fields;
}

Connection make_connection(SeededNumbers& numbers, const FlowLinesOptions& options) {
  Connection connection;
  FlowRecord& record = connection.record;
  const std::size_t client = numbers.below(kClients);
  connection.dhost = name_of(numbers);
  record.src = {static_cast<std::uint32_t>(0xac100100 + client)};  // 172.16.1.0 and behind
  record.dst = {static_cast<std::uint32_t>(0x68100000 + numbers.below(65536))};
  record.spt = static_cast<Port>(32768 + numbers.below(28232));
  choose_protocol(connection, numbers);
  if (numbers.per_mille(options.disallowed_per_mille)) {
    record.outcome = Outcome::Disallowed;
    const ReasonRow& row = row_of(kRefusals[numbers.below(kRefusals.size())]);
    connection.reason = fmt::format("{}: {}", row.slug, row.sentence);
    record.evidence = Evidence::None;
  } else {
    record.outcome = Outcome::Allowed;
    connection.reason = fmt::format("policy:{}: {}", kGroups[client % 3], connection.dhost);
    record.evidence = numbers.below(50) == 0 ? Evidence::DnsFresh : Evidence::Dns;
    if (record.evidence == Evidence::DnsFresh) {
      record.held_ms = static_cast<std::int64_t>(1 + numbers.below(120));
    }
  }
  choose_see_thru(connection, client, numbers, options.see_thru_per_mille);
  return connection;
}

// The line of the server's answer: source and destination change places.
FlowRecord answer_to(const FlowRecord& asked, SeededNumbers& numbers) {
  FlowRecord answer = asked;
  answer.cat = PacketOrigin::Server;
  std::swap(answer.src, answer.dst);
  std::swap(answer.spt, answer.dpt);
  answer.time += std::chrono::milliseconds(2 + numbers.below(30));
  answer.http_method = answer.http_path = answer.http_user_agent = {};
  if (asked.proto == Protocol::Http) answer.http_code = numbers.below(10) == 0 ? 404 : 200;
  answer.held_ms = {};
  answer.ech = false;
  return answer;
}

}  // namespace

std::string make_flow_lines(const FlowLinesOptions& options) {
  SeededNumbers numbers(options.seed);
  std::string out;
  out.reserve(options.lines * 450);
  WallTime now = options.start;
  for (std::size_t written = 0; written < options.lines;) {
    Connection connection = make_connection(numbers, options);
    now += options.step / 2 + std::chrono::milliseconds(numbers.below(
                                  static_cast<std::size_t>(options.step.count()) + 1));
    connection.record.time = now;
    connection.record.dhost = connection.dhost;
    connection.record.reason = connection.reason;
    append_json_line(out, connection.record, kInstance);
    ++written;
    if (connection.record.outcome == Outcome::Disallowed || written == options.lines) continue;
    // Lines stand in the order of time, so the next connection begins behind this answer.
    const FlowRecord answer = answer_to(connection.record, numbers);
    append_json_line(out, answer, kInstance);
    ++written;
    now = answer.time;
  }
  return out;
}

}  // namespace dn::records::testing
