// The file is read with caps on size and depth: whoever may write it, this program need not trust
// it.
#include "cli/status.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <string>

#include "base/readable.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/text_table.h"
#include "records/json_pieces.h"

namespace dn::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kStatusBytesMax = 1UL << 20U;
constexpr std::size_t kDepthMax = 8;
constexpr std::chrono::seconds kAgeMax{15};

// One line per value, objects and lists one level further in. The depth is bounded by the parser.
void print_value(std::string_view key, const json::value& value, std::size_t depth,
                 std::ostream& out) {
  const std::string indent(2 * depth, ' ');
  const std::string name = printable(key);
  if (const json::object* object = value.if_object()) {
    out << indent << name << "\n";
    for (const auto& member : *object) print_value(member.key(), member.value(), depth + 1, out);
  } else if (const json::array* list = value.if_array()) {
    out << indent << name << "\n";
    std::size_t position = 0;
    for (const auto& element : *list) {
      print_value(fmt::format("[{}]", position++), element, depth + 1, out);
    }
  } else {
    const json::string* text = value.if_string();
    const std::string shown =
        text != nullptr ? std::string(text->data(), text->size()) : json::serialize(value);
    out << indent << name << std::string(name.size() < 28 ? 28 - name.size() : 1, ' ')
        << printable(shown) << "\n";
  }
}

int report_not_running(const std::string& why, const StatusArguments& arguments, World& world) {
  if (arguments.json) {
    world.out << "{\"running\": false, " << records::json_field("reason", why) << "}\n";
  } else {
    world.err << "discriminat: no gateway runs: " << why << "\n";
  }
  return kExitNotRunning;
}

}  // namespace

int run_status(const StatusArguments& arguments, World& world) {
  const auto state_dir = find_state_dir(arguments.config, world);
  if (!state_dir) return kExitCannot;
  const std::string path = *state_dir + "/status.json";
  const std::string shown_path = printable(path);
  std::error_code error;
  const auto written = std::filesystem::last_write_time(path, error);
  if (error == std::errc::no_such_file_or_directory) {
    return report_not_running(fmt::format("{} does not exist", shown_path), arguments, world);
  }
  const auto text = read_input(path, kStatusBytesMax, world);
  if (error || !text) {
    world.err << "discriminat: "
              << (error ? shown_path + ": " + error.message() : text.error().message) << "\n";
    return kExitCannot;
  }
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(world.now - written);
  if (age > kAgeMax) {
    return report_not_running(
        fmt::format("{} was last written {} seconds ago", shown_path, age.count()), arguments,
        world);
  }
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code wrong;
  const json::value status = json::parse(*text, wrong, {}, options);
  if (wrong || !status.is_object()) {
    world.err << "discriminat: " << shown_path << ": this is no JSON object\n";
    return kExitCannot;
  }
  if (arguments.json) {
    world.out << "{\"running\": true, \"age_seconds\": " << std::max<long>(age.count(), 0)
              << ", \"status\": " << json::serialize(status) << "}\n";
  } else {
    for (const auto& member : status.get_object()) {
      print_value(member.key(), member.value(), 0, world.out);
    }
  }
  return kExitGood;
}

}  // namespace dn::cli
