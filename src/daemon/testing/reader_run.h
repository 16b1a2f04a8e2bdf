// For tests: what the thread of cloud_source.cc does with a reader, in a time that is counted here.
#pragma once

#include <gtest/gtest.h>

#include <chrono>

#include "daemon/cloud_reader.h"

namespace dn::daemon::testing {

// Puts all questions that are due until `now` is so much later; `take` comes after each.
template <class Take>
void run_reader(CloudReader& reader, MonotonicTime& now, std::chrono::milliseconds time,
                Take take) {
  const MonotonicTime end = now + time;
  for (;;) {
    while (reader.step(now)) take();
    take();
    const MonotonicTime next = reader.next_step(now);
    ASSERT_GT(next, now) << "the thread would spin";
    if (next > end) break;
    now = next;
  }
  now = end;
}

}  // namespace dn::daemon::testing
