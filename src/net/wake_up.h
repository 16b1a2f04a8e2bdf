// WakeUp: lets other threads end a poll().
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/check.h"
#include "net/file_descriptor.h"

namespace dn::net {

// wake() may be called by any thread; the others by the one that polls.
class WakeUp {
 public:
  WakeUp() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    DN_CHECK(event_.is_open(), "an eventfd costs nothing but a descriptor");
  }
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(event_.get(), &one, sizeof one);
  }
  void clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(event_.get(), &count, sizeof count);
  }
  int fd() const { return event_.get(); }  // readable once woken, until it is cleared

 private:
  FileDescriptor event_;
};

}  // namespace dn::net
