#include "http/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <semaphore>

namespace dn::http {
namespace {

TEST(WorkerPool, RunsJobsOnSeveralThreadsAtOnce) {
  WorkerPool pool(3, 10);
  std::latch all(3);  // opened only when three jobs wait at it together
  std::latch done(3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.submit([&] {
      all.arrive_and_wait();
      done.count_down();
    }));
  }
  done.wait();
}

TEST(WorkerPool, RefusesMoreThanMayWait) {
  std::binary_semaphore begun(0), go_on(0);
  std::atomic<int> ran = 0;
  std::latch two(2);
  {
    WorkerPool pool(1, 2);
    ASSERT_TRUE(pool.submit([&] {
      begun.release();
      go_on.acquire();
    }));
    begun.acquire();  // the thread is busy, the queue empty
    const auto count = [&] {
      ++ran;
      two.count_down();
    };
    EXPECT_TRUE(pool.submit(count));
    EXPECT_TRUE(pool.submit(count));
    EXPECT_FALSE(pool.submit(count));
    go_on.release();
    two.wait();
  }
  EXPECT_EQ(ran, 2);
}

TEST(WorkerPool, KeepsNothingOfAJobThatRanOrWasDropped) {
  auto held = std::make_shared<int>(1);
  {
    WorkerPool pool(1, 100);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(pool.submit([held] {}));
    }
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace dn::http
