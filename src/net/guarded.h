// Guarded<T>: data that several threads share, reachable only while its lock is held.
#pragma once

#include <mutex>
#include <utility>

namespace dn::net {

template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  // Runs `use(T&)` under the lock and returns what it returns.
  template <class Use>
  auto with(Use use) {
    const std::lock_guard lock(mutex_);
    return use(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace dn::net
