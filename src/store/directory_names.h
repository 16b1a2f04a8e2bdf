// DirectoryNames: what is in a directory, and taking directories away.
//
// The store's directories hold names that strangers chose (percent-encoded) and may hold anything
// that somebody with access put there. So nothing here follows a symbolic link: neither the
// directory's own name nor an entry's. Covered by directory_names_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/segment_name.h"

namespace dn::store {

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
  bool is_file = false;  // a regular one
};

// Without "." and "..", in no order. An absent directory has no entries.
Result<std::vector<DirectoryEntry>> list_directory(const std::string& path);

struct ListedSegment {
  SegmentName name;
  bool raw = false, compressed = false;
};
// The segments of a stream, by number. Other processes may append, compress and delete meanwhile;
// a segment that is there all the time is in the list, under one form at least.
Result<std::vector<ListedSegment>> list_segments(const std::string& path);

// Removes a directory of plain files. One that holds a directory stays, with what is in it.
Result<void> remove_directory_of_files(const std::string& path);

}  // namespace dn::store
