// WorkerPool: a few threads and a bounded queue of what they are to do.
//
// Lifetime: jobs may be submitted until the pool is destroyed, which drops those that wait and
// joins the threads when the running ones have returned. Jobs must not throw. Covered by
// worker_pool_test.cc.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace dn::http {

class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;

  WorkerPool(unsigned threads, std::size_t waiting_max);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and the job destroyed, when as many wait already as may.
  bool submit(Job job);

 private:
  void work();

  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dn::http
