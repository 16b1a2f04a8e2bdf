// CatalogNames: how groups and streams stand in the file system.
//
// Names are chosen by strangers and may hold any bytes. In a directory's name letters, digits, '-',
// '_' and '.' (but not in front) stand for themselves, every other byte is %XX. So no name can
// leave its directory, be hidden, or be taken for one of the store's own files, which begin with
// '.'. A name whose encoding is longer than kDirectoryNameMax is cut and told apart by a hash
// behind "%~", which no encoding contains; then only the record says the name.
//
// A record, `.group.json` or `.stream.json` in its directory, is one line:
//
//   {"name":"…","created":1795317300123,"retention_days":30}
//
// the name escaped as in log_line.h. Covered by catalog_names_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dn::store {

inline constexpr std::size_t kNameBytesMax = 2048;  // 512 characters of four bytes
inline constexpr std::size_t kDirectoryNameMax = 200;
inline constexpr std::string_view kGroupRecord = ".group.json";
inline constexpr std::string_view kStreamRecord = ".stream.json";
inline constexpr std::string_view kDeletedPrefix = ".deleted-";

// Of a name of 1 to kNameBytesMax bytes.
std::string encode_directory_name(std::string_view name);
// Nothing when it is not an encoded name, or was cut.
std::optional<std::string> decode_directory_name(std::string_view directory);
bool is_cut_directory_name(std::string_view directory);

struct CatalogRecord {
  std::string name;
  std::int64_t created = 0;  // milliseconds since 1970
  std::optional<int> retention_days;
};
std::string format_record(const CatalogRecord& record);
std::optional<CatalogRecord> parse_record(std::string_view text);

// EventKey::stream
std::uint64_t stream_id(std::string_view group, std::string_view stream);

}  // namespace dn::store
