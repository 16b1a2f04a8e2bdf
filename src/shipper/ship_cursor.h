// ShipCursor: how far a stream was shipped, in a file that survives the process and a power cut.
//
// The file is one line, "SEGMENT OFFSET\n", replaced in one step. Covered by ship_cursor_test.cc.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "shipper/upload_batch.h"
#include "store/file_calls.h"

namespace dn::shipper {

// Nothing where the text is not one that was written here.
std::optional<ShipPlace> parse_cursor(std::string_view text);
std::string format_cursor(ShipPlace place);

// No file: the beginning. Fails where there is one that cannot be read or understood.
Result<ShipPlace> read_cursor(const std::filesystem::path& path);
Result<void> write_cursor(const std::filesystem::path& path, ShipPlace place,
                          store::FileCalls& calls);

}  // namespace dn::shipper
