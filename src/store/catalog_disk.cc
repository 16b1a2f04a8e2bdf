#include "store/catalog_disk.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "store/directory_names.h"
#include "store/segment_files.h"

namespace dn::store {
namespace {

constexpr std::size_t kRecordBytesMax = 16384;  // a name of 2048 bytes, each escaped by six

}  // namespace

tl::unexpected<Error> cannot(std::string_view what, const std::filesystem::path& path) {
  return fail(
      fmt::format("cannot {} {}: {}", what, path.string(), std::generic_category().message(errno)));
}

bool is_real_directory(const std::filesystem::path& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::optional<CatalogRecord> read_record(const std::filesystem::path& path) {
  const OpenFile file = open_for_reading(path.string());
  if (!file.is_open()) return {};
  std::array<char, kRecordBytesMax> bytes{};
  const ssize_t got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) return {};
  return parse_record(std::string_view(bytes.data(), static_cast<std::size_t>(got)));
}

Result<void> write_record(const std::filesystem::path& directory, std::string_view file_name,
                          const CatalogRecord& record, FileCalls& calls) {
  const std::filesystem::path path = directory / file_name;
  if (replace_file(path.string(), format_record(record), calls) != 0) return cannot("write", path);
  return {};
}

std::optional<CatalogRecord> identify(const std::filesystem::path& directory,
                                      std::string_view record_name) {
  const std::string encoded = directory.filename().string();
  auto record = read_record(directory / record_name);
  if (record && encode_directory_name(record->name) == encoded) return record;
  auto name = decode_directory_name(encoded);
  if (!name) return {};
  CatalogRecord without;
  without.name = *std::move(name);
  return without;
}

Result<void> remove_own_stream(const std::filesystem::path& directory, FileCalls& calls) {
  const auto entries = list_directory(directory.string());
  if (!entries) return tl::unexpected(entries.error());
  for (const DirectoryEntry& entry : *entries) {
    const bool ours = entry.is_file &&
                      (parse_segment_file(entry.name).has_value() || entry.name == kStreamRecord);
    if (ours && calls.unlink((directory / entry.name).string()) != 0 && errno != ENOENT) {
      return cannot("delete a segment in", directory);
    }
  }
  ::rmdir(directory.c_str());
  return {};
}

}  // namespace dn::store
