// `discriminat inspect`: what the gateway would read in the first bytes of each connection.
//
// The same reassembler (engine/stream_prefix.h), the same readers (engine/protocols.h); no policy,
// no DNS. "policy" means: well formed and modern, so that the rules decide.
#include "cli/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "capture/capture_file.h"
#include "capture/conversations.h"
#include "cli/text_table.h"
#include "engine/protocols.h"
#include "wire/ssh.h"

namespace dn::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using engine::ClientReading;
using engine::ServerReading;

struct Inspection {
  Protocol protocol = Protocol::Unknown;
  std::string special;  // "sslv2", "h2c" instead of "unknown"
  std::string name, client_version, server_version;
  Reason reason = Reason::None;  // None: the rules decide
  json::object extra;
};

// "TLS1.2" instead of "1.2", as other tools that read captures say.
std::string long_version(Protocol protocol, std::string_view version) {
  if (protocol != Protocol::Tls || version.empty()) return std::string(version);
  if (version == "ssl3") return "SSLv3";
  return "TLS" + std::string(version);
}

// As the engine does it: read whenever the prefix has grown, and the first answer is final.
ClientReading first_reading(const capture::Conversation& conversation,
                            wire::HandshakeScratch& scratch) {
  const ByteSpan prefix = conversation.client_bytes.prefix();
  ClientReading reading;
  for (const std::size_t size : conversation.client_growth) {
    reading = engine::read_client(prefix.first(size), scratch);
    if (reading.status != ClientReading::Status::NeedMore) break;
  }
  return reading;
}

void inspect_client(const capture::Conversation& conversation, Inspection& inspection,
                    wire::HandshakeScratch& scratch) {
  const ByteSpan prefix = conversation.client_bytes.prefix();
  if (prefix.empty()) {
    inspection.reason = Reason::ProtoUnknown;
    return;
  }
  const ClientReading reading = first_reading(conversation, scratch);
  const engine::ClientFacts& facts = reading.facts;
  inspection.protocol = facts.protocol;
  inspection.client_version = long_version(facts.protocol, facts.version);
  if (facts.name) {
    inspection.name = facts.name->text();
  } else if (!facts.http_host.empty()) {
    inspection.name = facts.http_host;
  }
  switch (reading.status) {
    case ClientReading::Status::NeedMore:
      inspection.reason =
          engine::timeout_reason(facts.protocol, conversation.client_bytes.has_gap());
      break;
    case ClientReading::Status::Malformed: inspection.reason = reading.reason; break;
    case ClientReading::Status::Done:
      inspection.reason = facts.flaw;
      if (facts.early_data) inspection.extra["early_data"] = true;
      break;
  }
  if (facts.protocol == Protocol::Tls && reading.status == ClientReading::Status::Done) {
    inspection.extra["ech"] = facts.ech;
    inspection.extra["pqc_client"] = facts.post_quantum.value_or(false);
  }
  if (!facts.banner.empty()) inspection.extra["c_banner"] = facts.banner;
  if (!facts.http_method.empty()) inspection.extra["method"] = facts.http_method;
  if (!facts.http_target.empty()) inspection.extra["uri"] = facts.http_target;
  if (!facts.http_user_agent.empty()) inspection.extra["user_agent"] = facts.http_user_agent;
  if (reading.reason == Reason::Sslv2Hello) inspection.special = "sslv2";
  if (facts.flaw == Reason::Http2Cleartext) inspection.special = "h2c";
}

