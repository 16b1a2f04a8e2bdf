// FileCalls: the three system calls by which the log grows, behind an interface.
//
// So that a test can fill a disk, tear a write or fail a truncation at a chosen byte. Everything
// else that the store asks of the file system (list, remove, create directories) is called
// directly. The plain class is the real one. Covered through segmented_log_test.cc.
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
};

// Lives as long as the program; has no state.
FileCalls& real_file_calls();

}  // namespace dn::store
