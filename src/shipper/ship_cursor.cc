#include "shipper/ship_cursor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "store/segment_files.h"

namespace dn::shipper {
namespace {

constexpr std::size_t kCursorBytesMax = 64;

std::string why(std::string_view what, const std::filesystem::path& path) {
  return fmt::format("cannot {} {}: {}", what, path.string(),
                     std::generic_category().message(errno));
}

}  // namespace

std::string format_cursor(ShipPlace place) {
  return fmt::format("{} {}\n", place.segment, place.offset);
}

std::optional<ShipPlace> parse_cursor(std::string_view text) {
  ShipPlace place;
  const char* const end = text.data() + text.size();
  const auto segment = std::from_chars(text.data(), text.data() + text.size(), place.segment);
  if (segment.ec != std::errc() || segment.ptr == end) return {};
  const auto offset = std::from_chars(segment.ptr + 1, end, place.offset);
  if (offset.ec != std::errc() || format_cursor(place) != text) return {};
  return place;
}

Result<ShipPlace> read_cursor(const std::filesystem::path& path) {
  const store::OpenFile file = store::open_for_reading(path.string());
  if (!file.is_open()) {
    if (errno == ENOENT) return ShipPlace{};
    return fail(why("read", path));
  }
  std::array<char, kCursorBytesMax> bytes{};
  const ssize_t got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return fail(why("read", path));
  const auto place = parse_cursor({bytes.data(), static_cast<std::size_t>(got)});
  if (place) return *place;
  return fail(
      fmt::format("{} is damaged: delete it to ship the logs from their beginning", path.string()));
}

Result<void> write_cursor(const std::filesystem::path& path, ShipPlace place,
                          store::FileCalls& calls) {
  if (store::replace_file(path.string(), format_cursor(place), calls) != 0) {
    return fail(why("write", path));
  }
  return {};
}

}  // namespace dn::shipper
