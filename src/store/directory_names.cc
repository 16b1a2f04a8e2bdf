#include "store/directory_names.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include "store/segment_files.h"

namespace dn::store {
namespace {

// Listings that may differ from each other before the last one is believed; each difference needs a
// segment to begin or end within microseconds.
constexpr int kListingsMax = 16;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

tl::unexpected<Error> cannot(std::string_view what, const std::string& path) {
  return fail(fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(errno)));
}

int open_directory(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

DirectoryEntry describe(int directory, const dirent& entry) {
  DirectoryEntry found{.name = entry.d_name};
  unsigned char type = entry.d_type;
  struct stat status = {};
  if (type == DT_UNKNOWN && ::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
    type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
  }
  found.is_directory = type == DT_DIR;
  found.is_file = type == DT_REG;
  return found;
}

Result<std::vector<ListedSegment>> list_once(const std::string& path) {
  auto entries = list_directory(path);
  if (!entries) return tl::unexpected(entries.error());
  std::vector<ListedSegment> listed;
  for (const DirectoryEntry& entry : *entries) {
    const auto file = parse_segment_file(entry.name);
    if (!file || !entry.is_file || file->form == SegmentForm::Partial) continue;
    listed.push_back({.name = file->name,
                      .raw = file->form == SegmentForm::Raw,
                      .compressed = file->form == SegmentForm::Compressed});
  }
  std::ranges::sort(listed, {}, [](const ListedSegment& segment) {
    return std::pair(segment.name.number, segment.name.begun);
  });
  std::vector<ListedSegment> merged;
  for (const ListedSegment& segment : listed) {
    const bool same = !merged.empty() && merged.back().name.number == segment.name.number &&
                      merged.back().name.begun == segment.name.begun;
    if (!same) merged.emplace_back().name = segment.name;
    merged.back().raw |= segment.raw;
    merged.back().compressed |= segment.compressed;
  }
  return merged;
}

bool same_numbers(const std::vector<ListedSegment>& one, const std::vector<ListedSegment>& other) {
  return std::ranges::equal(one, other, [](const ListedSegment& a, const ListedSegment& b) {
    return a.name.number == b.name.number;
  });
}

}  // namespace

Result<std::vector<DirectoryEntry>> list_directory(const std::string& path) {
  const int file = open_directory(path);
  if (file < 0 && errno == ENOENT) return std::vector<DirectoryEntry>();
  if (file < 0) return cannot("open the directory", path);
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(file));
  if (!directory) {
    ::close(file);
    return cannot("read the directory", path);
  }
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* const entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back(describe(file, *entry));
    errno = 0;
  }
  if (errno != 0) return cannot("read the directory", path);
  return entries;
}

// A compression that happens during one listing may hide a segment from it: the compressed name
// came too late to be seen, the raw one went too early. The next listing sees it.
Result<std::vector<ListedSegment>> list_segments(const std::string& path) {
  auto before = list_once(path);
  for (int listings = 1; before && listings < kListingsMax; ++listings) {
    auto after = list_once(path);
    if (!after) return after;
    const bool same = same_numbers(*before, *after);
    before = std::move(after);
    if (same) break;
  }
  return before;
}

Result<void> remove_directory_of_files(const std::string& path) {
  const auto entries = list_directory(path);
  if (!entries) return tl::unexpected(entries.error());
  const OpenFile directory(open_directory(path));
  if (!directory.is_open()) {
    if (errno == ENOENT) return {};
    return cannot("open the directory", path);
  }
  for (const DirectoryEntry& entry : *entries) {
    if (::unlinkat(directory.get(), entry.name.c_str(), 0) != 0 && errno != ENOENT) {
      return cannot(fmt::format("delete {} in", entry.name), path);
    }
  }
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return cannot("delete", path);
  return {};
}

}  // namespace dn::store
