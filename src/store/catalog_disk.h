// CatalogDisk: the catalogue's steps on the disk, without its list: records, names, removal.
//
// Nothing here follows a symbolic link. Covered by log_catalog_test.cc.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "store/catalog_names.h"
#include "store/file_calls.h"

namespace dn::store {

// Not a symbolic link to one.
bool is_real_directory(const std::filesystem::path& path);

std::optional<CatalogRecord> read_record(const std::filesystem::path& path);
// In one step: whoever reads finds the old record or the new one.
Result<void> write_record(const std::filesystem::path& directory, std::string_view file_name,
                          const CatalogRecord& record, FileCalls& calls);

// The name and the record of a directory of a group or stream. Without a record, which a crash
// between two steps may leave out, the directory's name says it; nothing when neither does.
std::optional<CatalogRecord> identify(const std::filesystem::path& directory,
                                      std::string_view record_name);

// Removes segments and the record of one of the gateway's own streams; what somebody else put there
// stays, and then the directory too.
Result<void> remove_own_stream(const std::filesystem::path& directory, FileCalls& calls);

// With the reason that errno says.
tl::unexpected<Error> cannot(std::string_view what, const std::filesystem::path& path);

}  // namespace dn::store
