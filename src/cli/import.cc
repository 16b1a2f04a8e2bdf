#include "cli/import.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "base/readable.h"
#include "cli/exit_codes.h"
#include "cli/import_reader.h"
#include "cli/import_writer.h"
#include "cli/input.h"
#include "cli/progress.h"
#include "cli/text_table.h"
#include "records/json_pieces.h"
#include "records/json_text.h"

namespace dn::cli {
namespace {

constexpr std::size_t kChunkBytes = 1UL << 18U;
constexpr std::uint64_t kProblemsShown = 20;

store::CatalogSettings settings_for(const std::string& directory, World& world) {
  store::CatalogSettings settings;
  settings.directory = directory;
  settings.writable = true;
  // What is imported is old by nature: only a gateway's own caps delete it, not this program's.
  settings.segments.keep_bytes = UINT64_MAX;
  settings.segments.keep_age = std::chrono::days(100'000);
  settings.segments.compress_after = std::chrono::seconds(0);
  settings.clock = [&world] {
    const WallTime wall = world.clock();
    return Now{MonotonicTime(wall.time_since_epoch()), wall, false};
  };
  return settings;
}

// Compressed input is a frequent slip, and would be thousands of lines of no JSON.
std::string_view find_compression(std::string_view head) {
  if (head.starts_with("\x1f\x8b")) return "zcat";
  if (head.starts_with("\x28\xb5\x2f\xfd")) return "zstdcat";
  return {};
}

// What became of the whole.
struct Outcome {
  std::uint64_t rejected = 0;
  bool failed = false;  // told already
  bool interrupted = false;
};

class Import {
 public:
  Import(const ImportArguments& arguments, store::LogCatalog& catalog, World& world)
      : name_(name_of_input(arguments.file)),
        world_(world),
        progress_(world),
        writer_(catalog, arguments.group, arguments.stream,
                [&world] { return world.clock().time_since_epoch().count(); }),
        reader_([this](ImportedEvent event) { take(std::move(event)); },
                [this](const ImportReader::Problem& problem) { reject(problem); }) {}

  Outcome run(std::istream& in) {
    std::string chunk;
    bool first = true;
    while (in && !outcome_.failed) {
      if (world_.interrupted()) {
        outcome_.interrupted = true;
        break;
      }
      chunk.resize(kChunkBytes);
      in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
      chunk.resize(static_cast<std::size_t>(in.gcount()));
      if (std::exchange(first, false)) {
        if (const auto tool = find_compression(chunk); !tool.empty()) {
          fail_with(fmt::format("{}: this is compressed; write `{} FILE | discriminat import -`",
                                name_, tool));
          return outcome_;
        }
      }
      reader_.feed(chunk);
      progress_.update([&] { return fmt::format("{} lines read", format_count(reader_.line())); });
    }
    if (in.bad()) fail_with(fmt::format("{}: reading failed", name_));
    if (!outcome_.failed && !outcome_.interrupted) reader_.finish();
    if (auto flushed = writer_.flush(); !flushed && !outcome_.failed) {
      fail_with(flushed.error().message);
    }
    progress_.clear();
    if (outcome_.rejected > kProblemsShown) {
      world_.err << fmt::format("discriminat: {} more such places\n",
                                format_count(outcome_.rejected - kProblemsShown));
    }
    return outcome_;
  }

  const ImportWriter& writer() const { return writer_; }

 private:
  void take(ImportedEvent event) {
    if (outcome_.failed) return;
    if (auto added = writer_.add(std::move(event)); !added) fail_with(added.error().message);
  }
  void reject(const ImportReader::Problem& problem) {
    if (++outcome_.rejected > kProblemsShown) return;
    progress_.clear();
    world_.err << fmt::format("discriminat: {}:{}: {}\n", name_, problem.line,
                              printable(problem.what));
  }
  void fail_with(const std::string& what) {
    outcome_.failed = true;
    progress_.clear();
    world_.err << "discriminat: " << printable(what) << "\n";
  }

  std::string name_;
  World& world_;
  Progress progress_;
  Outcome outcome_;
  ImportWriter writer_;
  ImportReader reader_;
};

std::string format_moment(std::optional<std::int64_t> ms) {
  if (!ms) return "";
  return records::format_time(WallTime(std::chrono::milliseconds(*ms)));
}

void print_people(const Import& import, const ImportArguments& arguments, const Outcome& outcome,
                  World& world) {
  for (const auto& [stream, counts] : import.writer().counts()) {
    world.out << fmt::format("{}/{}: {} stored, {} already there, {} to {}\n",
                             printable(arguments.group), printable(stream),
                             format_count(counts.stored), format_count(counts.present),
                             format_moment(counts.first), format_moment(counts.last));
  }
  if (import.writer().counts().empty()) world.out << "no events\n";
  if (outcome.rejected != 0) {
    world.out << fmt::format("{} places rejected\n", format_count(outcome.rejected));
  }
}

void print_json(const Import& import, const ImportArguments& arguments, const Outcome& outcome,
                World& world) {
  world.out << "{" << records::json_field("group", arguments.group) << ", \"streams\": [";
  std::string_view separator;
  for (const auto& [stream, counts] : import.writer().counts()) {
    world.out << separator << "{" << records::json_field("stream", stream)
              << fmt::format(", \"stored\": {}, \"present\": {}, ", counts.stored, counts.present)
              << records::json_field("first", format_moment(counts.first)) << ", "
              << records::json_field("last", format_moment(counts.last)) << "}";
    separator = ", ";
  }
  world.out << fmt::format("], \"rejected\": {}}}\n", outcome.rejected);
}

}  // namespace

int run_import(const ImportArguments& arguments, World& world) {
  std::string directory = arguments.store;
  if (directory.empty()) {
    const auto state_dir = find_state_dir(arguments.config, world);
    if (!state_dir) return kExitCannot;
    directory = *state_dir;
  }
  std::ifstream file;
  const auto in = open_input(arguments.file, file, world);
  if (!in) {
    world.err << "discriminat: " << in.error().message << "\n";
    return kExitCannot;
  }
  auto catalog = store::LogCatalog::open(settings_for(directory, world));
  if (!catalog) {
    world.err << "discriminat: " << printable(catalog.error().message) << "\n";
    return kExitCannot;
  }
  world.watch_interrupts();
  Import import(arguments, **catalog, world);
  const Outcome outcome = import.run(**in);
  (*catalog)->tidy();
  if (arguments.json) {
    print_json(import, arguments, outcome, world);
  } else {
    print_people(import, arguments, outcome, world);
  }
  if (outcome.failed) return kExitCannot;
  if (outcome.interrupted) return kExitInterrupted;
  return outcome.rejected == 0 ? kExitGood : kExitNo;
}

}  // namespace dn::cli
