// What the log store costs: lines in, compression, and a selective look-up in a large store.
//
//     store_bench [DIRECTORY [GIGABYTES]]     a fresh folder in DIRECTORY (/tmp), 10 GB of segments
//
// 1. Ingest: blocks of seeded lines of about 400 bytes go to a LogStore as packet loops post them,
//    with a flush every second, while its compressor works. Nothing may be dropped.
// 2. Compression and loading alone, one thread: MB/s of lines, and the ratio.
// 3. Look-up: a few compressed segments are copied under new numbers until the segments have so
// many
//    bytes on disk, and one segment with a few rare values is put among them. Then a fresh
//    catalogue lists, finds the blocks for a value and loads them, first with nothing of the files
//    in memory, then again for each.
// Targets: 200,000 lines/s; the first selective look-up within 2 s on two cores.
#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "records/json_text.h"
#include "store/log_catalog.h"
#include "store/log_store.h"
#include "store/segment_files.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;
using namespace dn::store;

constexpr std::size_t kIngestLines = 4'000'000;
constexpr std::size_t kLinesPerBlock = 64;
// Each stands once in the store. The first look-up is the cold one.
constexpr std::array<std::string_view, 5> kNeedles = {
    "needle-1.example.com", "needle-2.example.com", "needle-3.example.com", "needle-4.example.com",
    "needle-5.example.com"};
constexpr std::uint64_t kSeeds = 8;  // different segments, of which the others are copies

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

dn::Now now() {
  const auto wall = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return {Clock::now(), wall, true};
}

// Lines such as a gateway in front of a few hundred workloads writes.
class Lines {
 public:
  explicit Lines(std::uint64_t seed) : random_(seed) {}

  void append(std::string& out, std::string_view host = {}) {
    const std::uint64_t r = random_();
    const unsigned name = static_cast<unsigned>(r % 61) * static_cast<unsigned>(r >> 32U & 63U);
    const std::string own = fmt::format("api-{}.service{}.example.com", name, name % 37);
    const std::string_view dhost = host.empty() ? std::string_view(own) : host;
    time_ += static_cast<std::int64_t>(r >> 40U & 1U);
    fmt::format_to(
        std::back_inserter(out),
        R"({{"time":"{}","dhost":"{}","cat":"client","outcome":"{}","src":"10.0.{}.{}","spt":{},)"
        R"("dst":"198.51.{}.{}","dpt":443,"proto":"tls","proto_v":"1.3",)"
        R"("reason":"policy:sg-0123456789abc{:04x}: {}","instance":"i-0123456789abcdef0",)"
        R"("pqc":{},"see_thru_days_remaining":{},"see_thru_gid":"sg-0fedcba987654{:04x}",)"
        R"("see_thru_exerted":false,"evidence":"{}"}})"
        "\n",
        dn::records::format_time(dn::WallTime(std::chrono::milliseconds(time_))), dhost,
        r % 50 == 0 ? "disallowed" : "allowed", r % 4, r >> 8U & 0xffU, 32768 + (r >> 16U) % 28000,
        r >> 20U & 15U, r >> 24U & 0xffU, r % 97, dhost, r % 3 != 0, r % 30, r % 11,
        r % 20 == 0 ? "dns-fresh" : "dns");
  }

 private:
  std::mt19937_64 random_;
  std::int64_t time_ = 1'795'317'300'000;
};

