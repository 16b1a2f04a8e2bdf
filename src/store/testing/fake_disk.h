// For tests: a directory that goes away with the test, and system calls that fail on command.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "store/file_calls.h"

namespace dn::store::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "dn-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The real disk until told otherwise.
class FailingDisk : public FileCalls {
 public:
  int open_error = 0;
  int truncate_error = 0;
  int write_error = 0;  // once `room` is used up
  int sync_error = 0;
  int rename_error = 0;
  int unlink_error = 0;
  // After so many calls that change the disk nothing works any more, as in a crash between two of
  // them; what was done is kept.
  std::size_t calls_left = std::numeric_limits<std::size_t>::max();
  std::size_t room = std::numeric_limits<std::size_t>::max();
  std::size_t write_bytes_max = std::numeric_limits<std::size_t>::max();  // short writes
  int interruptions = 0;  // so many writes end in EINTR first

  int open(const std::string& path, int flags) override {
    if (fails(open_error)) return -1;
    return FileCalls::open(path, flags);
  }
  ssize_t write(int file, std::string_view bytes) override {
    if (interruptions > 0) {
      --interruptions;
      errno = EINTR;
      return -1;
    }
    if (fails(0)) return -1;
    const std::size_t size = std::min({bytes.size(), room, write_bytes_max});
    if (size == 0) {
      errno = write_error;
      return -1;
    }
    const ssize_t written = FileCalls::write(file, bytes.substr(0, size));
    if (written > 0 && room != std::numeric_limits<std::size_t>::max()) {
      room -= static_cast<std::size_t>(written);
    }
    return written;
  }
  int truncate(int file, off_t size) override {
    if (fails(truncate_error)) return -1;
    return FileCalls::truncate(file, size);
  }
  // Waits for no disk: no test can pull the plug, and thousands of segments are closed.
  int sync(int) override { return fails(sync_error) ? -1 : 0; }
  int sync_data(int file) override { return sync(file); }
  int rename(const std::string& from, const std::string& to) override {
    if (fails(rename_error)) return -1;
    return FileCalls::rename(from, to);
  }
  int unlink(const std::string& path) override {
    if (fails(unlink_error)) return -1;
    return FileCalls::unlink(path);
  }

  void fill_up(std::size_t bytes_left, int error = ENOSPC) {
    room = bytes_left;
    write_error = error;
  }
  void recover() {
    room = std::numeric_limits<std::size_t>::max();
    open_error = truncate_error = write_error = sync_error = rename_error = unlink_error = 0;
    calls_left = std::numeric_limits<std::size_t>::max();
  }

 private:
  bool fails(int error) {
    if (calls_left == 0) error = EIO;
    if (calls_left > 0 && calls_left != std::numeric_limits<std::size_t>::max()) --calls_left;
    errno = error;
    return error != 0;
  }
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

// Names of the files in a directory, sorted.
inline std::vector<std::string> names_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

// All files of a directory after one another, in the order of their names.
inline std::string read_all(const std::filesystem::path& directory) {
  std::string text;
  for (const std::string& name : names_in(directory)) text += read_file(directory / name);
  return text;
}

}  // namespace dn::store::testing