void inspect_server(const capture::Conversation& conversation, Inspection& inspection,
                    wire::HandshakeScratch& scratch) {
  ByteSpan bytes = conversation.server_bytes.prefix();
  if (bytes.empty()) return;
  Protocol protocol = inspection.protocol;
  if (protocol == Protocol::Unknown && conversation.client_bytes.prefix().empty()) {
    // Only the server was recorded: its own bytes say what it is.
    const auto banner = wire::parse_ssh_banner(bytes, wire::Side::Server);
    if (banner.value.version.empty()) return;
    protocol = inspection.protocol = Protocol::Ssh;
    inspection.server_version = banner.value.version;
  }
  constexpr std::uint16_t kAnyVersion = 0xffff;
  ServerReading reading = engine::read_server(protocol, bytes, kAnyVersion, false, scratch);
  if (reading.status == ServerReading::Status::Done && reading.facts.hello_retry_request) {
    inspection.server_version = long_version(protocol, reading.facts.version);
    bytes = bytes.subspan(reading.consumed);
    reading = engine::read_server(protocol, bytes, kAnyVersion, true, scratch);
  }
  if (reading.status == ServerReading::Status::Malformed && inspection.reason == Reason::None) {
    inspection.reason = reading.reason;
  }
  if (reading.status != ServerReading::Status::Done) return;
  const engine::ServerFacts& facts = reading.facts;
  if (!facts.version.empty()) inspection.server_version = long_version(protocol, facts.version);
  if (inspection.reason == Reason::None) inspection.reason = facts.flaw;
  if (facts.post_quantum) inspection.extra["pqc_server"] = *facts.post_quantum;
  if (facts.http_code != 0) inspection.extra["http_code"] = facts.http_code;
  if (facts.alert) inspection.extra["s_alert"] = facts.alert_description;
  if (!facts.banner.empty()) inspection.extra["s_banner"] = facts.banner;
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object describe(const std::string& file, const capture::Conversation& conversation,
                      const Inspection& inspection) {
  const std::string protocol =
      inspection.special.empty() ? std::string(to_text(inspection.protocol)) : inspection.special;
  json::object line = {{"pcap", file},
                       {"l4", "tcp"},
                       {"src", conversation.client},
                       {"spt", conversation.client_port},
                       {"dst", conversation.server},
                       {"dpt", conversation.server_port},
                       {"proto", protocol},
                       {"dhost", text_or_null(inspection.name)},
                       {"c_ver", text_or_null(inspection.client_version)},
                       {"s_ver", text_or_null(inspection.server_version)},
                       {"verdict", inspection.reason == Reason::None ? "policy" : "deny"},
                       {"reason", slug_of(inspection.reason)}};
  for (const auto& [key, value] : inspection.extra) line[key] = value;
  return line;
}

// JSON is UTF-8, bytes from the network may be anything: those that are not ASCII are shown as
// Latin-1, which loses none.
std::string format_json(const json::object& line) {
  std::string text;
  for (const char c : json::serialize(line)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += fmt::format("\\u{:04x}", unsigned{byte});
    }
  }
  return text;
}

// Where the lines go: at once as JSON, or at the end as a table.
class Report {
 public:
  explicit Report(bool as_json) : as_json_(as_json) {}

  void add(const json::object& line) {
    if (as_json_) {
      fmt::print("{}\n", format_json(line));
      return;
    }
    const auto cell = [&line](const char* key) {
      const json::string* text = line.at(key).if_string();
      return text == nullptr || text->empty() ? std::string("-") : std::string(*text);
    };
    const auto endpoint = [&](const char* address, const char* port) {
      const std::string host = cell(address);
      return fmt::format(fmt::runtime(host.contains(':') ? "[{}]:{}" : "{}:{}"), host,
                         line.at(port).to_number<int>());
    };
    table_.add({cell("pcap"), endpoint("src", "spt"), endpoint("dst", "dpt"), cell("proto"),
                cell("dhost"), cell("c_ver"), cell("s_ver"), cell("verdict"), cell("reason")});
  }
  void finish() const {
    if (!table_.empty()) table_.print(std::cout, false);
  }

 private:
  bool as_json_;
  TextTable table_{
      {"FILE", "CLIENT", "SERVER", "PROTOCOL", "NAME", "OFFERED", "SELECTED", "VERDICT", "REASON"}};
};

bool inspect_file(const fs::path& path, const std::string& shown, Report& report) {
  const auto file = capture::read_file(path.string());
  if (!file) {
    fmt::print(stderr, "discriminat inspect: {}\n", file.error().message);
    return false;
  }
  capture::Conversations conversations;
  const auto read =
      capture::read_capture(as_bytes(*file), [&](ByteSpan ip) { conversations.add(ip); });
  if (!read) {
    fmt::print(stderr, "discriminat inspect: {}: {}\n", path.string(), read.error().message);
    return false;
  }
  wire::HandshakeScratch scratch;
  for (const auto& conversation : conversations.finish()) {
    Inspection inspection;
    inspect_client(conversation, inspection, scratch);
    inspect_server(conversation, inspection, scratch);
    if (conversation.anomaly != Reason::None) inspection.reason = conversation.anomaly;
    report.add(describe(shown, conversation, inspection));
  }
  if (conversations.left_out() > 0) {
    fmt::print(stderr, "discriminat inspect: {}: too many connections, {} packets left out\n",
               path.string(), conversations.left_out());
  }
  return true;
}

bool is_capture(const fs::path& path) {
  const std::string name = path.extension().string();
  return name == ".pcap" || name == ".pcapng" || name == ".cap" || name == ".trace";
}

// The captures below a directory, sorted by name.
std::vector<fs::path> captures_below(const std::string& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_regular_file(error) && is_capture(at->path())) files.push_back(at->path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

int run_inspect(const std::vector<std::string>& paths, bool as_json) {
  Report report(as_json);
  bool good = true;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      good = inspect_file(path, fs::path(path).filename().string(), report) && good;
      continue;
    }
    const auto files = captures_below(path);
    if (files.empty()) {
      fmt::print(stderr, "discriminat inspect: {}: no .pcap, .pcapng, .cap or .trace files\n",
                 path);
      good = false;
    }
    for (const auto& file : files) {
      good = inspect_file(file, fs::relative(file, path).string(), report) && good;
    }
  }
  report.finish();
  return good ? 0 : 2;
}

}  // namespace dn::cli