struct Folder {
  explicit Folder(const std::string& parent) {
    std::string name = parent + "/store-bench-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

void ingest(const std::filesystem::path& directory) {
  std::vector<std::string> blocks(2000);
  Lines lines(1);
  for (std::string& block : blocks) {
    for (std::size_t i = 0; i < kLinesPerBlock; ++i) lines.append(block);
  }
  LogStoreSettings settings;
  settings.directory = directory;
  settings.segments.compress_after = 0s;
  settings.clock = now;
  auto store = LogStore::open(settings);
  if (!store) return fmt::print("{}\n", store.error().message);
  std::uint64_t bytes = 0, done = 0;
  const auto start = Clock::now();
  auto flushed = start;
  for (; done < kIngestLines; done += kLinesPerBlock) {
    const std::string& block = blocks[done / kLinesPerBlock % blocks.size()];
    bytes += block.size();
    (*store)->post(Stream::Flow, block);
    // As fast as the writer takes them: a full queue would drop.
    if ((*store)->stats(Stream::Flow).queued_bytes > settings.queue_bytes_max / 2 ||
        Clock::now() - flushed > 1s) {
      (*store)->flush();
      flushed = Clock::now();
    }
  }
  (*store)->flush();
  const double seconds = since(start);
  const StreamStats stats = (*store)->stats(Stream::Flow);
  fmt::print(
      "ingest: {:.0f} lines/s, {:.0f} MB/s, {} bytes a line, {} dropped; {} of {} segments "
      "compressed meanwhile\n",
      static_cast<double>(done) / seconds, static_cast<double>(bytes) / seconds / 1e6, bytes / done,
      stats.dropped_lines, stats.written.segments_compressed, stats.written.segments);
}

// Writes one raw segment with lines of this seed and compresses it; returns the bytes of lines.
std::uint64_t make_segment(const std::filesystem::path& path, std::uint64_t seed, bool needles) {
  constexpr std::size_t kBytes = 64UL << 20U;
  std::string text;
  Lines lines(seed);
  while (text.size() < kBytes - 10'000) lines.append(text);
  for (const std::string_view needle : kNeedles) {
    if (needles) lines.append(text, needle);
  }
  const std::string raw = path.string() + ".raw";
  const int file = ::open(raw.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t wrote = ::write(file, rest.data(), rest.size());
    if (wrote <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  ::close(file);
  const std::atomic<bool> stop = false;
  const auto start = Clock::now();
  const auto made = compress_segment(raw, path.string(), real_file_calls(), stop);
  const double seconds = since(start);
  const auto mb = static_cast<double>(text.size()) / 1e6;
  if (seed == kSeeds) {
    fmt::print("compress: {:.0f} MB/s in, {:.0f} MB/s out, ratio {:.1f} with index and filters\n",
               mb / seconds, static_cast<double>(made.file_bytes) / 1e6 / seconds,
               static_cast<double>(text.size()) / static_cast<double>(made.file_bytes));
  }
  std::filesystem::remove(raw);
  return text.size();
}

// Without root: what was synced can be dropped from memory file by file.
void forget(const std::filesystem::path& directory) {
  ::sync();
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
  }
}

void look_up(const std::filesystem::path& directory, std::string_view needle, const char* title) {
  CatalogSettings settings;
  settings.directory = directory;
  settings.clock = now;
  const auto start = Clock::now();
  const auto catalog = LogCatalog::open(settings);
  if (!catalog) return fmt::print("{}\n", catalog.error().message);
  const auto streams = (*catalog)->streams(kOwnGroup);
  const double listed = since(start);
  const std::vector<std::string> flow = {"flow"};
  const auto again = Clock::now();
  const auto blocks = (*catalog)->blocks(kOwnGroup, flow, {}, {{std::string(needle)}});
  const double found = since(again);
  const auto loading = Clock::now();
  LoadedBlock loaded;
  std::size_t hits = 0;
  for (const BlockInfo& block : *blocks) {
    if (!(*catalog)->load(block, loaded)) fmt::print("WRONG: a block cannot be loaded\n");
    hits += loaded.lines().contains(needle) ? 1U : 0U;
  }
  const double loaded_in = since(loading);
  fmt::print(
      "look-up, {}: list {:.3f} s, blocks {:.3f} s, load {} blocks {:.3f} s, in all {:.3f} s\n",
      title, listed, found, blocks->size(), loaded_in, since(start));
  if (hits != 1) fmt::print("WRONG: {} blocks hold the value\n", hits);
}

void load_all(const std::filesystem::path& directory) {
  CatalogSettings settings;
  settings.directory = directory;
  settings.clock = now;
  const auto catalog = LogCatalog::open(settings);
  const std::vector<std::string> flow = {"flow"};
  const auto blocks = (*catalog)->blocks(kOwnGroup, flow, {}, {});
  LoadedBlock loaded;
  for (const bool events : {false, true}) {
    std::uint64_t bytes = 0, lines = 0;
    const auto start = Clock::now();
    for (const BlockInfo& block : *blocks) {
      if (!(*catalog)->load(block, loaded)) continue;
      bytes += block.bytes;
      for (std::size_t at = 0; events && loaded.next_event(at);) ++lines;
    }
    const double seconds = since(start);
    fmt::print(
        "load{}: {:.0f} MB/s of lines{}\n", events ? " and step through events" : "",
        static_cast<double>(bytes) / seconds / 1e6,
        events ? fmt::format(", {:.0f} events/s", static_cast<double>(lines) / seconds) : "");
  }
}

void large_store(const std::filesystem::path& directory, double gigabytes) {
  std::filesystem::create_directories(directory / "flow");
  const auto name = [&](std::uint64_t number) {
    const dn::WallTime begun{std::chrono::milliseconds(1'795'317'300'000)};
    const SegmentFile file{{begun, number}, SegmentForm::Compressed};
    return directory / "flow" / format_segment_file(file);
  };
  std::uint64_t lines = 0, bytes = 0, number = 0;
  const auto count = [&](std::uint64_t of) { bytes += std::filesystem::file_size(name(of)); };
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed, count(number)) {
    lines += make_segment(name(++number), seed, false);
  }
  load_all(directory);
  lines /= kSeeds;
  while (static_cast<double>(bytes) < gigabytes * 1e9) {
    std::filesystem::copy_file(name(number % kSeeds + 1), name(number + 1));
    count(++number);
  }
  make_segment(name(++number), kSeeds + 1, true);
  fmt::print("large store: {} segments, {:.1f} GB on disk, {:.1f} GB of lines\n", number,
             static_cast<double>(bytes) / 1e9, static_cast<double>(lines * number) / 1e9);
  std::fflush(stdout);
  forget(directory / "flow");
  look_up(directory, kNeedles[0], "cold");
  for (const std::string_view needle : kNeedles) look_up(directory, needle, "warm");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string parent = argc > 1 ? argv[1] : "/tmp";
  double gigabytes = 10;
  if (argc > 2) {
    const std::string_view text = argv[2];
    std::from_chars(text.data(), text.data() + text.size(), gigabytes);
  }
  const Folder folder(parent);
  if (folder.path.empty()) {
    fmt::print("cannot make a folder in {}\n", parent);
    return 1;
  }
  ingest(folder.path / "ingest");
  std::error_code ignored;
  std::filesystem::remove_all(folder.path / "ingest", ignored);
  large_store(folder.path / "large", gigabytes);
  return 0;
}
