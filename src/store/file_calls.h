// FileCalls: the system calls by which the log grows and changes its form, behind an interface.
//
// So that a test can fill a disk, tear a write, fail a truncation or end the world between a rename
// and an unlink. Everything else that the store asks of the file system (list, read, create
// directories) is called directly. The plain class is the real one. Covered through
// segmented_log_test.cc and compression_test.cc.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace dn::store {

// Each call behaves as the system call of its name: -1 and errno on failure.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  virtual int open(const std::string& path, int flags);  // adds O_CLOEXEC | O_NOFOLLOW, mode 0640
  virtual ssize_t write(int file, std::string_view bytes);
  virtual int truncate(int file, off_t size);
  virtual int sync(int file);       // fsync, of a file or a directory
  virtual int sync_data(int file);  // fdatasync
  virtual int rename(const std::string& from, const std::string& to);
  virtual int unlink(const std::string& path);
};

// Replaces a small file in one step: whoever reads finds the old text or the new one, also after a
// power cut. 0, or -1 and errno; then the old one stays.
int replace_file(const std::string& path, std::string_view text, FileCalls& calls);

// Lives as long as the program; has no state.
FileCalls& real_file_calls();

}  // namespace dn::store
