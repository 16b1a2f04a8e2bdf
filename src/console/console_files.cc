#include "console/console_files.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/check.h"

// Defined by the assembler file that cmake/embed.cmake writes.
extern "C" const char dn_console_bundle[];      // NOLINT: an array of unknown bound
extern "C" const char dn_console_bundle_end[];  // NOLINT

namespace dn::console {
namespace {

namespace json = boost::json;

std::optional<std::string_view> cut(const json::object& file, std::string_view key,
                                    std::string_view bytes) {
  const json::value* place = file.if_contains(key);
  if (place == nullptr || !place->is_array() || place->as_array().size() != 2) return {};
  const json::value &from = place->as_array()[0], &size = place->as_array()[1];
  if (!from.is_int64() || !size.is_int64() || from.as_int64() < 0 || size.as_int64() < 0) return {};
  const auto offset = static_cast<std::size_t>(from.as_int64());
  const auto length = static_cast<std::size_t>(size.as_int64());
  if (offset > bytes.size() || length > bytes.size() - offset) return {};
  return bytes.substr(offset, length);
}

std::optional<ConsoleFile> read_file(const json::value& value, std::string_view bytes) {
  if (!value.is_object()) return {};
  const json::object& object = value.as_object();
  const json::value *path = object.if_contains("path"), *type = object.if_contains("type"),
                    *immutable = object.if_contains("immutable");
  const auto plain = cut(object, "plain", bytes), brotli = cut(object, "brotli", bytes);
  if (path == nullptr || !path->is_string() || type == nullptr || !type->is_string() ||
      immutable == nullptr || !immutable->is_bool() || !plain || !brotli) {
    return {};
  }
  return ConsoleFile{.path = std::string(path->as_string()),
                     .type = std::string(type->as_string()),
                     .immutable = immutable->as_bool(),
                     .plain = *plain,
                     .brotli = *brotli};
}

}  // namespace

Result<ConsoleFiles> ConsoleFiles::parse(std::string_view bundle) {
  ConsoleFiles files;
  if (bundle.empty()) return files;
  const std::size_t end = bundle.find('\n');
  if (end == std::string_view::npos) return fail("the bundle has no line of JSON");
  boost::system::error_code error;
  const json::value list = json::parse(bundle.substr(0, end), error);
  if (error || !list.is_array()) return fail("the bundle's first line is no list");
  for (const json::value& value : list.as_array()) {
    auto file = read_file(value, bundle.substr(end + 1));
    if (!file) return fail("the bundle lists a file that it does not hold");
    files.files_.push_back(*std::move(file));
  }
  return files;
}

ConsoleFiles ConsoleFiles::built_in() {
  auto files = parse(
      {dn_console_bundle, static_cast<std::size_t>(dn_console_bundle_end - dn_console_bundle)});
  DN_CHECK(files.has_value(), "the build packed it");
  return *std::move(files);
}

const ConsoleFile* ConsoleFiles::find(std::string_view path) const {
  const auto found = std::ranges::find(files_, path, &ConsoleFile::path);
  return found == files_.end() ? nullptr : &*found;
}

}  // namespace dn::console
