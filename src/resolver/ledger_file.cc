// See ledger_file.h. A line:
// {"name":"api.example.com","fresh_until":1754000000,"on_demand":false,"addresses":["192.0.2.1"]}
#include "resolver/ledger_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace dn::resolver {
namespace {

using engine::DnsAnswer;

constexpr std::string_view kFirstLine = R"({"discriminat_dns_ledger":1})";
constexpr std::size_t kBufferBytes = 256 * 1024;

// Reads exactly what format_line() writes.
class LineCursor {
 public:
  explicit LineCursor(std::string_view line) : rest_(line) {}

  bool take(std::string_view literal) {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }
  // Up to the next quotation mark, which is taken too.
  std::optional<std::string_view> take_string() {
    const std::size_t end = rest_.find('"');
    if (end == std::string_view::npos) return {};
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }
  std::optional<std::int64_t> take_number() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return {};
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

struct Line {
  DnsAnswer answer;  // without age and TTLs
  std::int64_t fresh_until = 0;
};

std::optional<Line> parse_line(std::string_view text) {
  LineCursor cursor(text);
  if (!cursor.take(R"({"name":")")) return {};
  const auto name_text = cursor.take_string();
  const auto name = name_text ? DomainName::parse(*name_text) : std::nullopt;
  if (!name || !cursor.take(R"(,"fresh_until":)")) return {};
  const auto fresh_until = cursor.take_number();
  if (!fresh_until || !cursor.take(R"(,"on_demand":)")) return {};
  Line line{{*name, engine::DnsStatus::Answered, {}, {}, false}, *fresh_until};
  line.answer.on_demand = cursor.take("true");
  if (!line.answer.on_demand && !cursor.take("false")) return {};
  if (!cursor.take(R"(,"addresses":[)")) return {};
  do {
    if (!cursor.take("\"") || line.answer.addresses.size() == limits::kDnsAddressesPerNameMax) {
      return {};
    }
    const auto address_text = cursor.take_string();
    const auto address = address_text ? parse_ipv4(*address_text) : std::nullopt;
    if (!address) return {};
    line.answer.addresses.push_back({*address, {}});
  } while (cursor.take(","));
  if (!cursor.take("]}") || !cursor.done()) return {};
  return line;
}

std::string last_line(std::size_t lines) {
  return R"({"lines":)" + std::to_string(lines) + "}";
}

void format_line(std::string& out, const DnsAnswer& answer, WallTime now) {
  Duration fresh = -answer.age;
  if (answer.age == Duration{} && !answer.addresses.empty()) fresh = answer.addresses[0].ttl;
  const auto until = std::chrono::floor<std::chrono::seconds>(now + fresh);
  out += R"({"name":")";
  out += answer.name.text();
  out += R"(","fresh_until":)" + std::to_string(until.time_since_epoch().count());
  out += answer.on_demand ? R"(,"on_demand":true,"addresses":[)"
                          : R"(,"on_demand":false,"addresses":[)";
  for (std::size_t i = 0; i < answer.addresses.size(); ++i) {
    out += i == 0 ? "\"" : ",\"";
    out += to_text(answer.addresses[i].address) + "\"";
  }
  out += "]}\n";
}

// Reads lines up to the last one; false when anything is unexpected.
bool for_each_line(std::istream& file, const std::function<void(const Line&)>& visit) {
  file.clear();
  file.seekg(0);
  std::vector<char> buffer(kLedgerLineBytesMax);
  const auto next = [&]() -> std::optional<std::string_view> {
    if (!file.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()))) return {};
    if (file.eof()) return {};  // the line break is missing
    return std::string_view(buffer.data(), static_cast<std::size_t>(file.gcount()) - 1);
  };
  if (next() != kFirstLine) return false;
  for (std::size_t lines = 0;; ++lines) {
    const auto text = next();
    if (!text) return false;
    if (*text == last_line(lines)) break;
    const auto line = parse_line(*text);
    if (!line) return false;
    visit(*line);
  }
  return file.peek() == std::istream::traits_type::eof();
}

