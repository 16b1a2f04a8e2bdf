#include "store/file_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace dn::store {

int FileCalls::open(const std::string& path, int flags) {
  return ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0640);
}

ssize_t FileCalls::write(int file, std::string_view bytes) {
  return ::write(file, bytes.data(), bytes.size());
}

int FileCalls::truncate(int file, off_t size) {
  return ::ftruncate(file, size);
}

int FileCalls::sync(int file) {
  return ::fsync(file);
}

int FileCalls::sync_data(int file) {
  return ::fdatasync(file);
}

int FileCalls::rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str());
}

int FileCalls::unlink(const std::string& path) {
  return ::unlink(path.c_str());
}

FileCalls& real_file_calls() {
  static FileCalls calls;
  return calls;
}

}  // namespace dn::store
