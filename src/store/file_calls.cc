#include "store/file_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
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

int replace_file(const std::string& path, std::string_view text, FileCalls& calls) {
  const std::string fresh = path + ".new";
  const int file = calls.open(fresh, O_WRONLY | O_CREAT | O_TRUNC);
  if (file < 0) return -1;
  const bool written = calls.write(file, text) == static_cast<ssize_t>(text.size()) &&
                       calls.sync(file) == 0 && calls.rename(fresh, path) == 0;
  const int error = errno;
  ::close(file);
  if (written) return 0;
  calls.unlink(fresh);
  errno = error;
  return -1;
}

FileCalls& real_file_calls() {
  static FileCalls calls;
  return calls;
}

}  // namespace dn::store