// The answer as of now, unless it has run out or lies in the future.
std::optional<DnsAnswer> as_of(const Line& line, WallTime now, Duration retention) {
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  // Compared before subtracting, because the file may hold any number.
  const auto reach = [](Duration d) {
    return std::chrono::duration_cast<std::chrono::seconds>(d).count();
  };
  if (line.fresh_until > seconds + reach(limits::kDnsTtlMax)) return {};
  if (line.fresh_until <= seconds - reach(retention)) return {};
  const Duration rest = std::chrono::seconds(line.fresh_until - seconds);
  DnsAnswer answer = line.answer;
  if (rest < Duration{}) answer.age = -rest;
  for (auto& address : answer.addresses) address.ttl = std::max(rest, Duration{});
  return answer;
}

std::string because(const std::string& path, const char* what) {
  return "cannot " + std::string(what) + " \"" + path + "\": " + std::strerror(errno);
}

}  // namespace

Result<std::size_t> read_ledger(std::istream& file, WallTime now, Duration retention,
                                const std::function<void(const DnsAnswer&)>& visit) {
  if (retention <= Duration{}) retention = limits::kDnsRetention;
  if (!for_each_line(file, [](const Line&) {})) return fail("the saved DNS ledger is corrupt");
  std::size_t restored = 0;
  for_each_line(file, [&](const Line& line) {
    const auto answer = as_of(line, now, retention);
    if (!answer) return;
    visit(*answer);
    ++restored;
  });
  return restored;
}

Result<std::size_t> read_ledger_file(const std::string& path, WallTime now, Duration retention,
                                     const std::function<void(const DnsAnswer&)>& visit) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return 0;
    return fail(because(path, "read"));
  }
  if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) > kLedgerFileBytesMax) {
    return fail("\"" + path + "\" is not a saved DNS ledger");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(because(path, "read"));
  return read_ledger(file, now, retention, visit);
}

struct LedgerSaver::File {
  std::string path;
  int fd = -1;
  std::string buffer;
  std::size_t lines = 0;
  std::size_t position = 0;  // in the ledger

  std::string draft() const { return path + ".tmp"; }
  bool flush() {
    std::string_view rest = buffer;
    while (!rest.empty()) {
      const ssize_t written = write(fd, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer.clear();
    return true;
  }
};

LedgerSaver::LedgerSaver(std::unique_ptr<File> file) : file_(std::move(file)) {}
LedgerSaver::LedgerSaver(LedgerSaver&&) noexcept = default;
LedgerSaver& LedgerSaver::operator=(LedgerSaver&&) noexcept = default;
LedgerSaver::~LedgerSaver() {
  if (!file_ || file_->fd < 0) return;
  close(file_->fd);
  unlink(file_->draft().c_str());
}

Result<LedgerSaver> LedgerSaver::begin(std::string path) {
  auto file = std::make_unique<File>();
  file->path = std::move(path);
  unlink(file->draft().c_str());
  file->fd = open(file->draft().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file->fd < 0) return fail(because(file->draft(), "write"));
  file->buffer = std::string(kFirstLine) + "\n";
  return LedgerSaver(std::move(file));
}

Result<bool> LedgerSaver::save_some(const engine::DnsLedger& ledger, const Now& now,
                                    std::size_t names_most) {
  File& file = *file_;
  file.position =
      ledger.export_some(file.position, names_most, now.monotonic, [&](const DnsAnswer& answer) {
        format_line(file.buffer, answer, now.wall);
        ++file.lines;
      });
  const bool last = file.position == 0;
  if (last) file.buffer += last_line(file.lines) + "\n";
  if ((last || file.buffer.size() >= kBufferBytes) && !file.flush()) {
    return fail(because(file.draft(), "write"));
  }
  if (!last) return false;
  if (rename(file.draft().c_str(), file.path.c_str()) != 0) {
    return fail(because(file.path, "write"));
  }
  close(std::exchange(file.fd, -1));
  return true;
}

}  // namespace dn::resolver
